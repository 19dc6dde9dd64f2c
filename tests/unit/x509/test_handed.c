// Certificates as people hand them over: every usual shape is read, what is cut off or something else is not, and no private key is taken.
#include "check.h"

#include <string.h>
#include <sys/stat.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "maker.h"
#include "scratch.h"
#include "x509/handed.h"

static struct maker root;
static struct soft_key key;
static X509 *leaf;
static struct buf leaf_pem = BUF(16384), root_pem = BUF(16384), leaf_der = BUF(16384),
		  bag = BUF(16384);

static void pem_of(X509 *x, struct buf *out)
{
	AUTO(cert) struct cert *c = cert_of(x);
	AUTO_TEXT char *pem = cert_pem(c);
	err_ignore(buf_puts(out, pem)); // not yet within a test
}

// A part of PEM with another name.
static void put_part(struct buf *out, const char *name, const struct buf *der)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	CU_ASSERT(PEM_write_bio(bio, name, "", der->data, (long)der->len) > 0);
	long n = BIO_get_mem_data(bio, &text);
	CHECK_OK(buf_put(out, text, (size_t)n));
	BIO_free(bio);
}

static void reads(const struct buf *b, size_t n)
{
	AUTO_CERTS struct cert_list got = { 0 };
	CHECK_OK_OR_END(cert_list_from_handed(b->data, b->len, &got));
	CU_ASSERT_EQUAL_FATAL(got.n, n);
	AUTO(cert) struct cert *wanted = cert_of(leaf);
	bool found = false;
	for (size_t i = 0; i < n; i++)
		found = found || cert_same(got.certs[i], wanted);
	CU_ASSERT(found);
}

static void refuses(const void *bytes, size_t len, const char *tag, enum err_kind kind)
{
	AUTO_CERTS struct cert_list got = { 0 };
	AUTO(err) struct err *e = cert_list_from_handed(bytes, len, &got);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_STRING_EQUAL(err_slug(e), tag);
	CU_ASSERT_EQUAL(err_kind(e), kind);
	CU_ASSERT_PTR_NOT_NULL(err_next_step(e));
	CU_ASSERT_EQUAL(got.n, 0);
}

static void test_pem_alone_in_a_chain_and_in_a_letter(void)
{
	AUTO_BUF struct buf b = BUF(65536), crlf = BUF(65536);
	reads(&leaf_pem, 1);
	CHECK_OK(buf_puts(&b, "\xef\xbb\xbf"
			      "Dear customer,\nhere it is:\n\n"));
	CHECK_OK(buf_put(&b, root_pem.data, root_pem.len));
	CHECK_OK(buf_puts(&b, "subject=CN = somebody\n"));
	CHECK_OK(buf_put(&b, leaf_pem.data, leaf_pem.len));
	CHECK_OK(buf_puts(&b, "\nYours -- the bank"));
	reads(&b, 2);
	for (size_t i = 0; i < b.len; i++) {
		if (b.data[i] == '\n')
			CHECK_OK(buf_put(&crlf, "\r", 1));
		CHECK_OK(buf_put(&crlf, &b.data[i], 1));
	}
	reads(&crlf, 2);
	b.len -= strlen("\nYours -- the bank") + 1; // the last line has no end
	reads(&b, 2);
}

static void test_der_and_pkcs7(void)
{
	static const char *const names[] = { "PKCS7", "CMS", "PKCS #7 SIGNED DATA" };
	reads(&leaf_der, 1);
	reads(&bag, 2);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_BUF struct buf b = BUF(65536);
		put_part(&b, names[i], &bag);
		reads(&b, 2);
	}
}

static void test_what_is_cut_off_is_refused_wherever_that_is(void)
{
	AUTO_BUF struct buf both = BUF(65536);
	CHECK_OK(buf_put(&both, leaf_pem.data, leaf_pem.len));
	CHECK_OK(buf_put(&both, root_pem.data, root_pem.len));
	for (size_t n = 0; n + 1 < leaf_pem.len; n += 11)
		refuses(leaf_pem.data, n, "certificate-unreadable", ERR_CA_REFUSED);
	for (size_t n = 0; n < leaf_der.len; n += 11)
		refuses(leaf_der.data, n, "certificate-unreadable", ERR_CA_REFUSED);
	for (size_t n = 0; n < bag.len; n += 23)
		refuses(bag.data, n, "certificate-unreadable", ERR_CA_REFUSED);
	// A chain that was cut in its second certificate is not its first.
	for (size_t n = leaf_pem.len + strlen("-----BEGIN CERTIFICATE-----\n"); n + 1 < both.len;
	     n += 17)
		refuses(both.data, n, "certificate-unreadable", ERR_CA_REFUSED);
}

