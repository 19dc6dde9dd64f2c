// Preloaded into the programs of a test: RSA keys in a tenth of the time. They are as real, as random and as new as ever, and whoever
// asked cannot tell; OpenSSL 3.0 takes 0.3 s of a processor for one, most of it in a greatest common divisor for each candidate (FIPS
// 186-4, B.3.6). Here candidates are sieved by small primes first.
//
// RSA_generate_key_ex (SoftHSM), EVP_PKEY_Q_keygen (EVP_RSA_gen) and EVP_PKEY_keygen (the program openssl) give such a key when it is to
// have 1024 bits or more and the exponent 65537; everything else goes on to OpenSSL. OpenSSL is not linked but bound when it is first
// called: most programs of a test have none, and shall not be made to load it.
#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "own.h"

enum { SMALLEST = 1024, EXPONENT = 65537, SMALL_MAX = 1 << 14, SPAN = 1 << 14, ROUNDS = 6 };

// Whether the program itself has an OpenSSL that the calls below can be bound to (one that only a module brought cannot).
static bool is_bound(void)
{
	return dlsym(RTLD_DEFAULT, "BN_mod_exp_mont") != NULL;
}

// Strikes out what has a small factor: struck[i] is for start + 2i.
static void sieve(const BIGNUM *start, bool *struck)
{
	static bool composite[SMALL_MAX];
	memset(struck, 0, SPAN * sizeof(*struck));
	for (unsigned p = 3; p < SMALL_MAX; p += 2) {
		if (composite[p])
			continue;
		for (unsigned m = p * p; p < 128 && m < SMALL_MAX; m += 2 * p)
			composite[m] = true;
		// start + 2i = 0 (mod p)
		unsigned missing = (p - (unsigned)BN_mod_word(start, p)) % p;
		for (unsigned i = missing % 2 ? (missing + p) / 2 : missing / 2; i < SPAN; i += p)
			struck[i] = true;
	}
}

// One round of Miller and Rabin's test with a random base.
static bool may_be_prime(const BIGNUM *n, const BIGNUM *less_one, BN_MONT_CTX *mont, BN_CTX *ctx)
{
	bool maybe = false;
	BIGNUM *odd = BN_new(), *base = BN_new(), *x = BN_new();
	int twos = 1;
	while (!BN_is_bit_set(less_one, twos))
		twos++;
	if (odd && base && x && BN_rshift(odd, less_one, twos) && BN_rand_range(base, less_one) &&
	    BN_add_word(base, 1) && BN_mod_exp_mont(x, base, odd, n, ctx, mont)) {
		maybe = BN_is_one(x) || BN_cmp(x, less_one) == 0;
		for (int i = 1; i < twos && !maybe && BN_mod_sqr(x, x, n, ctx); i++)
			maybe = BN_cmp(x, less_one) == 0;
	}
	BN_clear_free(odd);
	BN_clear_free(base);
	BN_clear_free(x);
	return maybe;
}

static bool is_prime(const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *less_one = BN_dup(n);
	BN_MONT_CTX *mont = BN_MONT_CTX_new();
	bool maybe = less_one && mont && BN_sub_word(less_one, 1) && BN_MONT_CTX_set(mont, n, ctx);
	for (int i = 0; i < ROUNDS && maybe; i++)
		maybe = may_be_prime(n, less_one, mont, ctx);
	BN_MONT_CTX_free(mont);
	BN_clear_free(less_one);
	return maybe;
}

// A prime whose two highest bits are set, and that is not 1 modulo the exponent (which is a prime, too).
static bool prime(BIGNUM *out, int bits, BN_CTX *ctx)
{
	static __thread bool struck[SPAN];
	for (;;) {
		if (!BN_priv_rand(out, bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD))
			return false;
		sieve(out, struck);
		unsigned at = 0;
		for (unsigned i = 0; i < SPAN; i++) {
			if (struck[i])
				continue;
			if (!BN_add_word(out, 2 * (i - at)))
				return false;
			at = i;
			if (BN_num_bits(out) == bits && BN_mod_word(out, EXPONENT) != 1 &&
			    is_prime(out, ctx))
				return true;
		}
	}
}

// The numbers of RFC 8017 §3.2: n, e, d, p, q, dP, dQ, qInv.
enum { N, E, D, P, Q, DP, DQ, QINV, NUMBERS };

static bool compute(BIGNUM **k, int bits, BN_CTX *ctx)
{
	if (!prime(k[P], bits - bits / 2, ctx) || !prime(k[Q], bits / 2, ctx))
		return false;
	if (BN_cmp(k[P], k[Q]) < 0)
		BN_swap(k[P], k[Q]);
	BIGNUM *p1 = BN_dup(k[P]), *q1 = BN_dup(k[Q]), *phi = BN_new();
	bool fine = p1 && q1 && phi && BN_sub_word(p1, 1) && BN_sub_word(q1, 1) &&
		    BN_mul(phi, p1, q1, ctx) && BN_mul(k[N], k[P], k[Q], ctx) &&
		    BN_set_word(k[E], EXPONENT) && BN_mod_inverse(k[D], k[E], phi, ctx) &&
		    BN_mod(k[DP], k[D], p1, ctx) && BN_mod(k[DQ], k[D], q1, ctx) &&
		    BN_mod_inverse(k[QINV], k[Q], k[P], ctx);
	BN_clear_free(p1);
	BN_clear_free(q1);
	BN_clear_free(phi);
	return fine;
}

