// One exchange by CMP: OpenSSL makes and judges the messages, src/http carries them (RFC 9811).
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "ca/cmp.h"
#include "ca/est.h"

#define MEDIA_TYPE "application/pkixcmp"

static struct err *openssl(const char *call)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	ERR_clear_error();
	return err_call(err_new(ERR_FAILED, N_("A cryptographic operation failed.")), call,
			reason ? reason : "", code);
}

// --- the line

static struct err *not_cmp(const struct http_answer *a)
{
	struct err *e = err_hint(
		err_tag(err_new(ERR_CA_REFUSED,
				N_("The CA answered with something that is no message of "
				   "CMP.")),
			"no-certificate"),
		N_("The request arrived; the CA may have issued. Check the address in the profile "
		   "and tell the institution."));
	if (!a->reason || !a->reason[0])
		return e;
	return err_caused_by(
		e, err_new(ERR_CA_REFUSED, N_("The server says: %1"), ARG_TEXT(a->reason)));
}

// Whoever is on the way may have said what nothing protects: neither TLS, nor the message itself.
static bool on_an_open_line(const struct ca *c)
{
	return strncmp(c->terms.profile->ca.url, "http://", 7) == 0;
}

// RFC 9811 §3.1: one POST a message. An error of CMP may come with any status, so the body decides where it is one.
struct err *cmp_post(struct ca *c, const struct buf *message, struct buf *answer)
{
	struct cmp *m = c->self;
	AUTO_ANSWER struct http_answer a = { 0 };
	static const struct http_header headers[] = { { "Content-Type", MEDIA_TYPE } };
	const struct http_call call = {
		.method = "POST",
		.url = c->terms.profile->ca.url,
		.headers = headers,
		.n_headers = ARRAY_LEN(headers),
		.body = message->data,
		.body_len = message->len,
		.once = true,
	};
	TRY(http_do(m->http, &call, &a, m->sent));
	if (strcmp(a.content_type, MEDIA_TYPE) != 0) {
		c->open_no = on_an_open_line(c);
		TRY(est_refusal(&a));
		return not_cmp(&a);
	}
	AUTO_CMP_HEADER struct cmp_header h = { 0 };
	TRY(cmp_header_read(a.body.data, a.body.len, &h));
	c->open_no = on_an_open_line(c); // until its protection was seen to hold
	// A MAC by a secret that nobody here has proves nothing, whatever OpenSSL says to it.
	if (h.protection == CMP_PROTECTION_PBM && !m->secret)
		return cmp_forged();
	m->answered = true;
	m->implicit = h.implicit_confirm;
	m->request_id = h.request_id;
	buf_free(&m->nonce);
	m->nonce = h.sender_nonce;
	h.sender_nonce = (struct buf){ 0 };
	if (h.certificates.n) {
		cert_list_free(&m->along);
		m->along = h.certificates;
		h.certificates = (struct cert_list){ 0 };
	}
	*answer = a.body;
	a.body = (struct buf){ 0 };
	return NULL;
}

static struct err *to_der(const OSSL_CMP_MSG *m, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	struct err *e = NULL;
	if (!bio || i2d_OSSL_CMP_MSG_bio(bio, m) != 1)
		e = openssl("i2d_OSSL_CMP_MSG");
	long len = e ? 0 : BIO_get_mem_data(bio, &bytes);
	if (!e)
		e = buf_put(out, bytes, (size_t)len);
	BIO_free(bio);
	return e;
}

static OSSL_CMP_MSG *from_der(const struct buf *der)
{
	BIO *bio = BIO_new_mem_buf(der->data, (int)der->len);
	OSSL_CMP_MSG *m = bio ? d2i_OSSL_CMP_MSG_bio(bio, NULL) : NULL;
	BIO_free(bio);
	return m;
}

