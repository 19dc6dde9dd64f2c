// CMS (RFC 5652): encrypting to those who may read it later.
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "x509/cert.h"

// EnvelopedData with AES-256-CBC, its key encrypted to each certificate (RSA) with RSAES-OAEP and SHA-256 (RFC 3560), as PEM ("-----BEGIN CMS-----").
// Read with: openssl cms -decrypt -inform PEM -in FILE -inkey KEY. ERR_PROFILE tagged "recovery-unusable" for a certificate that cannot be encrypted to.
MUST struct err *cms_encrypt(const struct secret *content, const struct cert_list *to,
			     struct buf *pem);
// Whether each of them can be encrypted to: RSA of 2048 bits or more, and its keyUsage does not forbid it. The same error.
MUST struct err *cms_recipients_check(const struct cert_list *to);
