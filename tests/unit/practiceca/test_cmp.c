// What the CMP server of the practice CA refuses, each by the clause that forbids it; OpenSSL's client speaks to it in this process, and what it
// sends is changed on the way, protected anew.
#include <openssl/cmp.h>
#include <openssl/crmf.h>
#include <openssl/err.h>
#include <string.h>

#include "base/clock.h"
#include "check.h"
#include "cmp_edit.h"
#include "practiceca/certificates.h"
#include "practiceca/cmp.h"
#include "practiceca/crl.h"
#include "practiceca/issue.h"
#include "scratch.h"
#include "x509/cmp_message.h"

enum { BITS = 2048, SIGNERS = 2 };

static struct service service;
static EVP_PKEY *keys[SIGNERS], *small_key;
static char reference[NAME_MAX_LEN + 1], secret[CMP_SECRET_LEN + 1],
	common_name[COMMON_NAME_MAX + 1];
static struct account account;

// One exchange: what is changed, and what came back.
static int edit_body;
static void (*edit)(struct buf *der);
static bool as_it_is; // the change stands unprotected
static struct buf last_sent, last_answer;
static unsigned calls;

// --- the desk

static void one_account(const char *user)
{
	struct store *s = NULL;
	bool there = false;
	account = (struct account){ .otp = { .kind = OTP_TOTP, .len = OTP_SECRET_MIN } };
	CHECK_OK(holder_make("1234567890", user, &account.holder));
	CHECK_OK(pin_hash_make("1234", 4, PIN_COST_ALONE, &account.pin));
	holder_name(&account.holder, reference);
	holder_common_name(&account.holder, common_name);
	s = database_take(service.database);
	CHECK_OK(account_find(s, &account.holder, &there, &account));
	if (!there) {
		CHECK_OK(account_add(s, &account, clock_now()));
		CHECK_OK(account_find(s, &account.holder, &there, &account));
	}
	CHECK_OK(cmp_secret_make(s, account.id, secret));
	database_give(service.database);
}

static const char *dir;

static void test_the_desk_opens(void)
{
	service = (struct service){ .retry_after = 1 };
	CHECK_OK(authority_open(dir, "localhost", clock_now(), &service.authority));
	CHECK_OK(database_open(dir, &service.database));
	CHECK_OK(service_prepare(&service));
	for (size_t i = 0; i < SIGNERS; i++)
		keys[i] = EVP_RSA_gen(BITS);
	small_key = EVP_RSA_gen(1024);
	CU_ASSERT_PTR_NOT_NULL_FATAL(service.cmp);
}

static void begin(const char *user)
{
	one_account(user);
	edit = NULL;
	as_it_is = false;
	calls = 0;
}

static int64_t issued(void)
{
	struct rows *r = NULL;
	bool more = false;
	CHECK_OK(store_query(database_take(service.database), "SELECT count(*) FROM issued",
			     NO_VALUES, &r));
	CHECK_OK(rows_next(r, &more));
	int64_t n = rows_int(r, 0);
	rows_free(r);
	database_give(service.database);
	return n;
}

// --- messages on their way

static struct err *post(const struct buf *body, const char *type, const char *method,
			unsigned *status, struct buf *out)
{
	AUTO_ANSWER struct answer a = { 0 };
	const struct call c = {
		.method = method, .path = "/.well-known/cmp", .content_type = type, .body = body
	};
	TRY(cmp_answer(&service, &c, &a));
	*status = a.status;
	buf_free(out);
	return buf_copy(&a.body, out);
}

static OSSL_CMP_MSG *transfer(OSSL_CMP_CTX *ctx, const OSSL_CMP_MSG *message)
{
	unsigned status = 0;
	char *bytes = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	(void)ctx;
	(void)i2d_OSSL_CMP_MSG_bio(bio, message);
	long len = BIO_get_mem_data(bio, &bytes);
	buf_free(&last_sent);
	CHECK_OK(buf_put(&last_sent, bytes, (size_t)len));
	BIO_free(bio);
	if (edit && OSSL_CMP_MSG_get_bodytype(message) == edit_body) {
		edit(&last_sent);
		if (!as_it_is)
			cmp_protect_again(&last_sent, secret);
	}
	calls++;
	CHECK_OK(post(&last_sent, "application/pkixcmp", "POST", &status, &last_answer));
	CU_ASSERT_EQUAL(status, 200);
	bio = BIO_new_mem_buf(last_answer.data, (int)last_answer.len);
	OSSL_CMP_MSG *answer = d2i_OSSL_CMP_MSG_bio(bio, NULL);
	BIO_free(bio);
	return answer;
}

