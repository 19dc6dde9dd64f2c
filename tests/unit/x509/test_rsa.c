// RSA public keys from a token's bytes, and DigestInfo.
#include "check.h"

#include <string.h>

#include "maker.h"

static struct soft_key key;

static void test_public_key_becomes_the_same_spki(void)
{
	AUTO_BUF struct buf der = { 0 };
	CHECK_OK_OR_END(rsa_public_der(&key.public_key, &der));
	unsigned char *want = NULL;
	int len = i2d_PUBKEY(key.key, &want);
	CU_ASSERT(len > 0 && der.len == (size_t)len && memcmp(der.data, want, der.len) == 0);
	OPENSSL_free(want);
}

static void test_leading_zero_bytes_change_nothing(void)
{
	uint8_t padded[257] = { 0 };
	memcpy(padded + 1, key.modulus, 256);
	struct rsa_public p = key.public_key;
	p.modulus = padded;
	p.modulus_len = 257;
	AUTO_BUF struct buf a = { 0 };
	AUTO_BUF struct buf b = { 0 };
	CHECK_OK_OR_END(rsa_public_der(&key.public_key, &a));
	CHECK_OK_OR_END(rsa_public_der(&p, &b));
	CU_ASSERT(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
}

static void check_refused(struct rsa_public p)
{
	AUTO_BUF struct buf der = { 0 };
	CHECK_ERR(rsa_public_der(&p, &der), ERR_TOKEN);
}

static void test_what_is_no_key_is_refused(void)
{
	struct rsa_public p = key.public_key;
	p.modulus = NULL;
	check_refused(p);
	p = key.public_key;
	p.modulus_len = 64; // 512 bits
	check_refused(p);
	p.modulus_len = 0;
	check_refused(p);
	uint8_t even[256];
	memcpy(even, key.modulus, sizeof(even));
	even[255] &= 0xfe;
	p = key.public_key;
	p.modulus = even;
	check_refused(p);
	static const uint8_t one[] = { 1 }, two[] = { 2 };
	p = key.public_key;
	p.exponent = one;
	p.exponent_len = 1;
	check_refused(p);
	p.exponent = two;
	check_refused(p);
	p.exponent_len = 0;
	check_refused(p);
}

static void test_signature_is_checked(void)
{
	AUTO_BUF struct buf sig = { 0 };
	CHECK_OK_OR_END(key.signer.sign(key.signer.ctx, "challenge", 9, &sig));
	CHECK_OK(rsa_public_check(&key.public_key, "challenge", 9, sig.data, sig.len));
	CHECK_ERR(rsa_public_check(&key.public_key, "challengf", 9, sig.data, sig.len), ERR_POLICY);
	CHECK_ERR(rsa_public_check(&key.public_key, "challenge", 9, sig.data, sig.len - 1),
		  ERR_POLICY);
	sig.data[10] ^= 1;
	CHECK_ERR(rsa_public_check(&key.public_key, "challenge", 9, sig.data, sig.len), ERR_POLICY);
}

int main(void)
{
	soft_key_make(&key, 2048);
	int rc = CHECK_MAIN(TEST(test_public_key_becomes_the_same_spki),
			    TEST(test_leading_zero_bytes_change_nothing),
			    TEST(test_what_is_no_key_is_refused), TEST(test_signature_is_checked));
	soft_key_free(&key);
	return rc;
}
