// The desk: one PKIMessage in, one out; the transactions between them.
#include "practiceca/cmp.h"

#include <openssl/cmperr.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"
#include "practiceca/certificates.h"
#include "practiceca/cmp_inside.h"
#include "practiceca/openssl_error.h"

enum { TRANSACTION_SECONDS = 3600, TRANSACTIONS_MAX = 1000 };
#define SIGNER_SECONDS ((int64_t)3650 * 86400)
#define MEDIA_TYPE     "application/pkixcmp"

static void transaction_free(struct transaction *t)
{
	if (!t)
		return;
	OSSL_CMP_SRV_CTX_free(t->srv);
	buf_free(&t->nonce);
	buf_free(&t->waiting);
	X509_free(t->leaf);
	client_free(&t->client);
	account_cleanup(&t->account);
	free(t);
}
DEFINE_CLEANUP(transaction, struct transaction, transaction_free)

void cmp_desk_free(struct cmp_desk *d)
{
	if (!d)
		return;
	while (d->list) {
		struct transaction *next = d->list->next;
		transaction_free(d->list);
		d->list = next;
	}
	X509_free(d->signer);
	EVP_PKEY_free(d->signer_key);
	cert_free(d->signer_cert);
	cert_free(d->issuing_cert);
	pthread_mutex_destroy(&d->turn);
	free(d);
}
DEFINE_CLEANUP(cmp_desk, struct cmp_desk, cmp_desk_free)

static struct err *as_cert(X509 *x, struct cert **out)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);
	struct err *e = len > 0 ? cert_parse(der, (size_t)len, out) : openssl_error("i2d_X509");
	OPENSSL_free(der);
	return e;
}

// The key of the messages lives as long as the server: clients know it by its certificate.
static struct err *make_signer(const struct service *s, struct cmp_desk *d)
{
	int64_t now = clock_now();
	int64_t end = certificate_not_after(s->authority->issuing);
	d->signer_key = EVP_EC_gen("P-256");
	if (!d->signer_key)
		return openssl_error("EVP_EC_gen");
	TRY(certificate_make(
		&(struct certificate_terms){
			.kind = CERTIFICATE_CMP,
			.common_name = "Practice CA CMP",
			.public_key = d->signer_key,
			.issuer = s->authority->issuing,
			.issuer_key = s->authority->issuing_key,
			.not_before = now - 60,
			.not_after = now + SIGNER_SECONDS < end ? now + SIGNER_SECONDS : end },
		&d->signer));
	TRY(as_cert(d->signer, &d->signer_cert));
	return as_cert(s->authority->issuing, &d->issuing_cert);
}

struct err *cmp_desk_new(const struct service *s, struct cmp_desk **out)
{
	AUTO(cmp_desk) struct cmp_desk *d = calloc(1, sizeof *d);
	if (!d)
		return err_no_memory();
	d->service = s;
	pthread_mutex_init(&d->turn, NULL);
	TRY(make_signer(s, d));
	*out = d;
	d = NULL;
	return NULL;
}

// --- transactions

static struct transaction *find(struct cmp_desk *d, const char *id)
{
	for (struct transaction *t = d->list; t; t = t->next)
		if (strcmp(t->id, id) == 0)
			return t;
	return NULL;
}

static void drop(struct cmp_desk *d, const struct transaction *gone)
{
	for (struct transaction **at = &d->list; *at; at = &(*at)->next) {
		if (*at != gone)
			continue;
		struct transaction *t = *at;
		*at = t->next;
		transaction_free(t);
		return;
	}
}

