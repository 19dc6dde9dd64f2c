// Of the certificates that a CA shows: which is the CA, whom to encrypt to, who may sign; and who could stand there without being one.
#include "x509/authorities.h"

#include <string.h>
#include <time.h>

#include "check.h"
#include "maker.h"
#include "x509/cert_inside.h"

static struct maker root, issuing;
static struct cert *root_cert, *issuing_cert, *person, *ra, *ndes[2], *desk, *stranger;
static EVP_PKEY *key;

static struct cert *make_ra(const char *name, const char *extended, const char *microsoft)
{
	return make_cert(&(struct make){ .issuer = &issuing,
					 .microsoft = microsoft,
					 .key = key,
					 .common_name = name,
					 .usage = "critical,digitalSignature,keyEncipherment",
					 .extended = extended });
}

static void make_all(void)
{
	key = EVP_RSA_gen(2048);
	maker_root(&root, "Root");
	root_cert = cert_of(root.x);
	issuing.key = EVP_RSA_gen(2048);
	issuing.x = make_x509(&(struct make){ .issuer = &root,
					      .key = issuing.key,
					      .common_name = "Issuing",
					      .basic = "critical,CA:TRUE",
					      .usage = "critical,keyCertSign,cRLSign",
					      .extended = "-" });
	issuing_cert = cert_of(issuing.x);
	person = make_ra("Person", "clientAuth", NULL);
	ra = make_ra("RA", "1.3.6.1.5.5.7.3.28", NULL);
	ndes[0] = make_ra("NDES", "1.3.6.1.4.1.311.20.2.1", "EnrollmentAgentOffline");
	ndes[1] = make_ra("NDES", "1.3.6.1.4.1.311.20.2.1", "CEPEncryption");
	desk = make_ra("Desk", "clientAuth,1.3.6.1.4.1.311.20.2.1", "EnrollmentAgent");
	struct maker other = { 0 };
	maker_root(&other, "Root");
	stranger = cert_of(other.x);
	maker_free(&other);
}

// The slug of the error, "" for none.
static const char *judge(struct cert *const *certs, size_t n, const struct authorities_terms *as,
			 struct authorities *out)
{
	static char slug[64];
	AUTO_CERTS struct cert_list got = { 0 };
	AUTO_CERTS struct cert_list anchors = { 0 };
	struct authorities_terms t = *as;
	CHECK_OK(cert_list_add(&anchors, root_cert));
	for (size_t i = 0; i < n; i++)
		CHECK_OK(cert_list_add(&got, certs[i]));
	t.got = &got;
	t.anchors = &anchors;
	t.now = t.now ? t.now : (int64_t)time(NULL);
	AUTO(err) struct err *e = authorities_judge(&t, out);
	CU_ASSERT(!e || err_kind(e) == ERR_NETWORK);
	snprintf(slug, sizeof(slug), "%s", e ? err_slug(e) : "");
	return slug;
}

#define JUDGE(out, terms, ...)                                                                     \
	judge((struct cert *const[]){ __VA_ARGS__ },                                               \
	      sizeof((struct cert *const[]){ __VA_ARGS__ }) / sizeof(struct cert *), (terms),      \
	      (out))

static void test_the_ca_is_the_lowest_of_the_chain(void)
{
	struct authorities a = { 0 };
	const struct authorities_terms t = { 0 };
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &t, root_cert, issuing_cert), "");
	CU_ASSERT(cert_same(a.ca, issuing_cert) && cert_same(a.encrypt_to, issuing_cert));
	CU_ASSERT(a.signers.n == 1 && a.believed.n == 2);
	authorities_free(&a);
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &t, stranger), "ca-untrusted");
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &t, issuing_cert, stranger), "");
	CU_ASSERT(cert_same(a.ca, issuing_cert) && a.believed.n == 1);
	authorities_free(&a);
	const struct authorities_terms later = { .now = (int64_t)time(NULL) + 400 * 86400 };
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &later, issuing_cert), "ca-untrusted");
}

// Without TLS whoever has a certificate of this CA could show it.
static void test_an_ra_has_to_be_one(void)
{
	struct authorities a = { 0 };
	const char *const name[] = { cert_sha256(person) };
	const char *const of_ca[] = { cert_sha256(issuing_cert) };
	const struct authorities_terms plain = { 0 }, vouched = { .vouched = true },
				       named = { .named = name, .n_named = 1 },
				       ca_named = { .named = of_ca, .n_named = 1 };
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &plain, issuing_cert, person), "ca-untrusted");
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &ca_named, issuing_cert, person), "ca-untrusted");
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &vouched, issuing_cert, person), "");
	CU_ASSERT(cert_same(a.encrypt_to, person) && a.signers.n == 2);
	authorities_free(&a);
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &named, issuing_cert, person), "");
	authorities_free(&a);
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &plain, ra, issuing_cert), "");
	CU_ASSERT(cert_same(a.encrypt_to, ra) && cert_same(a.ca, issuing_cert));
	authorities_free(&a);
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &plain, ndes[0], ndes[1], issuing_cert), "");
	CU_ASSERT(a.signers.n == 3 && cert_same(a.encrypt_to, ndes[0]));
	authorities_free(&a);
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &named, issuing_cert), "ca-untrusted");
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &ca_named, issuing_cert, ra), "");
	authorities_free(&a);
}

// Whoever enrols people at a desk has the purpose that NDES has; that makes nobody an RA of the CA for SCEP.
static void test_a_desk_is_no_ra_of_the_ca(void)
{
	struct authorities a = { 0 };
	const char *const name[] = { cert_sha256(desk) };
	const struct authorities_terms plain = { 0 }, vouched = { .vouched = true },
				       named = { .named = name, .n_named = 1 };
	struct cert *agent = make_ra("Agent", "1.3.6.1.4.1.311.20.2.1", NULL);
	struct cert *usual = make_ra("Person", "clientAuth", "CEPEncryption");
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &plain, desk, issuing_cert), "ca-untrusted");
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &plain, agent, issuing_cert), "ca-untrusted");
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &plain, usual, issuing_cert), "ca-untrusted");
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &vouched, desk, issuing_cert), "");
	authorities_free(&a);
	CU_ASSERT_STRING_EQUAL(JUDGE(&a, &named, desk, issuing_cert), "");
	authorities_free(&a);
	cert_free(agent);
	cert_free(usual);
}

static void free_all(void)
{
	struct cert *all[] = {
		root_cert, issuing_cert, person, ra, ndes[0], ndes[1], desk, stranger
	};
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		cert_free(all[i]);
	maker_free(&root);
	maker_free(&issuing);
	EVP_PKEY_free(key);
}

int main(void)
{
	return CHECK_MAIN(TEST(make_all), TEST(test_the_ca_is_the_lowest_of_the_chain),
			  TEST(test_an_ra_has_to_be_one), TEST(test_a_desk_is_no_ra_of_the_ca),
			  TEST(free_all));
}
