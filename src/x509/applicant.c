// A certificate of one's own for a request's key, and the names of a request.
#include "x509/applicant.h"

#include <limits.h>

#include <openssl/sha.h>

#include "x509/cert_inside.h"

enum { SERIAL_BYTES = 16, BEFORE = 3600, AFTER = 365 * 86400 };

static struct err *read_request(const void *der, size_t len, X509_REQ **out)
{
	const unsigned char *p = der;
	*out = len > LONG_MAX ? NULL : d2i_X509_REQ(NULL, &p, (long)len);
	return *out ? NULL : ossl_failed("d2i_X509_REQ");
}

// Positive, and of the same length always.
static bool set_serial(X509 *x, X509_REQ *req)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	AUTO(ossl) unsigned char *spki = NULL;
	int len = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(req), &spki);
	if (len <= 0 || !SHA256(spki, (size_t)len, hash))
		return false;
	hash[0] = (unsigned char)((hash[0] & 0x3f) | 0x40);
	AUTO(bn) BIGNUM *number = BN_bin2bn(hash, SERIAL_BYTES, NULL);
	return number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
}

// The key comes out of the request, and not of the token: what is encrypted to this certificate must not be asked of a private key.
static bool fill(X509 *x, X509_REQ *req, int64_t from)
{
	X509_NAME *name = X509_REQ_get_subject_name(req);
	AUTO(x509_extension)
	X509_EXTENSION *usage = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage,
						    "critical,digitalSignature,keyEncipherment");
	return usage && X509_set_version(x, X509_VERSION_3) && set_serial(x, req) &&
	       X509_set_subject_name(x, name) && X509_set_issuer_name(x, name) &&
	       ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(from - BEFORE)) &&
	       ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(from + AFTER)) &&
	       X509_set_pubkey(x, X509_REQ_get0_pubkey(req)) && X509_add_ext(x, usage, -1);
}

struct err *applicant_certificate(const struct applicant_terms *t, struct cert **out)
{
	AUTO(x509_req) X509_REQ *req = NULL;
	AUTO(x509) X509 *x = X509_new();
	AUTO(ossl) unsigned char *der = NULL;
	TRY(read_request(t->request, t->request_len, &req));
	if (!x || !fill(x, req, t->from))
		return ossl_failed("X509_new");
	if (X509_sign(x, private_key_pkey(t->key), EVP_sha256()) <= 0) {
		struct err *of_key = private_key_error(t->key);
		if (!of_key)
			return ossl_failed("X509_sign");
		ossl_clear();
		return of_key;
	}
	int len = i2d_X509(x, &der);
	return len > 0 ? cert_parse(der, (size_t)len, out) : ossl_failed("i2d_X509");
}

struct err *applicant_names(const struct cert *ca, const struct cert *applicant, struct buf *der)
{
	size_t subject_len = 0, issuer_len = 0;
	const uint8_t *issuer = cert_subject_der(ca, &issuer_len);
	const uint8_t *subject = cert_subject_der(applicant, &subject_len);
	unsigned char head[8];
	unsigned char *end = head;
	if (issuer_len + subject_len > (size_t)2 * CERT_MAX_DER)
		return ossl_failed("ASN1_put_object");
	ASN1_put_object(&end, 1, (int)(issuer_len + subject_len), V_ASN1_SEQUENCE,
			V_ASN1_UNIVERSAL);
	TRY(buf_put(der, head, (size_t)(end - head)));
	TRY(buf_put(der, issuer, issuer_len));
	return buf_put(der, subject, subject_len);
}
