// A key that is somewhere else, in the hands of OpenSSL: TLS, CMS, certificates. Here it is somewhere else in this process.
#include "x509/private_key.h"

#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>

#include "check.h"
#include "maker.h"

static struct soft_key soft;
static struct maker root;
static X509 *leaf;

// The holder: what it was asked for, and when it is to fail.
static struct {
	unsigned signatures, decryptions;
	bool pss, fails;
	enum signing_hash hash;
} holder;

static struct err *gone(void)
{
	return err_tag(err_new(ERR_TOKEN, "The token is not there."), "token-absent");
}

static struct err *take(EVP_PKEY_CTX *ctx,
			int (*use)(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *,
				   size_t),
			const uint8_t *in, size_t in_len, struct buf *out)
{
	uint8_t room[1024];
	size_t len = sizeof(room);
	int ok = use(ctx, room, &len, in, in_len);
	EVP_PKEY_CTX_free(ctx);
	return ok > 0 ? buf_put(out, room, len) : err_new(ERR_FAILED, "It does not work.");
}

static struct err *sign(void *ctx, const struct signing_terms *t, struct buf *out)
{
	AUTO_BUF struct buf block = BUF(1024);
	CU_ASSERT_PTR_EQUAL(ctx, &holder);
	holder.signatures++;
	holder.pss = t->pss;
	holder.hash = t->hash;
	if (holder.fails)
		return gone();
	TRY(signing_block(t, 2048, &block));
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(soft.key, NULL);
	EVP_PKEY_sign_init(c);
	EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING);
	return take(c, EVP_PKEY_sign, block.data, block.len, out);
}

static struct err *decrypt(void *ctx, const struct decryption_terms *t, struct buf *out)
{
	(void)ctx;
	holder.decryptions++;
	if (holder.fails)
		return gone();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(soft.key, NULL);
	EVP_PKEY_decrypt_init(c);
	EVP_PKEY_CTX_set_rsa_padding(c, t->oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING);
	if (t->oaep)
		EVP_PKEY_CTX_set_rsa_oaep_md(
			c, t->sha1 ? EVP_sha1() : EVP_get_digestbyname(signing_hash_name(t->hash)));
	return take(c, EVP_PKEY_decrypt, t->data, t->len, out);
}

static struct private_key *key_new(void)
{
	const struct private_key_ops ops = { .sign = sign, .decrypt = decrypt, .ctx = &holder };
	struct private_key *k = NULL;
	memset(&holder, 0, sizeof(holder));
	CHECK_OK(private_key_new(&soft.public_key, &ops, &k));
	return k;
}

static void test_it_is_the_certificates_key(void)
{
	AUTO(private_key) struct private_key *k = key_new();
	EVP_PKEY *key = private_key_pkey(k);
	struct soft_key other;
	soft_key_make(&other, 2048);
	CU_ASSERT(EVP_PKEY_is_a(key, "RSA"));
	CU_ASSERT_EQUAL(EVP_PKEY_get_bits(key), 2048);
	CU_ASSERT_EQUAL(EVP_PKEY_get_size(key), 256);
	CU_ASSERT_EQUAL(X509_check_private_key(leaf, key), 1);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(key, soft.key), 1);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(key, other.key), 0);
	unsigned char *ours = NULL, *theirs = NULL;
	int n = i2d_PUBKEY(key, &ours), m = i2d_PUBKEY(soft.key, &theirs);
	CU_ASSERT(n > 0 && n == m && !memcmp(ours, theirs, (size_t)n));
	OPENSSL_free(ours);
	OPENSSL_free(theirs);
	unsigned char *out = NULL;
	CU_ASSERT(i2d_PrivateKey(key, &out) <= 0);
	CU_ASSERT_EQUAL(holder.signatures, 0);
	ERR_clear_error();
	soft_key_free(&other);
}

