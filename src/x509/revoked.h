// What the looks at revocation share. Private to the room.
#pragma once

#include "x509/crl.h"
#include "x509/ossl.h"

// One more address, where the name is one of http or https and there is room.
MUST struct err *revoked_take_url(const GENERAL_NAME *name, struct crl_urls *out);
// ERR_POLICY tagged "certificate-revoked"; at may be null.
struct err *revoked_error(const struct cert *leaf, const ASN1_TIME *at) MUST;
