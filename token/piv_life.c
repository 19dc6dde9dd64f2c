// The life of a PIV card as Yubico makes it: its PUK, its management key, unblocked, and begun anew.
//
// C_SetPIN of ykcs11 changes the PIN alone; it has no C_InitToken and no C_InitPIN. PIN, PUK and management key are given to the card once, but for the wrong
// ones by which piv_wipe blocks it on purpose.
#include <string.h>

#include "token/piv.h"
#include "token/piv_life.h"

enum {
	VERIFY = 0x20,
	CHANGE_REFERENCE = 0x24,
	RESET_RETRY = 0x2c,
	RESET = 0xfb,
	SW_BLOCKED = 0x6983,
	PAD = 0xff,
	TRIES_MAX = 255,
	MOVES_KEYS = 0x050700, // the first firmware that deletes and moves keys
};

// As the maker delivers them (Yubico, PIV; token/models.c has them for recognising).
static const char factory_pin_value[] = "123456", factory_puk_value[] = "12345678";

static bool is_wrong(unsigned sw)
{
	return (sw & 0xfff0) == 0x63c0;
}

static struct err *look(const struct token_info *t, const struct pcsc_patience *patience,
			struct card_secrets *out)
{
	AUTO(piv) struct piv *p = NULL;
	struct piv_metadata pin, puk, management;
	uint8_t algorithm = 0;
	TRY(piv_open(t, patience, &p));
	TRY(piv_metadata(p, PIV_PIN, &pin));
	TRY(piv_metadata(p, PIV_PUK, &puk));
	TRY(piv_metadata(p, PIV_MANAGEMENT, &management));
	TRY(piv_management_algorithm(p, &algorithm));
	*out = (struct card_secrets){
		.pin_left = pin.left,
		.puk_left = puk.left,
		.tells = pin.known && puk.known && management.known,
		.pin_factory = pin.known && pin.factory,
		.puk_factory = puk.known && puk.factory,
		.management_factory = management.known && management.factory,
		.management_hex = (unsigned)(2 * piv_management_len(algorithm)),
		.management_des = piv_management_is_des(algorithm),
	};
	return NULL;
}

// --- by the PUK

static struct err *wrong_puk(const struct piv *p, const char *command, unsigned sw)
{
	struct err *e = err_new(ERR_PIN, N_("The PUK of the token %1 is wrong. Tries left: %2."),
				ARG_TEXT(p->token->label), ARG_NUM((int64_t)(sw & 0xf)));
	e = err_call(e, command, "SW", sw);
	return err_tag(err_hint(e, N_("Look the PUK up before you try again. It is neither the PIN "
				      "nor the management key.")),
		       "so-pin-wrong");
}

static struct err *puk_locked(const struct token_info *t)
{
	struct err *e =
		err_new(ERR_PIN, N_("The PUK of the token %1 is locked."), ARG_TEXT(t->label));
	return err_tag(err_hint(e, N_("If the PIN is locked, too, `inkan token init` begins anew; "
				      "all keys on the card are then lost.")),
		       "so-pin-locked");
}

struct err *card_puk_ready(const struct token_info *t, int left, bool last_try)
{
	if (left == 0)
		return puk_locked(t);
	if (left != 1 || last_try)
		return NULL;
	struct err *e = err_new(ERR_PIN,
				N_("Only one try of the PUK of the token %1 is left, so it was not "
				   "used."),
				ARG_TEXT(t->label));
	return err_tag(err_hint(e, N_("If you are sure of the PUK, repeat the command with "
				      "--last-try.")),
		       "so-pin-final-try");
}

static struct err *refused_value(const struct piv *p, const char *command, unsigned sw)
{
	struct err *e = err_new(ERR_PIN, N_("The card %1 does not take the new value."),
				ARG_TEXT(p->token->label));
	return err_tag(err_hint(err_call(e, command, "SW", sw), N_("Choose another one.")),
		       "pin-refused");
}

