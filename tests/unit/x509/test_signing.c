// Encoded messages: what OpenSSL makes and accepts of the same terms.
#include "x509/signing.h"

#include <string.h>

#include <openssl/rsa.h>

#include "check.h"
#include "maker.h"

static struct soft_key keys[3]; // of 2048, 2047 and 1024 bits

static const enum signing_hash hashes[] = { SIGNING_SHA256, SIGNING_SHA384, SIGNING_SHA512 };

// The private key applied to a block, as a token does that pads nothing.
static size_t raw(EVP_PKEY *key, const struct buf *block, uint8_t out[static 1024])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t len = 1024;
	bool ok = EVP_PKEY_sign_init(ctx) > 0 &&
		  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) > 0 &&
		  EVP_PKEY_sign(ctx, out, &len, block->data, block->len) > 0;
	EVP_PKEY_CTX_free(ctx);
	return ok ? len : 0;
}

static bool verifies(EVP_PKEY *key, const struct signing_terms *t, const uint8_t *sig, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	const EVP_MD *md = EVP_get_digestbyname(signing_hash_name(t->hash));
	bool ok = EVP_DigestVerifyInit(ctx, &pctx, md, NULL, key) > 0;
	if (t->pss)
		ok = ok && EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, (int)t->salt_len) > 0;
	ok = ok && EVP_DigestVerify(ctx, sig, len, t->data, t->len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static void check_block(const struct soft_key *k, struct signing_terms t)
{
	uint8_t sig[1024], digest[SIGNING_DIGEST_MAX];
	AUTO_BUF struct buf block = BUF(1024), hashed = BUF(1024);
	unsigned bits = (unsigned)EVP_PKEY_get_bits(k->key);
	CHECK_OK_OR_END(signing_block(&t, bits, &block));
	CU_ASSERT_EQUAL(block.len, (bits + 7) / 8);
	CU_ASSERT(verifies(k->key, &t, sig, raw(k->key, &block, sig)));
	// The same of its digest.
	CHECK_OK_OR_END(signing_digest(&t, digest));
	struct signing_terms of_digest = t;
	of_digest.data = digest;
	of_digest.len = signing_hash_len(t.hash);
	of_digest.hashed = true;
	CHECK_OK_OR_END(signing_block(&of_digest, bits, &hashed));
	CU_ASSERT(verifies(k->key, &t, sig, raw(k->key, &hashed, sig)));
	of_digest.len--;
	CHECK_ERR(signing_block(&of_digest, bits, &hashed), ERR_FAILED);
}

static void test_blocks_verify_with_every_hash_padding_and_salt(void)
{
	static const uint8_t message[] = "what is to be signed";
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
			struct signing_terms t = { .hash = hashes[i],
						   .data = message,
						   .len = sizeof(message) };
			check_block(&keys[k], t);
			t.pss = true;
			check_block(&keys[k], t);
			t.salt_len = 20;
			check_block(&keys[k], t);
			t.salt_len = signing_hash_len(t.hash);
			check_block(&keys[k], t);
		}
	}
}

static void test_a_salt_is_never_used_twice(void)
{
	const struct signing_terms t = {
		.pss = true, .salt_len = 32, .data = (const uint8_t *)"x", .len = 1
	};
	AUTO_BUF struct buf a = BUF(1024), b = BUF(1024);
	CHECK_OK_OR_END(signing_block(&t, 2048, &a));
	CHECK_OK_OR_END(signing_block(&t, 2048, &b));
	CU_ASSERT(memcmp(a.data, b.data, a.len) != 0);
}

static void test_a_key_that_is_too_short_is_told(void)
{
	// 64 bytes of digest, 64 of salt and 2 do not fit in 128 (RFC 8017 §9.1.1 step 3).
	struct signing_terms t = { .pss = true,
				   .hash = SIGNING_SHA512,
				   .salt_len = 64,
				   .data = (const uint8_t *)"x",
				   .len = 1 };
	AUTO_BUF struct buf block = BUF(1024);
	CHECK_ERR(signing_block(&t, 1024, &block), ERR_FAILED);
	t.salt_len = 62;
	check_block(&keys[2], t);
	t.pss = false;
	CHECK_ERR(signing_block(&t, 512, &block), ERR_FAILED);
	CHECK_ERR(signing_block(&t, 1U << 20, &block), ERR_FAILED);
}

static void test_digest_info_is_that_of_rfc_8017(void)
{
	// SHA-256("abc"), FIPS 180-2 appendix B.1.
	static const uint8_t want[51] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
					  0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
					  0x20, 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
					  0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0,
					  0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10,
					  0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
	const struct signing_terms t = { .data = (const uint8_t *)"abc", .len = 3 };
	AUTO_BUF struct buf got = BUF(SIGNING_INFO_MAX);
	CHECK_OK_OR_END(signing_digest_info(&t, &got));
	CU_ASSERT_EQUAL(got.len, sizeof(want));
	CU_ASSERT(memcmp(got.data, want, sizeof(want)) == 0);
}

static void test_hashes_are_known_by_their_names(void)
{
	enum signing_hash hash = SIGNING_SHA256;
	CHECK_OK(signing_hash_named("SHA2-384", &hash));
	CU_ASSERT_EQUAL(hash, SIGNING_SHA384);
	CHECK_ERR(signing_hash_named("SHA1", &hash), ERR_FAILED);
	CHECK_ERR(signing_hash_named("MD5", &hash), ERR_FAILED);
}

int main(void)
{
	soft_key_make(&keys[0], 2048);
	soft_key_make(&keys[1], 2047);
	soft_key_make(&keys[2], 1024);
	int rc = CHECK_MAIN(TEST(test_blocks_verify_with_every_hash_padding_and_salt),
			    TEST(test_a_salt_is_never_used_twice),
			    TEST(test_a_key_that_is_too_short_is_told),
			    TEST(test_digest_info_is_that_of_rfc_8017),
			    TEST(test_hashes_are_known_by_their_names));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		soft_key_free(&keys[i]);
	return rc;
}
