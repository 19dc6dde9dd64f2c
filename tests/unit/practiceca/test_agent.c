// What an enrolment agent may hand in at /certsrv/ for another ([MS-WCCE] §3.1.1.4.3.3.2), and all that is refused in words that name a clause.
#include <string.h>
#include <time.h>

#include <openssl/cms.h>
#include <openssl/evp.h>

#include "check.h"
#include "practiceca/agent.h"
#include "practiceca/certificates.h"
#include "practiceca/certsrv.h"
#include "practiceca/issue.h"
#include "practiceca/page.h"
#include "practiceca/vouched.h"
#include "scratch.h"

#define OID_PAIR "1.3.6.1.4.1.311.13.2.1"

static struct service service;
static struct scratch *place;
static EVP_PKEY *key, *desk_key; // the person's, the agent's
static struct account person, stranger, desk, plain;
static X509 *agent, *no_agent; // the certificates of desk and plain

// How one request differs from a good one. Null and 0: not at all.
struct twist {
	const char *what;
	enum refusal no;
	const char *requester, *common_name, *pair_name, *domain;
	const EVP_MD *digest;
	bool no_pair, two_pairs, two_values, utf8_pair, not_a_pair, behind, no_content,
		no_certificate, changed, indefinite, two_signers, weak_request, changed_request,
		plain_agent, foreign_agent, self_signed, expired, not_base64, empty_content;
};

static void put_account(unsigned number, const char *user, struct account *a)
{
	char contract[16];
	snprintf(contract, sizeof contract, "%010u", number);
	CHECK_OK(holder_make(contract, user, &a->holder));
	CHECK_OK(pin_hash_make("pin1", 4, 2, &a->pin));
	CHECK_OK(pin_hash_make("pin2", 4, 2, &a->confirm));
	a->otp.kind = OTP_TOTP;
	a->otp.len = 20;
	struct store *s = database_take(service.database);
	bool there = false;
	CHECK_OK(store_begin(s));
	CHECK_OK(account_add(s, a, 1));
	CHECK_OK(account_find(s, &a->holder, &there, a));
	CHECK_OK(store_commit(s));
	database_give(service.database);
	CU_ASSERT(there);
}

static X509 *certificate_for(const struct account *a, bool is_agent)
{
	struct request r = { .public_key = desk_key };
	X509 *x = NULL;
	int64_t id = 0;
	struct store *s = database_take(service.database);
	CHECK_OK(store_begin(s));
	CHECK_OK(account_set_agent(s, a->id, is_agent));
	CHECK_OK(account_set_vouches(s, a->id, VOUCHES_CONTRACT));
	CHECK_OK(issue(s, service.authority, a, &r, time(NULL), &id, &x));
	CHECK_OK(store_commit(s));
	database_give(service.database);
	return x;
}

static void open_bank(void)
{
	place = scratch_new();
	AUTO_TEXT char *dir = scratch_path(place, "ca");
	CHECK_OK(authority_open(dir, NULL, time(NULL), &service.authority));
	CHECK_OK(database_open(dir, &service.database));
	CHECK_OK(service_prepare(&service));
	refusal_prepare();
	key = EVP_RSA_gen(2048);
	desk_key = EVP_RSA_gen(2048);
	put_account(1, NULL, &desk);
	put_account(1, "taro", &person);
	put_account(2, "hanako", &stranger);
	put_account(3, NULL, &plain);
	agent = certificate_for(&desk, true);
	no_agent = certificate_for(&plain, false);
}

// --- an agent with OpenSSL alone

static void put_request(const struct twist *t, struct buf *out)
{
	X509_REQ *r = X509_REQ_new();
	X509_NAME *n = X509_NAME_new();
	char cn[COMMON_NAME_MAX + 1];
	unsigned char *der = NULL;
	holder_common_name(&person.holder, cn);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8,
				   (const unsigned char *)(t->common_name ? t->common_name : cn),
				   -1, -1, 0);
	X509_REQ_set_subject_name(r, n);
	X509_REQ_set_pubkey(r, key);
	X509_REQ_sign(r, key, t->weak_request ? EVP_sha1() : EVP_sha256());
	int len = i2d_X509_REQ(r, &der);
	if (t->changed_request)
		der[len - 1] ^= 1;
	CHECK_OK(buf_put(out, der, (size_t)len));
	OPENSSL_free(der);
	X509_REQ_free(r);
	X509_NAME_free(n);
}