// Two values of eight bytes, padded.
static struct err *send_pair(struct piv *p, uint8_t ins, uint8_t reference,
			     const struct secret *shown, const struct secret *fresh, unsigned *sw)
{
	uint8_t data[2 * PIV_PIN_LEN];
	memset(data, PAD, sizeof(data));
	if (secret_len(shown) > PIV_PIN_LEN || secret_len(fresh) > PIV_PIN_LEN)
		return refused_value(p, "CHANGE REFERENCE DATA", 0);
	memcpy(data, secret_bytes(shown), secret_len(shown));
	memcpy(data + PIV_PIN_LEN, secret_bytes(fresh), secret_len(fresh));
	struct err *e = piv_send(p, ins, 0, reference, data, sizeof(data), NULL, sw);
	wipe(data, sizeof(data));
	return e;
}

static struct err *by_puk(struct piv *p, uint8_t ins, uint8_t reference, const struct secret *puk,
			  const struct secret *fresh, bool last_try)
{
	const char *command = ins == RESET_RETRY ? "RESET RETRY COUNTER" : "CHANGE REFERENCE DATA";
	struct piv_metadata m;
	unsigned sw = 0;
	TRY(piv_metadata(p, PIV_PUK, &m));
	TRY(card_puk_ready(p->token, m.left, last_try));
	TRY(send_pair(p, ins, reference, puk, fresh, &sw));
	if (sw == APDU_OK)
		return NULL;
	if (sw == SW_BLOCKED || sw == 0x63c0)
		return puk_locked(p->token);
	return is_wrong(sw) ? wrong_puk(p, command, sw) : refused_value(p, command, sw);
}

static struct err *change_puk(const struct token_info *t, const struct pcsc_patience *patience,
			      const struct secret *old, const struct secret *fresh, bool last_try)
{
	AUTO(piv) struct piv *p = NULL;
	TRY(piv_open(t, patience, &p));
	return by_puk(p, CHANGE_REFERENCE, PIV_PUK, old, fresh, last_try);
}

static struct err *unblock(const struct token_info *t, const struct pcsc_patience *patience,
			   const struct secret *puk, const struct secret *fresh, bool last_try)
{
	AUTO(piv) struct piv *p = NULL;
	TRY(piv_open(t, patience, &p));
	return by_puk(p, RESET_RETRY, PIV_PIN, puk, fresh, last_try);
}

// --- the management key

static struct err *change_management(const struct token_info *t,
				     const struct pcsc_patience *patience, const struct secret *old,
				     const struct secret *fresh)
{
	AUTO(piv) struct piv *p = NULL;
	TRY(piv_open(t, patience, &p));
	TRY(piv_manage(p, old));
	return piv_set_management(p, fresh);
}

// --- begun anew

// All padding is never a PIN, so that no try can be the right one.
static struct err *block_pin(struct piv *p)
{
	uint8_t never[PIV_PIN_LEN];
	unsigned sw = 0;
	memset(never, PAD, sizeof(never));
	for (int i = 0; i <= TRIES_MAX; i++) {
		TRY(piv_send(p, VERIFY, 0, PIV_PIN, never, sizeof(never), NULL, &sw));
		if (sw == SW_BLOCKED || sw == 0x63c0)
			return NULL;
		if (!is_wrong(sw))
			break;
	}
	return piv_refused(p, "VERIFY", sw);
}

static struct err *block_puk(struct piv *p)
{
	uint8_t never[2 * PIV_PIN_LEN];
	unsigned sw = 0;
	memset(never, PAD, PIV_PIN_LEN);
	memcpy(never + PIV_PIN_LEN, "46729358", PIV_PIN_LEN);
	for (int i = 0; i <= TRIES_MAX; i++) {
		TRY(piv_send(p, RESET_RETRY, 0, PIV_PIN, never, sizeof(never), NULL, &sw));
		if (sw == SW_BLOCKED || sw == 0x63c0)
			return NULL;
		if (!is_wrong(sw))
			break;
	}
	return piv_refused(p, "RESET RETRY COUNTER", sw);
}

