// What the token says of a private key, and whether its secret numbers can be read.
#include <string.h>

#include "base/secret.h"
#include "pkcs11/internal.h"

static unsigned bits_of(const struct rsa_public *key)
{
	unsigned bits = (unsigned)key->modulus_len * 8;
	for (uint8_t top = key->modulus_len ? key->modulus[0] : 0; top && !(top & 0x80);
	     top = (uint8_t)(top << 1))
		bits--;
	return bits;
}

struct err *facts_read_flags(struct session *s, const struct keypair *k, struct key_facts *f)
{
	CK_BBOOL said[8];
	CK_ATTRIBUTE want[] = {
		WANT(CKA_LOCAL, said[0]),
		WANT(CKA_SENSITIVE, said[1]),
		WANT(CKA_ALWAYS_SENSITIVE, said[2]),
		WANT(CKA_EXTRACTABLE, said[3]),
		WANT(CKA_NEVER_EXTRACTABLE, said[4]),
		WANT(CKA_ALWAYS_AUTHENTICATE, said[5]),
		WANT(CKA_TOKEN, said[6]),
		WANT(CKA_PRIVATE, said[7]),
	};
	TRY(attrs_read(s, k->private_key, want, ARRAY_LEN(want)));
	enum tri *into[] = { &f->local,	      &f->sensitive,	     &f->always_sensitive,
			     &f->extractable, &f->never_extractable, &f->always_authenticate,
			     &f->token,	      &f->private_object };
	for (size_t i = 0; i < ARRAY_LEN(into); i++)
		*into[i] = attr_tri(&want[i]);
	return NULL;
}

// Really reads (a length alone proves nothing); what should come out is wiped at once.
struct err *facts_read_secrets(struct session *s, const struct keypair *k, struct key_facts *f)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_PRIVATE_EXPONENT, CKA_PRIME_1,
						   CKA_PRIME_2,		 CKA_EXPONENT_1,
						   CKA_EXPONENT_2,	 CKA_COEFFICIENT };
	AUTO(secret) struct secret *room = NULL;
	const size_t each = SECRET_MAX / ARRAY_LEN(types);
	TRY(secret_new(SECRET_MAX, &room));
	CK_ATTRIBUTE want[ARRAY_LEN(types)];
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		want[i] = (CK_ATTRIBUTE){ .type = types[i],
					  .pValue = secret_room(room) + i * each,
					  .ulValueLen = each };
	TRY(attrs_read(s, k->private_key, want, ARRAY_LEN(want)));
	f->private_read_refused =
		k->numbers.modulus_len <= each; // a longer one might not have fitted
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (attr_has(&want[i]) && want[i].ulValueLen > 0)
			f->private_read_refused = false;
	return NULL;
}

// Where the private object does not tell its public numbers there is nothing to compare; signing and checking will.
static bool public_matches(const struct keypair *k)
{
	const struct rsa_public *n = &k->numbers;
	bool modulus = !k->private_modulus_len ||
		       (k->private_modulus_len == n->modulus_len &&
			memcmp(k->private_modulus, n->modulus, n->modulus_len) == 0);
	bool exponent = !k->private_exponent_len ||
			(k->private_exponent_len == n->exponent_len &&
			 memcmp(k->private_exponent, n->exponent, n->exponent_len) == 0);
	return modulus && exponent;
}

static struct err *no_private(const struct session *s)
{
	return err_tag(err_new(ERR_TOKEN, N_("The private key is not on the token %1."),
			       ARG_TEXT(token_name(&s->info))),
		       "key-missing");
}

struct err *keypair_facts(struct session *s, const struct keypair *k, struct key_facts *out)
{
	struct key_facts f = { 0 };
	if (!k->private_key)
		return no_private(s);
	TRY(facts_read_flags(s, k, &f));
	TRY(facts_read_secrets(s, k, &f));
	f.bits = bits_of(&k->numbers);
	f.public_matches = public_matches(k);
	f.roca = rsa_public_is_roca(&k->numbers);
	*out = f;
	return NULL;
}
