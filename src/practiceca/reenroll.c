// POST /simplereenroll (RFC 7030 §3.3.2, §4.2.2): who has a certificate of this CA gets the next one for it.
//
// The certificate of the TLS connection alone says who asks; HTTP Basic is not looked at. It is judged before the body is: strangers
// cost a look at the log. Whether it was revoked, and whether the account is locked, is asked again in the transaction that issues.
#include "base/clock.h"
#include "practiceca/client.h"
#include "practiceca/conclude.h"

// All of the request that can be judged with the certificate that it renews in hand.
static struct err *judge(const struct service *s, const struct call *c, const struct client *who,
			 struct request *r, enum refusal *no)
{
	TRY(request_read(c->body, who->certificate, r, no));
	if (*no)
		return NULL;
	if (s->csrattrs.rsa_bits > r->rsa_bits)
		*no = REFUSE_KEY_SIZE;
	else if (!s->reenroll_same_key &&
		 EVP_PKEY_eq(r->public_key, X509_get0_pubkey(who->certificate)) == 1)
		*no = REFUSE_SAME_KEY;
	else
		*no = challenge_check(s, c, r);
	if (!*no)
		TRY(attested_judge(&s->attested, s->database, r, no));
	return NULL;
}

struct err *reenroll_answer(const struct service *s, const struct call *c, struct answer *out)
{
	AUTO_CLIENT struct client who = { 0 };
	AUTO_REQUEST struct request r = { 0 };
	AUTO_ACCOUNT struct account account = { 0 };
	char ticket[TICKET_LEN + 1];
	bool has_ticket = ticket_from_cookie(c->cookie, ticket);
	bool unknown = !has_ticket;
	enum refusal no = REFUSE_NOTHING;
	if (!body_is_pkcs10(c->content_type))
		return answer_refuse(out, c, REFUSE_CONTENT_TYPE);
	TRY(client_judge(s->database, s->authority, &c->certificate, clock_now(), &who, &no));
	if (!no)
		TRY(judge(s, c, &who, &r, &no));
	if (no)
		return answer_refuse(out, c, no);
	r.renews = who.issued;
	TRY(client_account(s->database, &who, &account));
	if (has_ticket)
		TRY(conclude(s, c, &account, ticket, &r, &unknown, out));
	if (!unknown)
		return NULL;
	return conclude(s, c, &account, NULL, &r, &unknown, out);
}
