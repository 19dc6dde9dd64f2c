// Certificates: read once, then only looked at.
#include "x509/cert.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>

#include "base/text.h"
#include "x509/cert_inside.h"
#include "x509/name.h"
#include "x509/rsa.h"

struct cert {
	atomic_uint refs;
	X509 *x;
	struct buf der, serial, public_key;
	char sha256[65];
	char *serial_hex, *subject_text, *issuer_text, *common_name;
	int n_common_names;
	int64_t not_before, not_after;
};

static struct err *unreadable(const char *call)
{
	return ossl_reason(
		err_tag(err_new(ERR_CA_REFUSED,
				N_("What should be a certificate cannot be read as one.")),
			"certificate-unreadable"),
		call);
}

static struct err *read_time(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;
	memset(&tm, 0, sizeof(tm));
	if (!t || !ASN1_TIME_to_tm(t, &tm))
		return unreadable("ASN1_TIME_to_tm");
	*out = (int64_t)timegm(&tm);
	return NULL;
}

static struct err *take_der(struct buf *to, unsigned char *der, int len, const char *call)
{
	AUTO(ossl) unsigned char *bytes = der;
	if (len <= 0)
		return unreadable(call);
	*to = BUF(CERT_MAX_DER);
	return buf_put(to, bytes, (size_t)len);
}

static struct err *fill_parts(struct cert *c)
{
	unsigned char *p = NULL;
	int len = i2d_ASN1_INTEGER(X509_get0_serialNumber(c->x), &p);
	TRY(take_der(&c->serial, p, len, "i2d_ASN1_INTEGER"));
	p = NULL;
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x), &p);
	TRY(take_der(&c->public_key, p, len, "i2d_X509_PUBKEY"));
	TRY(read_time(X509_get0_notBefore(c->x), &c->not_before));
	return read_time(X509_get0_notAfter(c->x), &c->not_after);
}

static struct err *fill_texts(struct cert *c)
{
	uint8_t hash[32];
	if (!EVP_Digest(c->der.data, c->der.len, hash, NULL, EVP_sha256(), NULL))
		return ossl_failed("EVP_Digest");
	AUTO_TEXT char *hex = text_hex(hash, sizeof(hash), 0);
	const ASN1_INTEGER *serial = X509_get0_serialNumber(c->x);
	c->serial_hex =
		text_hex(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), 0);
	c->subject_text = name_text(X509_get_subject_name(c->x));
	c->issuer_text = name_text(X509_get_issuer_name(c->x));
	c->common_name = name_common_name(X509_get_subject_name(c->x), &c->n_common_names);
	if (!hex || !c->serial_hex || !c->subject_text || !c->issuer_text || !c->common_name)
		return err_no_memory();
	memcpy(c->sha256, hex, sizeof(c->sha256));
	return NULL;
}

struct err *cert_parse(const void *der, size_t len, struct cert **out)
{
	if (len == 0 || len > CERT_MAX_DER)
		return unreadable("d2i_X509");
	AUTO(cert) struct cert *c = calloc(1, sizeof(*c));
	if (!c)
		return err_no_memory();
	atomic_init(&c->refs, 1);
	c->der = BUF(CERT_MAX_DER);
	TRY(buf_put(&c->der, der, len));
	const unsigned char *p = c->der.data;
	c->x = d2i_X509(NULL, &p, (long)len);
	if (!c->x || p != c->der.data + len)
		return unreadable("d2i_X509");
	TRY(fill_parts(c));
	TRY(fill_texts(c));
	X509_check_purpose(c->x, -1,
			   0); // fills what X509_check_ca reads, before another thread looks
	ossl_clear();
	*out = c;
	c = NULL;
	return NULL;
}

struct cert *cert_ref(struct cert *c)
{
	if (c)
		atomic_fetch_add(&c->refs, 1);
	return c;
}

void cert_free(struct cert *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	X509_free(c->x);
	buf_free(&c->der);
	buf_free(&c->serial);
	buf_free(&c->public_key);
	free(c->serial_hex);
	free(c->subject_text);
	free(c->issuer_text);
	free(c->common_name);
	free(c);
}

