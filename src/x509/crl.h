// Certificate revocation lists (RFC 5280 §5): is a certificate on one?
#pragma once

#include "base/err.h"
#include "x509/cert.h"

enum { CRL_MAX_URLS = 4 };
struct crl_urls {
	char *url[CRL_MAX_URLS];
	size_t n;
};
void crl_urls_free(struct crl_urls *u);
// Where the certificate says that its CRL is (cRLDistributionPoints): what is http:// or https:// of it, in its order.
MUST struct err *crl_urls(const struct cert *c, struct crl_urls *out);

struct crl_terms {
	const struct cert *leaf;
	const struct cert_list *others, *anchors; // as for the judge
	int64_t now;
};
// The CRL is the leaf's issuer's, signed by it, of now, and the leaf is not on it. ERR_POLICY tagged "certificate-revoked" where it is; ERR_NETWORK tagged
// "crl-unusable" for a CRL that tells nothing about it.
MUST struct err *crl_judge(const struct crl_terms *t, const void *der, size_t len);
