// Certificates: read, compared, shown.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

enum { CERT_MAX_DER = 65536, CERT_MAX_LIST = 64 };

struct cert; // immutable, reference counted

// DER, whole (trailing bytes refused). ERR_CA_REFUSED tagged "certificate-unreadable".
MUST struct err *cert_parse(const void *der, size_t len, struct cert **out);
struct cert *cert_ref(struct cert *c);
void cert_free(struct cert *c);
DEFINE_CLEANUP(cert, struct cert, cert_free)

struct cert_list {
	struct cert **certs;
	size_t n;
};
MUST struct err *cert_list_add(struct cert_list *l, struct cert *c); // adds a reference
void cert_list_free(struct cert_list *l);
static inline void cert_list_cleanup(struct cert_list *l)
{
	cert_list_free(l);
}
#define AUTO_CERTS __attribute__((cleanup(cert_list_cleanup)))

// All certificates of a PEM text; ERR_PROFILE when there is none or one is unreadable.
MUST struct err *cert_list_from_pem(const void *pem, size_t len, struct cert_list *out);
// A certs-only CMS/PKCS#7 SignedData in DER (RFC 5272 simple response, RFC 8951), certificates in the order they stand.
// ERR_CA_REFUSED for anything else.
MUST struct err *cert_list_from_pkcs7(const void *der, size_t len, struct cert_list *out);

// Borrowed views, alive as long as the certificate.
const uint8_t *cert_der(const struct cert *c, size_t *len);
const uint8_t *cert_subject_der(const struct cert *c, size_t *len);
const uint8_t *cert_issuer_der(const struct cert *c, size_t *len);
const uint8_t *cert_serial_der(
	const struct cert *c,
	size_t *len); // DER INTEGER with tag and length, as CKA_SERIAL_NUMBER wants
const uint8_t *cert_public_key_der(const struct cert *c, size_t *len); // SubjectPublicKeyInfo
const uint8_t *cert_alt_names_der(
	const struct cert *c,
	size_t *len); // the subjectAltName extension's value; null: it has none
const char *cert_sha256(const struct cert *c);	     // hex
const char *cert_serial_hex(const struct cert *c);   // lower case, no separators
const char *cert_subject_text(const struct cert *c); // RFC 4514, UTF-8
const char *cert_issuer_text(const struct cert *c);
const char *cert_common_name(
	const struct cert *c);		       // "" when there is none; the last one when several
int64_t cert_not_before(const struct cert *c); // seconds since 1970
int64_t cert_not_after(const struct cert *c);
bool cert_is_ca(const struct cert *c);
// Its extendedKeyUsage names this purpose ("1.3.6.1.5.5.7.3.2").
bool cert_is_for(const struct cert *c, const char *purpose);
bool cert_same(const struct cert *a, const struct cert *b);
char *cert_pem(const struct cert *c); // new string

// The certificate's key checks a signature made with RSASSA-PKCS1-v1_5 and SHA-256 over data. ERR_POLICY when it does not.
MUST struct err *cert_check_signature(const struct cert *c, const void *data, size_t data_len,
				      const void *sig, size_t sig_len);
