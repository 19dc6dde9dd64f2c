// Certificate objects.
#include "pkcs11/certobj.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "softhsm.h"

// A self-signed certificate with this CN, by OpenSSL alone.
static struct cert *make_cert(const char *cn, long serial)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *x = X509_new();
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
				   (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	X509_sign(x, key, EVP_sha256());
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);
	struct cert *c = NULL;
	CHECK_OK(cert_parse(der, len > 0 ? (size_t)len : 0, &c));
	OPENSSL_free(der);
	X509_free(x);
	EVP_PKEY_free(key);
	return c;
}

static bool begin(struct softhsm *h, struct softhsm_open *o, const char *plan)
{
	softhsm_begin(h);
	softhsm_token(h, "alpha");
	if (plan)
		softhsm_mock(h, plan);
	return softhsm_login(h, "alpha", o);
}

static void end(struct softhsm *h, struct softhsm_open *o)
{
	softhsm_logout(o);
	softhsm_end(h);
}

static const struct key_id id_a = { .bytes = { 0xa1, 0xa2 }, .len = 2 };
static const struct key_id id_b = { .bytes = { 0xb1 }, .len = 1 };

static void test_a_certificate_is_stored_read_and_removed(void)
{
	struct softhsm h;
	struct softhsm_open o;
	AUTO(cert) struct cert *one = make_cert("one", 1);
	AUTO(cert) struct cert *two = make_cert("two", 2);
	size_t removed = 9;
	if (begin(&h, &o, NULL)) {
		CHECK_OK(certobj_store(o.session, &id_a, "label one", one));
		CHECK_OK(certobj_store(o.session, &id_b, "label two", two));
		CHECK_OK(certobj_store(o.session, &id_a, "label one",
				       one)); // the same again is nothing new
		AUTO_CERTOBJS struct certobj_list l = { 0 };
		CHECK_OK(certobj_list(o.session, &l));
		CU_ASSERT_EQUAL_FATAL(l.n, 2);
		size_t a = key_id_same(&l.list[0].id, &id_a) ? 0 : 1;
		CU_ASSERT(key_id_same(&l.list[a].id, &id_a) &&
			  key_id_same(&l.list[1 - a].id, &id_b));
		CU_ASSERT(l.list[a].cert && cert_same(l.list[a].cert, one));
		CU_ASSERT_STRING_EQUAL(l.list[a].label, "label one");
		CHECK_OK(certobj_destroy(o.session, &id_a, two, &removed));
		CU_ASSERT_EQUAL(removed, 0);
		CHECK_OK(certobj_destroy(o.session, &id_a, one, &removed));
		CU_ASSERT_EQUAL(removed, 1);
		CHECK_OK(certobj_destroy(o.session, &id_b, NULL, &removed));
		CU_ASSERT_EQUAL(removed, 1);
		certobj_list_free(&l);
		CHECK_OK(certobj_list(o.session, &l));
		CU_ASSERT_EQUAL(l.n, 0);
	}
	end(&h, &o);
}

static void test_certificates_are_read_without_a_pin_and_survive_the_session(void)
{
	struct softhsm h;
	struct softhsm_open o;
	AUTO(cert) struct cert *one = make_cert("one", 1);
	enum tri present = TRI_YES;
	if (begin(&h, &o, NULL)) {
		CHECK_OK(certobj_store(o.session, &id_a, "one", one));
		CHECK_OK(certobj_key_present(o.session, &id_a, &present));
		CU_ASSERT_EQUAL(present, TRI_NO);
		struct token_info t = *session_token(o.session);
		session_close(o.session);
		o.session = NULL;
		CHECK_OK(session_open(o.module, &t, false, &o.session));
		AUTO_CERTOBJS struct certobj_list l = { 0 };
		CHECK_OK(certobj_list(o.session, &l));
		CU_ASSERT(l.n == 1 && l.list[0].cert && cert_same(l.list[0].cert, one));
		CHECK_OK(certobj_key_present(o.session, &id_a, &present));
		CU_ASSERT_EQUAL(present, TRI_MISSING);
	}
	end(&h, &o);
}

static void test_a_key_beside_the_certificate_is_seen(void)
{
	struct softhsm h;
	struct softhsm_open o;
	enum tri present = TRI_NO;
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o, NULL)) {
		struct key_terms t = { .bits = 2048, .label = "k", .id = id_a };
		CHECK_OK(keypair_generate(o.session, &t, NULL, &k));
		CHECK_OK(certobj_key_present(o.session, &id_a, &present));
		CU_ASSERT_EQUAL(present, TRI_YES);
	}
	end(&h, &o);
}

static void test_a_token_that_refuses_the_label_takes_the_certificate_without(void)
{
	struct softhsm h;
	struct softhsm_open o;
	AUTO(cert) struct cert *one = make_cert("one", 1);
	if (begin(&h, &o, "reject-attribute certificate LABEL CKR_ATTRIBUTE_TYPE_INVALID\n")) {
		CHECK_OK(certobj_store(o.session, &id_a, "one", one));
		AUTO_CERTOBJS struct certobj_list l = { 0 };
		CHECK_OK(certobj_list(o.session, &l));
		CU_ASSERT(l.n == 1 && l.list[0].cert && l.list[0].label[0] == '\0');
	}
	end(&h, &o);
	if (begin(&h, &o, "C_CreateObject * return CKR_DEVICE_MEMORY\n")) {
		struct err *e = certobj_store(o.session, &id_a, "one", one);
		CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", "token-full");
		err_free(e);
	}
	end(&h, &o);
}

static void test_a_value_that_is_no_certificate_is_listed_without_one(void)
{
	struct softhsm h;
	struct softhsm_open o;
	AUTO(cert) struct cert *one = make_cert("one", 1);
	if (begin(&h, &o, "lie certificate VALUE 0x3003020101\n")) {
		CHECK_OK(certobj_store(o.session, &id_a, "one", one));
		AUTO_CERTOBJS struct certobj_list l = { 0 };
		CHECK_OK(certobj_list(o.session, &l));
		CU_ASSERT(l.n == 1 && !l.list[0].cert);
	}
	end(&h, &o);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_certificate_is_stored_read_and_removed),
			  TEST(test_certificates_are_read_without_a_pin_and_survive_the_session),
			  TEST(test_a_key_beside_the_certificate_is_seen),
			  TEST(test_a_token_that_refuses_the_label_takes_the_certificate_without),
			  TEST(test_a_value_that_is_no_certificate_is_listed_without_one));
}
