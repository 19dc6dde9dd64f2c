// The PIV applet: selected, asked who it is, left.
#include "token/piv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "token/readers.h"

enum {
	SELECT = 0xa4,
	GET_METADATA = 0xf7,
	GET_SERIAL = 0xf8,
	GET_VERSION = 0xfd,
	VERIFY = 0x20,
	ANSWER_MAX = 4096,
	TAG_ALGORITHM = 0x01,
	TAG_FACTORY = 0x05,
	TAG_TRIES = 0x06,
};

static const uint8_t piv_aid[] = { 0xa0, 0x00, 0x00, 0x03, 0x08 };
// The management applet of the same card: selecting it ends the logins of PIV.
static const uint8_t other_aid[] = { 0xa0, 0x00, 0x00, 0x05, 0x27, 0x47, 0x11, 0x17 };

struct err *piv_send(struct piv *p, uint8_t ins, uint8_t p1, uint8_t p2, const void *data,
		     size_t len, struct buf *answer, unsigned *sw)
{
	AUTO_BUF struct buf unwanted = BUF(ANSWER_MAX);
	const struct apdu a = {
		.ins = ins, .p1 = p1, .p2 = p2, .data = data, .len = len, .le = answer ? 256 : 0
	};
	return pcsc_transmit(p->card, &a, answer ? answer : &unwanted, sw);
}

struct err *piv_refused(const struct piv *p, const char *command, unsigned sw)
{
	struct err *e =
		err_new(ERR_TOKEN, N_("The card %1 refuses this."), ARG_TEXT(p->token->label));
	e = err_call(err_tag(e, "piv-refused"), command, "SW", sw);
	return err_hint(e, N_("Look at the card with `inkan token show`. If it happens again, tell "
			      "whoever manages it this code."));
}

static struct err *select_applet(struct piv *p)
{
	AUTO_BUF struct buf answer = BUF(ANSWER_MAX);
	unsigned sw = 0;
	TRY(piv_send(p, SELECT, 4, 0, piv_aid, sizeof(piv_aid), &answer, &sw));
	return sw == APDU_OK ? NULL : piv_refused(p, "SELECT", sw);
}

static struct err *read_version(struct piv *p)
{
	AUTO_BUF struct buf answer = BUF(ANSWER_MAX);
	unsigned sw = 0;
	TRY(piv_send(p, GET_VERSION, 0, 0, NULL, 0, &answer, &sw));
	if (sw != APDU_OK || answer.len != 3)
		return piv_refused(p, "GET VERSION", sw);
	p->firmware = (unsigned)(answer.data[0] << 16 | answer.data[1] << 8 | answer.data[2]);
	return NULL;
}

// Firmware before 5.0 tells its serial number in another applet only: there the module's word of a moment ago has to do.
static struct err *same_card(struct piv *p)
{
	AUTO_BUF struct buf answer = BUF(ANSWER_MAX);
	unsigned sw = 0;
	char serial[16];
	TRY(piv_send(p, GET_SERIAL, 0, 0, NULL, 0, &answer, &sw));
	if (sw != APDU_OK || answer.len != 4)
		return NULL;
	snprintf(serial, sizeof(serial), "%u",
		 (unsigned)answer.data[0] << 24 | (unsigned)answer.data[1] << 16 |
			 (unsigned)answer.data[2] << 8 | answer.data[3]);
	if (!strcmp(serial, p->token->serial))
		return NULL;
	struct err *e = err_new(ERR_TOKEN,
				N_("Another card is in the reader by now: serial number %1 instead "
				   "of %2. Nothing was sent to it."),
				ARG_TEXT(serial), ARG_TEXT(p->token->serial));
	return err_tag(err_hint(e, N_("Put the card that is meant in, then run inkan again.")),
		       "token-absent");
}

struct err *piv_open(const struct token_info *t, const struct pcsc_patience *patience,
		     struct piv **out)
{
	AUTO(piv) struct piv *p = calloc(1, sizeof(*p));
	char reader[READER_NAME_MAX];
	bool reset = false;
	if (!p)
		return err_no_memory();
	p->token = t;
	TRY(reader_of_slot(t->slot_description, reader));
	TRY(pcsc_connect(reader, patience, &p->card));
	TRY(pcsc_begin(p->card, patience, &reset));
	TRY(select_applet(p));
	TRY(read_version(p));
	TRY(same_card(p));
	*out = p;
	p = NULL;
	return NULL;
}

void piv_close(struct piv *p)
{
	unsigned sw = 0;
	if (!p)
		return;
	if (p->firmware) {
		AUTO_BUF struct buf answer = BUF(ANSWER_MAX);
		err_ignore(piv_send(p, SELECT, 4, 0, other_aid, sizeof(other_aid), &answer, &sw));
		err_ignore(select_applet(p));
	}
	pcsc_close(p->card);
	free(p);
}

// Without metadata an empty VERIFY tells the tries of the PIN, and spends none.
static struct err *ask_tries(struct piv *p, struct piv_metadata *out)
{
	unsigned sw = 0;
	TRY(piv_send(p, VERIFY, 0, PIV_PIN, NULL, 0, NULL, &sw));
	if (sw == 0x6983)
		out->left = 0;
	else if ((sw & 0xfff0) == 0x63c0)
		out->left = (int)(sw & 0xf);
	return NULL;
}

static void take(struct piv_metadata *m, uint8_t tag, const uint8_t *value, size_t len)
{
	if (tag == TAG_ALGORITHM && len == 1)
		m->algorithm = value[0];
	else if (tag == TAG_FACTORY && len == 1)
		m->factory = value[0] == 1;
	else if (tag == TAG_TRIES && len == 2)
		m->left = value[1];
}

struct err *piv_metadata(struct piv *p, uint8_t reference, struct piv_metadata *out)
{
	AUTO_BUF struct buf answer = BUF(ANSWER_MAX);
	unsigned sw = 0;
	struct piv_metadata m = { .left = -1 };
	TRY(piv_send(p, GET_METADATA, 0, reference, NULL, 0, &answer, &sw));
	m.known = sw == APDU_OK;
	for (size_t at = 0; m.known && at + 2 <= answer.len;) {
		size_t len = answer.data[at + 1];
		if (len > 0x7f || at + 2 + len > answer.len)
			break;
		take(&m, answer.data[at], answer.data + at + 2, len);
		at += 2 + len;
	}
	if (!m.known && reference == PIV_PIN)
		TRY(ask_tries(p, &m));
	*out = m;
	return NULL;
}