static void test_other_keys_are_none_of_its_business(void)
{
	AUTO(private_key) struct private_key *k = key_new();
	EVP_PKEY *made = EVP_RSA_gen(2048);
	CU_ASSERT_PTR_NOT_NULL(made);
	uint8_t sig[256];
	size_t len = sizeof(sig);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	CU_ASSERT(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, made) > 0 &&
		  EVP_DigestSign(ctx, sig, &len, (const uint8_t *)"x", 1) > 0);
	CU_ASSERT_EQUAL(holder.signatures, 0);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(made, private_key_pkey(k)), 0);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(made);
}

// One TLS connection in memory; what the server then knows of the client's certificate. Null where there was none.
static X509 *shake_hands(EVP_PKEY *key, int version, char *algorithms)
{
	SSL_CTX *server_ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
	CU_ASSERT(SSL_CTX_use_certificate(server_ctx, root.x) > 0 &&
		  SSL_CTX_use_PrivateKey(server_ctx, root.key) > 0);
	SSL_CTX_set_verify(server_ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(server_ctx), root.x);
	SSL_CTX_set_min_proto_version(client_ctx, version);
	SSL_CTX_set_max_proto_version(client_ctx, version);
	if (algorithms)
		CU_ASSERT(SSL_CTX_set1_client_sigalgs_list(client_ctx, algorithms) > 0);
	CU_ASSERT(SSL_CTX_use_certificate(client_ctx, leaf) > 0);
	CU_ASSERT(SSL_CTX_use_PrivateKey(client_ctx, key) > 0);
	SSL *server = SSL_new(server_ctx), *client = SSL_new(client_ctx);
	BIO *one = NULL, *other = NULL;
	BIO_new_bio_pair(&one, 0, &other, 0);
	SSL_set_bio(server, one, one);
	SSL_set_bio(client, other, other);
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	for (int i = 0; i < 8; i++) {
		SSL_do_handshake(client);
		SSL_do_handshake(server);
	}
	X509 *seen = SSL_is_init_finished(server) && SSL_is_init_finished(client)
			     ? SSL_get1_peer_certificate(server)
			     : NULL;
	SSL_free(server);
	SSL_free(client);
	SSL_CTX_free(server_ctx);
	SSL_CTX_free(client_ctx);
	ERR_clear_error();
	return seen;
}

static void check_login(int version, char *algorithms, bool pss, enum signing_hash hash)
{
	AUTO(private_key) struct private_key *k = key_new();
	X509 *seen = shake_hands(private_key_pkey(k), version, algorithms);
	CU_ASSERT(seen && X509_cmp(seen, leaf) == 0);
	CU_ASSERT_EQUAL(holder.signatures, 1);
	CU_ASSERT_EQUAL(holder.pss, pss);
	CU_ASSERT_EQUAL(holder.hash, hash);
	X509_free(seen);
}

static void test_it_logs_in_with_tls(void)
{
	check_login(TLS1_3_VERSION, NULL, true, SIGNING_SHA256);
	check_login(TLS1_2_VERSION, NULL, true, SIGNING_SHA256);
	char sha256[] = "RSA+SHA256", sha512[] = "RSA+SHA512", pss[] = "rsa_pss_rsae_sha384";
	check_login(TLS1_2_VERSION, sha256, false, SIGNING_SHA256);
	check_login(TLS1_2_VERSION, sha512, false, SIGNING_SHA512);
	check_login(TLS1_3_VERSION, pss, true, SIGNING_SHA384);
}

static void test_what_the_holder_says_is_not_lost(void)
{
	AUTO(private_key) struct private_key *k = key_new();
	holder.fails = true;
	CU_ASSERT_PTR_NULL(shake_hands(private_key_pkey(k), TLS1_3_VERSION, NULL));
	CU_ASSERT_EQUAL(holder.signatures, 1);
	AUTO(err) struct err *err = private_key_error(k);
	CU_ASSERT(err && err_has_tag(err, "token-absent"));
	AUTO(err) struct err *again = private_key_error(k);
	CU_ASSERT_PTR_NULL(again);
}

