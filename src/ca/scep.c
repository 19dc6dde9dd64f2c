// The Simple Certificate Enrolment Protocol (RFC 8894): PKCSReq, RenewalReq, CertPoll.
#include "ca/scep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "x509/applicant.h"

enum { STATE_VERSION = 1, STATE_MAX = 16384, APPLICANT_MAX = 6000 };

static void scep_close(struct ca *c)
{
	struct scep *s = c->self;
	if (!s)
		return;
	http_close(s->http);
	authorities_free(&s->authorities);
	cert_free(s->applicant);
	cert_list_free(&s->beside);
	free(s->base);
	free(s);
	c->self = NULL;
}

// http:// where the profile says so: the messages are signed and encrypted themselves (RFC 8894 §2.9, §7).
static struct err *open_http(const struct ca_terms *t, struct http **out)
{
	struct http_terms terms = ca_http_terms(t);
	terms.plain = strncmp(t->profile->ca.url, "http://", 7) == 0;
	return http_open(&terms, out);
}

static struct err *state_unreadable(void)
{
	return err_new(ERR_FAILED,
		       N_("What was kept of the conversation with the CA cannot be read."));
}

static struct err *restore_applicant(struct scep *s, const char *hex)
{
	uint8_t der[APPLICANT_MAX];
	size_t len = sizeof(der);
	if (!hex)
		return NULL;
	TRY(text_unhex(hex, der, &len));
	return cert_parse(der, len, &s->applicant);
}

static struct err *restore(struct scep *s, const void *state, size_t len)
{
	AUTO(json) struct json_t *j = NULL;
	TRY(json_read(state, len, STATE_MAX, ERR_FAILED, "scep", &j));
	const char *transaction = json_text(j, "transaction");
	const char *weak = json_text(j, "weak");
	if (json_number(j, "version", 0) != STATE_VERSION ||
	    (transaction && strlen(transaction) >= sizeof(s->transaction)) ||
	    (weak && strlen(weak) >= sizeof(s->weakness)))
		return state_unreadable();
	snprintf(s->transaction, sizeof(s->transaction), "%s", transaction ? transaction : "");
	snprintf(s->weakness, sizeof(s->weakness), "%s", weak ? weak : "");
	struct err *e = restore_applicant(s, json_text(j, "applicant"));
	return e ? err_caused_by(state_unreadable(), e) : NULL;
}

static struct err *scep_open(struct ca *c, const void *state, size_t state_len)
{
	struct scep *s = calloc(1, sizeof(*s));
	if (!s)
		return err_no_memory();
	c->self = s; // scep_close frees it whatever happens now
	s->base = text_copy(c->terms.profile->ca.url);
	if (!s->base)
		return err_no_memory();
	for (size_t len = strlen(s->base); len > 0 && s->base[len - 1] == '/'; len--)
		s->base[len - 1] = '\0';
	if (state)
		TRY(restore(s, state, state_len));
	return open_http(&c->terms, &s->http);
}

static struct err *scep_save(const struct ca *c, struct buf *state)
{
	const struct scep *s = c->self;
	size_t len = 0;
	const uint8_t *der = s->applicant ? cert_der(s->applicant, &len) : NULL;
	AUTO_TEXT char *hex = der && len <= APPLICANT_MAX ? text_hex(der, len, 0) : NULL;
	AUTO(json)
	struct json_t *j = json_pack("{s:i,s:s*,s:s*,s:s*}", "version", STATE_VERSION,
				     "transaction", s->transaction[0] ? s->transaction : NULL,
				     "applicant", hex, "weak", s->weakness[0] ? s->weakness : NULL);
	AUTO_TEXT char *line = j ? json_line(j) : NULL;
	return line ? buf_puts(state, line) : err_no_memory();
}

// The answer is encrypted to the key, so it has to decrypt, whatever its certificate says of that afterwards.
static struct err *scep_constraints(struct ca *c, struct ca_constraints *out)
{
	const struct profile *p = c->terms.profile;
	TRY(scep_ask(c));
	*out = (struct ca_constraints){
		.decrypt = true,
		.key_usage_signature = true,
		.key_usage_encipherment = true,
		.challenge_password = c->terms.role->challenge_password && !c->terms.renews,
		.certified_encipherment = p->key.decrypt,
		.notice = scep_next_ca(c),
	};
	return NULL;
}

