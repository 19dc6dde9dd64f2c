// What OpenSSL's server asks when it has judged a message: may this be certified, may the client poll, confirm, revoke?
#include <openssl/crmf.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "practiceca/base64.h"
#include "practiceca/cmp_inside.h"
#include "practiceca/crl.h"
#include "practiceca/issue.h"
#include "practiceca/openssl_error.h"
#include "practiceca/vouched.h"

static struct transaction *of(const OSSL_CMP_SRV_CTX *srv)
{
	return OSSL_CMP_SRV_CTX_get0_custom_ctx(srv);
}

static OSSL_CMP_PKISI *say(struct no no)
{
	// OpenSSL wants the failure's mask.
	return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_rejection, (int)no.failures, no.words);
}

static OSSL_CMP_PKISI *fault(struct err *e)
{
	log_err(LOG_INFO, "practiceca", e);
	err_ignore(e);
	return say((struct no){ FAIL_SYSTEM_FAILURE, "the practice CA failed" });
}

static struct no of_refusal(enum refusal r)
{
	switch (r) {
	case REFUSE_NOTHING:
		return (struct no){ 0, NULL };
	case REFUSE_EXTENSION:
		return (struct no){ FAIL_UNACCEPTED_EXTENSION, refusal_words(r, "en") };
	case REFUSE_RENEWAL_LOCKED:
		return (struct no){ FAIL_NOT_AUTHORIZED, refusal_words(r, "en") };
	case REFUSE_CERTIFICATE_REVOKED:
		return (struct no){ FAIL_CERT_REVOKED, refusal_words(r, "en") };
	default:
		return (struct no){ FAIL_BAD_CERT_TEMPLATE, refusal_words(r, "en") };
	}
}

// --- what is asked for

// publicKey [6] of a CertTemplate (RFC 4211 §5), for which OpenSSL 3.0 has no function: a SubjectPublicKeyInfo under another tag.
static EVP_PKEY *key_of(const unsigned char *der, long len)
{
	enum { PUBLIC_KEY = 6 };
	const unsigned char *at = der, *end = der + len;
	long n = 0;
	int tag = 0, class = 0;
	if (ASN1_get_object(&at, &n, &tag, &class, len) & 0x80)
		return NULL;
	end = at + n;
	while (at < end) {
		const unsigned char *element = at;
		if (ASN1_get_object(&at, &n, &tag, &class, end - at) & 0x80)
			return NULL;
		if (class != V_ASN1_CONTEXT_SPECIFIC || tag != PUBLIC_KEY) {
			at += n;
			continue;
		}
		size_t whole = (size_t)(at + n - element);
		unsigned char *copy = malloc(whole);
		if (!copy)
			return NULL;
		memcpy(copy, element, whole);
		copy[0] = V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED;
		const unsigned char *p = copy;
		EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)whole);
		free(copy);
		return key;
	}
	return NULL;
}

static struct err *read_template(const OSSL_CRMF_MSG *crm, X509 *renews, struct request *out,
				 enum refusal *no)
{
	const OSSL_CRMF_CERTTEMPLATE *tmpl = OSSL_CRMF_MSG_get0_tmpl(crm);
	unsigned char *der = NULL;
	int len = i2d_OSSL_CRMF_CERTTEMPLATE(tmpl, &der);
	if (len <= 0)
		return openssl_error("i2d_OSSL_CRMF_CERTTEMPLATE");
	EVP_PKEY *key = key_of(der, len);
	const struct request_template t = {
		.public_key = key,
		.subject = OSSL_CRMF_CERTTEMPLATE_get0_subject(tmpl),
		.extensions = OSSL_CRMF_CERTTEMPLATE_get0_extensions(tmpl),
		.der = der,
		.len = (size_t)len,
	};
	*no = REFUSE_KEY;
	struct err *e = key ? request_of_template(&t, renews, out, no) : NULL;
	EVP_PKEY_free(key);
	OPENSSL_free(der);
	return e;
}

