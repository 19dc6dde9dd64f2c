// PINs at rest: scrypt.
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/secret.h"
#include "practiceca/openssl_error.h"
#include "practiceca/pin_hash.h"

static struct err *derive(const struct pin_hash *h, const void *pin, size_t len, uint8_t *out)
{
	// 128*N*r bytes of work and a little more.
	if (EVP_PBE_scrypt(pin, len, h->salt, PIN_SALT, (uint64_t)h->cost, 8, 1, 64u << 20, out,
			   PIN_HASH) != 1)
		return openssl_error("EVP_PBE_scrypt");
	return NULL;
}

struct err *pin_hash_make(const void *pin, size_t len, int64_t cost, struct pin_hash *out)
{
	struct pin_hash h = { .cost = cost };
	if (RAND_bytes(h.salt, PIN_SALT) != 1)
		return openssl_error("RAND_bytes");
	TRY(derive(&h, pin, len, h.hash));
	*out = h;
	return NULL;
}

struct err *pin_hash_check(const struct pin_hash *h, const void *pin, size_t len, bool *right)
{
	uint8_t got[PIN_HASH];
	TRY(derive(h, pin, len, got));
	*right = CRYPTO_memcmp(got, h->hash, PIN_HASH) == 0;
	wipe(got, sizeof got);
	return NULL;
}

struct err *pin_hash_nobody(struct pin_hash *out)
{
	struct pin_hash h = { .cost = PIN_COST_ALONE };
	if (RAND_bytes(h.salt, PIN_SALT) != 1 || RAND_bytes(h.hash, PIN_HASH) != 1)
		return openssl_error("RAND_bytes");
	*out = h;
	return NULL;
}