// Old ones go, and the oldest when there are too many.
static void sweep(struct cmp_desk *d, int64_t now)
{
	size_t n = 0;
	for (struct transaction **at = &d->list; *at;) {
		struct transaction *t = *at;
		if (++n <= TRANSACTIONS_MAX && t->touched + TRANSACTION_SECONDS >= now) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		transaction_free(t);
	}
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

static struct err *set_up(struct transaction *t)
{
	struct cmp_desk *d = t->desk;
	OSSL_CMP_CTX *ctx = OSSL_CMP_SRV_CTX_get0_cmp_ctx(t->srv);
	STACK_OF(X509) *chain = sk_X509_new_null();
	bool good = chain && sk_X509_push(chain, d->service->authority->issuing) > 0 &&
		    OSSL_CMP_CTX_set_log_cb(ctx, silent) == 1 &&
		    OSSL_CMP_CTX_set1_cert(ctx, d->signer) == 1 &&
		    OSSL_CMP_CTX_set1_pkey(ctx, d->signer_key) == 1 &&
		    OSSL_CMP_CTX_set1_untrusted(ctx, chain) == 1;
	sk_X509_free(chain);
	return good ? transaction_callbacks(t) : openssl_error("OSSL_CMP_CTX_set1_cert");
}

static struct err *transaction_new(struct cmp_desk *d, const char *id, const struct cmp_header *h,
				   int64_t now, struct transaction **out)
{
	AUTO(transaction) struct transaction *t = calloc(1, sizeof *t);
	if (!t)
		return err_no_memory();
	t->desk = d;
	t->touched = now;
	t->first = h->body;
	t->protection = h->protection;
	t->implicit = h->implicit_confirm;
	snprintf(t->id, sizeof t->id, "%s", id);
	t->srv = OSSL_CMP_SRV_CTX_new(NULL, NULL);
	if (!t->srv)
		return openssl_error("OSSL_CMP_SRV_CTX_new");
	TRY(set_up(t));
	*out = t;
	t = NULL;
	return NULL;
}

// RevReqContent (RFC 9810 §5.3.9): the reason stands in crlEntryDetails, behind the template.
static int64_t reason_of(const struct buf *content)
{
	const unsigned char *at = content->data, *end = at + content->len;
	long n = 0;
	int tag = 0, class = 0, reason = 0;
	for (int depth = 0; depth < 2; depth++) // the list, its first entry
		if (at >= end || (ASN1_get_object(&at, &n, &tag, &class, end - at) & 0x80))
			return 0;
	end = at + n;
	if (at >= end || (ASN1_get_object(&at, &n, &tag, &class, end - at) & 0x80))
		return 0;
	at += n; // the template
	X509_EXTENSIONS *list = at < end ? d2i_X509_EXTENSIONS(NULL, &at, end - at) : NULL;
	ASN1_ENUMERATED *code = X509V3_get_d2i(list, NID_crl_reason, NULL, NULL);
	if (code)
		reason = (int)ASN1_ENUMERATED_get(code);
	ASN1_ENUMERATED_free(code);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	ERR_clear_error();
	return reason;
}

// --- answers

static struct err *sign_algorithm(void *ctx, struct buf *out)
{
	unsigned char *der = NULL;
	X509_ALGOR *alg = X509_ALGOR_new();
	(void)ctx;
	int len = alg && X509_ALGOR_set0(alg, OBJ_nid2obj(NID_ecdsa_with_SHA256), V_ASN1_UNDEF,
					 NULL) == 1
			  ? i2d_X509_ALGOR(alg, &der)
			  : -1;
	struct err *e = len > 0 ? buf_put(out, der, (size_t)len) : openssl_error("X509_ALGOR_set0");
	OPENSSL_free(der);
	X509_ALGOR_free(alg);
	return e;
}

static struct err *sign(void *ctx, const void *part, size_t len, struct buf *out)
{
	const struct cmp_desk *d = ctx;
	unsigned char sig[256];
	size_t n = sizeof sig;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good = md && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, d->signer_key) == 1 &&
		    EVP_DigestSign(md, sig, &n, part, len) == 1;
	EVP_MD_CTX_free(md);
	return good ? buf_put(out, sig, n) : openssl_error("EVP_DigestSign");
}

static struct err *refuse(struct cmp_desk *d, const struct cmp_header *h, struct no no,
			  struct answer *out)
{
	const struct cmp_protector by = { sign_algorithm, sign, d };
	const struct cmp_error terms = {
		.like = h->der.data,
		.like_len = h->der.len,
		.recipient_nonce = &h->sender_nonce,
		.failures = no.failures,
		.text = no.words,
		.now = clock_now(),
		.signer = d->signer_cert,
		.issuer = d->issuing_cert,
	};
	return cmp_error_make(&terms, &by, &out->body);
}

// OpenSSL's server empties the error queue itself; its answer has the reason's words.
static bool wrong_secret(const struct buf *answer)
{
	AUTO_CMP_STATUS struct cmp_status s = { 0 };
	const char *reason =
		ERR_reason_error_string(ERR_PACK(ERR_LIB_CMP, 0, CMP_R_WRONG_PBM_VALUE));
	AUTO(err) struct err *none = cmp_error_read(answer->data, answer->len, &s);
	return !none && reason && strstr(s.text, reason);
}

// Errors in a row lock an account here as everywhere; a name without an account, too.
static struct err *count_failure(const struct cmp_desk *d, const struct cmp_header *h, int64_t now)
{
	struct holder who;
	char name[NAME_MAX_LEN + 1];
	if (!h->sender_kid.len ||
	    !holder_read((const char *)h->sender_kid.data, h->sender_kid.len, &who))
		return NULL;
	holder_name(&who, name);
	struct err *e = failures_add(database_take(d->service->database), name, now);
	database_give(d->service->database);
	return e;
}