static struct err *read_pkcs10(const X509_REQ *p10, X509 *renews, struct request *out,
			       enum refusal *no)
{
	AUTO_BUF struct buf body = BUF((size_t)2 * REQUEST_BODY_MAX);
	unsigned char *der = NULL;
	int len = i2d_X509_REQ(p10, &der);
	if (len <= 0)
		return openssl_error("i2d_X509_REQ");
	struct err *e = base64_write_body(der, (size_t)len, &body);
	OPENSSL_free(der);
	return e ? e : request_read(&body, renews, out, no);
}

// kur names the certificate that it updates, and signs with it (RFC 9483 §4.1.3).
static struct no check_old(const struct transaction *t, const OSSL_CRMF_MSG *crm)
{
	static const struct no other = { FAIL_BAD_CERT_ID,
					 "oldCertID is not the certificate that signs (RFC 9483 "
					 "section 4.1.3)" };
	const OSSL_CRMF_CERTID *id = crm ? OSSL_CRMF_MSG_get0_regCtrl_oldCertID(crm) : NULL;
	if (t->first != CMP_KUR)
		return (struct no){ 0, NULL };
	if (!id ||
	    ASN1_INTEGER_cmp(OSSL_CRMF_CERTID_get0_serialNumber(id),
			     X509_get0_serialNumber(t->client.certificate)) != 0 ||
	    X509_NAME_cmp(OSSL_CRMF_CERTID_get0_issuer(id),
			  X509_get_issuer_name(t->client.certificate)) != 0)
		return other;
	return (struct no){ 0, NULL };
}

static struct no check_person(const struct transaction *t, const struct request *r)
{
	const struct service *s = t->desk->service;
	char name[COMMON_NAME_MAX + 1];
	holder_common_name(&t->account.holder, name);
	if (strcmp(name, r->common_name) != 0)
		return of_refusal(REFUSE_OTHER_NAME);
	if (s->csrattrs.rsa_bits > r->rsa_bits)
		return of_refusal(REFUSE_KEY_SIZE);
	if (t->first == CMP_KUR && !s->reenroll_same_key &&
	    EVP_PKEY_eq(r->public_key, X509_get0_pubkey(t->client.certificate)) == 1)
		return of_refusal(REFUSE_SAME_KEY);
	return (struct no){ 0, NULL };
}

// --- for whom

// An RA asks for others, with its own protection on the message (RFC 9483 §5.2.1).
static struct err *vouched_person(struct transaction *t, const struct request *r, struct no *no)
{
	struct database *db = t->desk->service->database;
	AUTO_ACCOUNT struct account who = { 0 };
	enum refusal refused = REFUSE_NOTHING;
	struct err *e =
		vouched_account(database_take(db), &t->client, r->common_name, &who, &refused);
	database_give(db);
	if (e)
		return e;
	if (refused) {
		*no = of_refusal(refused == REFUSE_NOT_RA ? REFUSE_OTHER_NAME : refused);
		return NULL;
	}
	t->account = who;
	t->vouched_by = t->client.issued;
	return NULL;
}

static struct err *find_person(struct transaction *t, struct request *r, struct no *no)
{
	char name[COMMON_NAME_MAX + 1];
	holder_common_name(&t->account.holder, name);
	bool own = strcmp(name, r->common_name) == 0;
	if (t->protection != CMP_PROTECTION_PBM && t->first != CMP_KUR && !t->vouched_by && !own)
		TRY(vouched_person(t, r, no));
	else if (t->protection != CMP_PROTECTION_PBM && t->first == CMP_IR && !t->vouched_by)
		*no = (struct no){ FAIL_WRONG_INTEGRITY,
				   "who has a certificate of this CA asks with cr or kur, not ir "
				   "(RFC 9483 section 4.1.1)" };
	r->vouched_by = t->vouched_by;
	return NULL;
}

// --- the certificate

