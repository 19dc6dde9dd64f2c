// What one brings to a CA who has no certificate yet (RFC 8894 §2.3, §3.1): a certificate that signs itself, and the names of a request that waits.
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "x509/cert.h"
#include "x509/private_key.h"

struct applicant_terms {
	const void *request; // PKCS#10, DER: its subject and its key become the certificate's
	size_t request_len;
	struct private_key *key; // of the request
	int64_t from;		 // seconds since 1970; it is valid for a year around that
};
// keyUsage digitalSignature and keyEncipherment. The serial number follows from the key, so that who makes it twice is named alike by both. What the key's holder
// said when it did not sign, or ERR_FAILED.
MUST struct err *applicant_certificate(const struct applicant_terms *t, struct cert **out);

// IssuerAndSubject (RFC 8894 §3.3.3), DER: the CA's name, and the name in the applicant's certificate, which the request has, too. Appends.
MUST struct err *applicant_names(const struct cert *ca, const struct cert *applicant,
				 struct buf *der);
