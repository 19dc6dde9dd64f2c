// Certificate Management Protocol (RFC 9810, RFC 9483, RFC 9811): ir, cr, p10cr, kur, polling. certConf is in cmp_confirm.c.
//
// OpenSSL would confirm a certificate inside the exchange that brings it. It is told not to: what a confirmation needs is kept instead (our
// header, the CA's nonce, the certificate's hash), so that the CA hears of it after the certificate is on the token, from another run if need be.
#include "ca/cmp.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/err.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

enum { STATE_VERSION = 1, STATE_MAX = 262144, HEX_MAX = 16384, ALONG_MAX = 4 };

static void forget_credentials(struct cmp *m)
{
	secret_free(m->reference);
	secret_free(m->secret);
	m->reference = m->secret = NULL;
}

static void cmp_close(struct ca *c)
{
	struct cmp *m = c->self;
	if (!m)
		return;
	OSSL_CMP_CTX_free(m->ctx);
	OSSL_CMP_MSG_free(m->last);
	forget_credentials(m);
	http_close(m->http);
	cert_list_free(&m->beside);
	cert_list_free(&m->along);
	buf_free(&m->header);
	buf_free(&m->nonce);
	buf_free(&m->hash);
	err_free(m->err);
	free(m);
	c->self = NULL;
}

static struct err *open_http(const struct ca_terms *t, struct http **out)
{
	struct http_terms terms = ca_http_terms(t);
	if (terms.max_body > CMP_MESSAGE_MAX)
		terms.max_body = CMP_MESSAGE_MAX;
	terms.plain = true;
	return http_open(&terms, out);
}

// --- over a restart

static struct err *unreadable(void)
{
	return err_new(ERR_FAILED,
		       N_("What was kept of the conversation with the CA cannot be read."));
}

static struct err *read_hex(const struct json_t *j, const char *key, struct buf *out)
{
	const char *hex = json_text(j, key);
	uint8_t bytes[HEX_MAX / 2];
	size_t len = sizeof bytes;
	*out = BUF(HEX_MAX);
	if (!hex)
		return unreadable();
	if (!*hex)
		return NULL;
	struct err *e = text_unhex(hex, bytes, &len);
	return e ? e : buf_put(out, bytes, len);
}

static struct err *read_along(const struct json_t *j, struct cert_list *out)
{
	const char *pem = json_text(j, "along");
	return pem && *pem ? cert_list_from_pem(pem, strlen(pem), out) : NULL;
}

static struct err *write_along(const struct cert_list *list, struct buf *out)
{
	for (size_t i = 0; i < list->n && i < ALONG_MAX; i++) {
		AUTO_TEXT char *pem = cert_pem(list->certs[i]);
		if (!pem)
			return err_no_memory();
		TRY(buf_puts(out, pem));
	}
	return buf_puts(out, "");
}

static struct err *restore(struct cmp *m, const void *state, size_t len)
{
	AUTO(json) struct json_t *j = NULL;
	TRY(json_read(state, len, STATE_MAX, ERR_FAILED, "cmp", &j));
	int64_t phase = json_number(j, "phase", -1);
	if (json_number(j, "version", 0) != STATE_VERSION || phase < CMP_NEW ||
	    phase > CMP_CONFIRMED)
		return unreadable();
	m->phase = (enum cmp_phase)phase;
	m->restored = true;
	m->request_id = json_number(j, "request", 0);
	TRY(read_hex(j, "header", &m->header));
	TRY(read_hex(j, "nonce", &m->nonce));
	TRY(read_hex(j, "hash", &m->hash));
	return read_along(j, &m->along);
}

static struct err *cmp_open(struct ca *c, const void *state, size_t state_len)
{
	struct cmp *m = calloc(1, sizeof(*m));
	if (!m)
		return err_no_memory();
	c->self = m; // cmp_close frees it whatever happens now
	if (state && state_len)
		TRY(restore(m, state, state_len));
	return open_http(&c->terms, &m->http);
}

static struct err *cmp_save(const struct ca *c, struct buf *state)
{
	const struct cmp *m = c->self;
	AUTO_TEXT char *header = text_hex(m->header.data, m->header.len, 0);
	AUTO_TEXT char *nonce = text_hex(m->nonce.data, m->nonce.len, 0);
	AUTO_TEXT char *hash = text_hex(m->hash.data, m->hash.len, 0);
	AUTO_BUF struct buf along = BUF(STATE_MAX);
	if (!header || !nonce || !hash)
		return err_no_memory();
	TRY(write_along(&m->along, &along));
	AUTO(json)
	struct json_t *j = json_pack("{s:i,s:i,s:I,s:s,s:s,s:s,s:s}", "version", STATE_VERSION,
				     "phase", (int)m->phase, "request", (json_int_t)m->request_id,
				     "header", header, "nonce", nonce, "hash", hash, "along",
				     along.data ? (const char *)along.data : "");
	AUTO_TEXT char *line = j ? json_line(j) : NULL;
	return line ? buf_puts(state, line) : err_no_memory();
}

// --- before the request

