// Certificates that travel inside a request, for protocols with no place beside it.
//
// PKCS #9 has an attribute for a whole PKCS #7 message (pKCS7PDU, RFC 2985 §5.1.2, 1.2.840.113549.1.9.25.5: a ContentInfo); a SignedData
// without signers and content (RFC 5652 §5.1) is how certificates are passed on everywhere else, EST's own answers among them.
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "x509/cert.h"

// An Attribute in DER for request_terms.extra_attributes. Appends.
MUST struct err *bag_attribute(const struct cert_list *certs, struct buf *out);
// The same found in a request (attestation_inside.h has it for one that is parsed): an empty list when it carries none. ERR_POLICY tagged "attestation-malformed" for one that
// cannot be read or stands there twice, for that is all that bags are used for.
MUST struct err *bag_from_request(const void *der, size_t len, struct cert_list *out);
