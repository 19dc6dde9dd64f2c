// CertRep (RFC 8894 §3.3.2): believed only when the CA signed it, for this message; then opened with the key that asked.
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ca/scep.h"
#include "x509/enveloped.h"
#include "x509/signed.h"

#define OID_MESSAGE_TYPE    "2.16.840.1.113733.1.9.2"
#define OID_STATUS	    "2.16.840.1.113733.1.9.3"
#define OID_FAIL_INFO	    "2.16.840.1.113733.1.9.4"
#define OID_RECIPIENT_NONCE "2.16.840.1.113733.1.9.6"
#define OID_TRANSACTION	    "2.16.840.1.113733.1.9.7"
#define OID_FAIL_INFO_TEXT  "1.3.6.1.5.5.7.24.1"

enum { USUAL_WAIT = 60, WORDS_MAX = 400 };

static struct err *no_certificate(const struct http_answer *a, struct err *cause)
{
	bool page = strncmp(a->content_type, "text/", 5) == 0;
	struct err *e =
		page ? err_new(ERR_CA_REFUSED, N_("The CA answered with a web page where a "
						  "certificate should be."))
		     : err_new(ERR_CA_REFUSED,
			       N_("The CA answered with something that is no certificate."));
	e = err_hint(err_tag(e, "no-certificate"),
		     N_("The request arrived; the CA may have issued. Check the address in the "
			"profile and tell the institution."));
	return cause ? err_caused_by(e, cause) : e;
}

static struct err *not_for_us(struct msg *what)
{
	return err_hint(err_tag(err_make(ERR_NETWORK, what), "answer-replayed"),
			N_("Somebody may be between you and the CA, or it answered another "
			   "message. The CA may have issued. If it stays so, tell the "
			   "institution."));
}

static struct err *incomplete(const char *what)
{
	return err_tag(err_new(ERR_CA_REFUSED, N_("The CA's answer lacks %1, or has it twice."),
			       ARG_TEXT(what)),
		       "answer-unreadable");
}

static bool is_text(const uint8_t *bytes, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(bytes, text, len) == 0;
}

// --- is it the answer to what we sent?

static struct err *check_addressee(const struct scep *s, const struct scep_message *m,
				   const struct signed_message *got)
{
	const uint8_t *bytes = NULL;
	size_t len = 0;
	if (signed_attribute_of(got, OID_MESSAGE_TYPE, true, &bytes, &len) != ATTRIBUTE_THERE)
		return incomplete("messageType");
	if (!is_text(bytes, len, "3"))
		return not_for_us(msg_new(N_("The CA's message is no answer to a request.")));
	if (signed_attribute_of(got, OID_TRANSACTION, true, &bytes, &len) != ATTRIBUTE_THERE)
		return incomplete("transactionID");
	if (!is_text(bytes, len, s->transaction))
		return not_for_us(msg_new(N_("The CA's answer belongs to another transaction.")));
	if (signed_attribute_of(got, OID_RECIPIENT_NONCE, false, &bytes, &len) != ATTRIBUTE_THERE)
		return incomplete("recipientNonce");
	if (len != sizeof(m->nonce) || memcmp(bytes, m->nonce, len) != 0)
		return not_for_us(msg_new(N_("The CA's answer is not to the message that was sent "
					     "(recipientNonce).")));
	return NULL;
}

// Whole names: DES stands in 3DES, and is not the same.
void scep_remember_weakness(struct scep *s, const char *name)
{
	size_t has = strlen(s->weakness), len = strlen(name);
	for (const char *at = s->weakness; *at; at += strspn(at, ", ")) {
		size_t n = strcspn(at, ",");
		if (n == len && memcmp(at, name, len) == 0)
			return;
		at += n;
	}
	snprintf(s->weakness + has, sizeof(s->weakness) - has, "%s%s", has ? ", " : "", name);
}

static struct err *weak_hint(struct err *e)
{
	return err_hint(e, N_("It was not used. Have the institution set its SCEP server to AES "
			      "and SHA-256; the CA may have issued, so tell it. Where it cannot, "
			      "its profile may allow this by ca.scep.weak_answers and "
			      "ca.scep.weak_signatures."));
}

static struct err *check_digest(struct ca *c, const struct signed_message *got)
{
	static const char *const names[] = { "?", "MD5", "SHA-1" };
	enum scep_signatures allowed = c->terms.profile->ca.scep.weak_signatures;
	enum signed_digest digest = signed_digest(got);
	if (digest == DIGEST_STRONG)
		return NULL;
	if ((digest == DIGEST_SHA1 && allowed != SCEP_SIGNATURES_STRONG) ||
	    (digest == DIGEST_MD5 && allowed == SCEP_SIGNATURES_MD5)) {
		scep_remember_weakness(c->self, names[digest]);
		return NULL;
	}
	return weak_hint(err_tag(err_new(ERR_POLICY,
					 N_("The CA signed its answer with %1, which "
					    "is too weak."),
					 ARG_TEXT(names[digest])),
				 "answer-weak"));
}

// --- what it says

