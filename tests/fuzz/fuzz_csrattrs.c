// CsrAttrs from any bytes: what is taken over into a request leaves it a request that signs and verifies.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "fuzz.h"
#include "x509/csrattrs.h"
#include "x509/request.h"

static EVP_PKEY *key;
static uint8_t modulus[128], exponent[3] = { 1, 0, 1 };

static void begin(void)
{
	if (key)
		return;
	key = EVP_RSA_gen(1024); // fast; what is tried here does not depend on its size
	BIGNUM *n = NULL;
	MUST_HOLD(key && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1);
	MUST_HOLD(BN_bn2binpad(n, modulus, sizeof(modulus)) == (int)sizeof(modulus));
	BN_free(n);
}

static struct err *sign(void *ctx, const void *bytes, size_t len, struct buf *sig)
{
	(void)ctx;
	uint8_t out[sizeof(modulus)];
	size_t out_len = sizeof(out);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	MUST_HOLD(md && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) == 1);
	MUST_HOLD(EVP_DigestSign(md, out, &out_len, bytes, len) == 1);
	EVP_MD_CTX_free(md);
	return buf_put(sig, out, out_len);
}

static void make_request(const struct csrattrs *a)
{
	const struct rsa_public public = { modulus, sizeof(modulus), exponent, sizeof(exponent) };
	const struct request_rdn subject[] = { { "C", "JP" }, { "CN", "01234567891283" } };
	const struct request_terms t = {
		.subject = subject,
		.n_subject = ARRAY_LEN(subject),
		.extra_attributes = a->attributes.data,
		.extra_attributes_len = a->attributes.len,
		.digital_signature = a->key_usage_signature,
		.key_encipherment = a->key_usage_encipherment,
		.client_auth = true,
	};
	AUTO_BUF struct buf der = { 0 };
	if (!fuzz_fine(request_sign(&t, &public, &(struct signer){ .sign = sign }, &der)))
		return;
	const unsigned char *p = der.data;
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)der.len);
	MUST_HOLD(req && p == der.data + der.len && X509_REQ_verify(req, key) == 1);
	X509_REQ_free(req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin();
	__attribute__((cleanup(csrattrs_free))) struct csrattrs a = { 0 };
	if (!fuzz_fine(csrattrs_parse(data, size, &a)))
		return 0;
	for (size_t i = 0; i < a.n_unknown; i++)
		MUST_HOLD(a.unknown[i] && a.unknown[i][0]);
	if (a.attributes.len > 0)
		make_request(&a);
	return 0;
}
