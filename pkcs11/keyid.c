// CKA_ID: chosen, compared, written down.
#include <string.h>

#include <openssl/rand.h>

#include "base/text.h"
#include "pkcs11/internal.h"

static struct err *in_use(struct session *s, const struct key_id *id, bool *used)
{
	struct key_id copy = *id;
	CK_ATTRIBUTE fit = { .type = CKA_ID,
			     .pValue = copy.bytes,
			     .ulValueLen = (CK_ULONG)copy.len };
	CK_OBJECT_HANDLE found[1];
	size_t n = 0;
	TRY(objects_find(s, &fit, 1, found, 1, &n));
	*used = n > 0;
	return NULL;
}

static struct err *no_free_slot(const struct session *s)
{
	struct err *e = err_new(ERR_TOKEN, N_("The token %1 has no room for another key."),
				ARG_TEXT(token_name(&s->info)));
	e = err_hint(e,
		     N_("Remove keys and certificates that are no longer needed from the token."));
	return err_tag(e, "token-full");
}

// The PIV slots as ykcs11 numbers them: 9A, then the 20 retired ones (82 to 95), then 9C, whose key wants its PIN at each use. 9D is for decrypting
// what others have encrypted, and the key of 9E (4) works without a PIN: both are left alone.
static struct err *choose_slot(struct session *s, struct key_id *out)
{
	static const uint8_t order[] = { 1,  5,	 6,  7,	 8,  9,	 10, 11, 12, 13, 14,
					 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 2 };
	for (size_t i = 0; i < sizeof(order); i++) {
		struct key_id id = { .bytes = { order[i] }, .len = 1 };
		bool used = false;
		TRY(in_use(s, &id, &used));
		if (!used) {
			*out = id;
			return NULL;
		}
	}
	return err_hint(no_free_slot(s),
			N_("Every slot of the card holds a key or a certificate. Nothing was "
			   "changed. Have what nobody needs deleted with the program of the "
			   "card's maker, or use another token."));
}

struct err *key_id_choose(struct session *s, const struct quirks *q, struct key_id *out)
{
	if (q && q->slot_ids)
		return choose_slot(s, out);
	for (int i = 0; i < 4; i++) {
		struct key_id id = { .len = KEY_ID_LEN };
		bool used = false;
		if (RAND_bytes(id.bytes, KEY_ID_LEN) != 1)
			return err_tag(
				err_new(ERR_FAILED, N_("This machine gave no random numbers.")),
				"random");
		TRY(in_use(s, &id, &used));
		if (!used) {
			*out = id;
			return NULL;
		}
	}
	// Four collisions of 128 random bits: the module finds everything, whatever it is asked for.
	return ckr_err("C_FindObjects", CKR_GENERAL_ERROR, token_name(&s->info));
}

bool key_id_same(const struct key_id *a, const struct key_id *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

char *key_id_hex(const struct key_id *id)
{
	return text_hex(id->bytes, id->len, 0);
}

struct err *key_id_from_hex(const char *hex, struct key_id *out)
{
	struct key_id id = { .len = KEY_ID_MAX };
	TRY(text_unhex(hex, id.bytes, &id.len));
	if (id.len == 0)
		return err_new(ERR_FAILED, N_("A key's CKA_ID is empty."));
	*out = id;
	return NULL;
}