static struct err *to_der(const OSSL_CMP_MSG *m, struct buf *out)
{
	char *bytes = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	struct err *e = bio && i2d_OSSL_CMP_MSG_bio(bio, m) == 1
				? NULL
				: openssl_error("i2d_OSSL_CMP_MSG_bio");
	long len = e ? 0 : BIO_get_mem_data(bio, &bytes);
	if (!e)
		e = buf_put(out, bytes, (size_t)len);
	BIO_free(bio);
	return e;
}

// OpenSSL's server judges and answers.
static struct err *process(struct transaction *t, const struct buf *body,
			   const struct cmp_header *h, int64_t now, struct answer *out)
{
	AUTO_CMP_HEADER struct cmp_header ours = { 0 };
	BIO *bio = BIO_new_mem_buf(body->data, (int)body->len);
	OSSL_CMP_MSG *request = bio ? d2i_OSSL_CMP_MSG_bio(bio, NULL) : NULL;
	BIO_free(bio);
	ERR_clear_error();
	OSSL_CMP_MSG *response = request ? OSSL_CMP_SRV_process_request(t->srv, request) : NULL;
	ERR_clear_error();
	struct err *e = NULL;
	if (t->no.words)
		e = refuse(t->desk, h, t->no, out);
	else if (response)
		e = to_der(response, &out->body);
	else
		e = refuse(t->desk, h,
			   (struct no){ FAIL_BAD_DATA_FORMAT,
					"the message cannot be read (RFC 9810 section 5.1)" },
			   out);
	OSSL_CMP_MSG_free(request);
	OSSL_CMP_MSG_free(response);
	t->no = (struct no){ 0, NULL };
	if (e)
		return e;
	if (t->protection == CMP_PROTECTION_PBM && wrong_secret(&out->body))
		TRY(count_failure(t->desk, h, now));
	TRY(cmp_header_read(out->body.data, out->body.len, &ours));
	buf_free(&t->nonce);
	t->nonce = ours.sender_nonce;
	ours.sender_nonce = (struct buf){ 0 };
	t->touched = ours.body == CMP_ERROR || ours.body == CMP_PKICONF ? 0 : now; // 0: it is over
	return NULL;
}

static struct err *begin(struct cmp_desk *d, const char *id, const struct cmp_header *h,
			 int64_t now, struct transaction **out, struct no *no)
{
	AUTO(transaction) struct transaction *t = NULL;
	TRY(transaction_new(d, id, h, now, &t));
	if (!t)
		return err_no_memory();
	if (h->body == CMP_RR)
		t->reason = reason_of(&h->content);
	TRY(judge_sender(t, h, now, no));
	if (no->words)
		return NULL;
	*out = t;
	t->next = d->list;
	d->list = t;
	t = NULL;
	return NULL;
}

static struct err *serve(struct cmp_desk *d, const struct call *c, const struct cmp_header *h,
			 struct answer *out)
{
	int64_t now = clock_now();
	char id[2 * CMP_NONCE_LEN + 1] = "";
	sweep(d, now);
	for (size_t i = 0; i < h->transaction.len && i < CMP_NONCE_LEN; i++)
		snprintf(id + 2 * i, 3, "%02x", h->transaction.data[i]);
	struct transaction *t = find(d, id);
	struct no no = judge_message(d, t, h, now);
	if (!no.words && !t)
		TRY(begin(d, id, h, now, &t, &no));
	if (no.words)
		return refuse(d, h, no, out);
	struct err *e = process(t, c->body, h, now, out);
	if (e || t->touched == 0)
		drop(d, t);
	return e;
}

static bool is_cmp(const char *type)
{
	size_t len = sizeof MEDIA_TYPE - 1;
	return type && strncasecmp(type, MEDIA_TYPE, len) == 0 &&
	       (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

struct err *cmp_answer(const struct service *s, const struct call *c, struct answer *out)
{
	AUTO_CMP_HEADER struct cmp_header h = { 0 };
	if (strcmp(c->method, "POST") != 0) {
		out->allow = "POST";
		return answer_refuse(out, c, REFUSE_METHOD);
	}
	if (c->too_large)
		return answer_refuse(out, c, REFUSE_TOO_LARGE);
	if (!is_cmp(c->content_type))
		return answer_refuse(out, c, REFUSE_CMP_CONTENT_TYPE);
	AUTO(err) struct err *unreadable = cmp_header_read(c->body->data, c->body->len, &h);
	if (unreadable)
		return answer_refuse(out, c, REFUSE_CMP_MESSAGE);
	out->status = 200;
	out->content_type = MEDIA_TYPE;
	pthread_mutex_lock(&s->cmp->turn);
	struct err *e = serve(s->cmp, c, &h, out);
	pthread_mutex_unlock(&s->cmp->turn);
	return e;
}