static struct err *reset(struct piv *p)
{
	unsigned sw = 0;
	TRY(block_pin(p));
	TRY(block_puk(p));
	TRY(piv_send(p, RESET, 0, 0, NULL, 0, NULL, &sw));
	return sw == APDU_OK ? NULL : piv_refused(p, "RESET", sw);
}

static struct err *from_factory(struct piv *p, const char *made, uint8_t reference,
				const struct secret *fresh)
{
	AUTO(secret) struct secret *old = NULL;
	unsigned sw = 0;
	TRY(secret_from(made, strlen(made), &old));
	TRY(send_pair(p, CHANGE_REFERENCE, reference, old, fresh, &sw));
	return sw == APDU_OK ? NULL : piv_refused(p, "CHANGE REFERENCE DATA", sw);
}

// The PIN last: a card that still has the maker's shows that this was cut off.
static struct err *begin_anew(const struct token_info *t, const struct pcsc_patience *patience,
			      const struct card_new *n)
{
	AUTO(piv) struct piv *p = NULL;
	AUTO(secret) struct secret *made = NULL;
	struct card_identity_done identity;
	TRY(factory_management_key(t, &made));
	TRY(piv_open(t, patience, &p));
	TRY(reset(p));
	TRY(piv_manage(p, made));
	TRY(piv_set_management(p, n->management));
	if (n->identity)
		TRY(piv_write_identity(p, false, &identity));
	TRY(from_factory(p, factory_puk_value, PIV_PUK, n->puk));
	return from_factory(p, factory_pin_value, PIV_PIN, n->pin);
}

// --- keys and identity

static struct err *has_key(const struct token_info *t, const struct pcsc_patience *patience,
			   const struct card_key *key, bool *yes)
{
	AUTO(piv) struct piv *p = NULL;
	TRY(piv_open(t, patience, &p));
	return piv_has_key(p, key, yes);
}

static struct err *delete_keys(const struct token_info *t, const struct pcsc_patience *patience,
			       const struct secret *management, const struct card_key *keys,
			       size_t n, size_t *gone)
{
	AUTO(piv) struct piv *p = NULL;
	*gone = 0;
	TRY(piv_open(t, patience, &p));
	if (p->firmware < MOVES_KEYS)
		return NULL;
	TRY(piv_manage(p, management));
	for (size_t i = 0; i < n; i++) {
		bool went = false;
		TRY(piv_delete_key(p, &keys[i], &went));
		*gone += went;
	}
	return NULL;
}

static struct err *move_key(const struct token_info *t, const struct pcsc_patience *patience,
			    const struct secret *management, const struct card_key *key, uint8_t to,
			    bool *moved)
{
	AUTO(piv) struct piv *p = NULL;
	*moved = false;
	TRY(piv_open(t, patience, &p));
	if (p->firmware < MOVES_KEYS)
		return NULL;
	TRY(piv_manage(p, management));
	return piv_move_key(p, key, to, moved);
}

static struct err *write_identity(const struct token_info *t, const struct pcsc_patience *patience,
				  const struct secret *management, bool anew,
				  struct card_identity_done *out)
{
	AUTO(piv) struct piv *p = NULL;
	TRY(piv_open(t, patience, &p));
	TRY(piv_manage(p, management));
	return piv_write_identity(p, anew, out);
}

static const struct card_life piv_card = {
	.look = look,
	.change_puk = change_puk,
	.unblock = unblock,
	.change_management = change_management,
	.begin_anew = begin_anew,
	.has_key = has_key,
	.delete_keys = delete_keys,
	.move_key = move_key,
	.write_identity = write_identity,
	.factory_puk = factory_puk_value,
};

const struct life piv_life = {
	.change_pin = session_change_pin,
	.card = &piv_card,
};