static int silent(const char *function, const char *file, int line, OSSL_CMP_severity level,
		  const char *text)
{
	(void)function;
	(void)file;
	(void)line;
	(void)level;
	(void)text;
	return 1;
}

static X509_NAME *name_of(const char *cn)
{
	X509_NAME *n = X509_NAME_new();
	X509_NAME_add_entry_by_txt(n, "C", MBSTRING_UTF8, (const unsigned char *)"JP", -1, -1, 0);
	X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8,
				   (const unsigned char *)"Practice Shinkin Bank", -1, -1, 0);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
	return n;
}

static OSSL_CMP_CTX *client(const char *cn, EVP_PKEY *key)
{
	OSSL_CMP_CTX *ctx = OSSL_CMP_CTX_new(NULL, NULL);
	X509_STORE *store = X509_STORE_new();
	X509_NAME *name = name_of(cn);
	X509_STORE_add_cert(store, service.authority->root);
	OSSL_CMP_CTX_set0_trustedStore(ctx, store);
	OSSL_CMP_CTX_set_log_cb(ctx, silent);
	OSSL_CMP_CTX_set_transfer_cb(ctx, transfer);
	OSSL_CMP_CTX_set1_subjectName(ctx, name);
	X509_NAME_free(name);
	EVP_PKEY_up_ref(key);
	OSSL_CMP_CTX_set0_newPkey(ctx, 1, key);
	OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_MAC_ALGNID, NID_hmacWithSHA256);
	return ctx;
}

static OSSL_CMP_CTX *by_secret(void)
{
	OSSL_CMP_CTX *ctx = client(common_name, keys[0]);
	OSSL_CMP_CTX_set1_referenceValue(ctx, (const unsigned char *)reference,
					 (int)strlen(reference));
	OSSL_CMP_CTX_set1_secretValue(ctx, (const unsigned char *)secret, (int)strlen(secret));
	return ctx;
}

// A certificate of the log, as if it were issued so many days ago, of keys[0]; the client signs with it.
static OSSL_CMP_CTX *by_certificate(int64_t days_ago, X509 **out)
{
	X509 *leaf = NULL;
	int64_t id = 0;
	const struct request r = { .public_key = keys[0], .sha256 = "00" };
	struct store *s = database_take(service.database);
	CHECK_OK(issue(s, service.authority, &account, &r, clock_now() - days_ago * 86400, &id,
		       &leaf));
	database_give(service.database);
	OSSL_CMP_CTX *ctx = client(common_name, keys[1]);
	OSSL_CMP_CTX_set1_cert(ctx, leaf);
	OSSL_CMP_CTX_set1_pkey(ctx, keys[0]);
	OSSL_CMP_CTX_set1_oldCert(ctx, leaf);
	*out = leaf;
	return ctx;
}

// --- verdicts

static void serial_of(X509 *x, char out[static SERIAL_HEX_MAX + 1])
{
	const ASN1_INTEGER *n = X509_get0_serialNumber(x);
	for (int i = 0; i < ASN1_STRING_length(n); i++)
		snprintf(out + 2 * (size_t)i, 3, "%02x", ASN1_STRING_get0_data(n)[i]);
}

static bool has_words(const OSSL_CMP_CTX *ctx, const char *words)
{
	OSSL_CMP_PKIFREETEXT *list = OSSL_CMP_CTX_get0_statusString(ctx);
	for (int i = 0; i < sk_ASN1_UTF8STRING_num(list); i++) {
		const ASN1_STRING *s = sk_ASN1_UTF8STRING_value(list, i);
		if (memmem(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s), words,
			   strlen(words)))
			return true;
	}
	return false;
}

