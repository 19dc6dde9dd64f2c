// What RFC 8894 forbids is refused by the practice CA, each in words that name the clause; and nothing is issued for it.
#include <openssl/rsa.h>
#include <string.h>
#include <time.h>

#include <openssl/cms.h>
#include <openssl/provider.h>

#include "check.h"
#include "practiceca/scep.h"
#include "scratch.h"

#define OID(n) "2.16.840.1.113733.1.9." n
#define PINS   "pin1:pin2"

static struct service service;
static struct scratch *place;
static OSSL_PROVIDER *providers[2];
static EVP_PKEY *key, *other; // the person's and somebody else's
static unsigned persons;
static char name[40]; // Common Name of the present person

// How one message differs from a good one. Null and 0: not at all.
struct twist {
	const char *what;
	enum refusal no;
	const char *challenge, *type, *transaction, *common_name, *usage;
	const EVP_MD *digest;
	const EVP_CIPHER *cipher;
	int nonce; // bytes
	bool no_challenge, no_transaction, no_nonce, no_type, twice, of_answer, utf8;
	bool other_signer, issued_signer, expired_signer, weak_request, changed_request, to_ca,
		to_two, oaep, changed, behind, ahead, no_certificate, empty, plain_content, no_der;
};

// --- a client with OpenSSL alone

static X509_NAME *make_name(const char *common_name)
{
	static const struct {
		const char *type, *value;
	} parts[] = { { "C", "JP" }, { "O", "Practice Shinkin Bank" } };
	X509_NAME *n = X509_NAME_new();
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		X509_NAME_add_entry_by_txt(n, parts[i].type, MBSTRING_UTF8,
					   (const unsigned char *)parts[i].value, -1, -1, 0);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1,
				   -1, 0);
	return n;
}

static void put_request(const struct twist *t, EVP_PKEY *of, struct buf *out)
{
	X509_REQ *r = X509_REQ_new();
	X509_NAME *n = make_name(t->common_name ? t->common_name : name);
	const char *challenge = t->challenge ? t->challenge : PINS;
	unsigned char *der = NULL;
	X509_REQ_set_subject_name(r, n);
	X509_REQ_set_pubkey(r, of);
	if (!t->no_challenge)
		X509_REQ_add1_attr_by_NID(r, NID_pkcs9_challengePassword, V_ASN1_PRINTABLESTRING,
					  (const unsigned char *)challenge, (int)strlen(challenge));
	X509_REQ_sign(r, of, t->weak_request ? EVP_sha1() : EVP_sha256());
	int len = i2d_X509_REQ(r, &der);
	if (t->changed_request)
		der[len - 1] ^= 1;
	CHECK_OK(buf_put(out, der, (size_t)len));
	OPENSSL_free(der);
	X509_REQ_free(r);
	X509_NAME_free(n);
}

static X509 *make_signer(const struct twist *t, EVP_PKEY *of)
{
	X509 *x = X509_new();
	X509_NAME *n = make_name(t->common_name ? t->common_name : name);
	X509_EXTENSION *usage = X509V3_EXT_conf_nid(
		NULL, NULL, NID_key_usage,
		t->usage ? t->usage : "critical,digitalSignature,keyEncipherment");
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 77);
	X509_set_subject_name(x, n);
	X509_set_issuer_name(x, t->issued_signer ? X509_get_subject_name(service.authority->issuing)
						 : n);
	X509_gmtime_adj(X509_getm_notBefore(x), -7200);
	X509_gmtime_adj(X509_getm_notAfter(x), t->expired_signer ? -3600 : 3600);
	X509_set_pubkey(x, of);
	X509_add_ext(x, usage, -1);
	X509_sign(x, t->issued_signer ? other : of, EVP_sha256());
	X509_EXTENSION_free(usage);
	X509_NAME_free(n);
	return x;
}

static void put_cms(CMS_ContentInfo *cms, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);
	CHECK_OK(buf_put(out, der, len > 0 ? (size_t)len : 0));
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
}