static ASN1_TYPE *bmp(const char *text, int mask)
{
	ASN1_STRING *s = NULL;
	ASN1_TYPE *t = ASN1_TYPE_new();
	int type = ASN1_mbstring_copy(&s, (const unsigned char *)text, -1, MBSTRING_UTF8,
				      (unsigned long)mask);
	ASN1_TYPE_set(t, type, s);
	return t;
}

static void put_pair(const struct twist *t, CMS_SignerInfo *si)
{
	char cn[COMMON_NAME_MAX + 1], requester[128];
	unsigned char *der = NULL;
	int mask = t->utf8_pair ? B_ASN1_UTF8STRING : B_ASN1_BMPSTRING;
	holder_common_name(&person.holder, cn);
	snprintf(requester, sizeof requester, "%s%s", t->domain ? t->domain : "PRACTICE\\",
		 t->requester ? t->requester : cn);
	ASN1_SEQUENCE_ANY *pair = sk_ASN1_TYPE_new_null();
	sk_ASN1_TYPE_push(pair, bmp(t->pair_name ? t->pair_name : "requestername", mask));
	sk_ASN1_TYPE_push(pair, bmp(requester, mask));
	if (t->two_values)
		sk_ASN1_TYPE_push(pair, bmp(requester, mask));
	int len = i2d_ASN1_SEQUENCE_ANY(pair, &der);
	for (int n = t->two_pairs ? 2 : 1; n > 0; n--)
		CMS_signed_add1_attr_by_txt(si, OID_PAIR,
					    t->not_a_pair ? V_ASN1_OCTET_STRING : V_ASN1_SEQUENCE,
					    der, len);
	OPENSSL_free(der);
	sk_ASN1_TYPE_pop_free(pair, ASN1_TYPE_free);
}

// A certificate of the agent's key that the CA did not issue, though one of them says so.
static X509 *forged(const struct twist *t)
{
	X509 *x = NULL;
	const struct certificate_terms terms = {
		.kind = CERTIFICATE_AGENT,
		.common_name = "00000000011283",
		.public_key = desk_key,
		.issuer = t->self_signed ? NULL : service.authority->issuing,
		.issuer_key = t->self_signed ? desk_key
			      : t->expired   ? service.authority->issuing_key
					     : key,
		.not_before = time(NULL) - 7200,
		.not_after = time(NULL) + (t->expired ? -3600 : 3600),
	};
	CHECK_OK(certificate_make(&terms, &x));
	return x;
}

static X509 *signer_of(const struct twist *t)
{
	if (t->foreign_agent || t->self_signed || t->expired)
		return forged(t);
	X509 *x = t->plain_agent ? no_agent : agent;
	X509_up_ref(x);
	return x;
}

static void put_message(const struct twist *t, struct buf *out)
{
	AUTO_BUF struct buf request = { 0 };
	unsigned flags = CMS_BINARY | CMS_NOSMIMECAP |
			 (t->no_certificate ? (unsigned)CMS_NOCERTS : 0U) |
			 (t->no_content ? (unsigned)CMS_DETACHED : 0U);
	X509 *signer = signer_of(t);
	unsigned char *der = NULL;
	put_request(t, &request);
	BIO *in = BIO_new_mem_buf(request.data, t->empty_content ? 0 : (int)request.len);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL);
	CMS_SignerInfo *si =
		CMS_add1_signer(cms, signer, desk_key, t->digest ? t->digest : EVP_sha256(), flags);
	if (!t->no_pair)
		put_pair(t, si);
	if (t->two_signers)
		CMS_add1_signer(cms, no_agent, desk_key, EVP_sha256(), flags);
	CMS_final(cms, in, NULL, flags);
	int len = i2d_CMS_ContentInfo(cms, &der);
	CHECK_OK(buf_put(out, der, len > 0 ? (size_t)len : 0));
	if (t->changed)
		out->data[out->len - 3] ^= 1;
	if (t->behind)
		CHECK_OK(buf_put(out, "\0", 1));
	if (t->indefinite)
		out->data[1] = 0x80;
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	X509_free(signer);
}

