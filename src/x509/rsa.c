// RSA public keys: from a token's bytes to DER, signatures checked, DigestInfo.
#include "x509/rsa.h"

#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

enum { RSA_MIN_BITS = 1024, RSA_MAX_BITS = 16384 };

DEFINE_CLEANUP(param_bld, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
DEFINE_CLEANUP(params, OSSL_PARAM, OSSL_PARAM_free)
DEFINE_CLEANUP(pkey_ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)

static struct err *not_a_key(void)
{
	return err_hint(err_tag(err_new(ERR_TOKEN,
					N_("The token gave an RSA public key that cannot be one.")),
				"public-key-wrong"),
			N_("Report the model of the token; this key must not be used."));
}

static struct err *key_from_numbers(BIGNUM *n, BIGNUM *e, EVP_PKEY **out)
{
	AUTO(param_bld) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	if (!bld || !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) ||
	    !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e))
		return ossl_failed("OSSL_PARAM_BLD_push_BN");
	AUTO(params) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;
	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		return ossl_failed("EVP_PKEY_fromdata");
	*out = key;
	return NULL;
}

struct err *rsa_public_key(const struct rsa_public *key, EVP_PKEY **out)
{
	if (!key->modulus || !key->exponent || key->modulus_len > RSA_MAX_BITS / 8 + 1 ||
	    key->exponent_len > RSA_MAX_BITS / 8 + 1)
		return not_a_key();
	AUTO(bn) BIGNUM *n = BN_bin2bn(key->modulus, (int)key->modulus_len, NULL);
	AUTO(bn) BIGNUM *e = BN_bin2bn(key->exponent, (int)key->exponent_len, NULL);
	if (!n || !e)
		return err_no_memory();
	int bits = BN_num_bits(n);
	if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS || !BN_is_odd(n) || !BN_is_odd(e) ||
	    BN_is_one(e) || BN_cmp(e, n) >= 0)
		return not_a_key();
	return key_from_numbers(n, e, out);
}

struct err *rsa_public_der(const struct rsa_public *key, struct buf *out)
{
	AUTO(pkey) EVP_PKEY *pkey = NULL;
	TRY(rsa_public_key(key, &pkey));
	AUTO(ossl) unsigned char *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);
	if (len <= 0)
		return ossl_failed("i2d_PUBKEY");
	return buf_put(out, der, (size_t)len);
}

struct err *rsa_key_check(EVP_PKEY *key, const void *data, size_t len, const void *sig,
			  size_t sig_len)
{
	AUTO(digest) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL; // belongs to ctx
	if (!ctx || !EVP_PKEY_is_a(key, "RSA") ||
	    EVP_DigestVerifyInit(ctx, &pctx, EVP_sha256(), NULL, key) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PADDING) <= 0)
		return ossl_failed("EVP_DigestVerifyInit");
	if (EVP_DigestVerify(ctx, sig, sig_len, data, len) == 1)
		return NULL;
	return ossl_reason(
		err_tag(err_new(ERR_POLICY, N_("The signature does not fit the public key.")),
			"signature-wrong"),
		"EVP_DigestVerify");
}

struct err *rsa_public_check(const struct rsa_public *key, const void *data, size_t len,
			     const void *sig, size_t sig_len)
{
	AUTO(pkey) EVP_PKEY *pkey = NULL;
	TRY(rsa_public_key(key, &pkey));
	return rsa_key_check(pkey, data, len, sig, sig_len);
}

unsigned rsa_public_bits(const struct rsa_public *key)
{
	const uint8_t *m = key->modulus;
	size_t len = key->modulus_len;
	for (; len && !*m; len--)
		m++;
	unsigned bits = (unsigned)(len * 8);
	for (unsigned top = len ? *m : 0x80U; !(top & 0x80U); top <<= 1)
		bits--;
	return bits;
}
