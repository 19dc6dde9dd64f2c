// The end of an enrolment: wait, or certificate.
#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "practiceca/client.h"
#include "practiceca/conclude.h"
#include "practiceca/issue.h"
#include "practiceca/vouched.h"

bool body_is_pkcs10(const char *content_type)
{
	static const char wanted[] = "application/pkcs10";
	size_t len = sizeof wanted - 1;
	if (!content_type || strncasecmp(content_type, wanted, len) != 0)
		return false;
	const char *rest = content_type + len + strspn(content_type + len, " \t");
	return *rest == '\0' || *rest == ';';
}

enum refusal challenge_check(const struct service *s, const struct call *c, const struct request *r)
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
	struct request of_then = *r; // borrowed, but for who vouched
	of_then.vouched_by = t->vouched_by;
	if (t->vouched_by)
		TRY(vouched_still(db, t->vouched_by, &who, no));
	if (*no)
		return NULL;
	TRY(issue(db, s->authority, &who, &of_then, now, &id, leaf));
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
	if (!e && r->renews)
		e = client_may_renew(db, r->renews, who, no);
	if (!e && !*no && r->vouched_by)
		e = vouched_still(db, r->vouched_by, who, no);
	if (!e && !*no && who)
		e = attested_account(&s->attested, db, who->id, r, no);
	if (!e && *no)
		goto end;
	if (!e && ticket)
		e = ticket_poll(db, ticket, r, now, s->retry_after, t);
	else if (!e && waits)
		e = ticket_take(db, who, r, now, s->retry_after, t);
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

struct err *conclude(const struct service *s, const struct call *c, const struct account *who,
		     const char *ticket, const struct request *r, bool *unknown, struct answer *out)
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