static void seal(const struct twist *t, const struct buf *content, struct buf *out)
{
	X509 *to = t->to_ca ? service.authority->issuing : scep_certificate(&service);
	BIO *in = BIO_new_mem_buf(content->data, (int)content->len);
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, t->cipher ? t->cipher : EVP_aes_128_cbc(),
					   CMS_BINARY | CMS_PARTIAL);
	CMS_RecipientInfo *r = CMS_add1_recipient_cert(cms, to, t->oaep ? CMS_KEY_PARAM : 0);
	if (t->oaep)
		EVP_PKEY_CTX_set_rsa_padding(CMS_RecipientInfo_get0_pkey_ctx(r),
					     RSA_PKCS1_OAEP_PADDING);
	if (t->to_two)
		CMS_add1_recipient_cert(cms, service.authority->issuing, 0);
	CMS_final(cms, in, NULL, CMS_BINARY);
	put_cms(cms, out);
	BIO_free(in);
}

static void put_text(CMS_SignerInfo *si, const char *oid, int type, const char *text)
{
	CMS_signed_add1_attr_by_txt(si, oid, type, text, (int)strlen(text));
}

static void put_attributes(const struct twist *t, const char *transaction, CMS_SignerInfo *si)
{
	unsigned char nonce[64] = { 1 };
	int kind = t->utf8 ? V_ASN1_UTF8STRING : V_ASN1_PRINTABLESTRING;
	if (!t->no_transaction)
		put_text(si, OID("7"), kind, transaction);
	if (t->twice)
		put_text(si, OID("7"), kind, "another");
	if (!t->no_type)
		put_text(si, OID("2"), V_ASN1_PRINTABLESTRING, t->type ? t->type : "19");
	if (!t->no_nonce)
		CMS_signed_add1_attr_by_txt(si, OID("5"), V_ASN1_OCTET_STRING, nonce,
					    t->nonce ? t->nonce : 16);
	if (t->of_answer)
		put_text(si, OID("3"), V_ASN1_PRINTABLESTRING, "0");
}

static void wrap(const struct twist *t, const char *transaction, X509 *signer, EVP_PKEY *by,
		 const struct buf *content, struct buf *out)
{
	unsigned flags = CMS_BINARY | CMS_NOSMIMECAP |
			 (t->no_certificate ? (unsigned)CMS_NOCERTS : 0U) |
			 (t->empty ? (unsigned)CMS_DETACHED : 0U);
	BIO *in = BIO_new_mem_buf(content->data, (int)content->len);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL);
	CMS_SignerInfo *si =
		CMS_add1_signer(cms, signer, by, t->digest ? t->digest : EVP_sha256(), flags);
	put_attributes(t, transaction, si);
	CMS_final(cms, in, NULL, flags);
	if (t->ahead) {
		CHECK_OK(buf_put(out, "\0", 1));
	}
	put_cms(cms, out);
	if (t->changed)
		out->data[out->len - 3] ^= 1;
	if (t->behind) {
		CHECK_OK(buf_put(out, "\0", 1));
	}
	if (t->no_der)
		out->data[1] = 0x80;
	BIO_free(in);
}

static void put_message(const struct twist *t, const char *transaction, struct buf *out)
{
	AUTO_BUF struct buf request = { 0 };
	AUTO_BUF struct buf content = { 0 };
	EVP_PKEY *by = t->other_signer ? other : key;
	X509 *signer = make_signer(t, by);
	put_request(t, key, &request);
	if (t->plain_content) {
		CHECK_OK(buf_copy(&request, &content));
	} else {
		seal(t, &request, &content);
	}
	wrap(t, transaction, signer, by, &content, out);
	X509_free(signer);
}

// --- the bank

