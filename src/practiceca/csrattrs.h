// What /csrattrs says (RFC 7030 §4.5.2, RFC 8951 §3.3, RFC 9908).
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct csrattrs_config {
	bool challenge_password; // link the request to the TLS connection (or carry the configured password)
	int rsa_bits;		 // 0: not said
	bool sha256;
	bool tls_unique; // estIdentityLinking: link the request, beside any password
	bool otp_challenge, revocation_challenge; // RFC 7894 §3.1, §3.2
	bool key_usage; // an extensionRequest with the key usage that will be certified
};
// "none", or a list with commas of challenge-password, tls-unique, otp-challenge, revocation-challenge, rsa-2048,
// rsa-3072, rsa-4096, sha256, key-usage. ERR_USAGE otherwise.
MUST struct err *csrattrs_read(const char *text, struct csrattrs_config *out);
// DER; empty when nothing is said.
MUST struct err *csrattrs_der(const struct csrattrs_config *c, struct buf *out);
