// The judgement over an answer's certificates: each wrong one by its own tag, and nothing written then.
#include "check.h"

#include <string.h>
#include <time.h>

#include "maker.h"
#include "x509/judge.h"

#define NAME "00000011283"

static struct maker root, issuing, other_root;
static struct soft_key key, other_key;
static struct buf public_key;
static struct cert_list anchors;

static struct judge_case {
	struct make leaf;
	const struct maker *chain;
	int64_t now;
	bool need_encipherment;
	struct cert *extra;
} usual;

static void add(struct cert_list *l, struct cert *c)
{
	CHECK_OK(cert_list_add(l, c));
	cert_free(c);
}

// Judges; the tag of the refusal, "" when it was accepted.
static const char *verdict(const struct judge_case *c)
{
	AUTO_CERTS struct cert_list got = { 0 };
	if (c->chain)
		add(&got, cert_of(c->chain->x));
	add(&got, make_cert(&c->leaf));
	if (c->extra)
		CHECK_OK(cert_list_add(&got, c->extra));
	struct judge_terms t = { .public_key_der = public_key.data,
				 .public_key_der_len = public_key.len,
				 .common_name = NAME,
				 .anchors = &anchors,
				 .now = c->now,
				 .need_signature = true,
				 .need_encipherment = c->need_encipherment };
	AUTO(cert) struct cert *leaf = NULL;
	AUTO_CERTS struct cert_list chain = { 0 };
	AUTO(err) struct err *e = judge_certificates(&t, &got, &leaf, &chain);
	CU_ASSERT((e == NULL) == (leaf != NULL));
	CU_ASSERT(!e || err_kind(e) == ERR_POLICY);
	CU_ASSERT(!e || (chain.n == 0 && err_next_step(e)));
	static char slug[64];
	snprintf(slug, sizeof(slug), "%s", e ? err_slug(e) : "");
	return slug;
}

static void begin(void)
{
	usual = (struct judge_case){
		.leaf = { .issuer = &issuing, .key = key.key, .common_name = NAME },
		.chain = &issuing,
		.now = time(NULL)
	};
}

static void test_the_right_one_is_accepted(void)
{
	begin();
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "");
	usual.need_encipherment = true;
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "");
}

static void test_leaf_and_chain_are_told_apart(void)
{
	AUTO_CERTS struct cert_list got = { 0 };
	begin();
	add(&got, cert_of(root.x));
	add(&got, cert_of(issuing.x));
	add(&got, cert_of(other_root.x)); // of no use
	add(&got, make_cert(&usual.leaf));
	struct judge_terms t = { public_key.data, public_key.len, NAME, &anchors,
				 usual.now,	  true,		  false };
	AUTO(cert) struct cert *leaf = NULL;
	AUTO_CERTS struct cert_list chain = { 0 };
	CHECK_OK_OR_END(judge_certificates(&t, &got, &leaf, &chain));
	CU_ASSERT(cert_same(leaf, got.certs[3]));
	CU_ASSERT_FATAL(chain.n == 1);
	CU_ASSERT(cert_same(chain.certs[0], got.certs[1]));
	AUTO(cert) struct cert *alone = NULL;
	CHECK_OK(judge_certificates(&t, &got, &alone, NULL));
}

static void test_another_key_is_refused(void)
{
	begin();
	usual.leaf.key = other_key.key;
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-other-key");
}

static void test_another_name_is_refused(void)
{
	begin();
	usual.leaf.common_name = NAME "0";
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-other-name");
	usual.leaf.common_name = "0000001128３"; // a full-width digit is another name
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-other-name");
	usual.leaf.common_name = NULL;
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-other-name");
	usual.leaf.common_name = "else";
	usual.leaf.second_name = NAME; // two names: which one would a server take?
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-other-name");
}

static void test_another_chain_is_refused(void)
{
	begin();
	usual.leaf.issuer = &other_root;
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-chain");
	begin();
	usual.chain = NULL; // the issuing CA is missing
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-chain");
	begin();
	struct maker impostor = { other_key.key,
				  issuing.x }; // the right issuer's name, another key
	usual.leaf.issuer = &impostor;
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-chain");
}

static void test_an_issuer_that_may_not_issue_is_refused(void)
{
	begin();
	struct maker leaf_as_ca = { other_key.key, NULL };
	struct make m = { .issuer = &issuing, .key = other_key.key, .common_name = "Not a CA" };
	leaf_as_ca.x = make_x509(&m);
	usual.leaf.issuer = usual.chain = &leaf_as_ca;
	AUTO(cert) struct cert *between = cert_of(issuing.x);
	usual.extra = between;
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-chain");
	X509_free(leaf_as_ca.x);
	m = (struct make){ .issuer = &root,
			   .key = other_key.key,
			   .common_name = "For servers",
			   .basic = "critical,CA:TRUE",
			   .usage = "critical,keyCertSign",
			   .extended = "serverAuth" };
	leaf_as_ca.x = make_x509(&m);
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-chain");
	X509_free(leaf_as_ca.x);
	begin();
}

