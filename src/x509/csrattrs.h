// CsrAttrs (RFC 7030 §4.5.2, RFC 8951 §3, RFC 9908 §3): what the CA wants in a request.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

// One part of the subject that a template (RFC 9908 §3.4) wants.
struct csrattrs_rdn {
	char *type;  // short name
	char *value; // UTF-8; null: the client's to fill in
};

struct csrattrs {
	bool challenge_password; // the CA wants one
	unsigned rsa_bits;	 // 0: not said
	bool other_key_type;	 // it wants a key that is not RSA
	bool weak_hash;		 // it names only a hash that we do not sign with
	bool has_key_usage, key_usage_signature, key_usage_encipherment;
	bool identity_linking; // estIdentityLinking: the request bound to its TLS connection
	bool otp_challenge, revocation_challenge; // RFC 7894 §3.1, §3.2
	struct buf
		attributes; // whole Attribute values to be put in the request as they stand (DER, concatenated)
	struct csrattrs_rdn *subject; // of a template, in its order
	size_t n_subject;	      // 0: the subject is the client's
	bool strange_subject; // it has parts that cannot be made here: several in one RDN, unknown types
	char **unknown; // OIDs that were not understood; said in the log, not fatal (RFC 7030 §4.5.2)
	size_t n_unknown;
};

// DER. Empty input is an empty set. ERR_CA_REFUSED when it is not a CsrAttrs.
MUST struct err *csrattrs_parse(const void *der, size_t len, struct csrattrs *out);
void csrattrs_free(struct csrattrs *a);
