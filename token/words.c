// Evidence in plain words, for the consent and the receipt.
#include "token/evidence.h"

#include <inttypes.h>
#include <stdio.h>

static const char *custody_words(enum custody c)
{
	switch (c) {
	case CUSTODY_ATTESTED:
		return N_("The maker of the token attests that this key was made in it.");
	case CUSTODY_DEVICE:
		return N_("The token is a device of a known model; the key was made in it.");
	case CUSTODY_SOFTWARE:
		break;
	}
	return N_("This token is software or of an unknown model: whoever gets at its files or "
		  "this computer may get at the key. For practice only.");
}

static const char *attributes_words(enum key_attributes a)
{
	switch (a) {
	case KEY_DECLARED:
		return N_("The token declares that the key was made inside, is always secret and "
			  "never could be taken out.");
	case KEY_WITHHELD:
		return N_("The token refused to read the key out or to wrap it, though it does not "
			  "declare everything about it.");
	case KEY_OPEN:
		break;
	}
	return N_("The token may give the key away: it could be copied.");
}

static struct msg *attested_words(const struct evidence *e)
{
	const struct attestation *a = &e->attestation;
	char firmware[ATTESTATION_FIRMWARE_TEXT], serial[24], slot[4];
	snprintf(serial, sizeof(serial), "%" PRIu64, a->serial);
	snprintf(slot, sizeof(slot), "%02x", a->slot);
	return msg_new(
		N_("RSA key of %1 bits. %2 %3 Attested: serial number %4 (%5), firmware %6, slot "
		   "%7. PIN: %8. Touch: %9."),
		ARG_NUM(e->facts.bits), ARG_ID(custody_words(e->custody)),
		ARG_ID(attributes_words(e->attributes)), ARG_TEXT(serial),
		ARG_ID(attested_form_words(a->form_factor)),
		ARG_TEXT(attestation_firmware(a, firmware)), ARG_TEXT(slot),
		ARG_ID(attested_pin_words(a->pin)), ARG_ID(attested_touch_words(a->touch)));
}

struct msg *evidence_words(const struct evidence *e)
{
	if (e->custody == CUSTODY_ATTESTED)
		return attested_words(e);
	return msg_new(N_("RSA key of %1 bits. %2 %3"), ARG_NUM(e->facts.bits),
		       ARG_ID(custody_words(e->custody)), ARG_ID(attributes_words(e->attributes)));
}

struct msg *protection_words(const struct token_info *t, const struct profile *p)
{
	const struct model *m = model_of(t);
	const char *where =
		N_("The token is a device of a known model, and the key will be made inside it.");
	if (m->nature == MODEL_SOFTWARE)
		where = N_("This token is software: whoever gets at its files may get at the key. "
			   "For practice only.");
	else if (m->quirks.attestation && p->key.attestation.roots.len)
		where = p->key.attestation.send == ATTESTATION_SEND_NONE
				? N_("The token is a device of a known model; its maker's "
				     "attestation of the key will be asked for and checked.")
				: N_("The token is a device of a known model; its maker's "
				     "attestation of the key, with the token's serial number in "
				     "it, "
				     "will be asked for, checked, and handed to the institution.");
	else if (m->nature == MODEL_UNKNOWN || !t->hardware)
		where = N_("inkan does not know this model of token and cannot say that it is a "
			   "device.");
	return msg_new(N_("An RSA key of %1 bits will be made on the token %2 (%3) and is to stay "
			  "there: it can be used only with the token "
			  "and its PIN. %4"),
		       ARG_NUM(p->key.bits), ARG_TEXT(t->label), ARG_ID(m->name), ARG_ID(where));
}
