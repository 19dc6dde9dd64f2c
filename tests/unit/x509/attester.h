// Attestations for the tests, made with OpenSSL alone: a maker's root, a token's certificate of slot F9, statements about keys.
#pragma once

#include "maker.h"
#include "x509/attestation.h"

struct attester {
	struct maker root, f9;
};
// How the certificate of F9 is: as of firmware 5, or as of 4.3 (no CA, no keyUsage, below a root with pathlen 0).
enum f9_kind { F9_USUAL, F9_OLD };
void attester_begin(struct attester *a, enum f9_kind kind);
void attester_end(struct attester *a);

// Zero: as usual (slot 9a, firmware 5.4.3, serial 12345678, PIN once, touch never, signed by F9).
struct say {
	const char *subject;
	const char *firmware, *policy; // the bytes in hex; "-": the extension is left out
	uint64_t serial;
	bool no_serial, twice, critical_unknown;
	const EVP_MD *md;
	const struct maker *issuer;
};
X509 *attester_leaf(const struct attester *a, EVP_PKEY *key, const struct say *what);
// The whole statement; free it with attestation_statement_free.
void attester_says(const struct attester *a, EVP_PKEY *key, const struct say *what,
		   struct attestation_statement *out);
void statement_of(X509 *leaf, X509 *intermediate, struct attestation_statement *out);
