// What several protocols ask a person, and put into the request.
#include "ca/protocol.h"

static bool uses(const char *template_text, const char *field)
{
	return template_text && template_uses(template_text, field);
}

static bool in_subject(const struct profile_role *r, const char *field)
{
	for (size_t i = 0; i < r->n_subject; i++)
		if (uses(r->subject[i].value, field))
			return true;
	return uses(r->common_name, field);
}

static bool in_request(const struct profile_role *r, const char *field)
{
	return uses(r->challenge_password, field) || uses(r->otp_challenge, field) ||
	       uses(r->revocation_challenge, field);
}

static bool proves(const struct profile_role *r, const char *field)
{
	return in_request(r, field) || uses(r->user_name, field) || uses(r->password, field);
}

static void ask(struct ca_questions *q, const char *field, enum profile_ask when)
{
	if (q->n < CA_MAX_QUESTIONS)
		q->q[q->n++] = (struct ca_question){ .field = field, .when = when };
}

// IDs and PINs in one go, before a slip costs a key; the one-time password as late as its place allows.
struct err *ca_usual_questions(struct ca *c, const struct ca_constraints *k,
			       struct ca_questions *out)
{
	(void)k;
	const struct profile_role *r = c->terms.role;
	struct ca_questions q = { 0 };
	if (c->terms.renews) { // the old certificate vouches
		*out = q;
		return NULL;
	}
	for (size_t i = 0; i < r->n_fields; i++) {
		const char *field = r->fields[i].name;
		bool proof = !c->terms.on_behalf && proves(r, field);
		if (in_subject(r, field) || proof)
			ask(&q, field, ASK_BEFORE_KEY);
	}
	if (r->otp.kind != OTP_NONE && !c->terms.on_behalf) {
		if (in_request(r, "otp"))
			ask(&q, "otp", ASK_BEFORE_SIGN);
		else if (uses(r->user_name, "otp") || uses(r->password, "otp"))
			ask(&q, "otp", ASK_BEFORE_SUBMIT);
	}
	*out = q;
	return NULL;
}

struct err *ca_usual_challenge(struct ca *c, const struct answers *a, struct secret **out)
{
	const char *template_text = c->terms.role->challenge_password;
	if (template_text && !c->terms.renews && !c->terms.on_behalf)
		return answers_fill(a, c->terms.profile, template_text, out);
	*out = NULL;
	return NULL;
}
