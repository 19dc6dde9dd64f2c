// The practice CA itself: a root, an issuing CA below it, and the TLS certificate of the server.
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "practiceca/ossl.h"

struct authority {
	X509 *root, *issuing, *tls;
	EVP_PKEY *root_key, *issuing_key, *tls_key;
	struct buf tls_chain_pem, tls_key_pem; // what the TLS library is given
	struct buf trust_pem; // issuing CA and root: whose certificates clients are asked for
	const char *ocsp_url; // the same for /ocsp
	const char *crl_url; // where clients find /crl; null: nobody said, and no certificate tells
};

// Reads the keys and certificates of DIR, and makes what is missing, does not belong together or runs out too soon (keys 0600; the
// root alone also as practice-ca.pem, for clients). `host` (an address or a name) is in the TLS certificate beside
// localhost, 127.0.0.1 and ::1.
MUST struct err *authority_open(const char *dir, const char *host, int64_t now,
				struct authority **out);
void authority_free(struct authority *a);
DEFINE_CLEANUP(authority, struct authority, authority_free)