// The last answer says no, for this reason and with these words; nothing was issued since.
static void check_no(const OSSL_CMP_CTX *ctx, int bit, const char *words)
{
	struct cmp_header h = { 0 };
	CHECK_OK(cmp_header_read(last_answer.data, last_answer.len, &h));
	if (h.body == CMP_ERROR) {
		struct cmp_status s = { 0 };
		CHECK_OK(cmp_error_read(last_answer.data, last_answer.len, &s));
		CU_ASSERT_EQUAL(s.failures, 1U << bit);
		if (!strstr(s.text, words))
			fprintf(stderr, "said \"%s\", not \"%s\"\n", s.text, words);
		CU_ASSERT_PTR_NOT_NULL(strstr(s.text, words));
		text_cleanup(&s.text);
	} else {
		CU_ASSERT_EQUAL(OSSL_CMP_CTX_get_status(ctx), OSSL_CMP_PKISTATUS_rejection);
		CU_ASSERT_EQUAL(OSSL_CMP_CTX_get_failInfoCode(ctx), 1 << bit);
		CU_ASSERT(has_words(ctx, words));
	}
	cmp_header_free(&h);
	ERR_clear_error();
}

// Takes the context.
static void refused(OSSL_CMP_CTX *ctx, int body, int bit, const char *words)
{
	int64_t before = issued();
	bool given = body == CMP_RR ? OSSL_CMP_exec_RR_ses(ctx) == 1
				    : OSSL_CMP_exec_certreq(ctx, body, NULL) != NULL;
	CU_ASSERT_FALSE(given);
	check_no(ctx, bit, words);
	CU_ASSERT_EQUAL(issued(), before);
	OSSL_CMP_CTX_free(ctx);
}

static void granted(OSSL_CMP_CTX *ctx, int body)
{
	int64_t before = issued();
	CU_ASSERT_PTR_NOT_NULL(OSSL_CMP_exec_certreq(ctx, body, NULL));
	if (OSSL_CMP_CTX_get_status(ctx) != 0)
		ERR_print_errors_fp(stderr);
	CU_ASSERT_EQUAL(issued(), before + 1);
	OSSL_CMP_CTX_free(ctx);
}

// --- the tests

static void test_what_is_right_is_granted(void)
{
	X509 *old = NULL;
	begin("right");
	granted(by_secret(), CMP_IR);
	CU_ASSERT_EQUAL(calls, 2);
	begin("right");
	granted(by_secret(), CMP_CR);
	granted(by_certificate(1, &old), CMP_KUR);
	X509_free(old);
}

static void to_pvno_3(struct buf *der)
{
	static const unsigned char pvno[] = { 0x02, 0x01, 0x02 };
	cmp_find(der, pvno, sizeof pvno)[2] = 3;
}
static void to_last_year(struct buf *der)
{
	unsigned char *at = cmp_find(der,
				     "\x18\x0f"
				     "20",
				     4);
	at[5]--;
}
static void to_other_nonce(struct buf *der)
{
	cmp_find(der, cmp_recipient_nonce, sizeof cmp_recipient_nonce)[4] ^= 1;
}
static void to_other_hash(struct buf *der)
{
	static const unsigned char hash[] = { 0x04, 0x20 };
	unsigned char *body = cmp_find(der, "\xb8", 1);
	while (memcmp(body, hash, sizeof hash) != 0)
		body++;
	body[4] ^= 1;
}
static void to_other_transaction(struct buf *der)
{
	cmp_find(der, cmp_transaction, sizeof cmp_transaction)[4] ^= 1;
}
// The proof of possession ends the body, which the protection follows.
static void to_other_proof(struct buf *der)
{
	unsigned char *protection = der->data + der->len;
	static const unsigned char begins[] = { 0xa0, 0x23, 0x03, 0x21, 0x00 };
	do
		protection--;
	while (memcmp(protection, begins, sizeof begins) != 0);
	protection[-1] ^= 1;
}

static void changed(int body, void (*how)(struct buf *der), int bit, const char *words)
{
	begin("changed");
	edit = how;
	edit_body = body;
	int64_t before = issued();
	OSSL_CMP_CTX *ctx = by_secret();
	CU_ASSERT_PTR_NULL(OSSL_CMP_exec_certreq(ctx, CMP_IR, NULL));
	check_no(ctx, bit, words);
	CU_ASSERT_EQUAL(issued(), before + (body == CMP_CERTCONF));
	OSSL_CMP_CTX_free(ctx);
}