static const char *fail_words(const uint8_t *bytes, size_t len)
{
	static const char *const words[] = {
		N_("The CA does not know an algorithm of the request (badAlg)."),
		N_("The CA found the request changed on its way (badMessageCheck)."),
		N_("The CA does not allow this request (badRequest): the challenge password may be "
		   "wrong or used up, or the name not the one that it expects."),
		N_("The CA finds this machine's clock too far off (badTime)."),
		N_("The CA found no certificate for what was asked (badCertId)."),
	};
	bool known = len == 1 && bytes[0] >= '0' && bytes[0] < '0' + (int)ARRAY_LEN(words);
	return known ? words[bytes[0] - '0'] : N_("The CA does not say why.");
}

static struct err *failure(const struct ca *c, const struct signed_message *got)
{
	const uint8_t *bytes = NULL;
	size_t len = 0;
	struct err *e = err_new(ERR_CA_REFUSED, N_("The CA refused the request."));
	if (signed_attribute_of(got, OID_FAIL_INFO, true, &bytes, &len) != ATTRIBUTE_THERE)
		len = 0;
	struct err *why = err_new(ERR_CA_REFUSED, fail_words(bytes, len));
	if (signed_attribute_of(got, OID_FAIL_INFO_TEXT, true, &bytes, &len) == ATTRIBUTE_THERE) {
		AUTO_TEXT char *words = text_safe(bytes, len, WORDS_MAX);
		why = err_caused_by(why, err_new(ERR_CA_REFUSED, N_("The server says: %1"),
						 ARG_TEXT(words ? words : "")));
	}
	e = err_caused_by(err_tag(e, c->terms.renews ? "renewal-refused" : "request-refused"), why);
	return err_hint(e, N_("Tell the institution what is said here."));
}

static struct err *open_envelope(struct ca *c, const struct scep_message *m,
				 const struct signed_message *got, struct buf *content)
{
	static const enum content_cipher weakest[] = {
		[SCEP_ANSWERS_STRONG] = CIPHER_AES,
		[SCEP_ANSWERS_3DES] = CIPHER_3DES,
		[SCEP_ANSWERS_DES] = CIPHER_DES,
	};
	enum content_cipher used = CIPHER_OTHER;
	struct enveloped_terms terms = {
		.key = m->signer->key,
		.of = m->signer->cert,
		.weakest = weakest[c->terms.profile->ca.scep.weak_answers],
	};
	terms.der = signed_content(got, &terms.len);
	struct err *e = enveloped_open(&terms, &used, content);
	if (e)
		return err_has_tag(e, "answer-weak") ? weak_hint(e) : e;
	if (used != CIPHER_AES)
		scep_remember_weakness(c->self, content_cipher_name(used));
	return NULL;
}

// The certificate, what came with it, and the CA's own: what a chain to the profile's anchors is built of.
static struct err *success(struct ca *c, const struct scep_message *m,
			   const struct signed_message *got, const struct http_answer *a,
			   struct ca_outcome *out)
{
	const struct scep *s = c->self;
	AUTO_BUF struct buf content = BUF(a->body.len + 1);
	AUTO_CERTS struct cert_list certs = { 0 };
	struct err *e = open_envelope(c, m, got, &content);
	if (!e)
		e = cert_list_from_pkcs7(content.data, content.len, &certs);
	if (e && err_kind(e) == ERR_CA_REFUSED)
		return no_certificate(a, e);
	if (e)
		return e;
	for (size_t i = 0; i < s->authorities.believed.n && certs.n < CERT_MAX_LIST; i++)
		TRY(cert_list_add(&certs, s->authorities.believed.certs[i]));
	*out = (struct ca_outcome){ .state = CA_ISSUED, .issued = certs };
	certs = (struct cert_list){ 0 };
	return NULL;
}

static struct err *by_status(struct ca *c, const struct scep_message *m,
			     const struct signed_message *got, const struct http_answer *a,
			     struct ca_outcome *out)
{
	const uint8_t *bytes = NULL;
	size_t len = 0;
	if (signed_attribute_of(got, OID_STATUS, true, &bytes, &len) != ATTRIBUTE_THERE)
		return incomplete("pkiStatus");
	if (is_text(bytes, len, "0"))
		return success(c, m, got, a, out);
	if (is_text(bytes, len, "2"))
		return failure(c, got);
	if (!is_text(bytes, len, "3"))
		return incomplete("pkiStatus");
	int64_t wait = a->retry_after >= 0 ? a->retry_after : USUAL_WAIT;
	*out = (struct ca_outcome){ .state = CA_WAIT, .retry_seconds = wait > 0 ? wait : 1 };
	return NULL;
}

struct err *scep_outcome(struct ca *c, const struct scep_message *m, const struct http_answer *a,
			 struct ca_outcome *out)
{
	struct scep *s = c->self;
	AUTO(signed) struct signed_message *got = NULL;
	if (strncmp(a->content_type, "text/", 5) == 0)
		return no_certificate(a, NULL);
	struct err *e = signed_parse(a->body.data, a->body.len, &got);
	if (e)
		return no_certificate(a, e);
	s->weakness[0] = '\0';
	TRY(signed_check(got, &s->authorities.signers));
	TRY(check_digest(c, got));
	TRY(check_addressee(s, m, got));
	return by_status(c, m, got, a, out);
}