static void new_person(void)
{
	AUTO_ACCOUNT struct account a = { 0 };
	char contract[16];
	snprintf(contract, sizeof contract, "%010u", ++persons);
	CHECK_OK(holder_make(contract, NULL, &a.holder));
	CHECK_OK(pin_hash_make("pin1", 4, 2, &a.pin));
	CHECK_OK(pin_hash_make("pin2", 4, 2, &a.confirm));
	struct store *s = database_take(service.database);
	CHECK_OK(store_begin(s));
	CHECK_OK(account_add(s, &a, 1));
	CHECK_OK(store_commit(s));
	database_give(service.database);
	holder_common_name(&a.holder, name);
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

static void open_bank(void)
{
	place = scratch_new();
	AUTO_TEXT char *dir = scratch_path(place, "ca");
	service.retry_after = 5;
	CHECK_OK(authority_open(dir, NULL, time(NULL), &service.authority));
	CHECK_OK(authority_for_scep(service.authority, dir, true, false, time(NULL)));
	CHECK_OK(database_open(dir, &service.database));
	CHECK_OK(service_prepare(&service));
	refusal_prepare();
	providers[0] = OSSL_PROVIDER_load(NULL, "legacy"); // single DES is there
	providers[1] = OSSL_PROVIDER_load(NULL, "default");
	CU_ASSERT(providers[0] && providers[1]);
	key = EVP_RSA_gen(2048);
	other = EVP_RSA_gen(2048);
}

static enum refusal operate(const struct buf *der, char status[static 2], char fail[static 2])
{
	static const struct call call = { .method = "POST", .path = "/scep" };
	AUTO_ANSWER struct answer a = { 0 };
	CHECK_OK(scep_operate(&service, &call, der, &a));
	status[0] = fail[0] = '-';
	status[1] = fail[1] = '\0';
	const unsigned char *p = a.body.data;
	CMS_ContentInfo *cms =
		a.status == 200 ? d2i_CMS_ContentInfo(NULL, &p, (long)a.body.len) : NULL;
	CMS_SignerInfo *si = cms ? sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0) : NULL;
	for (int i = 0; si && i < CMS_signed_get_attr_count(si); i++) {
		X509_ATTRIBUTE *at = CMS_signed_get_attr(si, i);
		char oid[64];
		OBJ_obj2txt(oid, sizeof oid, X509_ATTRIBUTE_get0_object(at), 1);
		const ASN1_STRING *v = X509_ATTRIBUTE_get0_type(at, 0)->value.asn1_string;
		if (strcmp(oid, OID("3")) == 0)
			status[0] = (char)ASN1_STRING_get0_data(v)[0];
		if (strcmp(oid, OID("4")) == 0)
			fail[0] = (char)ASN1_STRING_get0_data(v)[0];
	}
	CMS_ContentInfo_free(cms);
	return a.refusal;
}

static void refused(const struct twist *t, const char *transaction)
{
	AUTO_BUF struct buf der = { 0 };
	char status[2], fail[2];
	int64_t before = count("SELECT count(*) FROM issued");
	put_message(t, transaction, &der);
	enum refusal no = operate(&der, status, fail);
	bool clause =
		strstr(refusal_words(t->no, "en"), "RFC 8894") || t->no < REFUSE_SCEP_OPERATION;
	bool fine = no == t->no && clause && status[0] != '0' &&
		    (status[0] == '-' || (status[0] == '2' && strchr("01234", fail[0])));
	if (!fine)
		fprintf(stderr, "%s: %d, status %s, failInfo %s: %s\n", t->what, (int)no, status,
			fail, refusal_words(no, "en"));
	CU_ASSERT(fine);
	CU_ASSERT_EQUAL(count("SELECT count(*) FROM issued"), before);
	CU_ASSERT_EQUAL(count("SELECT count(*) FROM scep WHERE issued IS NULL"), 0);
}

static void accepted(const char *transaction)
{
	AUTO_BUF struct buf der = { 0 };
	char status[2], fail[2];
	put_message(&(struct twist){ 0 }, transaction, &der);
	CU_ASSERT_EQUAL(operate(&der, status, fail), REFUSE_NOTHING);
	CU_ASSERT_STRING_EQUAL(status, "0");
}