static void test_headers(void)
{
	changed(CMP_IR, to_pvno_3, 22, "RFC 9810 section 7.1");
	changed(CMP_IR, to_last_year, 3, "RFC 9483 section 3.5");
	changed(CMP_CERTCONF, to_other_nonce, 13, "RFC 9483 section 3.5");
	changed(CMP_CERTCONF, to_other_transaction, 2,
		"no such transaction (RFC 9483 section 3.5)");
	begin("headers");
	OSSL_CMP_CTX *ctx = by_secret();
	ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
	ASN1_OCTET_STRING_set(id, (const unsigned char *)"eight by", 8);
	OSSL_CMP_CTX_set1_transactionID(ctx, id);
	ASN1_OCTET_STRING_free(id);
	refused(ctx, CMP_IR, 5, "transactionID must have 128 bits (RFC 9483 section 3.1)");
}

static void test_protection(void)
{
	begin("unprotected");
	OSSL_CMP_CTX *ctx = by_secret();
	OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_UNPROTECTED_SEND, 1);
	refused(ctx, CMP_IR, 1, "not protected (RFC 9483 section 3.2)");
	begin("kurbypbm");
	ctx = by_secret();
	X509 *old = NULL;
	OSSL_CMP_CTX *with = by_certificate(1, &old);
	OSSL_CMP_CTX_free(with);
	OSSL_CMP_CTX_set1_oldCert(ctx, old);
	refused(ctx, CMP_KUR, 12, "RFC 9483 section 4.1.3");
	X509_free(old);
	begin("irbycert");
	refused(by_certificate(1, &old), CMP_IR, 12, "RFC 9483 section 4.1.1");
	X509_free(old);
}

// Neither the wrong secret nor a name that is not there is told apart, and five errors in a row lock.
static void test_secrets(void)
{
	begin("secrets");
	for (int i = 0; i < LOCK_AFTER; i++) {
		OSSL_CMP_CTX *ctx = by_secret();
		OSSL_CMP_CTX_set1_secretValue(ctx, (const unsigned char *)"wrong", 5);
		CU_ASSERT_PTR_NULL(OSSL_CMP_exec_certreq(ctx, CMP_IR, NULL));
		OSSL_CMP_CTX_free(ctx);
		ERR_clear_error();
	}
	refused(by_secret(), CMP_IR, 23, "locked");
	begin("nobody");
	OSSL_CMP_CTX *ctx = by_secret();
	OSSL_CMP_CTX_set1_referenceValue(ctx, (const unsigned char *)"1234567890/stranger", 19);
	refused(ctx, CMP_IR, 2, "wrong pbm value");
	// Used up by the certificate that was confirmed.
	begin("once");
	granted(by_secret(), CMP_IR);
	char left[CMP_SECRET_LEN + 1];
	CHECK_OK(cmp_secret_of(database_take(service.database), account.id, left));
	database_give(service.database);
	CU_ASSERT_STRING_EQUAL(left, "");
	refused(by_secret(), CMP_IR, 2, "wrong pbm value");
}

static void test_proofs_of_possession(void)
{
	begin("proofs");
	OSSL_CMP_CTX *ctx = by_secret();
	OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_POPO_METHOD, OSSL_CRMF_POPO_NONE);
	refused(ctx, CMP_IR, 9, "");
	ctx = by_secret();
	OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_POPO_METHOD, OSSL_CRMF_POPO_RAVERIFIED);
	refused(ctx, CMP_IR, 9, "");
	edit = to_other_proof;
	edit_body = CMP_IR;
	refused(by_secret(), CMP_IR, 9, "");
}