static struct err *take_number(struct store *s, struct transaction *t, int64_t now, struct no *no)
{
	bool fresh = true;
	if (!t->taken)
		TRY(cmp_transaction_take(s, t->id, now, &fresh));
	t->taken = true;
	if (!fresh)
		*no = (struct no){ FAIL_TRANSACTION_IN_USE,
				   "the transactionID was used before (RFC 9483 section 3.5)" };
	return NULL;
}

static struct err *issue_now(struct store *s, struct transaction *t, struct request *r, int64_t now,
			     struct no *no)
{
	enum refusal refused = REFUSE_NOTHING;
	r->renews = t->first == CMP_KUR ? t->client.issued : 0;
	if (t->vouched_by)
		TRY(vouched_still(s, t->vouched_by, &t->account, &refused));
	else if (t->client.issued)
		TRY(client_may_renew(s, t->client.issued, &t->account, &refused));
	if (refused) {
		*no = of_refusal(refused);
		return NULL;
	}
	if (t->protection == CMP_PROTECTION_PBM) {
		char name[NAME_MAX_LEN + 1];
		holder_name(&t->account.holder, name);
		TRY(failures_clear(s, name));
	}
	TRY(cmp_open_sweep(s, t->account.id, now));
	TRY(issue(s, t->desk->service->authority, &t->account, r, now, &t->issued, &t->leaf));
	TRY(cmp_open_add(s, t->issued, t->account.id, now));
	if (!t->implicit)
		return NULL;
	t->told = true;
	return cmp_open_close(s, t->issued, t->account.id, true, now);
}

static bool must_wait(struct transaction *t, int64_t now)
{
	if (!t->waiting.len) {
		t->polls_left = t->account.pending_polls;
		t->ready_at = now + t->account.pending_seconds;
	}
	return t->polls_left > 0 || now < t->ready_at;
}

// Number, certificate and log in one transaction of the database.
static struct err *decide(struct transaction *t, struct request *r, bool *waits, struct no *no)
{
	struct database *db = t->desk->service->database;
	int64_t now = clock_now();
	*waits = must_wait(t, now);
	struct store *s = database_take(db);
	struct err *e = store_begin(s);
	if (!e)
		e = take_number(s, t, now, no);
	if (!e && !no->words && !*waits)
		e = issue_now(s, t, r, now, no);
	if (!e && !no->words)
		e = store_commit(s);
	database_give(db);
	return e;
}

static struct err *keep_waiting(struct transaction *t, const OSSL_CMP_MSG *req)
{
	char *bytes = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	struct err *e = bio && i2d_OSSL_CMP_MSG_bio(bio, req) == 1
				? NULL
				: openssl_error("i2d_OSSL_CMP_MSG_bio");
	long len = e ? 0 : BIO_get_mem_data(bio, &bytes);
	t->waiting = BUF(CMP_MESSAGE_MAX);
	if (!e)
		e = buf_put(&t->waiting, bytes, (size_t)len);
	BIO_free(bio);
	return e;
}

static struct err *give_certificates(const struct transaction *t, X509 **leaf,
				     STACK_OF(X509) * *chain)
{
	*chain = sk_X509_new_null();
	if (!*chain || sk_X509_push(*chain, t->desk->service->authority->issuing) <= 0 ||
	    X509_up_ref(t->desk->service->authority->issuing) != 1)
		return openssl_error("sk_X509_push");
	if (X509_up_ref(t->leaf) != 1)
		return openssl_error("X509_up_ref");
	*leaf = t->leaf;
	return NULL;
}

static struct err *answer_request(struct transaction *t, const OSSL_CMP_MSG *req,
				  const OSSL_CRMF_MSG *crm, const X509_REQ *p10, bool *waits,
				  struct no *no)
{
	AUTO_REQUEST struct request r = { 0 };
	enum refusal refused = REFUSE_NOTHING;
	X509 *renews = t->first == CMP_KUR ? t->client.certificate : NULL;
	TRY(p10 ? read_pkcs10(p10, renews, &r, &refused)
		: read_template(crm, renews, &r, &refused));
	*no = refused ? of_refusal(refused) : check_old(t, crm);
	if (!no->words)
		TRY(find_person(t, &r, no));
	if (!no->words)
		*no = check_person(t, &r);
	if (!no->words)
		TRY(attested_judge(&t->desk->service->attested, t->desk->service->database, &r,
				   &refused));
	if (refused && !no->words)
		*no = of_refusal(refused);
	if (no->words)
		return NULL;
	TRY(decide(t, &r, waits, no));
	return *waits && !no->words && !t->waiting.len ? keep_waiting(t, req) : NULL;
}