// --- the page

static void put_escaped(const char *text, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++)
		CHECK_OK(buf_printf(out, "%%%02X", (unsigned)(unsigned char)text[i]));
}

static void put_form(const struct twist *t, struct buf *form)
{
	AUTO_BUF struct buf der = { 0 };
	AUTO_BUF struct buf pem = { 0 };
	put_message(t, &der);
	unsigned char *base64 = malloc(der.len * 2 + 4);
	int len = EVP_EncodeBlock(base64, der.data, (int)der.len);
	CHECK_OK(buf_puts(&pem, "-----BEGIN PKCS7-----\n"));
	CHECK_OK(buf_put(&pem, base64, (size_t)len));
	CHECK_OK(buf_puts(&pem,
			  t->not_base64 ? "!\n-----END PKCS7-----\n" : "\n-----END PKCS7-----\n"));
	CHECK_OK(buf_puts(form, "Mode=newreq&CertAttrib=&FriendlyType=x&ThumbPrint=&"
				"TargetStoreFlags=0&SaveCert=yes&CertRequest="));
	put_escaped((const char *)pem.data, pem.len, form);
	free(base64);
}

static void hand_in(const struct twist *t, struct answer *a)
{
	AUTO_BUF struct buf form = { 0 };
	put_form(t, &form);
	// 0000000001:pin1:pin2
	const struct call call = { .method = "POST",
				   .path = "/certsrv/certfnsh.asp",
				   .content_type = "application/x-www-form-urlencoded",
				   .authorization = "Basic MDAwMDAwMDAwMTpwaW4xOnBpbjI=",
				   .accept_language = "en",
				   .body = &form };
	CHECK_OK(certsrv_answer(&service, &call, a));
}

static int64_t count(const char *sql)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	struct store *s = database_take(service.database);
	CHECK_OK(store_query(s, sql, NO_VALUES, &r));
	CHECK_OK(rows_next(r, &more));
	int64_t n = more ? rows_int(r, 0) : -1;
	rows_free(r);
	r = NULL;
	database_give(service.database);
	return n;
}

static bool says(const struct answer *a, const char *words)
{
	AUTO_BUF struct buf escaped = { 0 };
	CHECK_OK(page_escape(&escaped, words));
	return a->body.data && memmem(a->body.data, a->body.len, escaped.data, escaped.len);
}

static void refused(const struct twist *t)
{
	AUTO_ANSWER struct answer a = { 0 };
	int64_t issued = count("SELECT count(*) FROM issued");
	int64_t kept = count("SELECT count(*) FROM web_request");
	hand_in(t, &a);
	bool fine = a.status == 200 && says(&a, refusal_words(t->no, "en"));
	if (!fine)
		fprintf(stderr, "%s: %u %.*s\n", t->what, a.status, (int)a.body.len,
			(const char *)a.body.data);
	CU_ASSERT(fine);
	CU_ASSERT_EQUAL(count("SELECT count(*) FROM issued"), issued);
	CU_ASSERT_EQUAL(count("SELECT count(*) FROM web_request"), kept);
}

static void accepted(void)
{
	AUTO_ANSWER struct answer a = { 0 };
	int64_t issued = count("SELECT count(*) FROM issued");
	hand_in(&(struct twist){ 0 }, &a);
	CU_ASSERT(says(&a, "Certificate Issued"));
	CU_ASSERT_EQUAL(count("SELECT count(*) FROM issued"), issued + 1);
	CU_ASSERT_EQUAL(count("SELECT account FROM issued ORDER BY id DESC LIMIT 1"), person.id);
	CU_ASSERT_EQUAL(count("SELECT vouched_by FROM issued ORDER BY id DESC LIMIT 1"),
			count("SELECT id FROM issued WHERE common_name='00000000011283'"));
}

