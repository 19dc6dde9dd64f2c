// Certificates: read whole or not at all, shown, listed, and used to check signatures.
#include "check.h"

#include <string.h>

#include <openssl/pem.h>

#include "maker.h"

static struct maker root;
static struct soft_key key;
static X509 *leaf;

static void test_parts_are_those_of_the_certificate(void)
{
	AUTO(cert) struct cert *c = cert_of(leaf);
	size_t len = 0;
	const uint8_t *p = cert_serial_der(c, &len);
	CU_ASSERT(len > 2 && p[0] == 0x02 && p[1] == len - 2);
	unsigned char *want = NULL;
	int want_len = i2d_PUBKEY(key.key, &want);
	p = cert_public_key_der(c, &len);
	CU_ASSERT(len == (size_t)want_len && memcmp(p, want, len) == 0);
	OPENSSL_free(want);
	want = NULL;
	want_len = i2d_X509_NAME(X509_get_issuer_name(leaf), &want);
	p = cert_issuer_der(c, &len);
	CU_ASSERT(len == (size_t)want_len && memcmp(p, want, len) == 0);
	OPENSSL_free(want);
	CU_ASSERT_STRING_EQUAL(cert_common_name(c), "漢字, 1283");
	CU_ASSERT_STRING_EQUAL(cert_subject_text(c), "CN=漢字\\, 1283");
	CU_ASSERT_STRING_EQUAL(cert_issuer_text(c), "CN=Root");
	CU_ASSERT(strlen(cert_sha256(c)) == 64);
	CU_ASSERT(cert_not_after(c) - cert_not_before(c) == 366 * 86400);
	CU_ASSERT(!cert_is_ca(c));
}

static void test_the_views_are_the_bytes_it_was_made_from(void)
{
	unsigned char *der = NULL;
	int n = i2d_X509(leaf, &der);
	AUTO(cert) struct cert *c = NULL;
	CHECK_OK_OR_END(cert_parse(der, (size_t)n, &c));
	size_t len = 0;
	const uint8_t *p = cert_der(c, &len);
	CU_ASSERT(len == (size_t)n && memcmp(p, der, len) == 0);
	OPENSSL_free(der);
}

static void check_unreadable(const void *der, size_t len)
{
	struct cert *c = NULL;
	AUTO(err) struct err *e = cert_parse(der, len, &c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_CA_REFUSED);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "certificate-unreadable");
	CU_ASSERT_PTR_NULL(c);
}

static void test_what_is_no_certificate_is_refused(void)
{
	unsigned char *der = NULL;
	int n = i2d_X509(leaf, &der);
	unsigned char longer[CERT_MAX_DER + 1] = { 0 };
	memcpy(longer, der, (size_t)n);
	check_unreadable(der, (size_t)n - 1);
	check_unreadable(longer, (size_t)n + 1); // a byte behind it
	check_unreadable(longer, sizeof(longer));
	check_unreadable(der, 0);
	check_unreadable("<html>", 6);
	OPENSSL_free(der);
}

static void test_common_name_with_a_zero_byte_is_none(void)
{
	struct make m = { .issuer = &root, .key = key.key };
	X509 *x = make_x509(&m);
	X509_NAME *name = X509_get_subject_name(x);
	CU_ASSERT(X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_UTF8STRING,
					     (const unsigned char *)"a\0b", 3, -1, 0) == 1);
	X509_sign(x, root.key, EVP_sha256());
	AUTO(cert) struct cert *c = cert_of(x);
	CU_ASSERT_STRING_EQUAL(cert_common_name(c), "");
	X509_free(x);
}

static void test_the_last_common_name_counts(void)
{
	struct make m = {
		.issuer = &root, .key = key.key, .common_name = "first", .second_name = "second"
	};
	AUTO(cert) struct cert *c = make_cert(&m);
	CU_ASSERT_STRING_EQUAL(cert_common_name(c), "second");
}

static void test_a_root_is_a_ca(void)
{
	AUTO(cert) struct cert *c = cert_of(root.x);
	CU_ASSERT(cert_is_ca(c));
}

static void test_references_keep_it_alive(void)
{
	AUTO(cert) struct cert *again = NULL;
	struct cert *c = cert_of(leaf);
	again = cert_ref(c);
	cert_free(c);
	CU_ASSERT(cert_same(again, c) && strlen(cert_serial_hex(again)) > 0);
}

static void test_pem_goes_out_and_comes_back(void)
{
	AUTO(cert) struct cert *a = cert_of(leaf);
	AUTO(cert) struct cert *b = cert_of(root.x);
	AUTO_TEXT char *pem_a = cert_pem(a);
	AUTO_TEXT char *pem_b = cert_pem(b);
	AUTO_TEXT char *both = text_format("# words before\n%s\nwords between\n%s", pem_a, pem_b);
	AUTO_CERTS struct cert_list l = { 0 };
	CHECK_OK_OR_END(cert_list_from_pem(both, strlen(both), &l));
	CU_ASSERT_FATAL(l.n == 2);
	CU_ASSERT(cert_same(l.certs[0], a) && cert_same(l.certs[1], b));
}