static struct err *carry(struct ca *c, const OSSL_CMP_MSG *message, struct buf *answer)
{
	struct cmp *m = c->self;
	AUTO_BUF struct buf der = BUF(CMP_MESSAGE_MAX);
	AUTO_CMP_HEADER struct cmp_header h = { 0 };
	TRY(to_der(message, &der));
	TRY(cmp_header_read(der.data, der.len, &h));
	buf_free(&m->header);
	m->header = h.der;
	h.der = (struct buf){ 0 };
	return cmp_post(c, &der, answer);
}

static OSSL_CMP_MSG *transfer(OSSL_CMP_CTX *ctx, const OSSL_CMP_MSG *message)
{
	struct ca *c = OSSL_CMP_CTX_get_transfer_cb_arg(ctx);
	struct cmp *m = c->self;
	AUTO_BUF struct buf answer = BUF(CMP_MESSAGE_MAX);
	err_free(m->err);
	OSSL_CMP_MSG_free(m->last);
	m->last = NULL;
	m->err = carry(c, message, &answer);
	if (m->err)
		return NULL;
	m->last = from_der(&answer);
	return from_der(&answer);
}

static int silent(const char *function, const char *file, int line, OSSL_CMP_severity level,
		  const char *text)
{
	(void)function;
	(void)file;
	(void)line;
	(void)level;
	(void)text;
	return 1;
}

// Our own judge decides about the certificate, and the CA is told after it is on the token.
static int decided_later(OSSL_CMP_CTX *ctx, X509 *cert, int failures, const char **text)
{
	(void)ctx;
	(void)cert;
	(void)failures;
	(void)text;
	return 0;
}

// --- whom we believe

static X509 *x509_of(const struct cert *c)
{
	size_t len = 0;
	const unsigned char *der = cert_der(c, &len);
	return d2i_X509(NULL, &der, (long)len);
}

// Who may sign for a CA by CMP: the CA itself, and whom it marked so: id-kp-cmcCA and id-kp-cmcRA (RFC 9810 §4.5, RFC 6402 §2.10). Every customer of
// the CA has a certificate that reaches the anchors.
static bool speaks_for_the_ca(X509 *x)
{
	static const char *const marks[] = { "1.3.6.1.5.5.7.3.27", "1.3.6.1.5.5.7.3.28" };
	char name[32];
	bool marked = (X509_get_extension_flags(x) & EXFLAG_CA) != 0;
	EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	for (int i = 0; i < sk_ASN1_OBJECT_num(uses); i++) {
		OBJ_obj2txt(name, sizeof(name), sk_ASN1_OBJECT_value(uses, i), 1);
		for (size_t k = 0; k < ARRAY_LEN(marks); k++)
			marked = marked || strcmp(name, marks[k]) == 0;
	}
	EXTENDED_KEY_USAGE_free(uses);
	return marked;
}

static int judge_signer(int good, X509_STORE_CTX *ctx)
{
	if (!good || X509_STORE_CTX_get_error_depth(ctx) != 0 ||
	    speaks_for_the_ca(X509_STORE_CTX_get_current_cert(ctx)))
		return good;
	X509_STORE_CTX_set_error(ctx, X509_V_ERR_INVALID_PURPOSE);
	return 0;
}

static struct err *believe_anchors(const struct profile *p, OSSL_CMP_CTX *ctx)
{
	AUTO_CERTS struct cert_list anchors = { 0 };
	TRY(cert_list_from_pem(p->ca.anchors.data, p->ca.anchors.len, &anchors));
	X509_STORE *store = X509_STORE_new();
	bool good = store != NULL;
	for (size_t i = 0; good && i < anchors.n; i++) {
		X509 *x = x509_of(anchors.certs[i]);
		good = x && X509_STORE_add_cert(store, x) == 1;
		X509_free(x);
	}
	if (good) // an anchor may be an issuing CA
		good = X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1;
	if (good)
		X509_STORE_set_verify_cb(store, judge_signer);
	if (good)
		good = OSSL_CMP_CTX_set0_trustedStore(ctx, store) == 1;
	if (good)
		return NULL;
	X509_STORE_free(store);
	return openssl("OSSL_CMP_CTX_set0_trustedStore");
}

