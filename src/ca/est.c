// Enrollment over Secure Transport (RFC 7030, RFC 8951, RFC 9908): /cacerts, /csrattrs. est_send.c has the requests.
#include "ca/est.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/json.h"
#include "base/log.h"
#include "x509/bag.h"
#include "x509/cert.h"

enum { STATE_VERSION = 1, STATE_MAX = 8192 };

void est_forget_credentials(struct est *e)
{
	secret_free(e->user);
	secret_free(e->password);
	e->user = e->password = NULL;
}

static void est_close(struct ca *c)
{
	struct est *e = c->self;
	if (!e)
		return;
	est_forget_credentials(e);
	http_close(e->http);
	cert_list_free(&e->cacerts);
	free(e->base);
	free(e->ticket);
	free(e);
	c->self = NULL;
}

struct err *est_open_http(const struct ca *c, const struct ca_key *old, struct http **out)
{
	const struct ca_terms *t = &c->terms;
	const struct est *e = c->self;
	struct http_terms terms = ca_http_terms(t);
	terms.bound = e->linked;
	if (old) {
		terms.login.key = private_key_pkey(old->key);
		terms.login.certificate.bytes = cert_der(old->cert, &terms.login.certificate.len);
		terms.login.pss = old->pss;
	}
	return http_open(&terms, out);
}

// What a header can carry; a state that was tampered with must not become one.
static bool is_ticket(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

static struct err *restore(struct est *e, const void *state, size_t len)
{
	AUTO(json) struct json_t *j = NULL;
	TRY(json_read(state, len, STATE_MAX, ERR_FAILED, "est", &j));
	if (json_number(j, "version", 0) != STATE_VERSION)
		return err_new(ERR_FAILED,
			       N_("What was kept of the conversation with the CA cannot be read."));
	e->linked = json_is_true(json_object_get(j, "linked"));
	const char *ticket = json_text(j, "ticket");
	if (!ticket)
		return NULL;
	if (!is_ticket(ticket))
		return err_new(ERR_FAILED,
			       N_("What was kept of the conversation with the CA cannot be read."));
	e->ticket = strdup(ticket);
	return e->ticket ? NULL : err_no_memory();
}

static struct err *est_open(struct ca *c, const void *state, size_t state_len)
{
	struct est *e = calloc(1, sizeof(*e));
	if (!e)
		return err_no_memory();
	c->self = e; // est_close frees it whatever happens now
	e->base = text_copy(c->terms.profile->ca.url);
	if (!e->base)
		return err_no_memory();
	for (size_t len = strlen(e->base); len > 0 && e->base[len - 1] == '/'; len--)
		e->base[len - 1] = '\0';
	if (state)
		TRY(restore(e, state, state_len));
	e->linked |= c->terms.profile->ca.est.link == EST_LINK_ALWAYS;
	return est_open_http(c, NULL, &e->http);
}

static struct err *est_save(const struct ca *c, struct buf *state)
{
	const struct est *e = c->self;
	AUTO(json)
	struct json_t *j = json_pack("{s:i,s:s*,s:o*}", "version", STATE_VERSION, "ticket",
				     e->ticket, "linked", e->linked ? json_true() : NULL);
	AUTO_TEXT char *line = j ? json_line(j) : NULL;
	return line ? buf_puts(state, line) : err_no_memory();
}

struct err *est_get(struct est *e, const char *path, struct http_answer *out)
{
	AUTO_TEXT char *url = text_format("%s%s", e->base, path);
	if (!url)
		return err_no_memory();
	struct http_call call = { .method = "GET", .url = url };
	return http_do(e->http, &call, out, NULL);
}

static bool shares_one(const struct cert_list *a, const struct cert_list *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < b->n; j++)
			if (cert_same(a->certs[i], b->certs[j]))
				return true;
	return false;
}

