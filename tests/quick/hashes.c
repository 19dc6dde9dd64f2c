// Preloaded into the programs of a test: scrypt at a small part of its cost, the same part in every program, so that what one has
// stored fits what another computes. The practice CA checks a PIN in 50 ms on purpose, and a test has many checked.
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "own.h"

enum { PART = 64 };

int EVP_PBE_scrypt(const char *pass, size_t passlen, const unsigned char *salt, size_t saltlen,
		   uint64_t N, uint64_t r, uint64_t p, uint64_t maxmem, unsigned char *key,
		   size_t keylen)
{
	int (*next)(const char *, size_t, const unsigned char *, size_t, uint64_t, uint64_t,
		    uint64_t, uint64_t, unsigned char *, size_t) = NULL;
	*(void **)&next = quick_own(__func__);
	return next(pass, passlen, salt, saltlen, N > (uint64_t)PART * 2 ? N / PART : N, r, p,
		    maxmem, key, keylen);
}
