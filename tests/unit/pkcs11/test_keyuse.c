// A pair on a token in the hands of OpenSSL: signatures and decryption, on tokens with few mechanisms, too. SoftHSM, and the mock in front of it.
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "pkcs11/keypair.h"
#include "softhsm.h"

struct use {
	struct softhsm h;
	struct softhsm_open o;
	struct keypair *pair;
	struct keypair_use use;
	struct private_key *key;
	EVP_PKEY *public_key;
};

static void use_begin(struct use *u, const char *plan, const struct pin_asker *asker)
{
	memset(u, 0, sizeof(*u));
	softhsm_begin(&u->h);
	softhsm_token(&u->h, "alpha");
	if (plan)
		softhsm_mock(&u->h, plan);
	if (!softhsm_login(&u->h, "alpha", &u->o))
		return;
	struct key_terms t = { .bits = 2048, .label = "inkan test", .decrypt = true };
	CHECK_OK(key_id_choose(u->o.session, NULL, &t.id));
	CHECK_OK_OR_END(keypair_generate(u->o.session, &t, NULL, &u->pair));
	u->use = (struct keypair_use){ u->o.session, u->pair, asker };
	CHECK_OK_OR_END(keypair_private_key(&u->use, &u->key));
	AUTO_BUF struct buf spki = BUF(4096);
	CHECK_OK_OR_END(rsa_public_der(keypair_public(u->pair), &spki));
	const unsigned char *p = spki.data;
	u->public_key = d2i_PUBKEY(NULL, &p, (long)spki.len);
}

static void use_end(struct use *u)
{
	private_key_free(u->key);
	EVP_PKEY_free(u->public_key);
	keypair_free(u->pair);
	softhsm_logout(&u->o);
	softhsm_end(&u->h);
	ERR_clear_error();
}

static const uint8_t message[] = "what is to be signed";

static bool pad(EVP_PKEY_CTX *ctx, bool pss)
{
	return !pss || (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
			EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0);
}

static bool signs(struct use *u, bool pss, const EVP_MD *md)
{
	uint8_t sig[512];
	size_t len = sizeof(sig);
	EVP_MD_CTX *s = EVP_MD_CTX_new(), *v = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL;
	bool ok = u->key && EVP_DigestSignInit(s, &ctx, md, NULL, private_key_pkey(u->key)) > 0 &&
		  pad(ctx, pss) && EVP_DigestSign(s, sig, &len, message, sizeof(message)) > 0 &&
		  EVP_DigestVerifyInit(v, &ctx, md, NULL, u->public_key) > 0 && pad(ctx, pss) &&
		  EVP_DigestVerify(v, sig, len, message, sizeof(message)) == 1;
	EVP_MD_CTX_free(s);
	EVP_MD_CTX_free(v);
	return ok;
}

static size_t seal(struct use *u, int padding, const char *text, uint8_t out[static 512])
{
	size_t len = 512;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(u->public_key, NULL);
	bool ok = ctx && EVP_PKEY_encrypt_init(ctx) > 0 &&
		  EVP_PKEY_CTX_set_rsa_padding(ctx, padding) > 0 &&
		  EVP_PKEY_encrypt(ctx, out, &len, (const uint8_t *)text, strlen(text)) > 0;
	EVP_PKEY_CTX_free(ctx);
	return ok ? len : 0;
}

static bool opens(struct use *u, int padding, const uint8_t *sealed, size_t sealed_len,
		  const char *text)
{
	uint8_t out[512];
	size_t len = sizeof(out);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(private_key_pkey(u->key), NULL);
	bool ok = ctx && EVP_PKEY_decrypt_init(ctx) > 0 &&
		  EVP_PKEY_CTX_set_rsa_padding(ctx, padding) > 0 &&
		  EVP_PKEY_decrypt(ctx, out, &len, sealed, sealed_len) > 0;
	EVP_PKEY_CTX_free(ctx);
	return ok && len == strlen(text) && !memcmp(out, text, len);
}

static void test_it_signs_with_each_hash_and_padding(void)
{
	struct use u;
	use_begin(&u, NULL, NULL);
	CU_ASSERT(keypair_signs_pss(u.o.session));
	for (int pss = 0; pss < 2; pss++) {
		CU_ASSERT(signs(&u, pss, EVP_sha256()));
		CU_ASSERT(signs(&u, pss, EVP_sha384()));
		CU_ASSERT(signs(&u, pss, EVP_sha512()));
	}
	CU_ASSERT(!signs(&u, false, EVP_sha1()));
	use_end(&u);
}