static void test_wrong_times_are_refused(void)
{
	begin();
	usual.leaf.from_days = -400;
	usual.leaf.to_days = -1;
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-expired");
	begin();
	usual.leaf.from_days = 2;
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-not-yet");
	begin();
	usual.now += 366 * 86400; // the time that is asked about counts, not the clock
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-expired");
}

static void test_a_ca_is_refused(void)
{
	begin();
	usual.leaf.basic = "critical,CA:TRUE";
	usual.leaf.usage = "critical,keyCertSign,digitalSignature";
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-is-ca");
}

static void test_wrong_usage_is_refused(void)
{
	begin();
	usual.leaf.usage = "critical,keyEncipherment";
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-usage");
	begin();
	usual.leaf.usage = "critical,digitalSignature";
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "");
	usual.need_encipherment = true;
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-usage");
	begin();
	usual.leaf.extended = "serverAuth";
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-usage");
	usual.leaf.extended = "emailProtection,clientAuth";
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "");
	usual.leaf.extended = "-";
	usual.leaf.usage = "-"; // no extension, no restriction
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "");
}

static void test_weak_algorithms_are_refused(void)
{
	begin();
	usual.leaf.md = EVP_md5();
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-weak");
	usual.leaf.md = EVP_sha1();
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-weak");
	usual.leaf.md = EVP_sha512();
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "");
	begin();
	struct soft_key small;
	soft_key_make(&small, 1024);
	AUTO_BUF struct buf der = { 0 };
	CHECK_OK(rsa_public_der(&small.public_key, &der));
	struct buf kept = public_key;
	public_key = der;
	usual.leaf.key = small.key;
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-weak");
	public_key = kept;
	soft_key_free(&small);
}

static void test_two_for_the_same_key_are_refused(void)
{
	begin();
	AUTO(cert) struct cert *second = make_cert(&usual.leaf);
	usual.extra = second;
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "certificate-several");
}

static void test_nothing_at_all_is_refused(void)
{
	struct cert_list none = { 0 };
	struct judge_terms t = { public_key.data, public_key.len, NAME, &anchors,
				 time(NULL),	  true,		  false };
	struct cert *leaf = NULL;
	CHECK_ERR(judge_certificates(&t, &none, &leaf, NULL), ERR_POLICY);
	CU_ASSERT_PTR_NULL(leaf);
}

static void test_an_issuing_ca_can_be_the_anchor(void)
{
	struct cert_list kept = anchors, just_issuing = { 0 };
	add(&just_issuing, cert_of(issuing.x));
	anchors = just_issuing;
	begin();
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "");
	usual.chain = NULL;
	CU_ASSERT_STRING_EQUAL(verdict(&usual), "");
	anchors = kept;
	cert_list_free(&just_issuing);
}

static void prepare(void)
{
	maker_root(&root, "Root");
	maker_root(&other_root, "Root"); // the same name, another key
	soft_key_make(&key, 2048);
	soft_key_make(&other_key, 2048);
	struct make m = { .issuer = &root,
			  .common_name = "Issuing",
			  .from_days = -700,
			  .to_days = 3000,
			  .basic = "critical,CA:TRUE,pathlen:0",
			  .usage = "critical,keyCertSign",
			  .extended = "-" };
	issuing.key = EVP_RSA_gen(2048);
	m.key = issuing.key;
	issuing.x = make_x509(&m);
	err_ignore(rsa_public_der(&key.public_key, &public_key));
	struct cert *anchor = cert_of(root.x);
	err_ignore(cert_list_add(&anchors, anchor));
	cert_free(anchor);
}

int main(void)
{
	prepare();
	int rc = CHECK_MAIN(
		TEST(test_the_right_one_is_accepted), TEST(test_leaf_and_chain_are_told_apart),
		TEST(test_another_key_is_refused), TEST(test_another_name_is_refused),
		TEST(test_another_chain_is_refused),
		TEST(test_an_issuer_that_may_not_issue_is_refused),
		TEST(test_wrong_times_are_refused), TEST(test_a_ca_is_refused),
		TEST(test_wrong_usage_is_refused), TEST(test_weak_algorithms_are_refused),
		TEST(test_two_for_the_same_key_are_refused), TEST(test_nothing_at_all_is_refused),
		TEST(test_an_issuing_ca_can_be_the_anchor));
	cert_list_free(&anchors);
	buf_free(&public_key);
	soft_key_free(&key);
	soft_key_free(&other_key);
	maker_free(&root);
	maker_free(&issuing);
	maker_free(&other_root);
	return rc;
}
