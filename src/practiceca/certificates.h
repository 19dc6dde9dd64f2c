// Making certificates: one function for every kind that the practice CA signs.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "practiceca/ossl.h"

enum certificate_kind {
	CERTIFICATE_ROOT,
	CERTIFICATE_ISSUING,
	CERTIFICATE_TLS,
	CERTIFICATE_RA,	 // of SCEP
	CERTIFICATE_CMP, // signs the CA's messages of CMP
	CERTIFICATE_PERSON,
	CERTIFICATE_AGENT // a person who enrols others at /certsrv/
};

struct certificate_terms {
	enum certificate_kind kind;
	const char *common_name;
	const char *alt_names; // of a TLS server: "DNS:localhost,IP:127.0.0.1"
	const char *
		ocsp_url; // of a person: where it is asked about (RFC 5280 §4.2.2.1); null: nowhere
	const char
		*crl_url; // of a person: a CRL distribution point (RFC 5280 §4.2.1.13); null: none
	EVP_PKEY *public_key;
	X509 *issuer; // null: signs itself
	EVP_PKEY *issuer_key;
	int64_t not_before, not_after;
};
// C=JP, O=Practice Shinkin Bank and the Common Name; a random serial of 128 bits; SHA-256; the extensions of its kind:
// SKI and AKI (RFC 5280 §4.2.1.1, §4.2.1.2), critical basicConstraints and keyUsage, extendedKeyUsage of its purpose.
MUST struct err *certificate_make(const struct certificate_terms *t, X509 **out);

// PEM, new text in a buffer.
MUST struct err *certificate_pem(X509 *const *certs, size_t n, struct buf *out);
MUST struct err *key_pem(EVP_PKEY *key, struct buf *out);
// Seconds since 1970 of a certificate's first and last moment.
int64_t certificate_not_before(const X509 *cert);
int64_t certificate_not_after(const X509 *cert);