static void test_each_forbidden_message_is_refused_and_names_its_clause(void)
{
	const struct twist twists[] = {
		{ "a byte behind", REFUSE_SCEP_CMS, .behind = true },
		{ "a byte ahead", REFUSE_SCEP_CMS, .ahead = true },
		{ "indefinite length", REFUSE_SCEP_CMS, .no_der = true },
		{ "no content", REFUSE_SCEP_CMS, .empty = true },
		{ "no certificate", REFUSE_SCEP_SIGNER, .no_certificate = true },
		{ "no transactionID", REFUSE_SCEP_TRANSACTION, .no_transaction = true },
		{ "two transactionIDs", REFUSE_SCEP_TRANSACTION, .twice = true },
		{ "transactionID UTF8", REFUSE_SCEP_TRANSACTION, .utf8 = true },
		{ "no nonce", REFUSE_SCEP_NONCE, .no_nonce = true },
		{ "short nonce", REFUSE_SCEP_NONCE, .nonce = 15 },
		{ "long nonce", REFUSE_SCEP_NONCE, .nonce = 17 },
		{ "no messageType", REFUSE_SCEP_NO_MESSAGE_TYPE, .no_type = true },
		{ "an answer's messageType", REFUSE_SCEP_MESSAGE_TYPE, .type = "3" },
		{ "GetCert", REFUSE_SCEP_MESSAGE_TYPE, .type = "21" },
		{ "pkiStatus in a request", REFUSE_SCEP_ATTRIBUTE, .of_answer = true },
		{ "SHA-1", REFUSE_SCEP_DIGEST, .digest = EVP_sha1() },
		{ "MD5", REFUSE_SCEP_DIGEST, .digest = EVP_md5() },
		{ "changed", REFUSE_SCEP_SIGNATURE, .changed = true },
		{ "not encrypted", REFUSE_SCEP_ENVELOPE, .plain_content = true },
		{ "to another", REFUSE_SCEP_ENVELOPE, .to_ca = true },
		{ "to two", REFUSE_SCEP_ENVELOPE, .to_two = true },
		{ "DES", REFUSE_SCEP_CIPHER, .cipher = EVP_des_cbc() },
		{ "3DES", REFUSE_SCEP_CIPHER, .cipher = EVP_des_ede3_cbc() },
		{ "Camellia", REFUSE_SCEP_CIPHER, .cipher = EVP_camellia_128_cbc() },
		{ "OAEP", REFUSE_SCEP_KEY_TRANSPORT, .oaep = true },
		{ "not self-signed", REFUSE_SCEP_NOT_SELF_SIGNED, .issued_signer = true },
		{ "another key", REFUSE_SCEP_OTHER_KEY, .other_signer = true },
		{ "no keyEncipherment", REFUSE_SCEP_USAGE, .usage = "critical,digitalSignature" },
		{ "expired signer", REFUSE_SCEP_TIME, .expired_signer = true },
		{ "request of SHA-1", REFUSE_WEAK_SIGNATURE, .weak_request = true },
		{ "request changed", REFUSE_SIGNATURE, .changed_request = true },
		{ "no challenge", REFUSE_NO_CHALLENGE, .no_challenge = true },
		{ "challenge without a colon", REFUSE_SCEP_CHALLENGE_SHAPE, .challenge = "pin1" },
		{ "wrong challenge", REFUSE_CREDENTIALS, .challenge = "pin1:wrong" },
		{ "name of nobody", REFUSE_OTHER_NAME, .common_name = "somebody" },
		{ "self-signed renewal", REFUSE_CERTIFICATE_SELF_SIGNED, .type = "17" },
		{ "poll of nothing", REFUSE_SCEP_NAMES, .type = "20" },
	};
	new_person();
	for (size_t i = 0; i < ARRAY_LEN(twists); i++)
		refused(&twists[i], "t-refused");
	CU_ASSERT_EQUAL(count("SELECT count FROM failure"),
			1); // the wrong challenge alone was judged
	accepted("t-refused");
}

// The answer can be read by the key's holder alone, so it costs no second credential; and nobody else gets the ID.
static void test_a_transaction_belongs_to_its_key(void)
{
	new_person();
	accepted("t-mine");
	int64_t issued = count("SELECT count(*) FROM issued");
	accepted("t-mine");
	CU_ASSERT_EQUAL(count("SELECT count(*) FROM issued"), issued);
	EVP_PKEY *mine = key;
	key = other;
	refused(&(struct twist){ "taken", REFUSE_SCEP_TAKEN, .challenge = PINS }, "t-mine");
	key = mine;
}

