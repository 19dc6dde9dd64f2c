// Keys and certificates for the tests of x509 and ca: made with OpenSSL alone, in software.
#pragma once

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "x509/cert.h"
#include "x509/request.h"

// An RSA key in software that signs as a token would.
struct soft_key {
	EVP_PKEY *key;
	uint8_t modulus[1024], exponent[8];
	struct rsa_public public_key;
	struct signer signer;
	bool lies; // signs something else
};
void soft_key_make(struct soft_key *k, unsigned bits);
void soft_key_free(struct soft_key *k);

struct maker {
	EVP_PKEY *key;
	X509 *x;
};
// A self-signed root with an RSA key (so that it can sign with MD5).
void maker_root(struct maker *root, const char *name);
void maker_free(struct maker *m);

// A certificate; the fields that are zero take the usual values (1 day ago to 365 days from now, SHA-256, a leaf for clients).
struct make {
	const struct maker *issuer;
	EVP_PKEY *key;
	const char *common_name, *second_name;
	long from_days, to_days;
	const EVP_MD *md;
	const char *basic, *usage, *extended; // "-": without
	const char *microsoft;		      // the name of a template of Microsoft's
};
X509 *make_x509(const struct make *m);
struct cert *make_cert(const struct make *m); // the same as ours
struct cert *cert_of(X509 *x);		      // takes nothing

// A certs-only PKCS#7; with_signer adds a SignerInfo.
void make_pkcs7(X509 *const *certs, size_t n, const struct maker *with_signer, struct buf *der);