// What cards have: raw RSA without PSS, PSS without raw RSA, neither; with PSS listed and refused.
static void test_it_signs_on_tokens_with_few_mechanisms(void)
{
	static const struct {
		const char *plan;
		bool pss, told;
	} tokens[] = {
		{ "mechanisms RSA_PKCS,RSA_X_509,RSA_PKCS_KEY_PAIR_GEN\n", true, true },
		{ "mechanisms RSA_X_509,RSA_PKCS_KEY_PAIR_GEN\n", true, true },
		{ "mechanisms RSA_PKCS,RSA_PKCS_PSS,RSA_PKCS_KEY_PAIR_GEN\n", true, true },
		{ "mechanisms RSA_PKCS,RSA_PKCS_KEY_PAIR_GEN\n", false, false },
		{ "C_SignInit 1 return CKR_MECHANISM_INVALID\n"
		  "C_SignInit 3 return CKR_MECHANISM_PARAM_INVALID\n",
		  true, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		struct use u;
		use_begin(&u, tokens[i].plan, NULL);
		CU_ASSERT_EQUAL(keypair_signs_pss(u.o.session), tokens[i].told);
		CU_ASSERT(signs(&u, false, EVP_sha256()));
		CU_ASSERT_EQUAL(signs(&u, true, EVP_sha256()), tokens[i].pss);
		AUTO(err) struct err *err = private_key_error(u.key);
		CU_ASSERT_EQUAL(err != NULL, !tokens[i].pss);
		use_end(&u);
	}
}

static void test_it_opens_what_was_encrypted_to_it(void)
{
	struct use u;
	uint8_t sealed[512] = { 0 };
	use_begin(&u, NULL, NULL);
	static const int paddings[] = { RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING };
	for (size_t i = 0; i < ARRAY_LEN(paddings); i++) {
		size_t len = seal(&u, paddings[i], "a content key", sealed);
		CU_ASSERT(opens(&u, paddings[i], sealed, len, "a content key"));
		sealed[len / 2] ^= 1;
		CU_ASSERT(!opens(&u, paddings[i], sealed, len, "a content key"));
		AUTO(err) struct err *err = private_key_error(u.key);
		// A module may answer with other bytes instead of an error (RFC 3218 §2.3.2).
		CU_ASSERT(i == 0 || (err && err_has_tag(err, "decryption-failed")));
	}
	use_end(&u);
}

static void test_a_token_that_goes_is_told_apart(void)
{
	struct use u;
	use_begin(&u,
		  "C_SignInit 1 return CKR_DEVICE_REMOVED\nC_DecryptInit 1 return "
		  "CKR_DEVICE_REMOVED\n",
		  NULL);
	CU_ASSERT(!signs(&u, true, EVP_sha256()));
	AUTO(err) struct err *signing = private_key_error(u.key);
	CU_ASSERT(signing && err_has_code(signing, "CKR_DEVICE_REMOVED"));
	uint8_t sealed[512] = { 0 };
	size_t len = seal(&u, RSA_PKCS1_PADDING, "x", sealed);
	CU_ASSERT(!opens(&u, RSA_PKCS1_PADDING, sealed, len, "x"));
	AUTO(err) struct err *opening = private_key_error(u.key);
	CU_ASSERT(opening && err_has_code(opening, "CKR_DEVICE_REMOVED"));
	use_end(&u);
}

struct asked {
	unsigned n;
};

static struct err *give_pin(void *ctx, struct secret **pin)
{
	struct asked *a = ctx;
	a->n++;
	return secret_from(SOFTHSM_PIN, strlen(SOFTHSM_PIN), pin);
}

static void test_a_key_that_always_authenticates_asks_each_time(void)
{
	struct use u;
	struct asked a = { 0 };
	const struct pin_asker asker = { give_pin, &a };
	uint8_t sealed[512] = { 0 };
	use_begin(&u, "always-authenticate\n", &asker);
	CU_ASSERT(signs(&u, true, EVP_sha256()));
	CU_ASSERT_EQUAL(a.n, 1);
	size_t len = seal(&u, RSA_PKCS1_PADDING, "x", sealed);
	CU_ASSERT(opens(&u, RSA_PKCS1_PADDING, sealed, len, "x"));
	CU_ASSERT_EQUAL(a.n, 2);
	use_end(&u);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_it_signs_with_each_hash_and_padding),
			  TEST(test_it_signs_on_tokens_with_few_mechanisms),
			  TEST(test_it_opens_what_was_encrypted_to_it),
			  TEST(test_a_token_that_goes_is_told_apart),
			  TEST(test_a_key_that_always_authenticates_asks_each_time));
}