X509 *cert_x509(const struct cert *c)
{
	return c->x;
}

int cert_common_names(const struct cert *c)
{
	return c->n_common_names;
}

const uint8_t *cert_der(const struct cert *c, size_t *len)
{
	*len = c->der.len;
	return c->der.data;
}

static const uint8_t *name_der(const X509_NAME *name, size_t *len)
{
	const unsigned char *p = NULL;
	*len = 0;
	if (!X509_NAME_get0_der(name, &p, len))
		return NULL;
	return p;
}

const uint8_t *cert_subject_der(const struct cert *c, size_t *len)
{
	return name_der(X509_get_subject_name(c->x), len);
}

const uint8_t *cert_issuer_der(const struct cert *c, size_t *len)
{
	return name_der(X509_get_issuer_name(c->x), len);
}

const uint8_t *cert_serial_der(const struct cert *c, size_t *len)
{
	*len = c->serial.len;
	return c->serial.data;
}

const uint8_t *cert_public_key_der(const struct cert *c, size_t *len)
{
	*len = c->public_key.len;
	return c->public_key.data;
}

const uint8_t *cert_alt_names_der(const struct cert *c, size_t *len)
{
	int at = X509_get_ext_by_NID(c->x, NID_subject_alt_name, -1);
	const ASN1_OCTET_STRING *value =
		at >= 0 ? X509_EXTENSION_get_data(X509_get_ext(c->x, at)) : NULL;
	*len = value ? (size_t)ASN1_STRING_length(value) : 0;
	return value ? ASN1_STRING_get0_data(value) : NULL;
}

const char *cert_sha256(const struct cert *c)
{
	return c->sha256;
}

const char *cert_serial_hex(const struct cert *c)
{
	return c->serial_hex;
}

const char *cert_subject_text(const struct cert *c)
{
	return c->subject_text;
}

const char *cert_issuer_text(const struct cert *c)
{
	return c->issuer_text;
}

const char *cert_common_name(const struct cert *c)
{
	return c->common_name;
}

int64_t cert_not_before(const struct cert *c)
{
	return c->not_before;
}

int64_t cert_not_after(const struct cert *c)
{
	return c->not_after;
}

bool cert_is_ca(const struct cert *c)
{
	// 1: basicConstraints says so; 3: an X.509 v1 root; 4 and 5: older marks. All of them are more than a leaf.
	return X509_check_ca(c->x) != 0;
}

static inline void extended_usage_free(EXTENDED_KEY_USAGE *u)
{
	EXTENDED_KEY_USAGE_free(u);
}
DEFINE_CLEANUP(extended_usage, EXTENDED_KEY_USAGE, extended_usage_free)

bool cert_is_for(const struct cert *c, const char *purpose)
{
	AUTO(extended_usage)
	EXTENDED_KEY_USAGE *uses = X509_get_ext_d2i(c->x, NID_ext_key_usage, NULL, NULL);
	bool is = false;
	for (int i = 0; i < sk_ASN1_OBJECT_num(uses); i++) {
		char oid[64] = "";
		OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(uses, i), 1);
		is = is || !strcmp(oid, purpose);
	}
	ossl_clear();
	return is;
}

bool cert_same(const struct cert *a, const struct cert *b)
{
	return a->der.len == b->der.len && memcmp(a->der.data, b->der.data, a->der.len) == 0;
}

char *cert_pem(const struct cert *c)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	if (!bio || !PEM_write_bio_X509(bio, c->x))
		return NULL;
	long len = BIO_get_mem_data(bio, &text);
	return len > 0 ? strndup(text, (size_t)len) : NULL;
}

struct err *cert_check_signature(const struct cert *c, const void *data, size_t data_len,
				 const void *sig, size_t sig_len)
{
	EVP_PKEY *key = X509_get0_pubkey(c->x);
	if (!key || !EVP_PKEY_is_a(key, "RSA"))
		return err_tag(err_new(ERR_POLICY, N_("The certificate's key is no RSA key.")),
			       "signature-wrong");
	return rsa_key_check(key, data, data_len, sig, sig_len);
}
