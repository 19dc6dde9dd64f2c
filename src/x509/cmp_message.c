// The outside of PKIMessages, by OpenSSL's templates: OpenSSL's own structure of them is closed.
#include "x509/cmp_message.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "base/text.h"
#include "x509/cert_inside.h"

// OpenSSL's macros for templates make functions and casts that this code's warnings were not made for.
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"

typedef struct {
	ASN1_OBJECT *type;
	ASN1_TYPE *value;
} INFO;
typedef struct {
	ASN1_INTEGER *pvno;
	GENERAL_NAME *sender, *recipient;
	ASN1_GENERALIZEDTIME *time;
	X509_ALGOR *algorithm;
	ASN1_OCTET_STRING *sender_kid, *recipient_kid, *transaction, *sender_nonce,
		*recipient_nonce;
	STACK_OF(ASN1_UTF8STRING) * text;
	STACK_OF(INFO) * infos;
} HEADER;
typedef struct {
	HEADER *header;
	ASN1_TYPE *body;
	ASN1_BIT_STRING *protection;
	STACK_OF(X509) * certificates;
} MESSAGE;
typedef struct {
	HEADER *header;
	ASN1_TYPE *body;
} PART;
typedef struct {
	ASN1_INTEGER *status;
	STACK_OF(ASN1_UTF8STRING) * text;
	ASN1_BIT_STRING *failures;
} STATUS;
typedef struct {
	STATUS *status;
	ASN1_INTEGER *code;
	STACK_OF(ASN1_UTF8STRING) * details;
} ERROR;
typedef struct {
	ASN1_OCTET_STRING *hash;
	ASN1_INTEGER *id;
	STATUS *status;
} CERTIFICATE_STATUS;
DEFINE_STACK_OF(INFO)

ASN1_SEQUENCE(INFO) = { ASN1_SIMPLE(INFO, type, ASN1_OBJECT),
			ASN1_OPT(INFO, value, ASN1_ANY) } static_ASN1_SEQUENCE_END(INFO)
ASN1_SEQUENCE(HEADER) = {
	ASN1_SIMPLE(HEADER, pvno, ASN1_INTEGER),
	ASN1_SIMPLE(HEADER, sender, GENERAL_NAME),
	ASN1_SIMPLE(HEADER, recipient, GENERAL_NAME),
	ASN1_EXP_OPT(HEADER, time, ASN1_GENERALIZEDTIME, 0),
	ASN1_EXP_OPT(HEADER, algorithm, X509_ALGOR, 1),
	ASN1_EXP_OPT(HEADER, sender_kid, ASN1_OCTET_STRING, 2),
	ASN1_EXP_OPT(HEADER, recipient_kid, ASN1_OCTET_STRING, 3),
	ASN1_EXP_OPT(HEADER, transaction, ASN1_OCTET_STRING, 4),
	ASN1_EXP_OPT(HEADER, sender_nonce, ASN1_OCTET_STRING, 5),
	ASN1_EXP_OPT(HEADER, recipient_nonce, ASN1_OCTET_STRING, 6),
	ASN1_EXP_SEQUENCE_OF_OPT(HEADER, text, ASN1_UTF8STRING, 7),
	ASN1_EXP_SEQUENCE_OF_OPT(HEADER, infos, INFO, 8),
} static_ASN1_SEQUENCE_END(HEADER)
ASN1_SEQUENCE(MESSAGE) = {
	ASN1_SIMPLE(MESSAGE, header, HEADER),
	ASN1_SIMPLE(MESSAGE, body, ASN1_ANY),
	ASN1_EXP_OPT(MESSAGE, protection, ASN1_BIT_STRING, 0),
	ASN1_EXP_SEQUENCE_OF_OPT(MESSAGE, certificates, X509, 1),
} static_ASN1_SEQUENCE_END(MESSAGE)
ASN1_SEQUENCE(PART) = { ASN1_SIMPLE(PART, header, HEADER),
			ASN1_SIMPLE(PART, body, ASN1_ANY) } static_ASN1_SEQUENCE_END(PART)