static struct err *cmp_constraints(struct ca *c, struct ca_constraints *out)
{
	(void)c;
	*out = (struct ca_constraints){ 0 };
	return NULL;
}

static struct err *cmp_questions(struct ca *c, const struct ca_constraints *k,
				 struct ca_questions *out)
{
	(void)k;
	const struct profile_role *r = c->terms.role;
	struct ca_questions q = { 0 };
	bool proves = !c->terms.renews && !c->terms.on_behalf;
	for (size_t i = 0; !c->terms.renews && i < r->n_fields; i++) {
		const char *field = r->fields[i].name;
		bool proof = ca_template_uses(r->cmp_reference, field) ||
			     ca_template_uses(r->cmp_secret, field);
		if (ca_in_subject(r, field) || (proves && proof))
			ca_ask(&q, field, ASK_BEFORE_KEY);
	}
	if (proves && r->otp.kind != OTP_NONE && ca_template_uses(r->cmp_secret, "otp"))
		ca_ask(&q, "otp", ASK_BEFORE_SUBMIT);
	*out = q;
	return NULL;
}

static struct err *cmp_beside(struct ca *c, const struct cert_list *certs, struct buf *out)
{
	struct cmp *m = c->self;
	(void)out;
	cert_list_free(&m->beside);
	for (size_t i = 0; i < certs->n; i++)
		TRY(cert_list_add(&m->beside, certs->certs[i]));
	return NULL;
}

static struct err *cmp_authenticate(struct ca *c, const struct answers *a)
{
	struct cmp *m = c->self;
	const struct profile_role *r = c->terms.role;
	forget_credentials(m);
	if (c->terms.renews || c->terms.on_behalf)
		return NULL;
	AUTO(secret) struct secret *reference = NULL;
	AUTO(secret) struct secret *secret = NULL;
	TRY(answers_fill(a, c->terms.profile, r->cmp_reference, &reference));
	TRY(answers_fill(a, c->terms.profile, r->cmp_secret, &secret));
	m->reference = reference;
	m->secret = secret;
	reference = secret = NULL;
	return NULL;
}

// --- the request

static struct err *failed(const char *call)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	ERR_clear_error();
	return err_call(err_new(ERR_FAILED, N_("A cryptographic operation failed.")), call,
			reason ? reason : "", code);
}

// Subject and extensions of a template are those of the PKCS#10 request; a p10cr takes it whole.
static struct err *take_request(const struct ca_request *r, bool whole, OSSL_CMP_CTX *ctx)
{
	const unsigned char *der = r->der;
	X509_REQ *p10 = d2i_X509_REQ(NULL, &der, (long)r->len);
	bool good = p10 && OSSL_CMP_CTX_set1_subjectName(ctx, X509_REQ_get_subject_name(p10)) == 1;
	if (good && whole) {
		good = OSSL_CMP_CTX_set1_p10CSR(ctx, p10) == 1;
	} else if (good) {
		X509_EXTENSIONS *wanted = X509_REQ_get_extensions(p10);
		if (wanted && OSSL_CMP_CTX_set0_reqExtensions(ctx, wanted) != 1) {
			sk_X509_EXTENSION_pop_free(wanted, X509_EXTENSION_free);
			good = false;
		}
	}
	X509_REQ_free(p10);
	return good ? NULL : failed("OSSL_CMP_CTX_set1_subjectName");
}

static int body_of(const struct ca *c)
{
	if (c->terms.renews)
		return OSSL_CMP_KUR;
	switch (c->terms.profile->ca.cmp.request) {
	case CMP_REQUEST_CR:
		return OSSL_CMP_CR;
	case CMP_REQUEST_P10CR:
		return OSSL_CMP_P10CR;
	case CMP_REQUEST_IR:
	default:
		return OSSL_CMP_IR;
	}
}

static struct err *add_x509(struct cert_list *out, X509 *x)
{
	AUTO(cert) struct cert *c = NULL;
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);
	struct err *e = len > 0 ? cert_parse(der, (size_t)len, &c) : failed("i2d_X509");
	OPENSSL_free(der);
	if (!e && out->n < CERT_MAX_LIST)
		e = cert_list_add(out, c);
	return e;
}

// Takes the list.
static struct err *add_all(struct cert_list *out, STACK_OF(X509) * list)
{
	struct err *e = NULL;
	for (int i = 0; !e && i < sk_X509_num(list); i++)
		e = add_x509(out, sk_X509_value(list, i));
	sk_X509_pop_free(list, X509_free);
	return e;
}