// The person's certificate, as the CA's log has it.
static X509 *issued_last(void)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	size_t len = 0;
	struct store *s = database_take(service.database);
	CHECK_OK(store_query(s, "SELECT certificate FROM issued ORDER BY id DESC LIMIT 1",
			     NO_VALUES, &r));
	CHECK_OK(rows_next(r, &more));
	const unsigned char *der = rows_bytes(r, 0, &len);
	X509 *x = d2i_X509(NULL, &der, (long)len);
	rows_free(r);
	r = NULL;
	database_give(service.database);
	return x;
}

static void renewal(const struct twist *t, X509 *old, EVP_PKEY *next)
{
	AUTO_BUF struct buf request = { 0 };
	AUTO_BUF struct buf content = { 0 };
	AUTO_BUF struct buf der = { 0 };
	char status[2], fail[2];
	put_request(t, next, &request);
	seal(t, &request, &content);
	wrap(t, "t-renewal", old, key, &content, &der);
	enum refusal no = operate(&der, status, fail);
	if (no != t->no)
		fprintf(stderr, "%s: %s\n", t->what, refusal_words(no, "en"));
	CU_ASSERT_EQUAL(no, t->no);
	CU_ASSERT_STRING_EQUAL(status, t->no ? "2" : "0");
}

static void run_sql(const char *sql)
{
	struct store *s = database_take(service.database);
	CHECK_OK(store_begin(s));
	CHECK_OK(store_run(s, sql, NO_VALUES, NULL));
	CHECK_OK(store_commit(s));
	database_give(service.database);
}

static void test_a_renewal_by_the_rules(void)
{
	static const struct twist with_challenge = { "challenge", REFUSE_SCEP_RENEWAL_CHALLENGE,
						     .type = "17" };
	static const struct twist same = { "same key", REFUSE_SAME_KEY, .type = "17",
					   .no_challenge = true };
	static const struct twist named = { "another name", REFUSE_OTHER_SUBJECT, .type = "17",
					    .no_challenge = true, .common_name = "00000000991283" };
	static const struct twist revoked = { "revoked", REFUSE_CERTIFICATE_REVOKED, .type = "17",
					      .no_challenge = true };
	static const struct twist good = { "good", REFUSE_NOTHING, .type = "17",
					   .no_challenge = true };
	new_person();
	accepted("t-old");
	X509 *old = issued_last();
	renewal(&with_challenge, old, other);
	renewal(&same, old, key);
	renewal(&named, old, other);
	run_sql("UPDATE issued SET revoked_at=1");
	renewal(&revoked, old, other);
	run_sql("UPDATE issued SET revoked_at=NULL");
	renewal(&good, old, other);
	X509_free(old);
}

static void test_five_wrong_challenges_lock(void)
{
	static const struct twist wrong = { "wrong", REFUSE_CREDENTIALS, .challenge = "pin1:no" };
	static const struct twist last = { "last", REFUSE_NOW_LOCKED, .challenge = "pin1:no" };
	static const struct twist right = { "right", REFUSE_LOCKED, .challenge = PINS };
	new_person();
	for (int i = 0; i < 4; i++)
		refused(&wrong, "t-lock");
	refused(&last, "t-lock");
	refused(&right, "t-lock");
}

static void test_the_end(void)
{
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	service_free(&service);
	for (size_t i = 0; i < ARRAY_LEN(providers); i++)
		OSSL_PROVIDER_unload(providers[i]);
	scratch_free(place);
}

int main(void)
{
	return CHECK_MAIN(
		TEST(open_bank), TEST(test_each_forbidden_message_is_refused_and_names_its_clause),
		TEST(test_a_transaction_belongs_to_its_key), TEST(test_a_renewal_by_the_rules),
		TEST(test_five_wrong_challenges_lock), TEST(test_the_end));
}