static struct err *pin_server(const struct profile_cmp *p, OSSL_CMP_CTX *ctx)
{
	AUTO_CERTS struct cert_list one = { 0 };
	if (!p->server_certificate.len)
		return NULL;
	TRY(cert_list_from_pem(p->server_certificate.data, p->server_certificate.len, &one));
	if (one.n != 1)
		return err_new(
			ERR_PROFILE,
			N_("ca.cmp.server_certificate names a file with %1 certificates; one "
			   "is wanted."),
			ARG_NUM(one.n));
	X509 *x = x509_of(one.certs[0]);
	bool good = x && OSSL_CMP_CTX_set1_srvCert(ctx, x) == 1;
	X509_free(x);
	return good ? NULL : openssl("OSSL_CMP_CTX_set1_srvCert");
}

static struct err *set_recipient(const struct profile_cmp *p, OSSL_CMP_CTX *ctx)
{
	enum { PARTS = 16 };
	struct request_rdn parts[PARTS];
	AUTO_BUF struct buf der = BUF(8192);
	size_t n = p->n_recipient < PARTS ? p->n_recipient : PARTS;
	if (!n)
		return NULL;
	for (size_t i = 0; i < n; i++)
		parts[i] = (struct request_rdn){ .type = p->recipient[i].type,
						 .value = p->recipient[i].value };
	TRY(request_name_der(parts, n, &der));
	const unsigned char *at = der.data;
	X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)der.len);
	bool good = name && OSSL_CMP_CTX_set1_recipient(ctx, name) == 1;
	X509_NAME_free(name);
	return good ? NULL : openssl("OSSL_CMP_CTX_set1_recipient");
}

// --- who we are

static struct err *secret_missing(void)
{
	return err_tag(err_new(ERR_ANSWER, N_("The CA needs the answers anew for this.")),
		       "credentials-missing");
}

static struct err *by_secret(const struct cmp *m, OSSL_CMP_CTX *ctx)
{
	if (!m->reference || !m->secret)
		return secret_missing();
	if (OSSL_CMP_CTX_set1_referenceValue(ctx, secret_bytes(m->reference),
					     (int)secret_len(m->reference)) != 1 ||
	    OSSL_CMP_CTX_set1_secretValue(ctx, secret_bytes(m->secret),
					  (int)secret_len(m->secret)) != 1 ||
	    OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_MAC_ALGNID, NID_hmacWithSHA256) != 1)
		return openssl("OSSL_CMP_CTX_set1_secretValue");
	return NULL;
}

static struct err *expired(void)
{
	return err_tag(err_new(ERR_POLICY, N_("The certificate has expired, so it cannot sign a "
					      "request to the CA.")),
		       "renewal-expired");
}

static struct err *key_missing(const struct ca *c)
{
	if (!c->terms.on_behalf)
		return err_new(ERR_FAILED, N_("The key that is renewed is not at hand."));
	return err_hint(err_tag(err_new(ERR_ANSWER,
					N_("Who vouches for this enrolment is needed once more.")),
				"ra-missing"),
			N_("Give the token with `inkan resume %1 --on-behalf TOKEN`."),
			ARG_TEXT(c->terms.transaction));
}

static struct err *by_certificate(const struct ca *c, const struct ca_key *by, OSSL_CMP_CTX *ctx)
{
	if (!by->key || !by->cert)
		return key_missing(c);
	if (cert_not_after(by->cert) < clock_now())
		return expired();
	X509 *x = x509_of(by->cert);
	bool good = x && OSSL_CMP_CTX_set1_cert(ctx, x) == 1 &&
		    OSSL_CMP_CTX_set1_pkey(ctx, private_key_pkey(by->key)) == 1 &&
		    (c->terms.on_behalf || OSSL_CMP_CTX_set1_oldCert(ctx, x) == 1);
	X509_free(x);
	return good ? NULL : openssl("OSSL_CMP_CTX_set1_cert");
}

