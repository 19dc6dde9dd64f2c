#include "piv.h"

#include <stdlib.h>

enum ins {
	INS_VERIFY = 0x20,
	INS_CHANGE_REFERENCE = 0x24,
	INS_RESET_RETRY = 0x2c,
	INS_GENERATE = 0x47,
	INS_AUTHENTICATE = 0x87,
	INS_GET_DATA = 0xcb,
	INS_PUT_DATA = 0xdb,
	INS_MOVE_KEY = 0xf6,
	INS_GET_METADATA = 0xf7,
	INS_GET_SERIAL = 0xf8,
	INS_ATTEST = 0xf9,
	INS_SET_TRIES = 0xfa,
	INS_RESET = 0xfb,
	INS_GET_VERSION = 0xfd,
	INS_IMPORT = 0xfe,
	INS_SET_MANAGEMENT = 0xff,
};

struct piv *piv_of(const struct card *card)
{
	return card_applet_state(card, &piv_applet);
}

void piv_factory(const struct card *card, struct piv *p)
{
	pin_factory(p);
	management_factory(card, p);
	keys_factory(p);
	objects_factory(p);
}

static void *birth(struct card *card)
{
	struct piv *p = must(calloc(1, sizeof(*p)), "calloc");
	piv_factory(card, p);
	return p;
}

static void factory(struct card *card, void *self)
{
	attest_birth(card, self);
}

static void death(void *self)
{
	struct piv *p = self;
	keys_free(p);
	objects_factory(p); // without F9 all of them
	free(p);
}

static void leave(struct card *card, void *self)
{
	(void)card;
	struct piv *p = self;
	pin_forget(p);
	p->managed = false;
	p->challenge_len = 0;
}

// The application property template (SP 800-73-4 part 2, table 3).
static enum sw selected(struct card *card, void *self, struct bytes *out)
{
	static const uint8_t application[] = { 0x4f, 0x06, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00, 0x79,
					       0x07, 0x4f, 0x05, 0xa0, 0x00, 0x00, 0x03, 0x08 };
	(void)card;
	(void)self;
	bytes_tlv(out, 0x61, application, sizeof(application));
	return SW_OK;
}

static enum sw version(const struct card *card, const struct apdu *a, struct bytes *out)
{
	if (a->p1 || a->p2)
		return SW_WRONG_P1P2;
	bytes_number(out, card->firmware, 3);
	return SW_OK;
}

static enum sw serial(const struct card *card, const struct apdu *a, struct bytes *out)
{
	if (card->firmware < FIRMWARE(5, 0, 0))
		return SW_UNKNOWN_INS;
	if (a->p1 || a->p2)
		return SW_WRONG_P1P2;
	bytes_number(out, card->serial, 4);
	return SW_OK;
}

// Back to the factory, which is allowed when nobody can use the card any more. F9 stays.
static enum sw reset(struct card *card, struct piv *p, const struct apdu *a)
{
	if (a->p1 || a->p2)
		return SW_WRONG_P1P2;
	if (p->pin.tries > 0 || p->puk.tries > 0)
		return SW_CONDITIONS;
	leave(card, p);
	piv_factory(card, p);
	card_changed(card);
	return SW_OK;
}

static enum sw authenticate(struct card *card, struct piv *p, const struct apdu *a,
			    struct bytes *out)
{
	if (a->p2 == REF_MANAGEMENT)
		return management_authenticate(card, p, a, out);
	return use_key(card, p, a, out);
}

static enum sw command(struct card *card, void *self, const struct apdu *a, struct bytes *out)
{
	struct piv *p = self;
	switch ((enum ins)a->ins) {
	case INS_VERIFY:
		return pin_verify(card, p, a);
	case INS_CHANGE_REFERENCE:
		return pin_change(card, p, a);
	case INS_RESET_RETRY:
		return pin_unblock(card, p, a);
	case INS_SET_TRIES:
		return pin_set_tries(card, p, a);
	case INS_GENERATE:
		return keys_generate(card, p, a, out);
	case INS_IMPORT:
		return keys_import(card, p, a);
	case INS_MOVE_KEY:
		return keys_move(card, p, a);
	case INS_GET_METADATA:
		return keys_metadata(card, p, a, out);
	case INS_AUTHENTICATE:
		return authenticate(card, p, a, out);
	case INS_SET_MANAGEMENT:
		return management_set(card, p, a);
	case INS_GET_DATA:
		return object_get(card, p, a, out);
	case INS_PUT_DATA:
		return object_put(card, p, a);
	case INS_ATTEST:
		return attest(card, p, a, out);
	case INS_GET_SERIAL:
		return serial(card, a, out);
	case INS_GET_VERSION:
		return version(card, a, out);
	case INS_RESET:
		return reset(card, p, a);
	}
	return SW_UNKNOWN_INS;
}

static const uint8_t aid[] = { 0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00 };

const struct applet piv_applet = {
	.name = "PIV",
	.aid = aid,
	.aid_len = sizeof(aid),
	.aid_least = 5,
	.birth = birth,
	.factory = factory,
	.death = death,
	.select = selected,
	.leave = leave,
	.command = command,
	.save = piv_save,
	.load = piv_load,
};
