// The word after the certificate: certConf (RFC 9810 §5.3.18), when it is on the token and verified, or is not wanted; and rr (§5.3.9).
//
// OpenSSL sends a certConf only inside the exchange that brings the certificate. This one is made from what was kept, and the CA's pkiConf is
// judged by OpenSSL as any other message.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crmf.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "base/log.h"
#include "ca/cmp.h"

enum { SALT_LEN = 16, ITERATIONS = 500 };

static struct err *failed(const char *call)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	ERR_clear_error();
	return err_call(err_new(ERR_FAILED, N_("A cryptographic operation failed.")), call,
			reason ? reason : "", code);
}

// --- protection

struct protection {
	const struct cmp *m;
	const struct ca_key *by; // null: by the secret
	struct private_key *key; // its
	OSSL_CRMF_PBMPARAMETER *pbm;
};

static struct err *pbm_algorithm(struct protection *p, X509_ALGOR *alg)
{
	unsigned char *der = NULL;
	p->pbm = OSSL_CRMF_pbmp_new(NULL, SALT_LEN, NID_sha256, ITERATIONS, NID_hmacWithSHA256);
	int len = p->pbm ? i2d_OSSL_CRMF_PBMPARAMETER(p->pbm, &der) : -1;
	ASN1_STRING *text = len > 0 ? ASN1_STRING_new() : NULL;
	bool good = text && ASN1_STRING_set(text, der, len) == 1 &&
		    X509_ALGOR_set0(alg, OBJ_nid2obj(NID_id_PasswordBasedMAC), V_ASN1_SEQUENCE,
				    text) == 1;
	if (!good)
		ASN1_STRING_free(text);
	OPENSSL_free(der);
	return good ? NULL : failed("OSSL_CRMF_pbmp_new");
}

static struct err *algorithm(void *ctx, struct buf *out)
{
	struct protection *p = ctx;
	unsigned char *der = NULL;
	X509_ALGOR *alg = X509_ALGOR_new();
	struct err *e = NULL;
	if (!alg)
		return err_no_memory();
	if (!p->key)
		e = pbm_algorithm(p, alg);
	else if (X509_ALGOR_set0(alg, OBJ_nid2obj(NID_sha256WithRSAEncryption), V_ASN1_NULL,
				 NULL) != 1)
		e = failed("X509_ALGOR_set0");
	int len = e ? -1 : i2d_X509_ALGOR(alg, &der);
	if (!e)
		e = len > 0 ? buf_put(out, der, (size_t)len) : failed("i2d_X509_ALGOR");
	OPENSSL_free(der);
	X509_ALGOR_free(alg);
	return e;
}

static struct err *by_key(const struct protection *p, const void *part, size_t len, struct buf *out)
{
	unsigned char sig[2048];
	size_t n = sizeof sig;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good =
		md &&
		EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, private_key_pkey(p->key)) == 1 &&
		EVP_DigestSign(md, sig, &n, part, len) == 1;
	EVP_MD_CTX_free(md);
	struct err *of_key = private_key_error(p->key);
	if (of_key)
		return of_key;
	return good ? buf_put(out, sig, n) : failed("EVP_DigestSign");
}

static struct err *protect(void *ctx, const void *part, size_t len, struct buf *out)
{
	const struct protection *p = ctx;
	unsigned char *mac = NULL;
	size_t n = 0;
	if (p->key)
		return by_key(p, part, len, out);
	if (OSSL_CRMF_pbm_new(NULL, NULL, p->pbm, part, len, secret_bytes(p->m->secret),
			      secret_len(p->m->secret), &mac, &n) != 1)
		return failed("OSSL_CRMF_pbm_new");
	struct err *e = buf_put(out, mac, n);
	OPENSSL_free(mac);
	return e;
}

// --- the exchange

static struct err *forged(void)
{
	return err_tag(err_new(ERR_NETWORK, N_("The answer to the confirmation does not come from "
					       "the CA: its protection or its numbers do not "
					       "hold.")),
		       "answer-forged");
}

