// What a CA would answer to a request, and what bad ones would.
#include "server.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

static const char *const variants[] = { "good",	      "other-key", "other-name", "other-chain",
					"expired",    "not-yet",   "is-ca",	 "usage",
					"two-leaves", "no-leaf",   "md5",	 "sha1",
					"signed",     "leaf-only", "shuffled",	 "truncated" };

bool issue_known(const char *variant)
{
	for (size_t i = 0; i < LEN(variants); i++)
		if (strcmp(variants[i], variant) == 0)
			return true;
	return false;
}

static int hex(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : 0;
}

// The field csr of a form (application/x-www-form-urlencoded) as base64; any other body as it is.
static void from_form(const struct bytes *body, struct bytes *out)
{
	const char *at = body->len ? memmem(body->data, body->len, "csr=", 4) : NULL;
	const char *end = (const char *)body->data + body->len;
	if (!at) {
		bytes_put(out, body->data, body->len);
		return;
	}
	for (const char *p = at + 4; p < end && *p != '&'; p++) {
		char c = *p;
		if (c == '%' && end - p > 2) {
			c = (char)(hex(p[1]) * 16 + hex(p[2]));
			p += 2;
		}
		bytes_put(out, &c, 1);
	}
}

static X509_REQ *read_request(const struct bytes *body)
{
	struct bytes text = { 0 }, *csr = &text;
	from_form(body, &text);
	unsigned char *der = must(malloc(csr->len + 4), "malloc");
	EVP_ENCODE_CTX *ctx = must(EVP_ENCODE_CTX_new(), "EVP_ENCODE_CTX_new");
	int n = 0, last = 0;
	EVP_DecodeInit(ctx);
	bool fine = csr->len < 100000 &&
		    EVP_DecodeUpdate(ctx, der, &n, csr->data, (int)csr->len) >= 0 &&
		    EVP_DecodeFinal(ctx, der + n, &last) > 0;
	EVP_ENCODE_CTX_free(ctx);
	const unsigned char *p = der;
	X509_REQ *req = fine ? d2i_X509_REQ(NULL, &p, n + last) : NULL;
	if (req && X509_REQ_verify(req, X509_REQ_get0_pubkey(req)) != 1) {
		X509_REQ_free(req);
		req = NULL;
	}
	bytes_free(&text);
	free(der);
	return req;
}

static void to_pkcs7(STACK_OF(X509) * certs, const struct pki *signer, struct bytes *out)
{
	// CMS_sign without a signer refuses; a bare PKCS7 does not.
	PKCS7 *p7 = must(PKCS7_new(), "PKCS7_new");
	PKCS7_set_type(p7, NID_pkcs7_signed);
	PKCS7_content_new(p7, NID_pkcs7_data);
	if (signer)
		must(PKCS7_add_signature(p7, signer->issuing, signer->issuing_key, EVP_sha256()),
		     "signature");
	else
		PKCS7_set_detached(p7, 1);
	for (int i = 0; i < sk_X509_num(certs); i++)
		PKCS7_add_certificate(p7, sk_X509_value(certs, i));
	if (signer)
		PKCS7_set_detached(p7, 1);
	unsigned char *der = NULL;
	int len = i2d_PKCS7(p7, &der);
	if (len <= 0)
		die("i2d_PKCS7", "answer");
	bytes_put(out, der, (size_t)len);
	OPENSSL_free(der);
	PKCS7_free(p7);
}

void issue_cacerts(const struct pki *p, struct bytes *pkcs7)
{
	STACK_OF(X509) *certs = must(sk_X509_new_null(), "stack");
	sk_X509_push(certs, p->issuing);
	sk_X509_push(certs, p->root);
	to_pkcs7(certs, NULL, pkcs7);
	sk_X509_free(certs);
}

static bool is(const char *variant, const char *name)
{
	return strcmp(variant, name) == 0;
}

X509 *issue_leaf(const struct pki *p, const char *variant, X509_REQ *req)
{
	X509_NAME *wrong = is(variant, "other-name") ? pki_name("somebody-else") : NULL;
	struct leaf l = {
		.subject = wrong ? wrong : X509_REQ_get_subject_name(req),
		.issuer = X509_get_subject_name(p->issuing),
		.key = is(variant, "other-key") ? p->issuing_key : X509_REQ_get0_pubkey(req),
		.signer = is(variant, "other-chain") ? p->root_key : p->issuing_key,
		.from_days = is(variant, "not-yet")   ? 10
			     : is(variant, "expired") ? -400
						      : 0,
		.to_days = is(variant, "expired") ? -2 : 365,
		.md = is(variant, "md5")    ? EVP_md5()
		      : is(variant, "sha1") ? EVP_sha1()
					    : EVP_sha256(),
		.basic = is(variant, "is-ca") ? "critical,CA:TRUE" : "critical,CA:FALSE",
		.usage = is(variant, "is-ca")	? "critical,keyCertSign"
			 : is(variant, "usage") ? "critical,dataEncipherment"
						: "critical,digitalSignature,keyEncipherment",
		.extended = is(variant, "usage") ? "serverAuth" : "clientAuth",
	};
	X509 *x = pki_sign(&l);
	X509_NAME_free(wrong);
	return x;
}

void issue_request(const struct pki *p, const char *variant, X509_REQ *req, struct bytes *pkcs7)
{
	STACK_OF(X509) *certs = must(sk_X509_new_null(), "stack");
	bool chain_first = is(variant, "shuffled");
	if (chain_first)
		sk_X509_push(certs, must(X509_dup(p->root), "X509_dup"));
	if (chain_first)
		sk_X509_push(certs, must(X509_dup(p->issuing), "X509_dup"));
	if (!is(variant, "no-leaf"))
		sk_X509_push(certs, issue_leaf(p, variant, req));
	if (is(variant, "two-leaves"))
		sk_X509_push(certs, issue_leaf(p, variant, req));
	if (!is(variant, "leaf-only") && !chain_first)
		sk_X509_push(certs, must(X509_dup(p->issuing), "X509_dup"));
	to_pkcs7(certs, is(variant, "signed") ? p : NULL, pkcs7);
	if (is(variant, "truncated"))
		pkcs7->len /= 2;
	sk_X509_pop_free(certs, X509_free);
}

bool issue(const struct pki *p, const char *variant, const struct bytes *csr_base64,
	   struct bytes *pkcs7)
{
	X509_REQ *req = read_request(csr_base64);
	if (!req)
		return false;
	issue_request(p, variant, req, pkcs7);
	X509_REQ_free(req);
	return true;
}
