// What a SCEP server says of itself: GetCACaps, GetCACert, GetNextCACert (RFC 8894 §3.5, §4.2, §4.7).
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "ca/est.h"
#include "ca/scep.h"
#include "x509/signed.h"

struct err *scep_get(struct scep *s, const char *operation, const char *message, bool once,
		     struct http_answer *out, bool *sent)
{
	AUTO_TEXT char *url = text_format("%s?operation=%s%s%s", s->base, operation,
					  message ? "&message=" : "", message ? message : "");
	if (!url)
		return err_no_memory();
	const struct http_call call = { .method = "GET", .url = url, .once = once };
	return http_do(s->http, &call, out, sent);
}

// SCEP knows no login: 401 is a refusal like any other.
struct err *scep_refusal(const struct http_answer *a)
{
	if (a->status == 200)
		return NULL;
	struct err *e = a->status == 401 ? est_no(a) : est_refusal(a);
	if (e)
		return e;
	return err_tag(err_new(ERR_CA_REFUSED,
			       N_("The CA gave an answer without a certificate (status %1)."),
			       ARG_NUM(a->status)),
		       "answer-unreadable");
}

static unsigned cap_of(const char *word, size_t len)
{
	static const struct {
		const char *word;
		unsigned caps;
	} words[] = {
		{ "AES", SCEP_AES },
		{ "DES3", SCEP_3DES },
		{ "SHA-256", SCEP_SHA2 },
		{ "SHA-512", SCEP_SHA2 },
		{ "POSTPKIOperation", SCEP_POST },
		{ "Renewal", SCEP_RENEWAL },
		{ "GetNextCACert", SCEP_NEXT_CA },
		{ "SCEPStandard", SCEP_AES | SCEP_SHA2 | SCEP_POST },
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i].word) == len && !strncasecmp(words[i].word, word, len))
			return words[i].caps;
	return 0;
}

static unsigned read_caps(const struct buf *body)
{
	const char *at = body->data ? (const char *)body->data : "";
	unsigned caps = 0;
	while (*at) {
		at += strspn(at, " \t\r\n");
		size_t len = strcspn(at, " \t\r\n");
		caps |= cap_of(at, len);
		at += len;
	}
	return caps;
}

// A server that does not know the question can do nothing of all this (RFC 8894 §3.5.1).
static struct err *ask_caps(struct scep *s, const char *identifier)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	TRY(scep_get(s, "GetCACaps", identifier, false, &a, NULL));
	if (a.status >= 500)
		return scep_refusal(&a);
	s->caps = a.status == 200 ? read_caps(&a.body) : 0;
	return NULL;
}

static struct err *too_weak(const char *what)
{
	return err_hint(
		err_tag(err_new(ERR_POLICY, N_("The CA's SCEP server does not offer %1."),
				ARG_TEXT(what)),
			"scep-weak-server"),
		N_("Nothing was sent. Have the institution switch it on. Where it cannot, its "
		   "profile may allow 3DES by ca.scep.weak_answers; a request is never signed with "
		   "less than SHA-256."));
}

// Whoever is between us and a server without TLS can shorten its list, and gets nothing by it.
static struct err *judge_caps(const struct scep *s, const struct profile_scep *p)
{
	bool triple = (s->caps & SCEP_3DES) && p->weak_answers != SCEP_ANSWERS_STRONG;
	if (!(s->caps & SCEP_AES) && !triple)
		return too_weak("AES");
	return s->caps & SCEP_SHA2 ? NULL : too_weak("SHA-256");
}

static struct err *read_certificates(const struct http_answer *a, struct cert_list *out)
{
	AUTO(cert) struct cert *one = NULL;
	struct err *e = NULL;
	if (!strcmp(a->content_type, "application/x-x509-ca-cert"))
		e = cert_parse(a->body.data, a->body.len, &one);
	else
		e = cert_list_from_pkcs7(a->body.data, a->body.len, out);
	if (!e)
		return one ? cert_list_add(out, one) : NULL;
	return err_caused_by(
		err_hint(
			err_tag(err_new(ERR_CA_REFUSED,
					N_("The CA's SCEP server does not show its certificates.")),
				"answer-unreadable"),
			N_("Nothing was sent. Check the address in the profile.")),
		e);
}

