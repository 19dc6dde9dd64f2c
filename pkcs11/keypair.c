// Key pairs on a token: found, read back, destroyed.
#include "pkcs11/keypair.h"

#include <stdlib.h>
#include <string.h>

#include "pkcs11/internal.h"

void keypair_free(struct keypair *k)
{
	free(k);
}

// Big-endian without leading zeros, in place.
static size_t strip(uint8_t *bytes, size_t len)
{
	size_t zeros = 0;
	while (zeros < len && bytes[zeros] == 0)
		zeros++;
	memmove(bytes, bytes + zeros, len - zeros);
	return len - zeros;
}

static size_t take_number(const CK_ATTRIBUTE *a)
{
	return attr_has(a) ? strip(a->pValue, a->ulValueLen) : 0;
}

static void take_id(const CK_ATTRIBUTE *a, struct key_id *out)
{
	if (!attr_has(a) || !a->ulValueLen || a->ulValueLen > KEY_ID_MAX)
		return;
	out->len = a->ulValueLen;
	memcpy(out->bytes, a->pValue, out->len);
}

static struct err *load_private(struct session *s, struct keypair *k, struct key_id *said)
{
	CK_BBOOL always = CK_FALSE;
	uint8_t id[CERT_ID_MAX];
	CK_ATTRIBUTE want[] = {
		WANT(CKA_MODULUS, k->private_modulus),
		WANT(CKA_PUBLIC_EXPONENT, k->private_exponent),
		WANT(CKA_ALWAYS_AUTHENTICATE, always),
		WANT(CKA_ID, id),
	};
	TRY(attrs_read(s, k->private_key, want, ARRAY_LEN(want)));
	k->private_modulus_len = take_number(&want[0]);
	k->private_exponent_len = take_number(&want[1]);
	k->always_authenticate = attr_tri(&want[2]) == TRI_YES;
	take_id(&want[3], said);
	return NULL;
}

static struct err *load_public(struct session *s, struct keypair *k)
{
	uint8_t id[CERT_ID_MAX];
	CK_ATTRIBUTE want[] = { WANT(CKA_MODULUS, k->modulus),
				WANT(CKA_PUBLIC_EXPONENT, k->exponent), WANT(CKA_ID, id) };
	TRY(attrs_read(s, k->public_key, want, ARRAY_LEN(want)));
	k->numbers.modulus_len = take_number(&want[0]);
	k->numbers.exponent_len = take_number(&want[1]);
	take_id(&want[2], &k->public_id);
	return NULL;
}

static struct err *no_numbers(const struct session *s)
{
	struct err *e =
		err_new(ERR_TOKEN, N_("The token %1 does not give the public half of the key."),
			ARG_TEXT(token_name(&s->info)));
	return err_tag(err_hint(e, N_("Use a token that is known to work with inkan.")),
		       "key-unreadable");
}

struct err *keypair_load(struct session *s, CK_OBJECT_HANDLE private_key,
			 CK_OBJECT_HANDLE public_key, const struct key_id *id, struct keypair **out)
{
	AUTO(keypair) struct keypair *k = calloc(1, sizeof(*k));
	if (!k)
		return err_no_memory();
	k->private_key = private_key;
	k->public_key = public_key;
	k->id = *id;
	struct key_id said = { 0 };
	if (private_key)
		TRY(load_private(s, k, &said));
	if (public_key)
		TRY(load_public(s, k));
	if (said.len)
		k->id = said;
	if (!k->numbers.modulus_len) {
		memcpy(k->modulus, k->private_modulus, k->private_modulus_len);
		k->numbers.modulus_len = k->private_modulus_len;
	}
	if (!k->numbers.exponent_len) {
		memcpy(k->exponent, k->private_exponent, k->private_exponent_len);
		k->numbers.exponent_len = k->private_exponent_len;
	}
	k->numbers.modulus = k->modulus;
	k->numbers.exponent = k->exponent;
	if (!k->numbers.modulus_len || !k->numbers.exponent_len)
		return no_numbers(s);
	*out = k;
	k = NULL;
	return NULL;
}

static struct err *ambiguous(const struct session *s)
{
	struct err *e =
		err_new(ERR_TOKEN, N_("The token %1 holds several keys under one identifier."),
			ARG_TEXT(token_name(&s->info)));
	e = err_hint(e, N_("Look at the keys with the token's own program, and remove those that "
			   "are not used."));
	return err_tag(e, "key-ambiguous");
}

// What is found is used, and one day destroyed: a module whose search takes no notice of CKA_ID must not decide on that.
static struct err *another(const struct session *s)
{
	struct err *e =
		err_new(ERR_TOKEN, N_("The token %1 was asked for one key and gave another."),
			ARG_TEXT(token_name(&s->info)));
	e = err_hint(e, N_("Nothing was changed. Use another module for this token, or another "
			   "token."));
	return err_tag(e, "key-other");
}

struct err *keypair_find(struct session *s, const struct key_id *id, struct keypair **out)
{
	CK_OBJECT_HANDLE private_key[2] = { 0 }, public_key[2] = { 0 };
	size_t n_private = 0, n_public = 0;
	TRY(objects_by_id(s, CKO_PRIVATE_KEY, id, private_key, 2, &n_private));
	TRY(objects_by_id(s, CKO_PUBLIC_KEY, id, public_key, 2, &n_public));
	if (n_private > 1 || n_public > 1)
		return ambiguous(s);
	if (n_private + n_public == 0) {
		*out = NULL;
		return NULL;
	}
	AUTO(keypair) struct keypair *k = NULL;
	TRY(keypair_load(s, n_private ? private_key[0] : 0, n_public ? public_key[0] : 0, id, &k));
	if (!key_id_same(&k->id, id))
		return another(s);
	*out = k;
	k = NULL;
	return NULL;
}

const struct key_id *keypair_id(const struct keypair *k)
{
	return &k->id;
}

bool keypair_has_private(const struct keypair *k)
{
	return k->private_key != 0;
}

bool keypair_has_public(const struct keypair *k)
{
	return k->public_key != 0;
}

const struct rsa_public *keypair_public(const struct keypair *k)
{
	return &k->numbers;
}

struct err *keypair_destroy(struct session *s, struct keypair *k)
{
	if (k->private_key)
		TRY(object_destroy(s, k->private_key));
	k->private_key = 0;
	if (k->public_key)
		TRY(object_destroy(s, k->public_key));
	k->public_key = 0;
	return NULL;
}