static void test_what_is_asked_for(void)
{
	begin("asked");
	OSSL_CMP_CTX *ctx = client("12345678909999", keys[0]);
	OSSL_CMP_CTX_free(ctx);
	ctx = by_secret();
	X509_NAME *other = name_of("1234567890other1283");
	OSSL_CMP_CTX_set1_subjectName(ctx, other);
	X509_NAME_free(other);
	refused(ctx, CMP_IR, 19, "not the one of this account");
	ctx = by_secret();
	EVP_PKEY_up_ref(small_key);
	OSSL_CMP_CTX_set0_newPkey(ctx, 1, small_key);
	refused(ctx, CMP_IR, 19, "2048");
	ctx = by_secret();
	X509_EXTENSIONS *list = NULL;
	X509_EXTENSION *ca = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "CA:TRUE");
	X509v3_add_ext(&list, ca, -1);
	X509_EXTENSION_free(ca);
	OSSL_CMP_CTX_set0_reqExtensions(ctx, list);
	refused(ctx, CMP_IR, 16, "extension");
	begin("general");
	ctx = by_secret();
	CU_ASSERT_PTR_NULL(OSSL_CMP_exec_GENM_ses(ctx));
	check_no(ctx, 2, "RFC 9483 section 4");
	OSSL_CMP_CTX_free(ctx);
}

static void revoke_now(X509 *x)
{
	char hex[SERIAL_HEX_MAX + 1] = "";
	serial_of(x, hex);
	CHECK_OK(crl_revoke(database_take(service.database), hex, "keyCompromise", clock_now()));
	database_give(service.database);
}

static void test_key_updates(void)
{
	X509 *old = NULL, *another = NULL;
	begin("updates");
	refused(by_certificate(400, &old), CMP_KUR, 20, "expired");
	X509_free(old);
	OSSL_CMP_CTX *ctx = by_certificate(1, &old);
	revoke_now(old);
	refused(ctx, CMP_KUR, 10, "revoked");
	X509_free(old);
	ctx = by_certificate(1, &old);
	OSSL_CMP_CTX_free(by_certificate(2, &another));
	OSSL_CMP_CTX_set1_oldCert(ctx, another);
	refused(ctx, CMP_KUR, 4, "oldCertID");
	X509_free(another);
	X509_free(old);
	ctx = by_certificate(1, &old);
	EVP_PKEY_up_ref(keys[0]);
	OSSL_CMP_CTX_set0_newPkey(ctx, 1, keys[0]);
	refused(ctx, CMP_KUR, 19, "new key");
	X509_free(old);
	X509 *foreign = NULL;
	struct certificate_terms terms = { .kind = CERTIFICATE_ROOT,
					   .common_name = "Another CA",
					   .public_key = keys[1],
					   .issuer_key = keys[1],
					   .not_before = clock_now() - 60,
					   .not_after = clock_now() + 6000 };
	CHECK_OK(certificate_make(&terms, &foreign));
	terms.kind = CERTIFICATE_PERSON;
	terms.common_name = common_name;
	terms.public_key = keys[0];
	terms.issuer = foreign;
	CHECK_OK(certificate_make(&terms, &another));
	ctx = by_certificate(1, &old);
	OSSL_CMP_CTX_set1_cert(ctx, another);
	refused(ctx, CMP_KUR, 20, "not issued by this CA");
	X509_free(foreign);
	X509_free(another);
	X509_free(old);
}

static void test_confirmations(void)
{
	unsigned status = 0;
	changed(CMP_CERTCONF, to_other_hash, 4, "certHash");
	// What was open is taken back when the same account asks anew.
	begin("changed");
	granted(by_secret(), CMP_IR);
	struct rows *r = NULL;
	bool more = false;
	CHECK_OK(store_query(database_take(service.database),
			     "SELECT count(*) FROM issued WHERE account=? AND revoked_at IS NULL",
			     VALUES(V_INT(account.id)), &r));
	CHECK_OK(rows_next(r, &more));
	CU_ASSERT_EQUAL(rows_int(r, 0), 1);
	rows_free(r);
	database_give(service.database);
	// Once more: the exchange is over.
	AUTO_BUF struct buf again = { 0 };
	CHECK_OK(buf_copy(&last_sent, &again));
	CHECK_OK(post(&again, "application/pkixcmp", "POST", &status, &last_answer));
	check_no(NULL, 2, "no such transaction");
}

