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

static bool same_text(const char *wanted, const char *is)
{
	return wanted && strlen(wanted) == strlen(is) &&
	       CRYPTO_memcmp(wanted, is, strlen(wanted)) == 0;
}

static enum refusal check_password(const struct service *s, const struct call *c,
				   const struct request *r, bool *linked)
{
	if (!r->has_challenge)
		return s->challenge || s->csrattrs.challenge_password ? REFUSE_NO_CHALLENGE
								      : REFUSE_NOTHING;
	if (s->challenge)
		return same_text(secret_text(s->challenge), r->challenge) ? REFUSE_NOTHING
									  : REFUSE_OTHER_CHALLENGE;
	*linked = same_text(c->tls_unique, r->challenge);
	return *linked ? REFUSE_NOTHING : REFUSE_OTHER_CHALLENGE;
}

enum refusal challenge_check(const struct service *s, const struct call *c, const struct request *r)
{
	bool linked = false;
	enum refusal no = check_password(s, c, r, &linked);
	if (no)
		return no;
	bool apart = same_text(c->tls_unique, r->linking);
	if (r->linking[0] && !apart)
		return REFUSE_OTHER_LINK;
	if ((s->link_required && !linked && !apart) || (s->csrattrs.tls_unique && !apart))
		return REFUSE_NO_LINK;
	if (s->csrattrs.revocation_challenge && !r->revocation[0] && !r->renews)
		return REFUSE_NO_REVOCATION;
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
		     const char *ticket, struct request *r, bool *unknown, struct answer *out)
{
	struct ticket t = { .kind = TICKET_READY };
	AUTO(x509) X509 *leaf = NULL;
	enum refusal no = REFUSE_NOTHING;
	if (r->revocation[0])
		TRY(pin_hash_make(r->revocation, strlen(r->revocation), PIN_COST_ALONE,
				  &r->revocation_hash));
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
