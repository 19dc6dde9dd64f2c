// The ROCA fingerprint: found in a key built as the flawed library built them, and in no other.
#include "check.h"

#include <openssl/bn.h>

#include "maker.h"

enum { BITS = 2048, PRIMES_FOR_2048 = 71 };

// The product of the first 71 primes, as for keys of 992 to 1952 bits' primes (Nemec and others, table 1).
static void primorial(BIGNUM *m)
{
	unsigned found = 0;
	BN_one(m);
	for (unsigned c = 2; found < PRIMES_FOR_2048; c++) {
		bool prime = true;
		for (unsigned d = 2; d * d <= c; d++)
			prime = prime && c % d != 0;
		if (prime) {
			BN_mul_word(m, c);
			found++;
		}
	}
}

// k*M + (65537^a mod M) until it is prime.
static void flawed_prime(BIGNUM *p, const BIGNUM *m, BN_CTX *ctx)
{
	BIGNUM *k = BN_new(), *a = BN_new(), *e = BN_new();
	BN_set_word(e, 65537);
	do {
		BN_rand(a, 200, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
		BN_rand(k, BITS / 2 - BN_num_bits(m) + 1, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
		BN_mod_exp(p, e, a, m, ctx);
		BN_mul(k, k, m, ctx);
		BN_add(p, p, k);
	} while (BN_check_prime(p, ctx, NULL) != 1);
	BN_free(k);
	BN_free(a);
	BN_free(e);
}

static bool fingerprinted(const BIGNUM *n)
{
	uint8_t bytes[BITS / 8 + 8];
	static const uint8_t e[] = { 1, 0, 1 };
	size_t len = (size_t)BN_bn2bin(n, bytes);
	struct rsa_public p = { bytes, len, e, sizeof(e) };
	return rsa_public_is_roca(&p);
}

static void test_a_flawed_key_is_found(void)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *m = BN_new(), *p = BN_new(), *q = BN_new(), *n = BN_new();
	primorial(m);
	for (int i = 0; i < 2; i++) {
		flawed_prime(p, m, ctx);
		flawed_prime(q, m, ctx);
		BN_mul(n, p, q, ctx);
		CU_ASSERT(BN_num_bits(n) >= BITS - 4);
		CU_ASSERT(fingerprinted(n));
		BN_add_word(n, 2); // one step beside it
		CU_ASSERT(!fingerprinted(n));
	}
	BN_generate_prime_ex2(q, BITS / 2, 0, NULL, NULL, NULL, ctx);
	BN_mul(n, p, q, ctx); // one flawed prime and a sound one
	CU_ASSERT(!fingerprinted(n));
	BN_free(m);
	BN_free(p);
	BN_free(q);
	BN_free(n);
	BN_CTX_free(ctx);
}

static void test_a_thousand_random_moduli_are_not(void)
{
	BIGNUM *n = BN_new();
	unsigned found = 0;
	for (int i = 0; i < 1000; i++) {
		BN_rand(n, BITS, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD);
		found += fingerprinted(n);
	}
	CU_ASSERT(found == 0);
	BN_free(n);
}

static void test_a_sound_key_is_not(void)
{
	struct soft_key k;
	soft_key_make(&k, BITS);
	CU_ASSERT(!rsa_public_is_roca(&k.public_key));
	soft_key_free(&k);
	struct rsa_public none = { 0 };
	CU_ASSERT(!rsa_public_is_roca(&none));
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_flawed_key_is_found),
			  TEST(test_a_thousand_random_moduli_are_not),
			  TEST(test_a_sound_key_is_not));
}
