// Encrypting to recovery certificates: those with the key read it, and nobody else.
#include "x509/cms.h"

#include <string.h>

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "check.h"
#include "maker.h"

static const char content[] = "token: pkcs11:serial=1\nso-pin: K7QF3M2X\n";

static struct secret *secret_content(void)
{
	struct secret *s = NULL;
	CHECK_OK(secret_from(content, strlen(content), &s));
	return s;
}

struct recipient {
	struct soft_key key;
	struct cert *cert;
};

static void recipient_make(struct recipient *r, const struct maker *root, unsigned bits,
			   const char *usage)
{
	soft_key_make(&r->key, bits);
	r->cert = make_cert(&(struct make){
		.issuer = root, .key = r->key.key, .common_name = "Recovery", .usage = usage });
}

static void recipient_free(struct recipient *r)
{
	cert_free(r->cert);
	soft_key_free(&r->key);
}

static CMS_ContentInfo *read_cms(const struct buf *pem)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long len = 0;
	BIO *in = BIO_new_mem_buf(pem->data, (int)pem->len);
	bool is_cms = PEM_read_bio(in, &name, &header, &der, &len) == 1 && !strcmp(name, "CMS");
	BIO *body = BIO_new_mem_buf(der, (int)len);
	CMS_ContentInfo *cms = is_cms ? d2i_CMS_bio(body, NULL) : NULL;
	BIO_free(body);
	BIO_free(in);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return cms;
}

// Null when the key does not open it.
static char *opened(const struct buf *pem, EVP_PKEY *key)
{
	char *out = NULL, *text = NULL;
	CMS_ContentInfo *cms = read_cms(pem);
	BIO *plain = BIO_new(BIO_s_mem());
	if (cms && CMS_decrypt(cms, key, NULL, NULL, plain, 0) == 1) {
		long n = BIO_get_mem_data(plain, &text);
		out = strndup(text, (size_t)n);
	}
	BIO_free(plain);
	CMS_ContentInfo_free(cms);
	return out;
}

static void test_each_recipient_reads_it_and_nobody_else(void)
{
	struct maker root;
	struct recipient a, b;
	struct soft_key stranger;
	AUTO_CERTS struct cert_list to = { 0 };
	AUTO_BUF struct buf pem = BUF(65536);
	AUTO(secret) struct secret *s = secret_content();
	maker_root(&root, "Root");
	recipient_make(&a, &root, 2048, "keyEncipherment");
	recipient_make(&b, &root, 3072, "-");
	soft_key_make(&stranger, 2048);
	CHECK_OK(cert_list_add(&to, a.cert));
	CHECK_OK(cert_list_add(&to, b.cert));
	CHECK_OK_OR_END(cms_encrypt(s, &to, &pem));
	CU_ASSERT_PTR_NOT_NULL(strstr((char *)pem.data, "-----BEGIN CMS-----"));
	CU_ASSERT_PTR_NULL(strstr((char *)pem.data, "K7QF3M2X"));
	AUTO_TEXT char *by_a = opened(&pem, a.key.key), *by_b = opened(&pem, b.key.key),
		       *by_none = opened(&pem, stranger.key);
	CU_ASSERT(by_a && !strcmp(by_a, content));
	CU_ASSERT(by_b && !strcmp(by_b, content));
	CU_ASSERT(!by_none ||
		  strcmp(by_none, content) != 0); // OpenSSL gives random bytes, against oracles
	recipient_free(&a);
	recipient_free(&b);
	soft_key_free(&stranger);
	maker_free(&root);
}

static void test_the_keys_are_wrapped_with_oaep(void)
{
	struct maker root;
	struct recipient a;
	AUTO_CERTS struct cert_list to = { 0 };
	AUTO_BUF struct buf pem = BUF(65536);
	AUTO(secret) struct secret *s = secret_content();
	maker_root(&root, "Root");
	recipient_make(&a, &root, 2048, "keyEncipherment");
	CHECK_OK(cert_list_add(&to, a.cert));
	CHECK_OK_OR_END(cms_encrypt(s, &to, &pem));
	CMS_ContentInfo *cms = read_cms(&pem);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cms);
	STACK_OF(CMS_RecipientInfo) *all = CMS_get0_RecipientInfos(cms);
	X509_ALGOR *how = NULL;
	CU_ASSERT_EQUAL(sk_CMS_RecipientInfo_num(all), 1);
	CMS_RecipientInfo_ktri_get0_algs(sk_CMS_RecipientInfo_value(all, 0), NULL, NULL, &how);
	CU_ASSERT_EQUAL(how ? OBJ_obj2nid(how->algorithm) : 0, NID_rsaesOaep);
	CMS_ContentInfo_free(cms);
	recipient_free(&a);
	maker_free(&root);
}

static void test_what_cannot_be_encrypted_to_is_refused(void)
{
	struct maker root;
	struct recipient signs, small;
	AUTO_BUF struct buf pem = BUF(65536);
	AUTO(secret) struct secret *s = secret_content();
	maker_root(&root, "Root");
	recipient_make(&signs, &root, 2048, "digitalSignature");
	recipient_make(&small, &root, 1024, "keyEncipherment");
	AUTO_CERTS struct cert_list to = { 0 }, weak = { 0 };
	CHECK_OK(cert_list_add(&to, signs.cert));
	CHECK_OK(cert_list_add(&weak, small.cert));
	struct err *e = cms_encrypt(s, &to, &pem);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", "recovery-unusable");
	err_ignore(e);
	CHECK_ERR(cms_encrypt(s, &weak, &pem), ERR_PROFILE);
	CU_ASSERT_EQUAL(pem.len, 0);
	recipient_free(&signs);
	recipient_free(&small);
	maker_free(&root);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_each_recipient_reads_it_and_nobody_else),
			  TEST(test_the_keys_are_wrapped_with_oaep),
			  TEST(test_what_cannot_be_encrypted_to_is_refused));
}
