// The CA's list of revoked certificates: where a certificate says it is, and what it says of the certificate.
#include "check.h"

#include <string.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "maker.h"
#include "x509/crl.h"

static struct maker root, issuing, other;
static struct soft_key key;
static struct cert_list anchors, others;

// A CRL of the last day for the next; with this serial number on it, where there is one.
struct list {
	const struct maker *issuer, *signer;
	const X509 *revoked;
	long from_days, to_days;
	bool critical; // with an extension that nobody knows
};

static void set_day(X509_CRL *crl, int (*set)(X509_CRL *crl, const ASN1_TIME *t), long days)
{
	ASN1_TIME *t = X509_gmtime_adj(NULL, days * 86400);
	CU_ASSERT_FATAL(t && set(crl, t));
	ASN1_TIME_free(t);
}

static void add_strange(X509_CRL *crl)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	CU_ASSERT_FATAL(oid && value && ASN1_OCTET_STRING_set(value, (const uint8_t *)"\5\0", 2));
	X509_EXTENSION *x = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
	CU_ASSERT_FATAL(x && X509_CRL_add_ext(crl, x, -1));
	X509_EXTENSION_free(x);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
}

static void make_crl(const struct list *l, struct buf *der)
{
	X509_CRL *crl = X509_CRL_new();
	CU_ASSERT_FATAL(crl && X509_CRL_set_version(crl, X509_CRL_VERSION_2));
	CU_ASSERT_FATAL(X509_CRL_set_issuer_name(crl, X509_get_subject_name(l->issuer->x)));
	set_day(crl, X509_CRL_set1_lastUpdate, l->from_days ? l->from_days : -1);
	set_day(crl, X509_CRL_set1_nextUpdate, l->to_days ? l->to_days : 1);
	if (l->critical)
		add_strange(crl);
	if (l->revoked) {
		X509_REVOKED *entry = X509_REVOKED_new();
		ASN1_TIME *now = X509_gmtime_adj(NULL, -60);
		CU_ASSERT_FATAL(entry && now);
		X509_REVOKED_set_serialNumber(
			entry, (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(l->revoked));
		X509_REVOKED_set_revocationDate(entry, now);
		CU_ASSERT_FATAL(X509_CRL_add0_revoked(crl, entry));
		ASN1_TIME_free(now);
	}
	CU_ASSERT_FATAL(X509_CRL_sort(crl) &&
			X509_CRL_sign(crl, (l->signer ? l->signer : l->issuer)->key, EVP_sha256()));
	unsigned char *bytes = NULL;
	int len = i2d_X509_CRL(crl, &bytes);
	CU_ASSERT_FATAL(len > 0);
	CHECK_OK(buf_put(der, bytes, (size_t)len));
	OPENSSL_free(bytes);
	X509_CRL_free(crl);
}

static X509 *make_leaf(void)
{
	return make_x509(
		&(struct make){ .issuer = &issuing, .key = key.key, .common_name = "00000011283" });
}

// "" where the certificate is not on the list; otherwise the tag.
static const char *verdict(X509 *leaf, const struct buf *der)
{
	AUTO(cert) struct cert *c = cert_of(leaf);
	const struct crl_terms t = {
		.leaf = c, .others = &others, .anchors = &anchors, .now = time(NULL)
	};
	AUTO(err) struct err *e = crl_judge(&t, der->data, der->len);
	static char slug[64];
	snprintf(slug, sizeof(slug), "%s", e ? err_slug(e) : "");
	CU_ASSERT(!e || err_kind(e) == (strcmp(slug, "certificate-revoked") == 0 ? ERR_POLICY
										 : ERR_NETWORK));
	return slug;
}

static void check(const struct list *l, X509 *leaf, const char *slug)
{
	AUTO_BUF struct buf der = { 0 };
	make_crl(l, &der);
	CU_ASSERT_STRING_EQUAL(verdict(leaf, &der), slug);
}

static void test_on_the_list_or_not(void)
{
	X509 *leaf = make_leaf(), *another = make_leaf();
	check(&(struct list){ .issuer = &issuing }, leaf, "");
	check(&(struct list){ .issuer = &issuing, .revoked = another }, leaf, "");
	check(&(struct list){ .issuer = &issuing, .revoked = leaf }, leaf, "certificate-revoked");
	X509_free(leaf);
	X509_free(another);
}

static void test_lists_that_tell_nothing(void)
{
	X509 *leaf = make_leaf();
	check(&(struct list){ .issuer = &other }, leaf, "crl-unusable");
	check(&(struct list){ .issuer = &issuing, .signer = &other }, leaf, "crl-unusable");
	check(&(struct list){ .issuer = &issuing, .from_days = -9, .to_days = -2 }, leaf,
	      "crl-unusable");
	check(&(struct list){ .issuer = &issuing, .from_days = 2, .to_days = 9 }, leaf,
	      "crl-unusable");
	check(&(struct list){ .issuer = &issuing, .critical = true }, leaf, "crl-unusable");
	AUTO_BUF struct buf der = { 0 };
	make_crl(&(struct list){ .issuer = &issuing }, &der);
	CHECK_OK(buf_put(&der, "", 1)); // something behind it
	CU_ASSERT_STRING_EQUAL(verdict(leaf, &der), "crl-unusable");
	for (size_t cut = 0; cut + 1 < der.len; cut += 7) {
		struct buf part = { .data = der.data, .len = cut };
		CU_ASSERT_STRING_EQUAL(verdict(leaf, &part), "crl-unusable");
	}
	X509_free(leaf);
}

static void check_urls(const char *value, size_t n, const char *first)
{
	__attribute__((cleanup(crl_urls_free))) struct crl_urls urls = { 0 };
	X509 *leaf = make_leaf();
	X509_EXTENSION *x =
		value ? X509V3_EXT_conf_nid(NULL, NULL, NID_crl_distribution_points, value) : NULL;
	CU_ASSERT_FATAL(!value || (x && X509_add_ext(leaf, x, -1)));
	CU_ASSERT_FATAL(X509_sign(leaf, issuing.key, EVP_sha256()) > 0);
	AUTO(cert) struct cert *c = cert_of(leaf);
	CHECK_OK(crl_urls(c, &urls));
	CU_ASSERT(urls.n == n);
	if (n > 0 && urls.n > 0)
		CU_ASSERT_STRING_EQUAL(urls.url[0], first);
	X509_EXTENSION_free(x);
	X509_free(leaf);
}

static void test_where_the_list_is(void)
{
	check_urls(NULL, 0, NULL);
	check_urls("URI:http://ca.example/crl", 1, "http://ca.example/crl");
	check_urls("URI:ldap://ca.example/x,URI:https://ca.example/crl", 1,
		   "https://ca.example/crl");
	check_urls("URI:http://a/1,URI:http://a/2,URI:http://a/3,URI:http://a/4,URI:http://a/5", 4,
		   "http://a/1");
}

int main(void)
{
	maker_root(&root, "Root");
	maker_root(&other, "Other");
	soft_key_make(&key, 2048);
	issuing.key = EVP_RSA_gen(2048);
	issuing.x = make_x509(&(struct make){ .issuer = &root,
					      .key = issuing.key,
					      .common_name = "Issuing",
					      .basic = "critical,CA:TRUE",
					      .usage = "critical,keyCertSign,cRLSign",
					      .extended = "-" });
	struct cert *r = cert_of(root.x), *i = cert_of(issuing.x);
	err_ignore(cert_list_add(&anchors, r));
	err_ignore(cert_list_add(&others, i));
	int status = CHECK_MAIN(TEST(test_on_the_list_or_not), TEST(test_lists_that_tell_nothing),
				TEST(test_where_the_list_is));
	cert_free(r);
	cert_free(i);
	cert_list_free(&anchors);
	cert_list_free(&others);
	soft_key_free(&key);
	maker_free(&root);
	maker_free(&issuing);
	maker_free(&other);
	return status;
}
