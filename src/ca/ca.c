// The conversation: each call handed to the protocol that the profile names.
#include "ca/ca.h"

#include <stdlib.h>

#include "ca/protocol.h"
#include "http/http.h"

static const struct {
	enum ca_protocol protocol;
	const struct ca_ops *ops;
} protocols[] = {
	{ CA_EST, &ca_est },	   { CA_SCEP, &ca_scep }, { CA_CMP, &ca_cmp },
	{ CA_PORTAL, &ca_portal }, { CA_FILE, &ca_file },
};

void ca_constraints_free(struct ca_constraints *c)
{
	if (!c)
		return;
	buf_free(&c->request_attributes);
	for (size_t i = 0; i < c->n_subject; i++) {
		free(c->subject[i].type);
		free(c->subject[i].value);
	}
	free(c->subject);
	msg_free(c->notice);
	*c = (struct ca_constraints){ 0 };
}

void ca_outcome_free(struct ca_outcome *o)
{
	if (!o)
		return;
	cert_list_free(&o->issued);
	*o = (struct ca_outcome){ 0 };
}

static struct err *find_ops(enum ca_protocol protocol, const struct ca_ops **ops)
{
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		if (protocols[i].protocol != protocol)
			continue;
		*ops = protocols[i].ops;
		return NULL;
	}
	return err_new(ERR_PROFILE, N_("The profile names an unknown CA protocol."));
}

void ca_ahead(const struct profile *p)
{
	bool speaks = !p || p->ca.protocol != CA_FILE || p->ca.revocation != REVOCATION_NONE ||
		      p->login_url;
	if (speaks)
		http_ahead();
}

void ca_ahead_end(void)
{
	http_ahead_end();
}

struct err *ca_open(const struct ca_terms *t, const void *state, size_t state_len, struct ca **out)
{
	AUTO(ca) struct ca *c = calloc(1, sizeof(*c));
	if (!c)
		return err_no_memory();
	c->terms = *t;
	TRY(find_ops(t->profile->ca.protocol, &c->ops));
	TRY(c->ops->open(c, state, state_len));
	*out = c;
	c = NULL;
	return NULL;
}

struct err *ca_show(const struct ca_terms *t, struct cert_list *out)
{
	const struct ca_ops *ops = NULL;
	TRY(find_ops(t->profile->ca.protocol, &ops));
	if (ops->show)
		return ops->show(t, out);
	return err_hint(err_tag(err_new(ERR_PROFILE,
					N_("%1 has no way to ask a CA for its "
					   "certificates before it is trusted."),
					ARG_TEXT(ops->name)),
				"trust-not-shown"),
			N_("Ask the institution for its root certificate (PEM)."));
}

void ca_close(struct ca *c)
{
	if (!c)
		return;
	if (c->ops)
		c->ops->close(c);
	free(c);
}

struct err *ca_constraints(struct ca *c, struct ca_constraints *out)
{
	return c->ops->constraints(c, out);
}

struct err *ca_questions(struct ca *c, const struct ca_constraints *k, struct ca_questions *out)
{
	return c->ops->questions(c, k, out);
}

struct err *ca_warm(struct ca *c)
{
	return c->ops->warm ? c->ops->warm(c) : NULL;
}

struct err *ca_challenge(struct ca *c, const struct answers *a, struct secret **challenge)
{
	if (c->ops->challenge)
		return c->ops->challenge(c, a, challenge);
	*challenge = NULL;
	return NULL;
}

void ca_challenges_free(struct ca_challenges *c)
{
	secret_free(c->otp);
	secret_free(c->revocation);
	*c = (struct ca_challenges){ 0 };
}

struct err *ca_challenges(struct ca *c, const struct answers *a, struct ca_challenges *out)
{
	return c->ops->challenges ? c->ops->challenges(c, a, out) : NULL;
}

struct err *ca_beside(struct ca *c, const struct cert_list *certs, struct buf *out)
{
	if (c->ops->beside)
		return c->ops->beside(c, certs, out);
	return err_hint(err_new(ERR_PROFILE,
				N_("%1 has no place for certificates beside the "
				   "request."),
				ARG_TEXT(c->ops->name)),
			N_("Ask the institution for a profile that sends the attestation in "
			   "another way."));
}

bool ca_request_is_secret(const struct ca *c)
{
	if (c->ops->secret)
		return c->ops->secret(c);
	return c->terms.role->challenge_password && !c->terms.renews && !c->terms.on_behalf;
}

const char *ca_request_file(const struct ca *c)
{
	return c->ops->request_file ? c->ops->request_file(c) : NULL;
}

struct err *ca_authenticate(struct ca *c, const struct answers *a)
{
	return c->ops->authenticate(c, a);
}

bool ca_no_is_open(const struct ca *c)
{
	return c->open_no;
}

struct err *ca_submit(struct ca *c, const struct ca_request *r, struct ca_outcome *out, bool *sent)
{
	c->open_no = false;
	return c->ops->submit(c, r, out, sent);
}

struct err *ca_poll(struct ca *c, const struct ca_request *r, struct ca_outcome *out, bool *sent)
{
	c->open_no = false;
	return c->ops->poll(c, r, out, sent);
}

bool ca_polls(const struct ca *c)
{
	return !c->ops->polls || c->ops->polls(c);
}

bool ca_revokes(const struct ca *c)
{
	return c->ops->revoke != NULL;
}

bool ca_protocol_revokes(const struct profile *p)
{
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
		if (protocols[i].protocol == p->ca.protocol)
			return protocols[i].ops && protocols[i].ops->revoke;
	return false;
}

struct err *ca_revoke(struct ca *c, const struct ca_request *r, const struct cert *cert, int reason,
		      bool *sent)
{
	return c->ops->revoke(c, r, cert, reason, sent);
}

bool ca_needs_own_key(const struct ca *c)
{
	return c->ops->own_key;
}

bool ca_polls_alone(const struct ca *c)
{
	return c->ops->polls_alone;
}

const char *ca_weakness(const struct ca *c)
{
	return c->ops->weakness ? c->ops->weakness(c) : "";
}

bool ca_confirms(const struct ca *c)
{
	return c->ops->confirm || c->ops->reject;
}

bool ca_word_leaves(struct ca *c)
{
	return c->ops->word_leaves && c->ops->word_leaves(c);
}

enum ca_word ca_word(const struct ca *c)
{
	return c->ops->word ? c->ops->word(c) : CA_WORD_KEEPS;
}

struct err *ca_confirm(struct ca *c, const struct ca_request *r, bool *told)
{
	if (c->ops->confirm)
		return c->ops->confirm(c, r, told);
	*told = false;
	return NULL;
}

struct err *ca_reject(struct ca *c, const struct ca_request *r, const struct err *why, bool *told)
{
	if (c->ops->reject)
		return c->ops->reject(c, r, why, told);
	*told = false;
	return NULL;
}

struct err *ca_save(const struct ca *c, struct buf *state)
{
	return c->ops->save(c, state);
}

unsigned ca_handshakes(const struct ca *c)
{
	return c->ops->handshakes ? c->ops->handshakes(c) : 0;
}
