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

// RFC 7894 §3.1: the one-time password stands in the request. It is judged and spent as one in the password would be.
static struct err *take_otp(const struct service *s, const struct request *r, struct basic *b,
			    enum refusal *no)
{
	bool user = b->shaped && holder_is_user(&b->holder);
	if (!r->otp[0]) {
		if (user && s->csrattrs.otp_challenge)
			*no = REFUSE_NO_OTP;
		return NULL;
	}
	if ((b->shaped && !user) || secret_len(b->second) > 0) {
		*no = REFUSE_OTP;
		return NULL;
	}
	secret_free(b->second);
	b->second = NULL;
	return secret_from(r->otp, strlen(r->otp), &b->second);
}

static struct err *enroll_by_login(const struct service *s, const struct call *c, struct basic *b,
				   struct request *r, struct answer *out)
{
	AUTO_ACCOUNT struct account who = { 0 };
	enum login_verdict verdict = LOGIN_WRONG;
	bool unknown = false;
	enum refusal no = check_name(b, r);
	if (!no)
		TRY(take_otp(s, r, b, &no));
	if (no)
		return answer_refuse(out, c, no);
	TRY(login_judge(s->database, &s->login, b, clock_now(), &verdict, &who));
	if (verdict != LOGIN_GOOD)
		return answer_refuse(out, c, refusal_of(verdict));
	return conclude(s, c, &who, NULL, r, &unknown, out);
}

static struct err *read_credentials(const struct service *s, const struct call *c, struct basic *b)
{
	const struct digest_call d = { c->authorization, c->method, c->path };
	if (s->digest)
		return digest_read(s->digest, s->database, &s->login, &d, clock_now(), b);
	return basic_read(c->authorization, b);
}

static struct err *answer_enroll(const struct service *s, const struct call *c, struct answer *out)
{
	AUTO_BASIC struct basic b = { 0 };
	AUTO_REQUEST struct request r = { 0 };
	char ticket[TICKET_LEN + 1];
	bool has_ticket = ticket_from_cookie(c->cookie, ticket);
	bool unknown = !has_ticket;
	enum refusal no = REFUSE_NOTHING;
	if (!body_is_pkcs10(c->content_type))
		return answer_refuse(out, c, REFUSE_CONTENT_TYPE);
	TRY(read_credentials(s, c, &b));
	if (!b.given && !has_ticket && !c->certificate.len)
		return answer_refuse(out, c, REFUSE_NO_CREDENTIALS);
	TRY(request_read(c->body, NULL, &r, &no));
	if (!no && s->csrattrs.rsa_bits > r.rsa_bits)
		no = REFUSE_KEY_SIZE;
	if (!no)
		no = challenge_check(s, c, &r);
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

struct err *enroll_answer(const struct service *s, const struct call *c, struct answer *out)
{
	TRY(answer_enroll(s, c, out));
	if (out->status == 401 && s->digest)
		return digest_challenge(s->digest, clock_now(), out->challenge);
	return NULL;
}