static OSSL_CMP_PKISI *cert_request(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *req, int id,
				    const OSSL_CRMF_MSG *crm, const X509_REQ *p10, X509 **leaf,
				    STACK_OF(X509) * *chain, STACK_OF(X509) * *ca_pubs)
{
	struct transaction *t = of(srv);
	struct no no = { 0, NULL };
	bool waits = false;
	(void)id;
	(void)ca_pubs;
	struct err *e = answer_request(t, req, crm, p10, &waits, &no);
	if (!e && !no.words && !waits)
		e = give_certificates(t, leaf, chain);
	if (e)
		return fault(e);
	if (no.words)
		return say(no);
	return OSSL_CMP_STATUSINFO_new(
		waits ? OSSL_CMP_PKISTATUS_waiting : OSSL_CMP_PKISTATUS_accepted, 0, NULL);
}

static int poll_request(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *req, int id,
			OSSL_CMP_MSG **request, int64_t *after)
{
	struct transaction *t = of(srv);
	int64_t now = clock_now();
	(void)req;
	(void)id;
	*request = NULL;
	if (t->polls_left > 0)
		t->polls_left--;
	if (must_wait(t, now)) {
		int64_t rest = t->ready_at - now;
		*after =
			rest > t->desk->service->retry_after ? rest : t->desk->service->retry_after;
		return 1;
	}
	BIO *bio = BIO_new_mem_buf(t->waiting.data, (int)t->waiting.len);
	*request = bio ? d2i_OSSL_CMP_MSG_bio(bio, NULL) : NULL;
	BIO_free(bio);
	return *request != NULL;
}

// --- certConf

static bool hash_fits(const struct transaction *t, const ASN1_OCTET_STRING *hash)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	return X509_digest(t->leaf, EVP_sha256(), digest, &n) == 1 &&
	       ASN1_STRING_length(hash) == (int)n &&
	       CRYPTO_memcmp(ASN1_STRING_get0_data(hash), digest, n) == 0;
}

static struct err *close_open(struct transaction *t, bool accepted)
{
	struct database *db = t->desk->service->database;
	struct store *s = database_take(db);
	struct err *e = store_begin(s);
	if (!e)
		e = cmp_open_close(s, t->issued, t->account.id, accepted, clock_now());
	if (!e)
		e = store_commit(s);
	database_give(db);
	return e;
}

// PKIStatusInfo has no functions to be read by: its first line says what it is.
static bool is_accepted(const OSSL_CMP_PKISI *si)
{
	char text[OSSL_CMP_PKISI_BUFLEN] = "";
	if (!si) // RFC 9810 §5.3.18: left out means accepted
		return true;
	return OSSL_CMP_snprint_PKIStatusInfo(si, text, sizeof text) &&
	       strstr(text, "accepted") != NULL;
}

static int cert_conf(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *req, int id,
		     const ASN1_OCTET_STRING *hash, const OSSL_CMP_PKISI *si)
{
	struct transaction *t = of(srv);
	(void)req;
	(void)id;
	if (t->told)
		t->no = (struct no){ FAIL_CERT_CONFIRMED, "the certificate was confirmed already "
							  "(RFC 9810 section 5.3.18)" };
	else if (!hash_fits(t, hash))
		t->no = (struct no){ FAIL_BAD_CERT_ID, "certHash is not that of the certificate "
						       "(RFC 9810 section 5.3.18)" };
	if (t->no.words)
		return 0;
	struct err *e = close_open(t, is_accepted(si));
	if (e) {
		OSSL_CMP_PKISI_free(fault(e));
		return 0;
	}
	t->told = true;
	return 1;
}

