// POST /simpleenroll.
//
// The order: form of the message, the request itself, the attestation in it, the name it claims, the credentials, the token that the account is bound to, the certificate. What can be judged
// without knowing who asks comes first, because a one-time password is spent by being judged: a client with a malformed or badly
// signed request keeps it. Nothing is given away by that: these checks look only at what the client sent, and the Common Name
// follows from the user name. A request without any credential is turned away before its body is looked at.
#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "practiceca/basic.h"
#include "practiceca/est.h"
#include "practiceca/issue.h"

static bool is_pkcs10(const char *content_type)
{
	static const char wanted[] = "application/pkcs10";
	size_t len = sizeof wanted - 1;
	if (!content_type || strncasecmp(content_type, wanted, len) != 0)
		return false;
	const char *rest = content_type + len + strspn(content_type + len, " \t");
	return *rest == '\0' || *rest == ';';
}

// Without a configured password a challengePassword can only be the link to this TLS connection (RFC 7030 §3.5).
static enum refusal check_challenge(const struct service *s, const struct call *c,
				    const struct request *r)
{
	if (!r->has_challenge)
		return s->challenge || s->csrattrs.challenge_password ? REFUSE_NO_CHALLENGE
								      : REFUSE_NOTHING;
	const char *wanted = s->challenge ? secret_text(s->challenge) : c->tls_unique;
	if (!wanted || strlen(wanted) != strlen(r->challenge) ||
	    CRYPTO_memcmp(wanted, r->challenge, strlen(wanted)) != 0)
		return REFUSE_OTHER_CHALLENGE;
	return REFUSE_NOTHING;
}

static enum refusal check_name(const struct basic *b, const struct request *r)
{
	char wanted[COMMON_NAME_MAX + 1];
	if (!b->shaped) // no account can have this name: the login will say so, after its usual time
		return REFUSE_NOTHING;
	holder_common_name(&b->holder, wanted);
	return strcmp(wanted, r->common_name) == 0 ? REFUSE_NOTHING : REFUSE_OTHER_NAME;
}

static enum refusal refusal_of(enum login_verdict v)
{
	switch (v) {
	case LOGIN_GOOD:
		return REFUSE_NOTHING;
	case LOGIN_LOCKED:
		return REFUSE_LOCKED;
	case LOGIN_NOW_LOCKED:
		return REFUSE_NOW_LOCKED;
	case LOGIN_WRONG:
	default:
		return REFUSE_CREDENTIALS;
	}
}

// RFC 7030 §4.2.3: the new certificate alone. The issuing CA beside it is what most servers send.
static struct err *answer_certificate(const struct service *s, X509 *leaf, struct answer *out)
{
	X509 *const certs[] = { leaf, s->authority->issuing };
	out->status = 200;
	out->content_type = "application/pkcs7-mime; smime-type=certs-only";
	return certs_only(certs, s->with_chain ? ARRAY_LEN(certs) : 1, &out->body);
}

static struct err *answer_wait(const struct ticket *t, struct answer *out)
{
	out->status = 202;
	out->retry_after = t->retry_after;
	memcpy(out->ticket, t->value, sizeof out->ticket);
	return NULL;
}

// The account may have been bound to another token since the ticket was given.
static struct err *finish_ticket(const struct service *s, struct store *db, const struct request *r,
				 const struct ticket *t, int64_t now, enum refusal *no, X509 **leaf)
{
	AUTO_ACCOUNT struct account who = { 0 };
	int64_t id = 0;
	if (t->kind == TICKET_DONE)
		return issue_again(db, t->issued, leaf);
	if (t->kind != TICKET_READY)
		return NULL;
	TRY(attested_account(&s->attested, db, t->account, r, no));
	if (*no)
		return NULL;
	TRY(account_by_id(db, t->account, &who));
	TRY(issue(db, s->authority, &who, r, now, &id, leaf));
	return ticket_done(db, t->id, id);
}

