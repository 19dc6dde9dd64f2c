// A SignedData that came (RFC 5652 §5), read strictly: around the messages of SCEP, and around requests of enrolment agents.
#pragma once

#include <stdbool.h>

#include <openssl/cms.h>

#include "base/buf.h"
#include "practiceca/ossl.h"

// One SignedData in DER around id-data that is there, and nothing behind it. Null otherwise; the caller frees.
CMS_ContentInfo *cms_in_parse(const struct buf *der);
// Of one signer, whose certificate is among those that came; false otherwise. The signer is in cms; the certificate is the caller's.
bool cms_in_signer(CMS_ContentInfo *cms, CMS_SignerInfo **signer, X509 **certificate);
// The one value of the one signed attribute; null when it is not so.
const ASN1_TYPE *cms_in_attribute(const CMS_SignerInfo *signer, const char *oid);
// SHA-256 or better.
bool cms_in_digest_is_strong(CMS_SignerInfo *signer);
// This certificate's RSA key of 2048 to 8192 bits signed what is there; whose it is is not looked at. What was signed goes to `content`.
bool cms_in_signature_is_good(CMS_ContentInfo *cms, X509 *certificate, BIO *content);
