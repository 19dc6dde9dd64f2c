// POST /simpleenroll.
//
// The order: form of the message, the request itself, the attestation in it, the name it claims, the credentials, the token that the account is bound to, the certificate. What can be judged
// without knowing who asks comes first, because a one-time password is spent by being judged: a client with a malformed or badly
// signed request keeps it. Nothing is given away by that: these checks look only at what the client sent, and the Common Name
// follows from the user name. A request without any credential is turned away before its body is looked at. A client certificate
// counts only where nothing else came: then an RA vouches (vouched.c).
#include <string.h>

#include "base/clock.h"
#include "practiceca/basic.h"
#include "practiceca/conclude.h"

static enum refusal check_name(const struct basic *b, const struct request *r)
{
	char wanted[COMMON_NAME_MAX + 1];
	if (!b->shaped) // no account can have this name: the login will say so, after its usual time
		return REFUSE_NOTHING;
	holder_common_name(&b->holder, wanted);
	return strcmp(wanted, r->common_name) == 0 ? REFUSE_NOTHING : REFUSE_OTHER_NAME;
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
		no = challenge_check(s, c, r);
	if (no)
		return answer_refuse(out, c, no);
	TRY(login_judge(s->database, &s->login, b, clock_now(), &verdict, &who));
	if (verdict != LOGIN_GOOD)
		return answer_refuse(out, c, login_refusal(verdict));
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
	if (!body_is_pkcs10(c->content_type))
		return answer_refuse(out, c, REFUSE_CONTENT_TYPE);
	TRY(basic_read(c->authorization, &b));
	if (!b.given && !has_ticket && !c->certificate.len)
		return answer_refuse(out, c, REFUSE_NO_CREDENTIALS);
	TRY(request_read(c->body, NULL, &r, &no));
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
	if (b.given)
		return enroll_by_login(s, c, &b, &r, out);
	if (c->certificate.len)
		return vouched_answer(s, c, &r, out);
	return answer_refuse(
		out, c,
		REFUSE_NO_CREDENTIALS); // a ticket that is gone: credentials are wanted anew
}
