// Commands to a card, and its answers (ISO 7816-4).
#include <string.h>

#include "base/secret.h"
#include "token/pcsc_card.h"

enum {
	SHORT_MAX = 255,
	FRAME_MAX = 4 + 1 + SHORT_MAX + 1,
	ROUNDS = 300, // of GET RESPONSE: more than 64 KiB in short answers
	CHAINED = 0x10,
	GET_RESPONSE = 0xc0,
	MORE = 0x61,	  // high byte of the status word: so many bytes are left
	OTHER_LEN = 0x6c, // the length is this one
};

static struct err *nonsense(const struct pcsc_card *c)
{
	struct err *e =
		err_new(ERR_TOKEN, N_("The card in the reader %1 answers what no card should."),
			ARG_TEXT(c->reader));
	return err_hint(err_tag(e, "card-nonsense"),
			N_("Take the card out and put it in again. If it happens again, the card "
			   "or the reader is faulty."));
}

// One exchange; the answer without its status word is appended.
static struct err *exchange(struct pcsc_card *c, const uint8_t *frame, size_t len,
			    struct buf *answer, unsigned *sw)
{
	struct link *l = c->link;
	const SCARD_IO_REQUEST *how =
		l->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
	DWORD n = sizeof(c->in);
	LONG rv = SCardTransmit(l->card, how, frame, (DWORD)len, NULL, c->in, &n);
	if (rv == SCARD_W_RESET_CARD || rv == SCARD_W_REMOVED_CARD)
		l->begun = false;
	if (rv != SCARD_S_SUCCESS)
		return pcsc_err("SCardTransmit", rv, c->reader);
	if (n < 2 || n > sizeof(c->in))
		return nonsense(c);
	*sw = (unsigned)(c->in[n - 2] << 8 | c->in[n - 1]);
	struct err *e = n > 2 ? buf_put(answer, c->in, n - 2) : NULL;
	wipe(c->in, n);
	return e ? err_caused_by(nonsense(c), e) : NULL;
}

// One command of at most SHORT_MAX bytes of data. le over 256 is 256: a card that has more says so.
static struct err *send_short(struct pcsc_card *c, const struct apdu *a, struct buf *answer,
			      unsigned *sw)
{
	uint8_t frame[FRAME_MAX] = { a->cla, a->ins, a->p1, a->p2 };
	size_t len = 4;
	if (a->len) {
		frame[len++] = (uint8_t)a->len;
		memcpy(frame + len, a->data, a->len);
		len += a->len;
	}
	// T=0 has no command with data in both directions: the card answers 61xx (ISO 7816-3 §12.2.1).
	bool t0 = c->link->protocol == SCARD_PROTOCOL_T0;
	if (a->le && !(t0 && a->len))
		frame[len++] = (uint8_t)(a->le < 256 ? a->le : 0);
	else if (!a->len && !a->le && t0)
		frame[len++] = 0;
	struct err *e = exchange(c, frame, len, answer, sw);
	wipe(frame, sizeof(frame));
	return e;
}

static struct err *send_chained(struct pcsc_card *c, const struct apdu *a, struct buf *answer,
				unsigned *sw)
{
	const uint8_t *at = a->data;
	size_t left = a->len;
	*sw = APDU_OK;
	while (left > SHORT_MAX && *sw == APDU_OK) {
		struct apdu part = *a;
		part.cla = a->cla | CHAINED;
		part.data = at;
		part.len = SHORT_MAX;
		part.le = 0;
		TRY(send_short(c, &part, answer, sw));
		at += SHORT_MAX;
		left -= SHORT_MAX;
	}
	if (*sw != APDU_OK)
		return NULL;
	struct apdu last = *a;
	last.data = at;
	last.len = left;
	return send_short(c, &last, answer, sw);
}

struct err *pcsc_transmit(struct pcsc_card *c, const struct apdu *a, struct buf *answer,
			  unsigned *sw)
{
	unsigned last = 0;
	if (!c->link || !c->link->begun)
		return pcsc_err("SCardTransmit", SCARD_E_INVALID_HANDLE, c->reader);
	if (a->len > APDU_MAX_DATA)
		return err_make(ERR_FAILED, msg_new(N_("A command for the card is too long.")));
	TRY(send_chained(c, a, answer, &last));
	if (last >> 8 == OTHER_LEN && a->len == 0) {
		struct apdu again = *a;
		again.le = last & 0xff ? last & 0xff : 256;
		TRY(send_short(c, &again, answer, &last));
	}
	for (int round = 0; last >> 8 == MORE; round++) {
		if (round == ROUNDS)
			return nonsense(c);
		struct apdu more = { .cla = a->cla,
				     .ins = GET_RESPONSE,
				     .le = last & 0xff ? last & 0xff : 256 };
		TRY(send_short(c, &more, answer, &last));
	}
	*sw = last;
	return NULL;
}