// Certificate, log and ticket in one transaction: two polls at once bring one certificate.
static struct err *in_transaction(const struct service *s, const struct account *who,
				  const char *ticket, const struct request *r, struct ticket *t,
				  enum refusal *no, X509 **leaf)
{
	int64_t now = clock_now();
	int64_t id = 0;
	bool waits = ticket || who->pending_polls > 0 || who->pending_seconds > 0;
	struct store *db = database_take(s->database);
	struct err *e = store_begin(db);
	if (!e && who)
		e = attested_account(&s->attested, db, who->id, r, no);
	if (!e && *no)
		goto end;
	if (!e && ticket)
		e = ticket_poll(db, ticket, r->sha256, now, s->retry_after, t);
	else if (!e && waits)
		e = ticket_take(db, who, r->sha256, now, s->retry_after, t);
	if (!e && waits)
		e = finish_ticket(s, db, r, t, now, no, leaf);
	else if (!e)
		e = issue(db, s->authority, who, r, now, &id, leaf);
	if (!e)
		e = store_commit(db);
end:
	database_give(s->database);
	return e;
}

// The end of both ways: by ticket (who is null) or after a login (ticket is null).
static struct err *conclude(const struct service *s, const struct call *c,
			    const struct account *who, const char *ticket, const struct request *r,
			    bool *unknown, struct answer *out)
{
	struct ticket t = { .kind = TICKET_READY };
	AUTO(x509) X509 *leaf = NULL;
	enum refusal no = REFUSE_NOTHING;
	TRY(in_transaction(s, who, ticket, r, &t, &no, &leaf));
	if (no)
		return answer_refuse(out, c, no);
	*unknown = t.kind == TICKET_UNKNOWN;
	if (*unknown)
		return NULL;
	if (t.kind == TICKET_OTHER_REQUEST)
		return answer_refuse(out, c, REFUSE_OTHER_REQUEST);
	return leaf ? answer_certificate(s, leaf, out) : answer_wait(&t, out);
}

static struct err *enroll_by_login(const struct service *s, const struct call *c,
				   const struct basic *b, const struct request *r,
				   struct answer *out)
{
	AUTO_ACCOUNT struct account who = { 0 };
	enum login_verdict verdict = LOGIN_WRONG;
	bool unknown = false;
	enum refusal no = check_name(b, r);
	if (!no)
		no = check_challenge(s, c, r);
	if (no)
		return answer_refuse(out, c, no);
	TRY(login_judge(s->database, &s->login, b, clock_now(), &verdict, &who));
	if (verdict != LOGIN_GOOD)
		return answer_refuse(out, c, refusal_of(verdict));
	return conclude(s, c, &who, NULL, r, &unknown, out);
}

struct err *enroll_answer(const struct service *s, const struct call *c, struct answer *out)
{
	AUTO_BASIC struct basic b = { 0 };
	AUTO_REQUEST struct request r = { 0 };
	char ticket[TICKET_LEN + 1];
	bool has_ticket = ticket_from_cookie(c->cookie, ticket);
	bool unknown = !has_ticket;
	enum refusal no = REFUSE_NOTHING;
	if (!is_pkcs10(c->content_type))
		return answer_refuse(out, c, REFUSE_CONTENT_TYPE);
	TRY(basic_read(c->authorization, &b));
	if (!b.given && !has_ticket)
		return answer_refuse(out, c, REFUSE_NO_CREDENTIALS);
	TRY(request_read(c->body, &r, &no));
	if (!no && s->csrattrs.rsa_bits > r.rsa_bits)
		no = REFUSE_KEY_SIZE;
	if (!no)
		TRY(attested_judge(&s->attested, s->database, &r, &no));
	if (no)
		return answer_refuse(out, c, no);
	if (has_ticket)
		TRY(conclude(s, c, NULL, ticket, &r, &unknown, out));
	if (!unknown)
		return NULL;
	if (!b.given) // a ticket that is gone: credentials are wanted anew
		return answer_refuse(out, c, REFUSE_NO_CREDENTIALS);
	return enroll_by_login(s, c, &b, &r, out);
}