static struct err *judge_certificates_of(const struct ca *c, const struct cert_list *got,
					 struct authorities *out)
{
	const struct profile_ca *p = &c->terms.profile->ca;
	AUTO_CERTS struct cert_list anchors = { 0 };
	TRY(cert_list_from_pem(p->anchors.data, p->anchors.len, &anchors));
	const struct authorities_terms terms = {
		.got = got,
		.anchors = &anchors,
		.now = clock_now(),
		.vouched = strncmp(p->url, "https://", 8) == 0,
		.named = (const char *const *)p->scep.fingerprints,
		.n_named = p->scep.n_fingerprints,
	};
	return authorities_judge(&terms, out);
}

struct err *scep_ask(struct ca *c)
{
	struct scep *s = c->self;
	const struct profile_scep *p = &c->terms.profile->ca.scep;
	AUTO_ANSWER struct http_answer a = { 0 };
	AUTO_CERTS struct cert_list got = { 0 };
	if (s->asked)
		return NULL;
	TRY(ask_caps(s, p->identifier));
	TRY(judge_caps(s, p));
	TRY(scep_get(s, "GetCACert", p->identifier, false, &a, NULL));
	TRY(scep_refusal(&a));
	TRY(read_certificates(&a, &got));
	TRY(judge_certificates_of(c, &got, &s->authorities));
	s->asked = true;
	return NULL;
}

// A SignedData of the present CA around certificates alone.
static struct err *read_next(const struct scep *s, const struct http_answer *a,
			     struct cert_list *out)
{
	AUTO(signed) struct signed_message *m = NULL;
	size_t len = 0;
	TRY(signed_parse(a->body.data, a->body.len, &m));
	TRY(signed_check(m, &s->authorities.signers));
	if (signed_digest(m) != DIGEST_STRONG)
		return err_tag(err_new(ERR_POLICY,
				       N_("The CA signed its answer with %1, which is "
					  "too weak."),
				       ARG_TEXT("SHA-1")),
			       "answer-weak");
	const uint8_t *content = signed_content(m, &len);
	return cert_list_from_pkcs7(content, len, out);
}

static struct err *ask_next(struct ca *c, struct cert_list *out)
{
	struct scep *s = c->self;
	AUTO_ANSWER struct http_answer a = { 0 };
	TRY(scep_get(s, "GetNextCACert", c->terms.profile->ca.scep.identifier, false, &a, NULL));
	TRY(scep_refusal(&a));
	return read_next(s, &a, out);
}

// It is told and never trusted: the institution's next profile has it among its anchors, or has not.
struct msg *scep_next_ca(struct ca *c)
{
	const struct scep *s = c->self;
	AUTO_CERTS struct cert_list next = { 0 };
	char from[48];
	if (!(s->caps & SCEP_NEXT_CA))
		return NULL;
	AUTO(err) struct err *e = ask_next(c, &next);
	if (e)
		log_err(LOG_INFO, "ca", e);
	for (size_t i = 0; !e && i < next.n; i++) {
		const struct cert *ca = next.certs[i];
		if (!cert_is_ca(ca) || cert_same(ca, s->authorities.ca))
			continue;
		clock_shown(cert_not_before(ca), c->terms.profile->window.zone, from);
		return msg_new(N_("The CA will have a new certificate from %1 on: %2, fingerprint "
				  "%3. Ask the institution for a profile that knows it by then."),
			       ARG_TEXT(from), ARG_TEXT(cert_subject_text(ca)),
			       ARG_TEXT(cert_sha256(ca)));
	}
	return NULL;
}
