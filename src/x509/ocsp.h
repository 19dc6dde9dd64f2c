// OCSP (RFC 6960): what a CA's responder says of one certificate.
#pragma once

#include "base/err.h"
#include "x509/crl.h"

// Where the certificate says that its responder is (authorityInfoAccess): what is http:// or https:// of it, in its order.
MUST struct err *ocsp_urls(const struct cert *c, struct crl_urls *out);

// One question, about one certificate, with a nonce (RFC 9654).
struct ocsp;
void ocsp_free(struct ocsp *o);
DEFINE_CLEANUP(ocsp, struct ocsp, ocsp_free)
// terms as for crl_judge, borrowed until the question is freed. ERR_NETWORK tagged "ocsp-unusable" where the issuer is not among its certificates.
MUST struct err *ocsp_ask(const struct crl_terms *t, struct ocsp **out, struct buf *der);
// The answer is signed by the issuer or by whom it lets answer, of now, with our nonce or with none, and says good. ERR_POLICY tagged
// "certificate-revoked"; ERR_NETWORK tagged "ocsp-unusable" for an answer that tells nothing, "unknown" among them.
MUST struct err *ocsp_judge(const struct ocsp *o, const void *der, size_t len);
