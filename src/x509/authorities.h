// A CA's certificates as it shows them itself (SCEP's GetCACert, RFC 8894 §4.2): which of them can be believed, and what for.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "x509/cert.h"

struct authorities {
	struct cert_list believed; // their chains reach the anchors
	struct cert_list signers;  // of those, the CA and its RAs that may sign
	struct cert *ca;	   // whom certificates are asked of
	struct cert *encrypt_to;   // the RA for that, or the CA
};
void authorities_free(struct authorities *a);
static inline void authorities_cleanup(struct authorities *a)
{
	authorities_free(a);
}
#define AUTO_AUTHORITIES __attribute__((cleanup(authorities_cleanup)))

struct authorities_terms {
	const struct cert_list *got;	 // as they came
	const struct cert_list *anchors; // where chains must end
	int64_t now;			 // seconds since 1970
	bool vouched;		  // they came over a connection that says for itself whose it is
	const char *const *named; // SHA-256 fingerprints, hex, that the institution has named
	size_t n_named;
};
// Believed is whose chain reaches the anchors at this time, with no weak algorithm in it (MD5, SHA-1, RSA under 2048 bits). The CA is the one that
// issued no other CA among them. An RA is issued by it, and is vouched for, named, or marked as one (extendedKeyUsage cmcRA, or
// Microsoft's certificate request agent of a template of NDES): otherwise any holder of a certificate of this CA could call himself one. Where fingerprints are named, that of the CA or of
// the certificate to be encrypted to must be among them. ERR_NETWORK tagged "ca-untrusted".
MUST struct err *authorities_judge(const struct authorities_terms *t, struct authorities *out);