static void test_other_things_are_refused(void)
{
	static const char words[] = "<html>please log in</html>";
	AUTO_BUF struct buf request = BUF(16384), pem = BUF(16384);
	const struct request_rdn cn = { "CN", "somebody" };
	const struct request_terms terms = { .subject = &cn, .n_subject = 1 };
	refuses("", 0, "certificate-unreadable", ERR_CA_REFUSED);
	refuses(words, strlen(words), "certificate-unreadable", ERR_CA_REFUSED);
	CHECK_OK(request_sign(&terms, &key.public_key, &key.signer, &request));
	refuses(request.data, request.len, "request-handed", ERR_CA_REFUSED);
	CHECK_OK(request_pem(request.data, request.len, &pem));
	refuses(pem.data, pem.len, "request-handed", ERR_CA_REFUSED);
	AUTO_BUF struct buf trailing = BUF(16384);
	CHECK_OK(buf_put(&trailing, leaf_der.data, leaf_der.len));
	CHECK_OK(buf_puts(&trailing, "x"));
	refuses(trailing.data, trailing.len, "certificate-unreadable", ERR_CA_REFUSED);
}

static void test_no_private_key_is_taken_in_any_shape(void)
{
	AUTO_BUF struct buf b = BUF(65536);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	char pass[] = "x";
	CHECK_OK(buf_put(&b, leaf_pem.data, leaf_pem.len));
	CU_ASSERT(PEM_write_bio_PrivateKey(bio, key.key, NULL, NULL, 0, NULL, NULL));
	long n = BIO_get_mem_data(bio, &text);
	CHECK_OK(buf_put(&b, text, (size_t)n));
	refuses(b.data, b.len, "private-key-handed", ERR_POLICY);
	(void)BIO_reset(bio);
	CU_ASSERT(PEM_write_bio_PKCS8PrivateKey(bio, key.key, EVP_aes_128_cbc(), pass, 1, NULL,
						NULL));
	n = BIO_get_mem_data(bio, &text);
	refuses(text, (size_t)n, "private-key-handed", ERR_POLICY);
	(void)BIO_reset(bio);
	CU_ASSERT(i2d_PKCS8PrivateKey_bio(bio, key.key, EVP_aes_128_cbc(), pass, 1, NULL, NULL));
	n = BIO_get_mem_data(bio, &text);
	refuses(text, (size_t)n, "private-key-handed", ERR_POLICY);
	(void)BIO_reset(bio);
	CU_ASSERT(i2d_PrivateKey_bio(bio, key.key));
	n = BIO_get_mem_data(bio, &text);
	refuses(text, (size_t)n, "private-key-handed", ERR_POLICY);
	(void)BIO_reset(bio);
	PKCS12 *p12 = PKCS12_create(pass, "name", key.key, leaf, NULL, 0, 0, 1, 1, 0);
	CU_ASSERT(i2d_PKCS12_bio(bio, p12));
	n = BIO_get_mem_data(bio, &text);
	refuses(text, (size_t)n, "private-key-handed", ERR_POLICY);
	PKCS12_free(p12);
	BIO_free(bio);
}

static void file_refused(const char *path, const char *tag, enum err_kind kind)
{
	AUTO_CERTS struct cert_list got = { 0 };
	AUTO(err) struct err *e = cert_list_from_handed_file(path, &got);
	CU_ASSERT_STRING_EQUAL(err_slug(e), tag);
	CU_ASSERT_EQUAL(err_kind(e), kind);
}

static void test_files(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_CERTS struct cert_list got = { 0 };
	AUTO_TEXT char *good = scratch_file(s, "good.pem", (const char *)leaf_pem.data, 0644);
	AUTO_TEXT char *empty = scratch_file(s, "empty", "", 0644);
	AUTO_TEXT char *fifo = scratch_path(s, "fifo");
	AUTO_TEXT char *nowhere = scratch_path(s, "nowhere");
	CHECK_OK(cert_list_from_handed_file(good, &got));
	CU_ASSERT_EQUAL(got.n, 1);
	file_refused(s->dir, "file-unreadable", ERR_USAGE);
	file_refused(nowhere, "file-unreadable", ERR_USAGE);
	CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
	file_refused(fifo, "file-unreadable", ERR_USAGE);
	file_refused(empty, "certificate-unreadable", ERR_CA_REFUSED);
	CU_ASSERT_EQUAL(truncate(good, HANDED_MAX_BYTES + 1), 0);
	file_refused(good, "file-too-large", ERR_CA_REFUSED);
}

int main(void)
{
	maker_root(&root, "Root");
	soft_key_make(&key, 2048);
	leaf = make_x509(
		&(struct make){ .issuer = &root, .key = key.key, .common_name = "somebody" });
	X509 *both[] = { root.x, leaf };
	make_pkcs7(both, 2, NULL, &bag);
	pem_of(leaf, &leaf_pem);
	pem_of(root.x, &root_pem);
	AUTO(cert) struct cert *c = cert_of(leaf);
	size_t len = 0;
	const uint8_t *der = cert_der(c, &len);
	err_ignore(buf_put(&leaf_der, der, len));
	int rc = CHECK_MAIN(TEST(test_pem_alone_in_a_chain_and_in_a_letter),
			    TEST(test_der_and_pkcs7),
			    TEST(test_what_is_cut_off_is_refused_wherever_that_is),
			    TEST(test_other_things_are_refused),
			    TEST(test_no_private_key_is_taken_in_any_shape), TEST(test_files));
	X509_free(leaf);
	maker_free(&root);
	soft_key_free(&key);
	buf_free(&leaf_pem);
	buf_free(&root_pem);
	buf_free(&leaf_der);
	buf_free(&bag);
	return rc;
}