static void test_what_an_agent_may_not_hand_in(void)
{
	const struct twist twists[] = {
		{ "no base64", REFUSE_AGENT_CMS, .not_base64 = true },
		{ "a byte behind", REFUSE_AGENT_CMS, .behind = true },
		{ "indefinite length", REFUSE_AGENT_CMS, .indefinite = true },
		{ "no content", REFUSE_AGENT_CMS, .no_content = true },
		{ "an empty content", REFUSE_AGENT_CMS, .empty_content = true },
		{ "no certificate", REFUSE_AGENT_SIGNER, .no_certificate = true },
		{ "two signers", REFUSE_AGENT_SIGNER, .two_signers = true },
		{ "SHA-1", REFUSE_AGENT_DIGEST, .digest = EVP_sha1() },
		{ "changed", REFUSE_AGENT_SIGNATURE, .changed = true },
		{ "no requestername", REFUSE_AGENT_REQUESTER, .no_pair = true },
		{ "two of them", REFUSE_AGENT_REQUESTER, .two_pairs = true },
		{ "three strings", REFUSE_AGENT_REQUESTER, .two_values = true },
		{ "UTF-8", REFUSE_AGENT_REQUESTER, .utf8_pair = true },
		{ "an OCTET STRING", REFUSE_AGENT_REQUESTER, .not_a_pair = true },
		{ "another name", REFUSE_AGENT_REQUESTER, .pair_name = "requester" },
		{ "nobody", REFUSE_AGENT_REQUESTER, .domain = "", .requester = "" },
		{ "self-signed", REFUSE_CERTIFICATE_SELF_SIGNED, .self_signed = true },
		{ "of another CA", REFUSE_CERTIFICATE_FOREIGN, .foreign_agent = true },
		{ "expired", REFUSE_CERTIFICATE_EXPIRED, .expired = true },
		{ "no agent", REFUSE_AGENT_USAGE, .plain_agent = true },
		{ "no such account", REFUSE_AGENT_NO_ACCOUNT, .requester = "0000000001jiro1283" },
		{ "another domain", REFUSE_AGENT_NO_ACCOUNT, .domain = "ELSEWHERE\\" },
		{ "no domain", REFUSE_AGENT_NO_ACCOUNT, .domain = "" },
		{ "of another contract", REFUSE_NOT_ITS_PERSON,
		  .requester = "0000000002hanako1283" },
		{ "itself", REFUSE_ITSELF, .requester = "00000000011283" },
		{ "name of another", REFUSE_OTHER_NAME, .common_name = "0000000002hanako1283" },
		{ "request of SHA-1", REFUSE_WEAK_SIGNATURE, .weak_request = true },
		{ "request changed", REFUSE_SIGNATURE, .changed_request = true },
	};
	for (size_t i = 0; i < ARRAY_LEN(twists); i++)
		refused(&twists[i]);
	accepted();
}

static void run_sql(const char *sql)
{
	struct store *s = database_take(service.database);
	CHECK_OK(store_begin(s));
	CHECK_OK(store_run(s, sql, NO_VALUES, NULL));
	CHECK_OK(store_commit(s));
	database_give(service.database);
}

static void test_an_agent_that_may_no_more(void)
{
	static const struct twist revoked = { "revoked", REFUSE_CERTIFICATE_REVOKED,
					      .changed = false },
				  nobody = { "may vouch for nobody", REFUSE_NOT_RA,
					     .changed = false },
				  gone = { "not in the log", REFUSE_CERTIFICATE_UNKNOWN,
					   .changed = false };
	run_sql("UPDATE issued SET revoked_at=1 WHERE common_name='00000000011283'");
	refused(&revoked);
	run_sql("UPDATE issued SET revoked_at=NULL");
	run_sql("UPDATE account SET vouches=''");
	refused(&nobody);
	run_sql("UPDATE account SET vouches='contract'");
	run_sql("UPDATE issued SET sha256='' WHERE common_name='00000000011283'");
	refused(&gone);
}

static void test_the_end(void)
{
	EVP_PKEY_free(key);
	EVP_PKEY_free(desk_key);
	X509_free(agent);
	X509_free(no_agent);
	service_free(&service);
	scratch_free(place);
}

int main(void)
{
	return CHECK_MAIN(TEST(open_bank), TEST(test_what_an_agent_may_not_hand_in),
			  TEST(test_an_agent_that_may_no_more), TEST(test_the_end));
}
