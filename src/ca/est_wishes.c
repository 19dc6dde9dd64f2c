// What an EST server wants of key and request (/csrattrs, RFC 7030 §4.5), and what the person is asked for it.
#include <string.h>

#include "base/log.h"
#include "ca/est.h"

static struct err *cannot(const char *slug, struct msg *what)
{
	return err_hint(err_tag(err_make(ERR_POLICY, what), slug),
			N_("No key was made and nothing was sent. Tell the institution what is "
			   "said here."));
}

// Sizes that tokens make and that profile and RFC 8017 know as whole.
static bool is_usual_size(unsigned bits)
{
	return bits == 2048 || bits == 3072 || bits == 4096;
}

// For a renewal the profile's templates are not filled: its old certificate vouches.
static struct err *check_challenges(const struct csrattrs *w, const struct ca_terms *t)
{
	const struct profile_role *role = t->role;
	const struct profile_est *est = &t->profile->ca.est;
	if (w->identity_linking && est->link == EST_LINK_NEVER)
		return cannot(
			"tls-unique",
			msg_new(N_("The CA wants the request bound to the TLS connection "
				   "(tls-unique), and the profile forbids it (link: never).")));
	if (w->challenge_password && !role->challenge_password && est->link == EST_LINK_NEVER)
		return cannot(
			"challenge-password",
			msg_new(N_("The CA wants a challenge password in the request: the profile "
				   "does not say what goes there, and forbids binding to the TLS "
				   "connection (link: never).")));
	if (w->otp_challenge && !role->otp_challenge)
		return cannot("otp-challenge",
			      msg_new(N_("The CA wants a one-time password in the request "
					 "(otpChallenge), and the profile does not say what goes "
					 "there.")));
	if (w->revocation_challenge && !role->revocation_challenge)
		return cannot(
			"revocation-challenge",
			msg_new(N_("The CA wants a password for a later revocation in the "
				   "request (revocationChallenge), and the profile does not say "
				   "what goes there.")));
	return NULL;
}

static struct err *check_wishes(const struct csrattrs *w, const struct ca_terms *t)
{
	if (w->other_key_type)
		return cannot("key-type", msg_new(N_("The CA wants a key that is not RSA. This "
						     "version of inkan makes RSA keys only.")));
	if (w->rsa_bits != 0 && !is_usual_size(w->rsa_bits))
		return cannot("key-size", msg_new(N_("The CA wants an RSA key of %1 bits. 2048, "
						     "3072 and 4096 can be made."),
						  ARG_NUM(w->rsa_bits)));
	if (w->weak_hash)
		return cannot("signature-hash", msg_new(N_("The CA wants the request signed in "
							   "another way than RSA with SHA-256.")));
	return check_challenges(w, t);
}

static void log_unknown(const struct csrattrs *w)
{
	for (size_t i = 0; i < w->n_unknown; i++)
		log_info("ca", N_("The CA's wish %1 is not known and is passed over."),
			 ARG_TEXT(w->unknown[i]));
}

// A template fills challengePassword: then only estIdentityLinking can hold the link.
static struct err *link_if_wanted(struct ca *c, const struct csrattrs *w)
{
	const struct est *e = c->self;
	const struct profile_role *r = c->terms.role;
	bool filled = r->challenge_password && !c->terms.renews && !c->terms.on_behalf;
	if (e->linked || w->identity_linking || (w->challenge_password && !filled))
		return est_link_begin(c);
	return NULL;
}

static struct err *take_wishes(struct ca *c, struct csrattrs *w, struct ca_constraints *out)
{
	log_unknown(w);
	TRY(check_wishes(w, &c->terms));
	TRY(link_if_wanted(c, w));
	bool encipherment =
		w->has_key_usage ? w->key_usage_encipherment : c->terms.profile->key.decrypt;
	struct ca_constraints k = {
		.rsa_bits = w->rsa_bits,
		.decrypt = encipherment,
		.key_usage_signature = w->has_key_usage ? w->key_usage_signature : true,
		.key_usage_encipherment = encipherment,
		.challenge_password = w->challenge_password,
		.identity_linking = w->identity_linking,
		.request_attributes = w->attributes,
	};
	w->attributes = (struct buf){ 0 };
	struct err *e = c->terms.renews ? NULL : est_subject(c->terms.role, w, &k);
	if (e) {
		ca_constraints_free(&k);
		return e;
	}
	*out = k;
	return NULL;
}

static struct err *read_wishes(const struct http_answer *a, struct csrattrs *w)
{
	AUTO_BUF struct buf der = BUF(a->body.len + 1);
	struct err *e = est_decode(&a->body, &der);
	if (!e)
		e = csrattrs_parse(der.data, der.len, w);
	if (e)
		return err_while(e, N_("The CA was asked what it wants in a request (csrattrs)."));
	return NULL;
}

// 204 and 404 mean that there are none. A server that wants a login even for this (401, 403) is not given one: the request
// will tell.
static bool has_none(int status)
{
	return status == 204 || status == 404 || status == 401 || status == 403 || status == 405 ||
	       status == 501;
}

struct err *est_constraints(struct ca *c, struct ca_constraints *out)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	TRY(est_get(c->self, "/csrattrs", &a));
	__attribute__((cleanup(csrattrs_free))) struct csrattrs w = { 0 };
	if (has_none(a.status)) {
		log_info("ca", N_("The CA has no wishes for the request (csrattrs: status %1)."),
			 ARG_NUM(a.status));
	} else {
		struct err *e = est_refusal(&a);
		if (e)
			return err_while(
				e, N_("The CA was asked what it wants in a request (csrattrs)."));
		TRY(read_wishes(&a, &w));
	}
	return take_wishes(c, &w, out);
}

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
struct err *est_questions(struct ca *c, const struct ca_constraints *k, struct ca_questions *out)
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