static void check_bad_pem(const char *pem)
{
	struct cert_list l = { 0 };
	CHECK_ERR(cert_list_from_pem(pem, strlen(pem), &l), ERR_PROFILE);
	CU_ASSERT(l.n == 0);
}

static void test_bad_pem_is_the_profile_s_fault(void)
{
	check_bad_pem("");
	check_bad_pem("no PEM at all");
	check_bad_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	check_bad_pem("-----BEGIN CERTIFICATE-----\n****\n-----END CERTIFICATE-----\n");
	check_bad_pem("-----BEGIN CERTIFICATE-----\nMIIB\n");
	// Encrypted keys are passed over without asking for a pass phrase.
	check_bad_pem("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
		      "AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n");
}

static void test_certs_only_gives_all_in_order(void)
{
	AUTO_BUF struct buf der = { 0 };
	make_pkcs7((X509 *[]){ root.x, leaf }, 2, NULL, &der);
	AUTO_CERTS struct cert_list l = { 0 };
	CHECK_OK_OR_END(cert_list_from_pkcs7(der.data, der.len, &l));
	AUTO(cert) struct cert *a = cert_of(root.x);
	CU_ASSERT_FATAL(l.n == 2);
	CU_ASSERT(cert_same(l.certs[0], a));
}

static void check_no_list(const void *der, size_t len)
{
	struct cert_list l = { 0 };
	CHECK_ERR(cert_list_from_pkcs7(der, len, &l), ERR_CA_REFUSED);
	CU_ASSERT(l.n == 0);
}

static void test_anything_but_certs_only_is_refused(void)
{
	AUTO_BUF struct buf der = { 0 };
	AUTO_BUF struct buf with_signer = { 0 };
	AUTO_BUF struct buf empty = { 0 };
	make_pkcs7((X509 *[]){ leaf }, 1, NULL, &der);
	make_pkcs7((X509 *[]){ leaf }, 1, &root, &with_signer);
	make_pkcs7(NULL, 0, NULL, &empty);
	check_no_list(der.data, der.len - 1);
	check_no_list(with_signer.data, with_signer.len);
	check_no_list(empty.data, empty.len);
	check_no_list("", 0);
	check_no_list("<html></html>", 13);
	unsigned char *x = NULL;
	int n = i2d_X509(leaf, &x);
	check_no_list(x, (size_t)n); // a bare certificate
	OPENSSL_free(x);
	CHECK_OK(buf_put(&der, "", 1));
	check_no_list(der.data, der.len); // a byte behind it
}

static void test_more_than_64_certificates_are_too_many(void)
{
	AUTO_CERTS struct cert_list l = { 0 };
	AUTO(cert) struct cert *c = cert_of(leaf);
	for (int i = 0; i < CERT_MAX_LIST; i++)
		CHECK_OK(cert_list_add(&l, c));
	CHECK_ERR(cert_list_add(&l, c), ERR_CA_REFUSED);
	CU_ASSERT(l.n == CERT_MAX_LIST);
}

static void test_it_checks_signatures_of_its_key(void)
{
	AUTO(cert) struct cert *c = cert_of(leaf);
	AUTO_BUF struct buf sig = { 0 };
	CHECK_OK_OR_END(key.signer.sign(key.signer.ctx, "data", 4, &sig));
	CHECK_OK(cert_check_signature(c, "data", 4, sig.data, sig.len));
	CHECK_ERR(cert_check_signature(c, "Data", 4, sig.data, sig.len), ERR_POLICY);
	AUTO(cert) struct cert *other = cert_of(root.x);
	CHECK_ERR(cert_check_signature(other, "data", 4, sig.data, sig.len), ERR_POLICY);
}

int main(void)
{
	maker_root(&root, "Root");
	soft_key_make(&key, 2048);
	struct make m = { .issuer = &root, .key = key.key, .common_name = "漢字, 1283" };
	leaf = make_x509(&m);
	int rc = CHECK_MAIN(
		TEST(test_parts_are_those_of_the_certificate),
		TEST(test_the_views_are_the_bytes_it_was_made_from),
		TEST(test_what_is_no_certificate_is_refused),
		TEST(test_common_name_with_a_zero_byte_is_none),
		TEST(test_the_last_common_name_counts), TEST(test_a_root_is_a_ca),
		TEST(test_references_keep_it_alive), TEST(test_pem_goes_out_and_comes_back),
		TEST(test_bad_pem_is_the_profile_s_fault), TEST(test_certs_only_gives_all_in_order),
		TEST(test_anything_but_certs_only_is_refused),
		TEST(test_more_than_64_certificates_are_too_many),
		TEST(test_it_checks_signatures_of_its_key));
	X509_free(leaf);
	soft_key_free(&key);
	maker_free(&root);
	return rc;
}
