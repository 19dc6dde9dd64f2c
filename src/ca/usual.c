// What several protocols ask a person, and put into the request; how they speak HTTP.
#include "ca/protocol.h"

bool ca_template_uses(const char *template_text, const char *field)
{
	return template_text && template_uses(template_text, field);
}

bool ca_in_subject(const struct profile_role *r, const char *field)
{
	for (size_t i = 0; i < r->n_subject; i++)
		if (ca_template_uses(r->subject[i].value, field))
			return true;
	return ca_template_uses(r->common_name, field);
}

static bool in_request(const struct profile_role *r, const char *field)
{
	return ca_template_uses(r->challenge_password, field) ||
	       ca_template_uses(r->otp_challenge, field) ||
	       ca_template_uses(r->revocation_challenge, field);
}

static bool proves(const struct profile_role *r, const char *field)
{
	return in_request(r, field) || ca_template_uses(r->user_name, field) ||
	       ca_template_uses(r->password, field);
}

void ca_ask(struct ca_questions *q, const char *field, enum profile_ask when)
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
		if (ca_in_subject(r, field) || proof)
			ca_ask(&q, field, ASK_BEFORE_KEY);
	}
	if (r->otp.kind != OTP_NONE && !c->terms.on_behalf) {
		if (in_request(r, "otp"))
			ca_ask(&q, "otp", ASK_BEFORE_SIGN);
		else if (ca_template_uses(r->user_name, "otp") ||
			 ca_template_uses(r->password, "otp"))
			ca_ask(&q, "otp", ASK_BEFORE_SUBMIT);
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

struct err *ca_ra_missing(const struct ca *c)
{
	return err_hint(err_tag(err_new(ERR_ANSWER, N_("Who vouches for this enrolment is "
						       "needed once more.")),
				"ra-missing"),
			N_("Give the token with `inkan resume %1 --on-behalf TOKEN`."),
			ARG_TEXT(c->terms.transaction));
}

struct http_terms ca_http_terms(const struct ca_terms *t)
{
	const struct profile_ca *p = &t->profile->ca;
	return (struct http_terms){
		.hosts = (const char *const *)p->hosts,
		.n_hosts = p->n_hosts,
		.anchors_pem = p->anchors.data,
		.anchors_len = p->anchors.len,
		.connect_seconds = p->connect_seconds,
		.answer_seconds = p->answer_seconds,
		.max_body = p->max_answer,
		.stop = t->stop,
		.stop_ctx = t->stop_ctx,
	};
}