static void test_replays(void)
{
	unsigned status = 0;
	begin("replays");
	OSSL_CMP_CTX *ctx = by_secret();
	OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_DISABLE_CONFIRM, 1);
	CU_ASSERT_PTR_NOT_NULL(OSSL_CMP_exec_certreq(ctx, CMP_IR, NULL));
	OSSL_CMP_CTX_free(ctx);
	int64_t before = issued();
	AUTO_BUF struct buf replay = { 0 };
	CHECK_OK(buf_copy(&last_sent, &replay));
	CHECK_OK(post(&replay, "application/pkixcmp", "POST", &status, &last_answer));
	check_no(NULL, 21, "in use (RFC 9483 section 3.5)");
	// The server was started anew meanwhile: the number is remembered, and the secret would still be good.
	cmp_desk_free(service.cmp);
	CHECK_OK(cmp_desk_new(&service, &service.cmp));
	CHECK_OK(post(&replay, "application/pkixcmp", "POST", &status, &last_answer));
	AUTO_CMP_HEADER struct cmp_header h = { 0 };
	CHECK_OK(cmp_header_read(last_answer.data, last_answer.len, &h));
	CU_ASSERT_EQUAL(h.body, CMP_IP);
	CU_ASSERT_PTR_NOT_NULL(cmp_find(&last_answer, "was used before", 15));
	CU_ASSERT_EQUAL(issued(), before);
}

static void test_revocations(void)
{
	X509 *own = NULL, *other = NULL;
	begin("somebody");
	OSSL_CMP_CTX_free(by_certificate(1, &other));
	begin("revokes");
	OSSL_CMP_CTX *ctx = by_certificate(1, &own);
	OSSL_CMP_CTX_set1_oldCert(ctx, other);
	refused(ctx, CMP_RR, 23, "somebody else (RFC 9483 section 4.2)");
	ctx = by_secret();
	OSSL_CMP_CTX_set1_oldCert(ctx, service.authority->issuing);
	refused(ctx, CMP_RR, 4, "another CA");
	ctx = by_secret();
	OSSL_CMP_CTX_set1_oldCert(ctx, own);
	CU_ASSERT_EQUAL(OSSL_CMP_exec_RR_ses(ctx), 1);
	OSSL_CMP_CTX_free(ctx);
	ctx = by_secret();
	OSSL_CMP_CTX_set1_oldCert(ctx, own);
	refused(ctx, CMP_RR, 10, "revoked already (RFC 9483 section 4.2)");
	X509_free(own);
	X509_free(other);
}

static void test_http(void)
{
	unsigned status = 0;
	AUTO_BUF struct buf body = { 0 };
	CHECK_OK(buf_puts(&body, "no message"));
	CHECK_OK(post(&body, "application/pkixcmp", "GET", &status, &last_answer));
	CU_ASSERT_EQUAL(status, 405);
	CHECK_OK(post(&body, "application/pkcs10", "POST", &status, &last_answer));
	CU_ASSERT_EQUAL(status, 415);
	CHECK_OK(post(&body, "application/pkixcmp", "POST", &status, &last_answer));
	CU_ASSERT_EQUAL(status, 400);
	// Cut at each byte, a request leaves nothing behind and ends nothing.
	begin("cut");
	granted(by_secret(), CMP_IR);
	for (size_t len = 0; len < last_sent.len; len += 7) {
		struct buf cut = { .data = last_sent.data, .len = len };
		CHECK_OK(post(&cut, "application/pkixcmp", "POST", &status, &last_answer));
		CU_ASSERT_EQUAL(status, 400);
	}
}

int main(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	dir = s->dir;
	refusal_prepare();
	int result = CHECK_MAIN(TEST(test_the_desk_opens), TEST(test_what_is_right_is_granted),
				TEST(test_headers), TEST(test_protection), TEST(test_secrets),
				TEST(test_proofs_of_possession), TEST(test_what_is_asked_for),
				TEST(test_key_updates), TEST(test_confirmations),
				TEST(test_replays), TEST(test_revocations), TEST(test_http));
	service_free(&service);
	for (size_t i = 0; i < SIGNERS; i++)
		EVP_PKEY_free(keys[i]);
	EVP_PKEY_free(small_key);
	buf_free(&last_sent);
	buf_free(&last_answer);
	return result;
}