static bool fill(RSA *rsa, int bits)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *k[NUMBERS];
	bool fine = ctx != NULL;
	for (int i = 0; i < NUMBERS; i++) {
		k[i] = BN_new();
		fine = fine && k[i];
	}
	fine = fine && compute(k, bits, ctx);
	BN_CTX_free(ctx);
	// What was set belongs to the key from then on.
	if (fine && RSA_set0_key(rsa, k[N], k[E], k[D]) && RSA_set0_factors(rsa, k[P], k[Q]) &&
	    RSA_set0_crt_params(rsa, k[DP], k[DQ], k[QINV]))
		return true;
	for (int i = 0; i < NUMBERS && !fine; i++)
		BN_clear_free(k[i]);
	return false;
}

// By way of its DER, so that it is a key of OpenSSL's provider like any other.
static EVP_PKEY *make(int bits)
{
	EVP_PKEY *key = NULL;
	unsigned char *der = NULL;
	RSA *rsa = RSA_new();
	int len = rsa && fill(rsa, bits) ? i2d_RSAPrivateKey(rsa, &der) : 0;
	const unsigned char *at = der;
	if (len > 0)
		key = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, len);
	if (der)
		OPENSSL_clear_free(der, (size_t)len);
	RSA_free(rsa);
	return key;
}

int RSA_generate_key_ex(RSA *rsa, int bits, BIGNUM *e, BN_GENCB *cb)
{
	int (*next)(RSA *, int, BIGNUM *, BN_GENCB *) = NULL;
	if (bits >= SMALLEST && is_bound() && BN_is_word(e, EXPONENT))
		return fill(rsa, bits);
	*(void **)&next = quick_own(__func__);
	return next ? next(rsa, bits, e, cb) : 0;
}

EVP_PKEY *EVP_PKEY_Q_keygen(OSSL_LIB_CTX *libctx, const char *propq, const char *type, ...)
{
	EVP_PKEY *(*next)(OSSL_LIB_CTX *, const char *, const char *, ...) = NULL;
	*(void **)&next = quick_own(__func__);
	va_list more;
	va_start(more, type);
	EVP_PKEY *key = NULL;
	if (strcmp(type, "RSA") == 0) {
		size_t bits = va_arg(more, size_t);
		key = !libctx && !propq && bits >= SMALLEST ? make((int)bits)
							    : next(libctx, propq, type, bits);
	} else if (strcmp(type, "EC") == 0) {
		key = next(libctx, propq, type, va_arg(more, char *));
	} else {
		key = next(libctx, propq, type);
	}
	va_end(more);
	return key;
}

// What the program openssl said of the key that it asks for next.
static __thread struct {
	const EVP_PKEY_CTX *ctx;
	int bits;
	bool other; // something that is not made here
} asked;

int EVP_PKEY_CTX_set_rsa_keygen_bits(EVP_PKEY_CTX *ctx, int bits)
{
	int (*next)(EVP_PKEY_CTX *, int) = NULL;
	*(void **)&next = quick_own(__func__);
	asked.ctx = ctx;
	asked.bits = bits;
	asked.other = false;
	return next(ctx, bits);
}

int EVP_PKEY_CTX_set_params(EVP_PKEY_CTX *ctx, const OSSL_PARAM *params)
{
	int (*next)(EVP_PKEY_CTX *, const OSSL_PARAM *) = NULL;
	*(void **)&next = quick_own(__func__);
	bool is_length = params && params->key && strcmp(params->key, "bits") == 0 &&
			 params->data_size == sizeof(size_t) && !params[1].key;
	asked.ctx = ctx;
	asked.other = !is_length;
	if (is_length)
		asked.bits = (int)*(const size_t *)params->data;
	return next(ctx, params);
}

int EVP_PKEY_CTX_set1_rsa_keygen_pubexp(EVP_PKEY_CTX *ctx, BIGNUM *e)
{
	int (*next)(EVP_PKEY_CTX *, BIGNUM *) = NULL;
	*(void **)&next = quick_own(__func__);
	asked.other = asked.other || !is_bound() || !BN_is_word(e, EXPONENT);
	return next(ctx, e);
}

int EVP_PKEY_keygen(EVP_PKEY_CTX *ctx, EVP_PKEY **key)
{
	int (*next)(EVP_PKEY_CTX *, EVP_PKEY **) = NULL;
	bool is_ours = asked.ctx == ctx && asked.bits >= SMALLEST && !asked.other;
	asked.ctx = NULL;
	if (is_ours && !*key && is_bound() && EVP_PKEY_CTX_is_a(ctx, "RSA"))
		return (*key = make(asked.bits)) != NULL;
	*(void **)&next = quick_own(__func__);
	return next(ctx, key);
}
