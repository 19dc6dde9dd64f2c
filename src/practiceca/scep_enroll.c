// PKCSReq, RenewalReq and CertPoll decided (RFC 8894 §3.3).
//
// As with EST all that can be judged without knowing who asks comes first, for a one-time password is spent by being judged. A message that comes
// again is answered as the first one was, and costs no credential: its answer can be read by the holder of the key alone.
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "practiceca/basic.h"
#include "practiceca/certificates.h"
#include "practiceca/client.h"
#include "practiceca/issue.h"
#include "practiceca/openssl_error.h"
#include "practiceca/scep.h"

// --- who signs: a certificate made for the purpose (RFC 8894 §2.3) ...

static enum refusal check_signer(X509 *x, int64_t now)
{
	const uint32_t both = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT;
	if (X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) != 0 ||
	    X509_verify(x, X509_get0_pubkey(x)) != 1)
		return REFUSE_SCEP_NOT_SELF_SIGNED;
	if ((X509_get_key_usage(x) & both) != both)
		return REFUSE_SCEP_USAGE;
	if (now < certificate_not_before(x) || now > certificate_not_after(x))
		return REFUSE_SCEP_TIME;
	return REFUSE_NOTHING;
}

// Whose subject it has is the client's choice (RFC 8894 §2.3 only advises it); whose key is not, here.
static enum refusal check_own(const struct scep_message *m, const struct request *r)
{
	return EVP_PKEY_eq(X509_get0_pubkey(m->certificate), r->public_key) == 1
		       ? REFUSE_NOTHING
		       : REFUSE_SCEP_OTHER_KEY;
}

// ... or one of this CA's.
static struct err *judge_old(const struct service *s, const struct scep_message *m, int64_t now,
			     struct client *who, enum refusal *no)
{
	unsigned char *bytes = NULL;
	int len = i2d_X509(m->certificate, &bytes);
	if (len <= 0)
		return openssl_error("i2d_X509");
	const struct der der = { bytes, (size_t)len };
	struct err *e = client_judge(s->database, s->authority, &der, now, who, no);
	OPENSSL_free(bytes);
	return e;
}

// --- the challenge password

// "<contract><user>1283" is whose Common Name? What has no such shape is nobody's.
static bool holder_of(const char *common_name, struct holder *out)
{
	char name[NAME_MAX_LEN + 1];
	size_t len = strlen(common_name), code = strlen(INSTITUTION_CODE);
	if (len < CONTRACT_ID_LEN + code || len - code > CONTRACT_ID_LEN + USER_ID_MAX ||
	    strcmp(common_name + len - code, INSTITUTION_CODE) != 0)
		return false;
	int user = (int)(len - code - CONTRACT_ID_LEN);
	snprintf(name, sizeof name, "%.*s%s%.*s", CONTRACT_ID_LEN, common_name, user ? "/" : "",
		 user, common_name + CONTRACT_ID_LEN);
	return holder_read(name, strlen(name), out);
}

static struct err *read_challenge(const struct request *r, struct basic *b, enum refusal *no)
{
	const char *colon = strrchr(r->challenge, ':');
	*no = !r->has_challenge ? REFUSE_NO_CHALLENGE
	      : !colon		? REFUSE_SCEP_CHALLENGE_SHAPE
				: REFUSE_NOTHING;
	if (*no)
		return NULL;
	b->given = true;
	b->shaped = holder_of(r->common_name, &b->holder);
	if (!b->shaped)
		*no = REFUSE_OTHER_NAME;
	TRY(secret_from(r->challenge, (size_t)(colon - r->challenge), &b->first));
	return secret_from(colon + 1, strlen(colon + 1), &b->second);
}

static struct err *log_in(const struct service *s, const struct request *r, int64_t now,
			  struct account *who, enum refusal *no)
{
	AUTO_BASIC struct basic b = { 0 };
	enum login_verdict verdict = LOGIN_WRONG;
	TRY(read_challenge(r, &b, no));
	if (*no)
		return NULL;
	TRY(login_judge(s->database, &s->login, &b, now, &verdict, who));
	*no = login_refusal(verdict);
	return NULL;
}

// --- the end

static struct err *finish(const struct service *s, struct store *db, const char *id,
			  const struct request *r, const struct scep_transaction *t, int64_t now,
			  struct scep_verdict *v)
{
	AUTO_ACCOUNT struct account who = { 0 };
	int64_t issued = 0;
	v->retry_after = t->retry_after;
	if (t->state == SCEP_DONE)
		return issue_again(db, t->issued, &v->leaf);
	if (t->state != SCEP_READY)
		return NULL;
	TRY(account_by_id(db, t->account, &who));
	if (r->renews)
		TRY(client_may_renew(db, r->renews, &who, &v->no));
	if (!v->no)
		TRY(attested_account(&s->attested, db, who.id, r, &v->no));
	if (v->no)
		return NULL;
	TRY(issue(db, s->authority, &who, r, now, &issued, &v->leaf));
	return scep_transaction_done(db, id, issued);
}

