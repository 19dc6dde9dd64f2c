// The key, the name, the anchor and the day that certificates are judged by: those of pki/ (see pki/README.md).
#pragma once

#include "fuzz.h"
#include "x509/judge.h"

static struct cert_list fuzz_anchors;
static struct cert *fuzz_leaf; // whose key is the token's

#define FUZZ_NAME "0123456789user011283"

static inline void judged_begin(void)
{
	if (fuzz_leaf)
		return;
	AUTO_BUF struct buf pem = { 0 }, leaf = { 0 };
	fuzz_file("pki/practice-ca.pem", &pem);
	fuzz_file("pki/leaf.pem", &leaf);
	AUTO_CERTS struct cert_list leaves = { 0 };
	MUST_HOLD(fuzz_fine(cert_list_from_pem(pem.data, pem.len, &fuzz_anchors)));
	MUST_HOLD(fuzz_fine(cert_list_from_pem(leaf.data, leaf.len, &leaves)));
	fuzz_leaf = cert_ref(leaves.certs[0]);
}

static inline void judged_look(const struct cert *c)
{
	size_t len = 0;
	MUST_HOLD(cert_der(c, &len) && len > 0 && len <= CERT_MAX_DER);
	AUTO(cert) struct cert *again = NULL;
	MUST_HOLD(fuzz_fine(cert_parse(cert_der(c, &len), len, &again)) && cert_same(c, again));
	MUST_HOLD(cert_subject_der(c, &len) && cert_issuer_der(c, &len));
	MUST_HOLD(cert_serial_der(c, &len) && len >= 2);
	MUST_HOLD(cert_subject_text(c) && cert_issuer_text(c) && cert_common_name(c));
	MUST_HOLD(strlen(cert_sha256(c)) == 64 && cert_serial_hex(c));
	(void)cert_public_key_der(c, &len);
	(void)(cert_not_before(c) < cert_not_after(c));
	AUTO_TEXT char *pem = cert_pem(c);
	MUST_HOLD(pem);
	(void)fuzz_fine(cert_check_signature(c, "challenge", 9, "signature", 9));
}

// Judged, and what passes is the certificate that was asked for. None but the CA's own can.
static inline void judged_try(const struct cert_list *got)
{
	for (size_t i = 0; i < got->n; i++)
		judged_look(got->certs[i]);
	struct judge_terms t = { .common_name = FUZZ_NAME,
				 .anchors = &fuzz_anchors,
				 .now = cert_not_before(fuzz_leaf) + 86400,
				 .need_signature = true };
	t.public_key_der = cert_public_key_der(fuzz_leaf, &t.public_key_der_len);
	AUTO(cert) struct cert *leaf = NULL;
	AUTO_CERTS struct cert_list chain = { 0 };
	struct err *e = judge_certificates(&t, got, &leaf, &chain);
	MUST_HOLD(!e || (!leaf && chain.n == 0));
	if (!fuzz_fine(e))
		return;
	size_t len = 0;
	const uint8_t *key = cert_public_key_der(leaf, &len);
	MUST_HOLD(len == t.public_key_der_len && memcmp(key, t.public_key_der, len) == 0);
	MUST_HOLD(strcmp(cert_common_name(leaf), FUZZ_NAME) == 0 && !cert_is_ca(leaf));
}