static void test_without_its_holder_it_is_good_for_nothing(void)
{
	struct private_key *k = key_new();
	EVP_PKEY *key = private_key_pkey(k);
	CU_ASSERT(EVP_PKEY_up_ref(key));
	private_key_free(k);
	uint8_t sig[256];
	size_t len = sizeof(sig);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	CU_ASSERT(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) <= 0 ||
		  EVP_DigestSign(ctx, sig, &len, (const uint8_t *)"x", 1) <= 0);
	CU_ASSERT_EQUAL(holder.signatures, 0);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
}

static void test_it_signs_cms(void)
{
	AUTO(private_key) struct private_key *k = key_new();
	BIO *in = BIO_new_mem_buf("text", 4), *out = BIO_new(BIO_s_mem());
	unsigned char *der = NULL;
	CMS_ContentInfo *made = CMS_sign(leaf, private_key_pkey(k), NULL, in, CMS_BINARY);
	CU_ASSERT_EQUAL(holder.signatures, 1);
	int len = i2d_CMS_ContentInfo(made, &der);
	const unsigned char *p = der;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, len);
	OPENSSL_free(der);
	CMS_ContentInfo_free(made);
	CU_ASSERT(cms && CMS_verify(cms, NULL, NULL, NULL, out, CMS_NO_SIGNER_CERT_VERIFY) == 1);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(out);
}

static void check_opens(bool oaep, const EVP_MD *md, bool fails)
{
	AUTO(private_key) struct private_key *k = key_new();
	holder.fails = fails;
	BIO *in = BIO_new_mem_buf("content", 7), *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = CMS_encrypt(NULL, in, EVP_aes_128_cbc(), CMS_BINARY | CMS_PARTIAL);
	CMS_RecipientInfo *r = CMS_add1_recipient_cert(cms, leaf, CMS_KEY_PARAM);
	EVP_PKEY_CTX *ctx = CMS_RecipientInfo_get0_pkey_ctx(r);
	if (oaep)
		CU_ASSERT(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
			  EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) > 0);
	CU_ASSERT(CMS_final(cms, in, NULL, CMS_BINARY) > 0);
	int opened = CMS_decrypt(cms, private_key_pkey(k), leaf, NULL, out, 0);
	char *text = NULL;
	long n = BIO_get_mem_data(out, &text);
	CU_ASSERT_EQUAL(opened == 1 && n == 7 && !memcmp(text, "content", 7), !fails);
	CU_ASSERT_EQUAL(holder.decryptions, 1);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(out);
	ERR_clear_error();
}

static void test_it_opens_cms(void)
{
	check_opens(false, NULL, false);
	check_opens(true, EVP_sha1(), false);
	check_opens(true, EVP_sha256(), false);
	check_opens(false, NULL, true);
}

static void test_it_signs_a_certificate(void)
{
	AUTO(private_key) struct private_key *k = key_new();
	X509 *copy = X509_dup(leaf);
	CU_ASSERT(X509_sign(copy, private_key_pkey(k), EVP_sha256()) > 0);
	CU_ASSERT_EQUAL(X509_verify(copy, soft.key), 1);
	X509_free(copy);
}

int main(void)
{
	soft_key_make(&soft, 2048);
	maker_root(&root, "Root");
	leaf = make_x509(&(struct make){ .issuer = &root,
					 .key = soft.key,
					 .common_name = "Leaf",
					 .usage = "digitalSignature,keyEncipherment" });
	int rc = CHECK_MAIN(
		TEST(test_it_is_the_certificates_key),
		TEST(test_other_keys_are_none_of_its_business), TEST(test_it_logs_in_with_tls),
		TEST(test_what_the_holder_says_is_not_lost),
		TEST(test_without_its_holder_it_is_good_for_nothing), TEST(test_it_signs_cms),
		TEST(test_it_opens_cms), TEST(test_it_signs_a_certificate));
	X509_free(leaf);
	maker_free(&root);
	soft_key_free(&soft);
	return rc;
}