ASN1_SEQUENCE(STATUS) = {
	ASN1_SIMPLE(STATUS, status, ASN1_INTEGER),
	ASN1_SEQUENCE_OF_OPT(STATUS, text, ASN1_UTF8STRING),
	ASN1_OPT(STATUS, failures, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(STATUS)
ASN1_SEQUENCE(ERROR) = {
	ASN1_SIMPLE(ERROR, status, STATUS),
	ASN1_OPT(ERROR, code, ASN1_INTEGER),
	ASN1_SEQUENCE_OF_OPT(ERROR, details, ASN1_UTF8STRING),
} static_ASN1_SEQUENCE_END(ERROR)
ASN1_SEQUENCE(CERTIFICATE_STATUS) = {
	ASN1_SIMPLE(CERTIFICATE_STATUS, hash, ASN1_OCTET_STRING),
	ASN1_SIMPLE(CERTIFICATE_STATUS, id, ASN1_INTEGER),
	ASN1_OPT(CERTIFICATE_STATUS, status, STATUS),
} static_ASN1_SEQUENCE_END(CERTIFICATE_STATUS)

// NOLINTBEGIN(bugprone-macro-parentheses): a type stands in none
#define FREE(type, name)                                                                           \
	static void free_##name(type *p)                                                           \
	{                                                                                          \
		ASN1_item_free((ASN1_VALUE *)p, ASN1_ITEM_rptr(type));                             \
	}                                                                                          \
	DEFINE_CLEANUP(name, type, free_##name)
// NOLINTEND(bugprone-macro-parentheses)
enum { REJECTION = 2, INCORRECT_DATA = 7, FAILURES = 27 };

static void free_info(INFO *p)
{
	ASN1_item_free((ASN1_VALUE *)p, ASN1_ITEM_rptr(INFO));
}
FREE(HEADER, header)
FREE(MESSAGE, message)
FREE(ERROR, error)
FREE(CERTIFICATE_STATUS, certificate_status)

static struct err *unreadable(const char *call)
{
	return ossl_reason(
		err_hint(err_tag(err_new(ERR_CA_REFUSED, N_("The answer is no message of CMP that "
							    "can be read.")),
				 "no-certificate"),
			 N_("Check the address in the profile and tell the institution.")),
		call);
}

static struct err *parse(const void *der, size_t len, MESSAGE **out)
{
	const unsigned char *p = der;
	if (len == 0 || len > CMP_MESSAGE_MAX)
		return unreadable("d2i_PKIMessage");
	AUTO(message)
	MESSAGE *m = (MESSAGE *)ASN1_item_d2i(NULL, &p, (long)len, ASN1_ITEM_rptr(MESSAGE));
	if (!m || p != (const unsigned char *)der + len || m->body->type != V_ASN1_OTHER)
		return unreadable("d2i_PKIMessage");
	*out = m;
	m = NULL;
	return NULL;
}

// --- read

static struct err *too_long(int len)
{
	return err_hint(
		err_tag(err_new(ERR_CA_REFUSED,
				N_("A message of CMP has %1 bytes in one field of its header; no "
				   "more than %2 are taken."),
				ARG_NUM(len), ARG_NUM(CMP_FIELD_MAX)),
			"no-certificate"),
		N_("Check the address in the profile and tell the institution."));
}

// Numbers and names of keys: what is longer is none of them, and would have to be sent back and kept.
static struct err *octets(const ASN1_OCTET_STRING *s, struct buf *out)
{
	if (s && ASN1_STRING_length(s) > CMP_FIELD_MAX)
		return too_long(ASN1_STRING_length(s));
	*out = BUF(CMP_FIELD_MAX);
	return s ? buf_put(out, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)) : NULL;
}

// The content of the body, below its explicit tag.
static bool open_body(const ASN1_TYPE *body, int *tag, const unsigned char **content, long *len)
{
	int class = 0;
	const ASN1_STRING *s = body->value.asn1_string;
	*content = ASN1_STRING_get0_data(s);
	int form = ASN1_get_object(content, len, tag, &class, ASN1_STRING_length(s));
	return form == V_ASN1_CONSTRUCTED && class == V_ASN1_CONTEXT_SPECIFIC;
}

static enum cmp_protection protection_of(const MESSAGE *m)
{
	const ASN1_OBJECT *algorithm = NULL;
	if (!m->protection || !m->header->algorithm)
		return CMP_PROTECTION_NONE;
	X509_ALGOR_get0(&algorithm, NULL, NULL, m->header->algorithm);
	return OBJ_obj2nid(algorithm) == NID_id_PasswordBasedMAC ? CMP_PROTECTION_PBM
								 : CMP_PROTECTION_OTHER;
}

static int64_t time_of(const ASN1_GENERALIZEDTIME *t)
{
	struct tm tm = { 0 };
	return t && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : -1;
}

static bool has_info(const HEADER *h, int nid)
{
	for (int i = 0; i < sk_INFO_num(h->infos); i++)
		if (OBJ_obj2nid(sk_INFO_value(h->infos, i)->type) == nid)
			return true;
	return false;
}

// Goes into the next element if it has this tag.
static bool enter(const unsigned char **at, const unsigned char *end, int tag)
{
	long len = 0;
	int found = 0, class = 0;
	return *at < end && !(ASN1_get_object(at, &len, &found, &class, end - *at) & 0x80) &&
	       found == tag && class == V_ASN1_UNIVERSAL;
}

// CertRepMessage (RFC 9810 §5.3.4): caPubs [1] OPTIONAL, then the list of responses, each of which begins with its certReqId.
static int64_t request_id(const unsigned char *at, long len)
{
	const unsigned char *end = at + len;
	int64_t id = 0;
	long inner = 0;
	int tag = 0, class = 0;
	if (!enter(&at, end, V_ASN1_SEQUENCE))
		return 0;
	const unsigned char *first = at;
	if (at < end && !(ASN1_get_object(&at, &inner, &tag, &class, end - at) & 0x80) &&
	    class == V_ASN1_CONTEXT_SPECIFIC)
		first = at + inner;
	if (first >= end || !enter(&first, end, V_ASN1_SEQUENCE) ||
	    !enter(&first, end, V_ASN1_SEQUENCE))
		return 0;
	ASN1_INTEGER *number = d2i_ASN1_INTEGER(NULL, &first, end - first);
	if (!number || ASN1_INTEGER_get_int64(&id, number) != 1)
		id = 0;
	ASN1_INTEGER_free(number);
	return id;
}

static struct err *take_certificates(const STACK_OF(X509) * list, struct cert_list *out)
{
	for (int i = 0; i < sk_X509_num(list) && i < CERT_MAX_LIST; i++) {
		AUTO(cert) struct cert *c = NULL;
		AUTO(ossl) unsigned char *der = NULL;
		int len = i2d_X509(sk_X509_value(list, i), &der);
		if (len <= 0)
			return unreadable("i2d_X509");
		TRY(cert_parse(der, (size_t)len, &c));
		TRY(cert_list_add(out, c));
	}
	return NULL;
}

static struct err *take(const MESSAGE *m, struct cmp_header *h)
{
	const unsigned char *content = NULL;
	long len = 0;
	// NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is one where parse gave no error
	const HEADER *from = m->header;
	if (!open_body(m->body, &h->body, &content, &len) ||
	    ASN1_INTEGER_get_int64(&h->pvno, from->pvno) != 1)
		return unreadable("ASN1_get_object");
	h->protection = protection_of(m);
	if (h->body == CMP_IP || h->body == CMP_CP || h->body == CMP_KUP)
		h->request_id = request_id(content, len);
	h->time = time_of(from->time);
	h->implicit_confirm = has_info(from, NID_id_it_implicitConfirm);
	h->content = BUF(CMP_MESSAGE_MAX);
	TRY(buf_put(&h->content, content, (size_t)len));
	TRY(octets(from->transaction, &h->transaction));
	TRY(octets(from->sender_nonce, &h->sender_nonce));
	TRY(octets(from->recipient_nonce, &h->recipient_nonce));
	TRY(octets(from->sender_kid, &h->sender_kid));
	AUTO(ossl) unsigned char *der = NULL;
	int n = ASN1_item_i2d((const ASN1_VALUE *)from, &der, ASN1_ITEM_rptr(HEADER));
	if (n <= 0)
		return unreadable("ASN1_item_i2d");
	h->der = BUF(CMP_MESSAGE_MAX);
	TRY(buf_put(&h->der, der, (size_t)n));
	return take_certificates(m->certificates, &h->certificates);
}

struct err *cmp_header_read(const void *der, size_t len, struct cmp_header *out)
{
	AUTO(message) MESSAGE *m = NULL;
	AUTO_CMP_HEADER struct cmp_header h = { 0 };
	TRY(parse(der, len, &m));
	TRY(take(m, &h));
	ossl_clear();
	*out = h;
	h = (struct cmp_header){ 0 };
	return NULL;
}

void cmp_header_free(struct cmp_header *h)
{
	buf_free(&h->transaction);
	buf_free(&h->sender_nonce);
	buf_free(&h->recipient_nonce);
	buf_free(&h->sender_kid);
	buf_free(&h->der);
	buf_free(&h->content);
	cert_list_free(&h->certificates);
	*h = (struct cmp_header){ 0 };
}

static struct err *put_texts(const STACK_OF(ASN1_UTF8STRING) * list, struct buf *out)
{
	for (int i = 0; i < sk_ASN1_UTF8STRING_num(list); i++) {
		const ASN1_STRING *s = sk_ASN1_UTF8STRING_value(list, i);
		if (out->len)
			TRY(buf_puts(out, "; "));
		TRY(buf_put(out, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)));
	}
	return NULL;
}

struct err *cmp_error_read(const void *der, size_t len, struct cmp_status *out)
{
	enum { TEXT_MAX = 2000 };
	AUTO(message) MESSAGE *m = NULL;
	AUTO(error) ERROR *e = NULL;
	AUTO_BUF struct buf text = BUF(CMP_MESSAGE_MAX);
	struct cmp_status s = { 0 };
	const unsigned char *content = NULL;
	long rest = 0;
	int tag = 0;
	TRY(parse(der, len, &m));
	// NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is one where parse gave no error
	if (!open_body(m->body, &tag, &content, &rest) || tag != CMP_ERROR)
		return unreadable("ASN1_get_object");
	e = (ERROR *)ASN1_item_d2i(NULL, &content, rest, ASN1_ITEM_rptr(ERROR));
	if (!e || ASN1_INTEGER_get_int64(&s.status, e->status->status) != 1)
		return unreadable("d2i_ErrorMsgContent");
	for (int i = 0; i < FAILURES; i++)
		if (e->status->failures && ASN1_BIT_STRING_get_bit(e->status->failures, i))
			s.failures |= 1U << i;
	TRY(put_texts(e->status->text, &text));
	TRY(put_texts(e->details, &text));
	s.text = text_safe(text.len ? (const char *)text.data : "", text.len, TEXT_MAX);
	if (!s.text)
		return err_no_memory();
	*out = s;
	return NULL;
}

// --- certConf

static struct err *hash_with(const EVP_MD *md, const struct cert *c, struct buf *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	size_t len = 0;
	const uint8_t *der = cert_der(c, &len);
	if (!md || EVP_Digest(der, len, digest, &n, md, NULL) != 1)
		return ossl_failed("EVP_Digest");
	return buf_put(out, digest, n);
}

struct err *cmp_cert_hash(const struct cert *c, struct buf *out)
{
	size_t len = 0;
	int hash = NID_undef;
	const unsigned char *der = cert_der(c, &len);
	AUTO(x509) X509 *x = d2i_X509(NULL, &der, (long)len);
	if (!x || OBJ_find_sigid_algs(X509_get_signature_nid(x), &hash, NULL) != 1)
		return unreadable("X509_get_signature_nid");
	// RSASSA-PSS and EdDSA say nothing of a hash here; SHA-256 is what those who sign with them take.
	return hash_with(hash == NID_undef ? EVP_sha256() : EVP_get_digestbynid(hash), c, out);
}

static bool set_octets(ASN1_OCTET_STRING **at, const void *bytes, size_t len)
{
	if (!*at)
		*at = ASN1_OCTET_STRING_new();
	return *at && len <= INT_MAX && ASN1_OCTET_STRING_set(*at, bytes, (int)len) == 1;
}

static bool fill_rejection(STATUS *s, unsigned failures, const char *why)
{
	ASN1_UTF8STRING *text = ASN1_UTF8STRING_new();
	if (!text || !(s->text = sk_ASN1_UTF8STRING_new_null()) ||
	    ASN1_STRING_set(text, why, -1) != 1 || sk_ASN1_UTF8STRING_push(s->text, text) <= 0) {
		ASN1_UTF8STRING_free(text);
		return false;
	}
	s->failures = ASN1_BIT_STRING_new();
	bool good = s->failures && ASN1_INTEGER_set_int64(s->status, REJECTION) == 1;
	for (int i = 0; good && i < FAILURES; i++)
		if (failures & (1U << i))
			good = ASN1_BIT_STRING_set_bit(s->failures, i, 1) == 1;
	return good;
}

static bool reject(CERTIFICATE_STATUS *s, const char *why)
{
	s->status = (STATUS *)ASN1_item_new(ASN1_ITEM_rptr(STATUS));
	return s->status && fill_rejection(s->status, 1U << INCORRECT_DATA, why);
}

// A body of this tag around its content (one SEQUENCE, or for `list` one in a SEQUENCE OF).
static struct err *wrap_body(int tag, bool list, const unsigned char *content, int n,
			     ASN1_TYPE *body)
{
	int inner = list ? ASN1_object_size(1, n, V_ASN1_SEQUENCE) : n;
	int all = ASN1_object_size(1, inner, tag);
	ASN1_STRING *der = ASN1_STRING_type_new(V_ASN1_OTHER);
	if (!der || ASN1_STRING_set(der, NULL, all) != 1) {
		ASN1_STRING_free(der);
		return err_no_memory();
	}
	unsigned char *p = (unsigned char *)(uintptr_t)ASN1_STRING_get0_data(der);
	ASN1_put_object(&p, 1, inner, tag, V_ASN1_CONTEXT_SPECIFIC);
	if (list)
		ASN1_put_object(&p, 1, n, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	memcpy(p, content, (size_t)n);
	ASN1_TYPE_set(body, V_ASN1_OTHER, der);
	return NULL;
}

// [24] EXPLICIT SEQUENCE OF CertStatus, with one in it.
static struct err *put_body(const struct cmp_confirm *t, ASN1_TYPE *body)
{
	AUTO(ossl) unsigned char *one = NULL;
	AUTO(certificate_status)
	CERTIFICATE_STATUS *s =
		(CERTIFICATE_STATUS *)ASN1_item_new(ASN1_ITEM_rptr(CERTIFICATE_STATUS));
	if (!s || !set_octets(&s->hash, t->cert_hash->data, t->cert_hash->len) ||
	    ASN1_INTEGER_set_int64(s->id, t->request_id) != 1 ||
	    (t->rejected && !reject(s, t->rejected)))
		return ossl_failed("ASN1_item_new");
	int n = ASN1_item_i2d((ASN1_VALUE *)s, &one, ASN1_ITEM_rptr(CERTIFICATE_STATUS));
	if (n <= 0)
		return ossl_failed("ASN1_item_i2d");
	return wrap_body(CMP_CERTCONF, true, one, n, body);
}

static struct err *put_header(const struct buf *recipient_nonce, int64_t now, HEADER *h,
			      struct buf *nonce)
{
	unsigned char fresh[CMP_NONCE_LEN];
	if (RAND_bytes(fresh, sizeof fresh) != 1)
		return ossl_failed("RAND_bytes");
	ASN1_GENERALIZEDTIME_free(h->time);
	h->time = ASN1_GENERALIZEDTIME_set(NULL, (time_t)now);
	sk_INFO_pop_free(h->infos, free_info);
	h->infos = NULL;
	if (!h->time || !set_octets(&h->sender_nonce, fresh, sizeof fresh) ||
	    (recipient_nonce->len &&
	     !set_octets(&h->recipient_nonce, recipient_nonce->data, recipient_nonce->len)))
		return ossl_failed("ASN1_OCTET_STRING_set");
	return buf_put(nonce, fresh, sizeof fresh);
}

static struct err *put_algorithm(const struct cmp_protector *p, HEADER *h)
{
	AUTO_BUF struct buf der = BUF(4096);
	if (!p->algorithm)
		return NULL;
	TRY(p->algorithm(p->ctx, &der));
	const unsigned char *at = der.data;
	X509_ALGOR *fresh = d2i_X509_ALGOR(NULL, &at, (long)der.len);
	if (!fresh)
		return ossl_failed("d2i_X509_ALGOR");
	X509_ALGOR_free(h->algorithm);
	h->algorithm = fresh;
	return NULL;
}

static struct err *put_protection(const struct cmp_protector *p, MESSAGE *m)
{
	AUTO(ossl) unsigned char *der = NULL;
	AUTO_BUF struct buf bits = BUF(65536);
	PART part = { m->header, m->body };
	int len = ASN1_item_i2d((ASN1_VALUE *)&part, &der, ASN1_ITEM_rptr(PART));
	if (len <= 0)
		return ossl_failed("ASN1_item_i2d");
	TRY(p->protect(p->ctx, der, (size_t)len, &bits));
	if (!m->protection)
		m->protection = ASN1_BIT_STRING_new();
	if (!m->protection || ASN1_BIT_STRING_set(m->protection, bits.data, (int)bits.len) != 1)
		return ossl_failed("ASN1_BIT_STRING_set");
	m->protection->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
	m->protection->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	return NULL;
}

static struct err *put_certificate(const struct cert *signer, MESSAGE *m)
{
	size_t len = 0;
	if (!signer)
		return NULL;
	const unsigned char *der = cert_der(signer, &len);
	X509 *x = d2i_X509(NULL, &der, (long)len);
	if (!m->certificates)
		m->certificates = sk_X509_new_null();
	if (x && m->certificates && sk_X509_push(m->certificates, x) > 0)
		return NULL;
	X509_free(x);
	return ossl_failed("sk_X509_push");
}

static struct err *start(const void *like, size_t len, MESSAGE *m)
{
	const unsigned char *p = like;
	AUTO(header)
	HEADER *h = (HEADER *)ASN1_item_d2i(NULL, &p, (long)len, ASN1_ITEM_rptr(HEADER));
	if (!h || p != (const unsigned char *)like + len)
		return unreadable("d2i_PKIHeader");
	free_header(m->header);
	m->header = h;
	h = NULL;
	return NULL;
}

static struct err *finish(const struct cmp_protector *p, MESSAGE *m, struct buf *out)
{
	AUTO(ossl) unsigned char *der = NULL;
	TRY(put_protection(p, m));
	int len = ASN1_item_i2d((ASN1_VALUE *)m, &der, ASN1_ITEM_rptr(MESSAGE));
	return len > 0 ? buf_put(out, der, (size_t)len) : ossl_failed("ASN1_item_i2d");
}

struct err *cmp_confirm_make(const struct cmp_confirm *t, const struct cmp_protector *p,
			     struct buf *out, struct buf *nonce)
{
	AUTO(message) MESSAGE *m = (MESSAGE *)ASN1_item_new(ASN1_ITEM_rptr(MESSAGE));
	if (!m)
		return err_no_memory();
	TRY(start(t->like, t->like_len, m));
	TRY(put_header(t->recipient_nonce, t->now, m->header, nonce));
	TRY(put_algorithm(p, m->header));
	TRY(put_body(t, m->body));
	TRY(put_certificate(t->signer, m));
	return finish(p, m, out);
}

// From the signer to whoever asked.
static struct err *turn_round(const struct cert *signer, HEADER *h)
{
	size_t len = 0;
	const unsigned char *der = cert_subject_der(signer, &len);
	X509_NAME *name = d2i_X509_NAME(NULL, &der, (long)len);
	if (!name)
		return ossl_failed("d2i_X509_NAME");
	GENERAL_NAME_free(h->recipient);
	h->recipient = h->sender;
	h->sender = GENERAL_NAME_new();
	if (!h->sender) {
		X509_NAME_free(name);
		return err_no_memory();
	}
	GENERAL_NAME_set0_value(h->sender, GEN_DIRNAME, name);
	ASN1_OCTET_STRING_free(h->sender_kid);
	ASN1_OCTET_STRING_free(h->recipient_kid);
	h->sender_kid = h->recipient_kid = NULL;
	return NULL;
}

static struct err *put_error(const struct cmp_error *t, ASN1_TYPE *body)
{
	AUTO(ossl) unsigned char *der = NULL;
	AUTO(error) ERROR *e = (ERROR *)ASN1_item_new(ASN1_ITEM_rptr(ERROR));
	if (!e || !fill_rejection(e->status, t->failures, t->text))
		return ossl_failed("ASN1_item_new");
	int n = ASN1_item_i2d((ASN1_VALUE *)e, &der, ASN1_ITEM_rptr(ERROR));
	return n > 0 ? wrap_body(CMP_ERROR, false, der, n, body) : ossl_failed("ASN1_item_i2d");
}

struct err *cmp_error_make(const struct cmp_error *t, const struct cmp_protector *p,
			   struct buf *out)
{
	AUTO_BUF struct buf nonce = BUF(CMP_NONCE_LEN);
	AUTO(message) MESSAGE *m = (MESSAGE *)ASN1_item_new(ASN1_ITEM_rptr(MESSAGE));
	if (!m)
		return err_no_memory();
	TRY(start(t->like, t->like_len, m));
	TRY(turn_round(t->signer, m->header));
	TRY(put_header(t->recipient_nonce, t->now, m->header, &nonce));
	TRY(put_algorithm(p, m->header));
	TRY(put_error(t, m->body));
	TRY(put_certificate(t->signer, m));
	TRY(put_certificate(t->issuer, m));
	return finish(p, m, out);
}
