// sign-request, authenticate: the request is signed on the token; the person's credentials are asked for as late as can be.
#include <string.h>

#include "enroll/ask.h"
#include "enroll/attested.h"
#include "enroll/request.h"
#include "enroll/say.h"

struct err *sign_on_token(void *ctx, const void *data, size_t len, struct buf *sig)
{
	struct enrolment *e = ctx;
	const struct pin_asker asker = { .ask = pin_for_signature, .ctx = e };
	return keypair_sign(e->session, e->key, &asker, data, len, sig);
}

enum { MAX_RDN = 16 };

struct filled_subject {
	struct request_rdn rdn[MAX_RDN];
	char *values[MAX_RDN];
	size_t n;
};

static void filled_subject_cleanup(struct filled_subject *f)
{
	for (size_t i = 0; i < f->n; i++)
		text_cleanup(&f->values[i]);
}

// Where the CA's template says of what the subject is made: what it has a value for is the CA's, the rest the profile's.
static struct err *fill_template(const struct enrolment *e, struct filled_subject *out)
{
	const struct ca_constraints *k = &e->constraints;
	for (size_t i = 0; i < k->n_subject && i < MAX_RDN; i++) {
		const struct ca_rdn *rdn = &k->subject[i];
		if (!rdn->value)
			TRY(answers_fill_text(e->answers, e->profile, e->role,
					      e->role->subject[rdn->place].value, &out->values[i]));
		out->rdn[i] =
			(struct request_rdn){ .type = rdn->type,
					      .value = rdn->value ? rdn->value : out->values[i] };
		out->n = i + 1;
	}
	return NULL;
}

static struct err *fill_subject(const struct enrolment *e, struct filled_subject *out)
{
	if (e->constraints.n_subject)
		return fill_template(e, out);
	for (size_t i = 0; i < e->role->n_subject && i < MAX_RDN; i++) {
		TRY(answers_fill_text(e->answers, e->profile, e->role, e->role->subject[i].value,
				      &out->values[i]));
		out->rdn[i] = (struct request_rdn){ .type = e->role->subject[i].type,
						    .value = out->values[i] };
		out->n = i + 1;
	}
	return NULL;
}

// channel: of the connection that the request is bound to; null: none.
static struct err *build(struct enrolment *e, const struct secret *channel, struct buf *der)
{
	bool apart = e->constraints.identity_linking;
	__attribute__((cleanup(filled_subject_cleanup))) struct filled_subject subject = { 0 };
	AUTO_BUF struct buf attributes = { 0 };
	if (!e->old_cert)
		TRY(fill_subject(e, &subject));
	TRY(buf_put(&attributes, e->constraints.request_attributes.data,
		    e->constraints.request_attributes.len));
	TRY(attested_attributes(e, &attributes));
	struct request_terms terms = {
		.subject = subject.rdn,
		.n_subject = subject.n,
		.challenge_password = channel && !apart ? channel : e->challenge,
		.otp_challenge = e->challenges.otp,
		.revocation_challenge = e->challenges.revocation,
		.identity_linking = apart ? channel : NULL,
		.extra_attributes = attributes.data,
		.extra_attributes_len = attributes.len,
		.digital_signature = e->constraints.key_usage_signature,
		.key_encipherment = e->constraints.key_usage_encipherment,
	};
	if (e->old_cert) { // RFC 7030 §4.2.2: both as they are
		terms.subject_der = cert_subject_der(e->old_cert, &terms.subject_der_len);
		terms.alt_names_der = cert_alt_names_der(e->old_cert, &terms.alt_names_der_len);
	}
	const struct signer signer = { .sign = sign_on_token, .ctx = e };
	return request_sign(&terms, keypair_public(e->key), &signer, der);
}

struct err *request_resign(void *ctx, const struct secret *channel, struct buf *der)
{
	return build(ctx, channel, der);
}

static struct err *ask_all(struct enrolment *e, enum profile_ask when)
{
	bool otp = false;
	for (size_t i = 0; i < e->questions.n; i++) {
		const struct ca_question *q = &e->questions.q[i];
		if (q->when != when)
			continue;
		if (!strcmp(q->field, "otp"))
			otp = true; // it is short-lived: asked last
		else
			TRY(ask_named(e, q->field));
	}
	return otp ? ask_otp(e) : NULL;
}

// What this request's signature must be checked against is the key that it holds: a journalled request of another key is
// built again.
static bool journalled(const struct enrolment *e)
{
	return e->record->request.len > 0 && !ca_request_is_secret(e->ca);
}

// What the challenge password is made of, where this run has not asked for it yet.
static struct err *ask_for_challenge(struct enrolment *e)
{
	const struct profile_role *r = e->role;
	// Then the templates are not filled. An old name that is kept vouches for nothing.
	bool vouched = e->record->renews || e->record->vouched_by;
	for (size_t i = 0; i < r->n_fields && !vouched; i++) {
		const char *name = r->fields[i].name;
		if (template_uses(r->challenge_password, name) ||
		    template_uses(r->otp_challenge, name) ||
		    template_uses(r->revocation_challenge, name))
			TRY(ask_field(e, &r->fields[i]));
	}
	return NULL;
}

struct err *step_sign_request(struct enrolment *e, bool *skipped)
{
	if (e->record->mark == MARK_WAITING && ca_polls_alone(e->ca)) {
		*skipped = true; // no request is needed any more
		return NULL;
	}
	if (journalled(e)) {
		*skipped = true;
		return buf_copy(&e->record->request, &e->request);
	}
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(ask_for_challenge(e));
	TRY(ask_all(e, ASK_BEFORE_SIGN));
	TRY(ca_challenge(e->ca, e->answers, &e->challenge));
	TRY(ca_challenges(e->ca, e->answers, &e->challenges));
	// One that is bound to its connection is signed again when that stands; a key that does not sign is found out here.
	struct err *err = build(e, NULL, &e->request);
	// A key whose signatures are wrong is of no use to anybody; nothing has left.
	bool useless = err && err_has_tag(err, "signature-wrong") && e->record->submits == 0;
	return useless ? enrolment_undo(e, err) : err;
}

struct err *authenticate_now(struct enrolment *e)
{
	// What was asked before the key is asked now if this run has not done so.
	TRY(ask_all(e, ASK_BEFORE_KEY));
	TRY(ask_all(e, ASK_BEFORE_SUBMIT));
	struct err *err = ca_authenticate(e->ca, e->answers);
	answers_forget_secrets(e->answers, e->role);
	return err;
}

struct err *step_authenticate(struct enrolment *e, bool *skipped)
{
	if (ca_request_file(e->ca)) { // who carries it is known by another way
		*skipped = true;
		return NULL;
	}
	say_step(e, STEP_BEGUN, NULL, 0);
	return authenticate_now(e);
}