static bool same(const struct buf *a, const struct buf *b)
{
	return a->len && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static struct err *validate(OSSL_CMP_CTX *ctx, const struct buf *der)
{
	BIO *bio = BIO_new_mem_buf(der->data, (int)der->len);
	OSSL_CMP_MSG *m = bio ? d2i_OSSL_CMP_MSG_bio(bio, NULL) : NULL;
	bool good = m && OSSL_CMP_validate_msg(ctx, m) == 1;
	OSSL_CMP_MSG_free(m);
	BIO_free(bio);
	ERR_clear_error();
	return good ? NULL : forged();
}

static struct err *read_answer(struct ca *c, OSSL_CMP_CTX *ctx, const struct buf *answer,
			       const struct buf *transaction, const struct buf *nonce, bool *gone)
{
	AUTO_CMP_HEADER struct cmp_header h = { 0 };
	AUTO_CMP_STATUS struct cmp_status s = { 0 };
	TRY(cmp_header_read(answer->data, answer->len, &h));
	bool open = h.body == CMP_ERROR && h.protection == CMP_PROTECTION_NONE &&
		    c->terms.profile->ca.cmp.unprotected_errors;
	if (!same(&h.transaction, transaction) ||
	    (h.recipient_nonce.len && !same(&h.recipient_nonce, nonce)))
		return forged();
	if (!open) {
		if (h.protection == CMP_PROTECTION_NONE)
			return forged();
		TRY(cmp_untrusted(&((const struct cmp *)c->self)->along, ctx));
		TRY(validate(ctx, answer));
	}
	if (h.body == CMP_PKICONF)
		return h.recipient_nonce.len ? NULL : forged();
	TRY(cmp_error_read(answer->data, answer->len, &s));
	struct err *no = cmp_refusal(s.failures, s.text);
	// A secret that was typed wrong, a system in trouble, or a word of anybody's does not say that the exchange has ended.
	*gone = !open && err_kind(no) == ERR_CA_REFUSED;
	return no;
}

static struct err *exchange(struct ca *c, const char *rejected, OSSL_CMP_CTX *ctx,
			    struct protection *p, bool *gone)
{
	struct cmp *m = c->self;
	AUTO_BUF struct buf message = BUF(CMP_MESSAGE_MAX);
	AUTO_BUF struct buf nonce = BUF(64);
	AUTO_BUF struct buf answer = BUF(CMP_MESSAGE_MAX);
	AUTO_CMP_HEADER struct cmp_header ours = { 0 };
	const struct cmp_protector protector = { algorithm, protect, p };
	const struct cmp_confirm terms = {
		.like = m->header.data,
		.like_len = m->header.len,
		.recipient_nonce = &m->nonce,
		.cert_hash = &m->hash,
		.request_id = m->request_id,
		.rejected = rejected,
		.now = clock_now(),
		.signer = p->by ? p->by->cert : NULL,
	};
	TRY(cmp_confirm_make(&terms, &protector, &message, &nonce));
	TRY(cmp_header_read(message.data, message.len, &ours));
	AUTO_BUF struct buf kept = BUF(64);
	TRY(buf_put(&kept, m->nonce.data, m->nonce.len));
	int64_t id = m->request_id;
	struct err *e = cmp_post(c, &message, &answer);
	if (!e)
		e = read_answer(c, ctx, &answer, &ours.transaction, &nonce, gone);
	// Another try, after a line that dropped, says the same once more.
	m->request_id = id;
	buf_free(&m->nonce);
	m->nonce = kept;
	kept = (struct buf){ 0 };
	return e;
}

static struct err *tell(struct ca *c, const struct ca_request *r, const char *rejected, bool *told)
{
	struct cmp *m = c->self;
	AUTO(cmp_ctx) OSSL_CMP_CTX *ctx = NULL;
	const struct ca_key *by = cmp_signer(c, r);
	struct protection p = { .m = m, .by = by, .key = by ? by->key : NULL };
	bool again = m->restored || m->told;
	bool gone = false;
	*told = false;
	if (m->phase != CMP_ISSUED && m->phase != CMP_TELLING)
		return NULL;
	m->sent = NULL;
	TRY(cmp_context(c, r, &ctx));
	m->phase = CMP_TELLING;
	m->told = true;
	struct err *e = exchange(c, rejected, ctx, &p, &gone);
	OSSL_CRMF_PBMPARAMETER_free(p.pbm);
	cmp_forget_in(ctx);
	// The first one may have arrived: then the CA has ended the exchange, and knows it no more.
	if (e && gone && again) {
		log_err(LOG_INFO, "ca", e);
		err_free(e);
		m->phase = CMP_CONFIRMED;
		return NULL;
	}
	if (e)
		return err_while(e, N_("The CA could not be told what became of its certificate."));
	m->phase = CMP_CONFIRMED;
	secret_free(m->secret);
	m->secret = NULL;
	*told = true;
	return NULL;
}

struct err *cmp_confirm(struct ca *c, const struct ca_request *r, bool *told)
{
	return tell(c, r, NULL, told);
}

struct err *cmp_reject(struct ca *c, const struct ca_request *r, const struct err *why, bool *told)
{
	const char *tag = err_nearest_slug(why);
	return tell(c, r, *tag ? tag : "certificate-refused", told);
}

// --- rr

struct err *cmp_revoke(struct ca *c, const struct ca_request *r, const struct cert *cert,
		       int reason, bool *sent)
{
	struct cmp *m = c->self;
	AUTO(cmp_ctx) OSSL_CMP_CTX *ctx = NULL;
	size_t len = 0;
	const unsigned char *der = cert_der(cert, &len);
	m->sent = sent;
	m->answered = false;
	TRY(cmp_context(c, r, &ctx));
	X509 *x = d2i_X509(NULL, &der, (long)len);
	bool good = x && OSSL_CMP_CTX_set1_oldCert(ctx, x) == 1 &&
		    OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_REVOCATION_REASON, reason) == 1;
	X509_free(x);
	if (!good)
		return failed("OSSL_CMP_CTX_set1_oldCert");
	int done = OSSL_CMP_exec_RR_ses(ctx);
	cmp_forget_in(ctx);
	struct err *e = done == 1 ? NULL : cmp_failure(c, r, ctx);
	ERR_clear_error();
	return e;
}