static struct err *scep_beside(struct ca *c, const struct cert_list *certs, struct buf *out)
{
	struct scep *s = c->self;
	(void)out;
	cert_list_free(&s->beside);
	for (size_t i = 0; i < certs->n; i++)
		TRY(cert_list_add(&s->beside, certs->certs[i]));
	return NULL;
}

// What proves the person is in the request already.
static struct err *scep_authenticate(struct ca *c, const struct answers *a)
{
	(void)c;
	(void)a;
	return NULL;
}

static struct err *no_key(void)
{
	return err_new(ERR_FAILED, N_("The key that the request is signed with is not at hand."));
}

// Who signs our messages: the old pair of a renewal, or the request's own key with a certificate that it made for itself (RFC 8894 §2.3).
static struct err *find_signer(const struct ca *c, const struct ca_request *r, struct ca_key *out)
{
	const struct scep *s = c->self;
	*out = r->old;
	if (!c->terms.renews)
		*out = (struct ca_key){ .key = r->own.key, .cert = s->applicant };
	return out->key && out->cert ? NULL : no_key();
}

static struct err *make_applicant(struct scep *s, const struct ca_request *r)
{
	const struct applicant_terms terms = {
		.request = r->der,
		.request_len = r->len,
		.key = r->own.key,
		.from = clock_now(),
	};
	return r->own.key ? applicant_certificate(&terms, &s->applicant) : no_key();
}

static struct err *cannot_renew(void)
{
	return err_hint(err_tag(err_new(ERR_CA_REFUSED,
					N_("The CA does not renew certificates by SCEP (it does "
					   "not say Renewal).")),
				"scep-no-renewal"),
			N_("Nothing was sent. Ask the institution how its certificates are "
			   "renewed."));
}

// The transaction follows from the key (RFC 8894 §3.2.1.1), so that the same request sent again is the same one to the CA.
static struct err *scep_submit(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			       bool *sent)
{
	struct scep *s = c->self;
	struct ca_key signer = { 0 };
	struct scep_message m = { .type = "19", .content = r->der, .len = r->len };
	cert_free(s->applicant);
	s->applicant = NULL;
	s->weakness[0] = '\0';
	request_key_sha256(r->der, r->len, s->transaction);
	TRY(scep_ask(c));
	if (c->terms.renews) {
		m.type = "17";
		if (!(s->caps & SCEP_RENEWAL))
			return cannot_renew();
	} else {
		TRY(make_applicant(s, r));
	}
	TRY(find_signer(c, r, &signer));
	m.signer = &signer;
	return scep_exchange(c, &m, out, sent);
}

// CertPoll (RFC 8894 §3.3.3), by the one who asked.
static struct err *scep_poll(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			     bool *sent)
{
	struct scep *s = c->self;
	struct ca_key signer = { 0 };
	AUTO_BUF struct buf names = BUF(2 * CERT_MAX_DER + 16);
	TRY(scep_ask(c));
	TRY(find_signer(c, r, &signer));
	if (!s->transaction[0])
		return state_unreadable();
	TRY(applicant_names(s->authorities.ca, signer.cert, &names));
	struct scep_message m = {
		.type = "20", .content = names.data, .len = names.len, .signer = &signer
	};
	return scep_exchange(c, &m, out, sent);
}

static unsigned scep_handshakes(const struct ca *c)
{
	const struct scep *s = c->self;
	return http_handshakes(s->http);
}

static const char *scep_weakness(const struct ca *c)
{
	const struct scep *s = c->self;
	return s->weakness;
}

const struct ca_ops ca_scep = {
	.name = "scep",
	.own_key = true,
	.polls_alone = true,
	.open = scep_open,
	.constraints = scep_constraints,
	.questions = ca_usual_questions,
	.challenge = ca_usual_challenge,
	.beside = scep_beside,
	.authenticate = scep_authenticate,
	.submit = scep_submit,
	.poll = scep_poll,
	.save = scep_save,
	.handshakes = scep_handshakes,
	.weakness = scep_weakness,
	.close = scep_close,
};
