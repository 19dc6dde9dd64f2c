// CHUID and CCC, by which Windows knows a PIV card, written with a certificate as the profile says (token.card_identity).
//
// After the certificate is stored: Windows keeps what it read of a card under the GUID in its CHUID, and a new one makes it read the card anew.
// Cut off before or after it, the next run stores the certificate once more and comes here again.
#include "enroll/identity.h"

#include <jansson.h>

#include "enroll/management.h"
#include "enroll/say.h"
#include "enroll/token_card.h"

static enum card_identity wanted(const struct enrolment *e)
{
	return e->profile && life_of(&e->token)->card ? e->profile->token.card_identity
						      : IDENTITY_NONE;
}

void identity_tell_ahead(const struct enrolment *e)
{
	if (wanted(e) == IDENTITY_MISSING)
		say_note(e,
			 msg_new(N_("A card that has no identity for Windows (CHUID and CCC) yet "
				    "gets one with its certificate. Windows then takes it for "
				    "a new card.")));
	if (wanted(e) == IDENTITY_RENEW)
		say_note(e, msg_new(N_("The card gets another identity for Windows (CHUID and CCC) "
				       "with its certificate: Windows will take it for a new "
				       "card.")));
}

static void tell(const struct enrolment *e, const struct card_identity_done *d)
{
	if (d->chuid == IDENTITY_WRITTEN)
		say_note(e, msg_new(N_("The card had no CHUID and got one, with the GUID %1: "
				       "Windows takes it for a new card."),
				    ARG_TEXT(d->guid)));
	if (d->chuid == IDENTITY_RENEWED)
		say_note(e, msg_new(N_("The CHUID of the card was replaced. It has the GUID %1 "
				       "now: Windows takes it for a new card."),
				    ARG_TEXT(d->guid)));
	if (d->ccc == IDENTITY_WRITTEN)
		say_note(e, msg_new(N_("The card had no CCC and got one.")));
	if (d->ccc == IDENTITY_RENEWED)
		say_note(e, msg_new(N_("The CCC of the card was replaced.")));
	if (d->chuid == IDENTITY_KEPT && d->ccc == IDENTITY_KEPT)
		say_note(e, msg_new(N_("The card has an identity for Windows (CHUID and CCC), "
				       "which it keeps.")));
}

// The module is told nothing of what went on without it, so the key is looked for once more.
static struct err *find_key_again(struct enrolment *e)
{
	struct key_id id = { 0 };
	TRY(return_to_token(e));
	TRY(open_login(e));
	TRY(key_id_from_hex(e->record->key_id, &id));
	TRY(keypair_find(e->session, &id, &e->key));
	if (e->key)
		return NULL;
	return err_tag(err_new(ERR_TOKEN, N_("The key cannot be found on the token any more.")),
		       "key-lost");
}

struct err *identity_write(struct enrolment *e)
{
	const struct card_life *card = life_of(&e->token)->card;
	struct pcsc_patience p = card_patience(e);
	if (wanted(e) == IDENTITY_NONE)
		return NULL;
	leave_token(e);
	TRY(card->write_identity(&e->token, &p, e->management, wanted(e) == IDENTITY_RENEW,
				 &e->identity));
	e->have_identity = true;
	tell(e, &e->identity);
	return find_key_again(e);
}

static const char *change_name(enum identity_change c)
{
	return c == IDENTITY_WRITTEN ? "written" : c == IDENTITY_RENEWED ? "renewed" : "kept";
}

struct json_t *identity_to_json(const struct card_identity_done *d)
{
	json_t *o = json_object();
	json_object_set_new(o, "chuid", json_string(change_name(d->chuid)));
	json_object_set_new(o, "ccc", json_string(change_name(d->ccc)));
	if (d->guid[0])
		json_object_set_new(o, "guid", json_string(d->guid));
	return o;
}