const struct ca_key *cmp_signer(const struct ca *c, const struct ca_request *r)
{
	if (c->terms.renews)
		return &r->old;
	return c->terms.on_behalf ? &r->ra : NULL;
}

struct err *cmp_credentials(struct ca *c, const struct ca_request *r, OSSL_CMP_CTX *ctx)
{
	const struct ca_key *by = cmp_signer(c, r);
	TRY(by ? by_certificate(c, by, ctx) : by_secret(c->self, ctx));
	if (!r->own.key)
		return NULL;
	EVP_PKEY *own = private_key_pkey(r->own.key);
	if (EVP_PKEY_up_ref(own) != 1)
		return openssl("EVP_PKEY_up_ref");
	if (OSSL_CMP_CTX_set0_newPkey(ctx, 1, own) == 1)
		return NULL;
	EVP_PKEY_free(own);
	return openssl("OSSL_CMP_CTX_set0_newPkey");
}

void cmp_forget_in(OSSL_CMP_CTX *ctx)
{
	if (ctx)
		(void)OSSL_CMP_CTX_set1_secretValue(ctx, NULL, 0);
}

static struct err *give_list(const struct cert_list *list, OSSL_CMP_CTX *ctx,
			     int (*set)(OSSL_CMP_CTX *ctx, STACK_OF(X509) * list))
{
	STACK_OF(X509) *out = sk_X509_new_null();
	bool good = out != NULL;
	for (size_t i = 0; good && i < list->n; i++) {
		X509 *x = x509_of(list->certs[i]);
		good = x && sk_X509_push(out, x) > 0;
		if (!good)
			X509_free(x);
	}
	if (good && list->n)
		good = set(ctx, out) == 1;
	sk_X509_pop_free(out, X509_free);
	return good ? NULL : openssl("OSSL_CMP_CTX_set1_extraCertsOut");
}

struct err *cmp_untrusted(const struct cert_list *list, OSSL_CMP_CTX *ctx)
{
	return give_list(list, ctx, OSSL_CMP_CTX_set1_untrusted);
}

struct err *cmp_context(struct ca *c, const struct ca_request *r, OSSL_CMP_CTX **out)
{
	const struct profile *p = c->terms.profile;
	const struct cmp *m = c->self;
	ERR_clear_error(); // what others left there would be taken for the exchange's
	AUTO(cmp_ctx) OSSL_CMP_CTX *ctx = OSSL_CMP_CTX_new(NULL, NULL);
	if (!ctx || OSSL_CMP_CTX_set_log_cb(ctx, silent) != 1 ||
	    OSSL_CMP_CTX_set_transfer_cb(ctx, transfer) != 1 ||
	    OSSL_CMP_CTX_set_transfer_cb_arg(ctx, c) != 1 ||
	    OSSL_CMP_CTX_set_certConf_cb(ctx, decided_later) != 1 ||
	    OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_DISABLE_CONFIRM, 1) != 1 ||
	    OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_SUBJECTALTNAME_NODEFAULT, 1) != 1 ||
	    OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_IMPLICIT_CONFIRM,
				    p->ca.cmp.implicit_confirm) != 1 ||
	    OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_UNPROTECTED_ERRORS,
				    p->ca.cmp.unprotected_errors) != 1)
		return openssl("OSSL_CMP_CTX_new");
	TRY(believe_anchors(p, ctx));
	TRY(pin_server(&p->ca.cmp, ctx));
	TRY(set_recipient(&p->ca.cmp, ctx));
	TRY(give_list(&m->beside, ctx, OSSL_CMP_CTX_set1_extraCertsOut));
	TRY(cmp_untrusted(&m->along, ctx));
	TRY(cmp_credentials(c, r, ctx));
	*out = ctx;
	ctx = NULL;
	return NULL;
}