// Looks for the transaction, and takes it as far as it goes. r null: a poll. who null: who asks is not known yet, so nothing begins.
static struct err *in_transaction(const struct service *s, struct store *db,
				  const struct scep_message *m, const struct request *r,
				  int64_t renews, const struct account *who, struct scep_verdict *v,
				  bool *begun)
{
	AUTO_SCEP_TRANSACTION struct scep_transaction t = { 0 };
	int64_t now = clock_now();
	TRY(store_begin(db));
	TRY(scep_transaction_find(db, m, r, renews, now, s->retry_after, &t));
	*begun = t.state != SCEP_NEW;
	if (t.state == SCEP_OTHER)
		v->no = REFUSE_SCEP_TAKEN;
	if (v->no || (!*begun && !who))
		return NULL;
	bool first = !*begun;
	*begun = true;
	if (first)
		TRY(scep_transaction_begin(db, m->transaction, who, r, now, s->retry_after, &t));
	TRY(finish(s, db, m->transaction, first ? r : &t.request, &t, now, v));
	return v->no ? NULL : store_commit(db);
}

static struct err *proceed(const struct service *s, const struct scep_message *m,
			   const struct request *r, int64_t renews, const struct account *who,
			   struct scep_verdict *v, bool *begun)
{
	struct store *db = database_take(s->database);
	struct err *e = in_transaction(s, db, m, r, renews, who, v, begun);
	database_give(s->database);
	return e;
}

static struct err *enroll(const struct service *s, const struct scep_message *m,
			  struct scep_verdict *v)
{
	AUTO_REQUEST struct request r = { 0 };
	AUTO_ACCOUNT struct account who = { 0 };
	int64_t now = clock_now();
	bool begun = false;
	v->no = check_signer(m->certificate, now);
	if (v->no)
		return NULL;
	TRY(request_read_der(&m->content, NULL, &r, &v->no));
	if (!v->no)
		v->no = check_own(m, &r);
	if (!v->no)
		TRY(attested_judge(&s->attested, s->database, &r, &v->no));
	if (v->no)
		return NULL;
	TRY(proceed(s, m, &r, 0, NULL, v, &begun));
	if (v->no || begun)
		return NULL;
	TRY(log_in(s, &r, now, &who, &v->no));
	return v->no ? NULL : proceed(s, m, &r, 0, &who, v, &begun);
}

static struct err *renew(const struct service *s, const struct scep_message *m,
			 struct scep_verdict *v)
{
	AUTO_CLIENT struct client old = { 0 };
	AUTO_REQUEST struct request r = { 0 };
	AUTO_ACCOUNT struct account who = { 0 };
	bool begun = false;
	TRY(judge_old(s, m, clock_now(), &old, &v->no));
	if (v->no)
		return NULL;
	TRY(request_read_der(&m->content, old.certificate, &r, &v->no));
	if (!v->no && r.has_challenge)
		v->no = REFUSE_SCEP_RENEWAL_CHALLENGE;
	if (!v->no && !s->reenroll_same_key &&
	    EVP_PKEY_eq(r.public_key, X509_get0_pubkey(old.certificate)) == 1)
		v->no = REFUSE_SAME_KEY;
	if (!v->no)
		TRY(attested_judge(&s->attested, s->database, &r, &v->no));
	if (v->no)
		return NULL;
	r.renews = old.issued;
	TRY(client_account(s->database, &old, &who));
	return proceed(s, m, &r, r.renews, &who, v, &begun);
}

// IssuerAndSubject: two Names and nothing else, the first of them ours. Whose transaction it is says the key that signs.
static bool names_fit(const struct service *s, const struct scep_message *m)
{
	const unsigned char *p = m->content.data;
	long len = 0;
	int tag = 0, class = 0;
	const unsigned char *end = p + m->content.len;
	int head = ASN1_get_object(&p, &len, &tag, &class, (long)m->content.len);
	if (head != V_ASN1_CONSTRUCTED || tag != V_ASN1_SEQUENCE || p + len != end)
		return false;
	AUTO(x509_name) X509_NAME *issuer = d2i_X509_NAME(NULL, &p, (long)(end - p));
	AUTO(x509_name)
	X509_NAME *subject = issuer ? d2i_X509_NAME(NULL, &p, (long)(end - p)) : NULL;
	return subject && p == end &&
	       X509_NAME_cmp(issuer, X509_get_subject_name(s->authority->issuing)) == 0;
}

static struct err *poll(const struct service *s, const struct scep_message *m,
			struct scep_verdict *v)
{
	AUTO_CLIENT struct client old = { 0 };
	int64_t now = clock_now();
	bool begun = false;
	v->no = check_signer(m->certificate, now);
	if (v->no == REFUSE_SCEP_NOT_SELF_SIGNED) {
		v->no = REFUSE_NOTHING;
		TRY(judge_old(s, m, now, &old, &v->no));
	}
	if (!v->no && !names_fit(s, m))
		v->no = REFUSE_SCEP_NAMES;
	if (v->no)
		return NULL;
	TRY(proceed(s, m, NULL, old.issued, NULL, v, &begun));
	if (!begun || v->no == REFUSE_SCEP_TAKEN)
		v->no = REFUSE_SCEP_UNKNOWN;
	return NULL;
}

struct err *scep_decide(const struct service *s, const struct scep_message *m,
			struct scep_verdict *out)
{
	struct err *e = strcmp(m->type, "19") == 0   ? enroll(s, m, out)
			: strcmp(m->type, "17") == 0 ? renew(s, m, out)
						     : poll(s, m, out);
	ERR_clear_error();
	return e;
}