// --- rr

static const char *const reason_names[] = {
	"unspecified", "keyCompromise",	       "cACompromise",	  "affiliationChanged",
	"superseded",  "cessationOfOperation", "certificateHold", NULL,
	NULL,	       "privilegeWithdrawn",   "aACompromise"
};

static void hex_of(const ASN1_INTEGER *n, char out[static SERIAL_HEX_MAX + 1])
{
	for (int i = 0; i < ASN1_STRING_length(n) && i < SERIAL_HEX_MAX / 2; i++)
		snprintf(out + 2 * (size_t)i, 3, "%02x", ASN1_STRING_get0_data(n)[i]);
}

static struct err *revoke(struct store *s, const struct transaction *t, const char *serial,
			  struct no *no)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(s, "SELECT account, revoked_at FROM issued WHERE serial=?",
			VALUES(V_TEXT(serial)), &r));
	TRY(rows_next(r, &more));
	if (!more)
		*no = (struct no){ FAIL_BAD_CERT_ID,
				   "this CA has no such certificate (RFC 9810 section 5.3.9)" };
	else if (rows_int(r, 0) != t->account.id)
		*no = (struct no){ FAIL_NOT_AUTHORIZED, "nobody revokes the certificate of "
							"somebody else (RFC 9483 section 4.2)" };
	else if (!rows_null(r, 1))
		*no = (struct no){ FAIL_CERT_REVOKED,
				   "the certificate is revoked already (RFC 9483 section 4.2)" };
	if (no->words)
		return NULL;
	int64_t reason = t->reason;
	bool named =
		reason >= 0 && reason < (int64_t)ARRAY_LEN(reason_names) && reason_names[reason];
	rows_free(r);
	r = NULL;
	return crl_revoke(s, serial, named ? reason_names[reason] : "unspecified", clock_now());
}

static OSSL_CMP_PKISI *revocation(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *req,
				  const X509_NAME *issuer, const ASN1_INTEGER *serial)
{
	struct transaction *t = of(srv);
	struct database *db = t->desk->service->database;
	char hex[SERIAL_HEX_MAX + 1] = "";
	struct no no = { 0, NULL };
	(void)req;
	hex_of(serial, hex);
	if (X509_NAME_cmp(issuer, X509_get_subject_name(t->desk->service->authority->issuing)) != 0)
		return say((struct no){ FAIL_BAD_CERT_ID, "the certificate is of another CA (RFC "
							  "9810 section 5.3.9)" });
	struct store *s = database_take(db);
	struct err *e = store_begin(s);
	if (!e)
		e = take_number(s, t, clock_now(), &no);
	if (!e && !no.words)
		e = revoke(s, t, hex, &no);
	if (!e && !no.words)
		e = store_commit(s);
	database_give(db);
	if (e)
		return fault(e);
	return no.words ? say(no) : OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL);
}

static void client_error(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *req, const OSSL_CMP_PKISI *si,
			 const ASN1_INTEGER *code, const OSSL_CMP_PKIFREETEXT *details)
{
	(void)srv;
	(void)req;
	(void)si;
	(void)code;
	(void)details;
}

static int general(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *req,
		   const STACK_OF(OSSL_CMP_ITAV) * in, STACK_OF(OSSL_CMP_ITAV) * *out)
{
	(void)srv;
	(void)req;
	(void)in;
	(void)out;
	return 0;
}

struct err *transaction_callbacks(struct transaction *t)
{
	if (OSSL_CMP_SRV_CTX_init(t->srv, t, cert_request, revocation, general, client_error,
				  cert_conf, poll_request) != 1 ||
	    OSSL_CMP_SRV_CTX_set_grant_implicit_confirm(t->srv, 1) != 1)
		return openssl_error("OSSL_CMP_SRV_CTX_init");
	return NULL;
}