// Leaf and whatever may stand between it and an anchor; none of it is trusted for having come this way (RFC 9810 §5.3.4: caPubs neither).
static struct err *issued(struct cmp *m, const OSSL_CMP_CTX *ctx, struct ca_outcome *out)
{
	AUTO_CERTS struct cert_list list = { 0 };
	X509 *leaf = OSSL_CMP_CTX_get0_newCert(ctx);
	if (!leaf)
		return failed("OSSL_CMP_CTX_get0_newCert");
	TRY(add_x509(&list, leaf));
	TRY(add_all(&list, OSSL_CMP_CTX_get1_extraCertsIn(ctx)));
	TRY(add_all(&list, OSSL_CMP_CTX_get1_caPubs(ctx)));
	buf_free(&m->hash);
	m->hash = BUF(EVP_MAX_MD_SIZE);
	TRY(cmp_cert_hash(list.certs[0], &m->hash));
	m->phase = m->implicit ? CMP_CONFIRMED : CMP_ISSUED;
	if (m->implicit)
		forget_credentials(m);
	*out = (struct ca_outcome){ .state = CA_ISSUED, .issued = list };
	list = (struct cert_list){ 0 };
	return NULL;
}

// Whether secret or signature protect the last answer: unprotected_errors lets OpenSSL take a no whose protection is missing or does not hold. To
// be asked while the context has the secret: without one OpenSSL lets any MAC pass.
static bool holds(const struct cmp *m, OSSL_CMP_CTX *ctx)
{
	if (!m->last)
		return false;
	ERR_set_mark(); // what it finds is no reason of the exchange's
	bool good = OSSL_CMP_validate_msg(ctx, m->last) == 1;
	ERR_pop_to_mark();
	return good;
}

// Takes the context; one that waits is kept.
static struct err *try_request(struct ca *c, const struct ca_request *r, OSSL_CMP_CTX *ctx,
			       struct ca_outcome *out)
{
	struct cmp *m = c->self;
	int after = 0;
	m->answered = false;
	int state = OSSL_CMP_try_certreq(ctx, body_of(c), NULL, &after);
	if (c->open_no && holds(m, ctx))
		c->open_no = false;
	cmp_forget_in(ctx);
	if (state < 0) {
		ERR_clear_error();
		m->ctx = ctx;
		*out = (struct ca_outcome){ .state = CA_WAIT,
					    .retry_seconds = after > 0 ? after : 1 };
		return NULL;
	}
	struct err *e = state ? issued(m, ctx, out) : cmp_failure(c, r, ctx);
	ERR_clear_error();
	OSSL_CMP_CTX_free(ctx);
	if (e && err_kind(e) != ERR_FAILED)
		forget_credentials(m);
	return e;
}

static struct err *cmp_submit(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			      bool *sent)
{
	struct cmp *m = c->self;
	AUTO(cmp_ctx) OSSL_CMP_CTX *ctx = NULL;
	m->sent = sent;
	m->phase = CMP_NEW;
	m->restored = m->told = false;
	buf_reset(&m->hash);
	OSSL_CMP_CTX_free(m->ctx);
	m->ctx = NULL;
	TRY(cmp_context(c, r, &ctx));
	TRY(take_request(r, body_of(c) == OSSL_CMP_P10CR, ctx));
	OSSL_CMP_CTX *given = ctx;
	ctx = NULL;
	return try_request(c, r, given, out);
}

static struct err *cmp_poll(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			    bool *sent)
{
	struct cmp *m = c->self;
	AUTO(cmp_ctx) OSSL_CMP_CTX *ctx = m->ctx;
	m->ctx = NULL;
	m->sent = sent;
	if (!ctx)
		return err_new(ERR_FAILED, N_("The exchange that waits was begun by another run."));
	TRY(cmp_credentials(c, r, ctx));
	OSSL_CMP_CTX *given = ctx;
	ctx = NULL;
	return try_request(c, r, given, out);
}

static bool cmp_polls(const struct ca *c)
{
	const struct cmp *m = c->self;
	return m->ctx != NULL;
}

// Another secret protects nothing that was begun under this one (RFC 9483 §3.1), and nobody has a one-time password twice.
static enum ca_word cmp_word(const struct ca *c)
{
	const struct cmp *m = c->self;
	if (c->terms.renews || c->terms.on_behalf ||
	    !ca_template_uses(c->terms.role->cmp_secret, "otp"))
		return CA_WORD_KEEPS;
	if (!m->restored || (m->phase != CMP_ISSUED && m->phase != CMP_TELLING))
		return CA_WORD_ONCE;
	return m->phase == CMP_TELLING ? CA_WORD_UNSURE : CA_WORD_LOST;
}

static bool cmp_word_leaves(struct ca *c)
{
	struct cmp *m = c->self;
	if (m->phase != CMP_ISSUED)
		return false;
	m->phase = CMP_TELLING;
	return true;
}

static unsigned cmp_handshakes(const struct ca *c)
{
	const struct cmp *m = c->self;
	return http_handshakes(m->http);
}

const struct ca_ops ca_cmp = {
	.name = "cmp",
	.own_key = true,
	.open = cmp_open,
	.constraints = cmp_constraints,
	.questions = cmp_questions,
	.beside = cmp_beside,
	.authenticate = cmp_authenticate,
	.submit = cmp_submit,
	.poll = cmp_poll,
	.polls = cmp_polls,
	.confirm = cmp_confirm,
	.reject = cmp_reject,
	.word_leaves = cmp_word_leaves,
	.word = cmp_word,
	.revoke = cmp_revoke,
	.save = cmp_save,
	.handshakes = cmp_handshakes,
	.close = cmp_close,
};