struct err *est_cacerts(struct est *e)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	if (e->cacerts_asked)
		return NULL;
	e->cacerts_asked = true;
	TRY(est_get(e, "/cacerts", &a));
	TRY(est_refusal(&a));
	AUTO_BUF struct buf der = BUF(a.body.len + 1);
	TRY(est_decode(&a.body, &der));
	return cert_list_from_pkcs7(der.data, der.len, &e->cacerts);
}

// What the CA says of itself is never trusted; that it fits the profile is worth knowing for those who look for a fault.
static struct err *compare_cacerts(struct ca *c)
{
	const struct est *e = c->self;
	AUTO_CERTS struct cert_list ours = { 0 };
	const struct buf *anchors = &c->terms.profile->ca.anchors;
	TRY(cert_list_from_pem(anchors->data, anchors->len, &ours));
	if (!shares_one(&e->cacerts, &ours))
		log_info("ca", N_("None of the CA certificates that the server shows is among the "
				  "profile's anchors."));
	return NULL;
}

static struct err *est_warm(struct ca *c)
{
	struct err *e = est_cacerts(c->self);
	if (!e)
		e = compare_cacerts(c);
	if (!e || err_kind(e) == ERR_NETWORK)
		return e;
	log_err(LOG_INFO, "ca", e);
	err_ignore(e); // the connection stands, and that is what this is for
	return NULL;
}

static struct err *fill(const struct ca *c, const struct answers *a, const char *template_text,
			struct secret **out)
{
	return template_text ? answers_fill(a, c->terms.profile, template_text, out) : NULL;
}

static struct err *est_challenges(struct ca *c, const struct answers *a, struct ca_challenges *out)
{
	const struct profile_role *r = c->terms.role;
	if (c->terms.renews || c->terms.on_behalf)
		return NULL;
	TRY(fill(c, a, r->otp_challenge, &out->otp));
	return fill(c, a, r->revocation_challenge, &out->revocation);
}

// What is bound to a connection is built anew for each.
static bool est_secret(const struct ca *c)
{
	const struct est *e = c->self;
	const struct profile_role *r = c->terms.role;
	bool challenged = r->challenge_password || r->otp_challenge || r->revocation_challenge;
	return e->linked || (challenged && !c->terms.renews && !c->terms.on_behalf);
}

// RFC 7030 §4.2.1 wants one PKCS#10 as the whole body.
static struct err *est_beside(struct ca *c, const struct cert_list *certs, struct buf *out)
{
	(void)c;
	return bag_attribute(certs, out);
}

static struct err *est_authenticate(struct ca *c, const struct answers *a)
{
	struct est *e = c->self;
	const struct profile_role *r = c->terms.role;
	est_forget_credentials(e);
	if (c->terms.renews || c->terms.on_behalf || (!r->user_name && !r->password))
		return NULL;
	if (!r->user_name || !r->password)
		return err_new(ERR_PROFILE,
			       N_("The profile's role %1 has a user name without a password, or "
				  "the other way round."),
			       ARG_TEXT(r->name));
	AUTO(secret) struct secret *user = NULL;
	AUTO(secret) struct secret *password = NULL;
	TRY(answers_fill(a, c->terms.profile, r->user_name, &user));
	TRY(answers_fill(a, c->terms.profile, r->password, &password));
	e->user = user;
	e->password = password;
	user = password = NULL;
	return NULL;
}

static unsigned est_handshakes(const struct ca *c)
{
	const struct est *e = c->self;
	return http_handshakes(e->http);
}

const struct ca_ops ca_est = {
	.name = "est",
	.open = est_open,
	.constraints = est_constraints,
	.questions = ca_usual_questions,
	.warm = est_warm,
	.challenge = ca_usual_challenge,
	.challenges = est_challenges,
	.secret = est_secret,
	.beside = est_beside,
	.authenticate = est_authenticate,
	.submit = est_submit,
	.poll = est_poll,
	.save = est_save,
	.handshakes = est_handshakes,
	.close = est_close,
	.show = est_show,
};
