// Is this the certificate that was asked for? (RFC 5280 §6 for the chain; the rest is ours.)
#pragma once

#include "base/err.h"
#include "x509/cert.h"

struct judge_terms {
	const uint8_t *public_key_der; // SubjectPublicKeyInfo of the token's key
	size_t public_key_der_len;
	const char *common_name;	 // exactly this
	const struct cert_list *anchors; // where the chain must end
	int64_t now;			 // seconds since 1970
	bool need_signature,
		need_encipherment; // keyUsage bits that must be there when the extension is
};

// Finds the leaf among the certificates by its public key (any order, the rest is chain) and judges: one leaf exactly,
// no CA, chain to an anchor, times contain now, CN, key usage and extendedKeyUsage fit TLS client authentication, no
// weak algorithm (MD5, SHA-1, RSA under 2048) in the chain. ERR_POLICY with a tag for each ("certificate-other-key", "certificate-other-name",
// "certificate-chain", "certificate-expired", "certificate-not-yet", "certificate-is-ca", "certificate-usage",
// "certificate-weak", "certificate-several"). Nothing is written on failure.
// leaf is a new reference; chain holds the others, ordered leaf's issuer first, without the anchors; may be null.
MUST struct err *judge_certificates(const struct judge_terms *t, const struct cert_list *got,
				    struct cert **leaf, struct cert_list *chain);
