#include "piv_import.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = must(OSSL_PARAM_BLD_to_param(build), "OSSL_PARAM_BLD_to_param");
	EVP_PKEY_CTX *ctx = must(EVP_PKEY_CTX_new_from_name(NULL, type, NULL), "EVP_PKEY_CTX");
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	if (!key)
		return NULL;
	ctx = must(EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL), "EVP_PKEY_CTX");
	if (EVP_PKEY_check(ctx) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	return key;
}

struct rsa_numbers {
	BIGNUM *p, *q, *dp, *dq, *qinv, *e, *n, *d;
};

static void rsa_numbers_free(struct rsa_numbers *r)
{
	BIGNUM *all[] = { r->p, r->q, r->dp, r->dq, r->qinv, r->e, r->n, r->d };
	for (size_t i = 0; i < LEN(all); i++)
		BN_clear_free(all[i]);
}

// n = pq and d = 1/e mod (p-1)(q-1); the card takes e = 65537 and nothing else.
static bool rsa_complete(struct rsa_numbers *r)
{
	BN_CTX *ctx = must(BN_CTX_new(), "BN_CTX_new");
	BIGNUM *p1 = must(BN_dup(r->p), "BN_dup"), *q1 = must(BN_dup(r->q), "BN_dup");
	BIGNUM *phi = must(BN_new(), "BN_new");
	r->e = must(BN_new(), "BN_new");
	r->n = must(BN_new(), "BN_new");
	bool fine = BN_set_word(r->e, 65537) && BN_sub_word(p1, 1) && BN_sub_word(q1, 1) &&
		    BN_mul(r->n, r->p, r->q, ctx) && BN_mul(phi, p1, q1, ctx);
	r->d = fine ? BN_mod_inverse(NULL, r->e, phi, ctx) : NULL;
	BN_free(p1);
	BN_free(q1);
	BN_free(phi);
	BN_CTX_free(ctx);
	return r->d != NULL;
}

static bool rsa_read(unsigned bits, struct span numbers, struct rsa_numbers *r)
{
	BIGNUM **to[] = { &r->p, &r->q, &r->dp, &r->dq, &r->qinv };
	struct span v;
	for (unsigned i = 0; i < LEN(to); i++) {
		if (!tlv_find(numbers, i + 1, &v) || v.len != bits / 16)
			return false;
		*to[i] = must(BN_bin2bn(v.data, (int)v.len, NULL), "BN_bin2bn");
	}
	return rsa_complete(r) && BN_num_bits(r->n) == (int)bits;
}

EVP_PKEY *import_rsa(unsigned bits, struct span numbers)
{
	struct rsa_numbers r = { 0 };
	EVP_PKEY *key = NULL;
	if (rsa_read(bits, numbers, &r)) {
		OSSL_PARAM_BLD *b = must(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new");
		if (OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, r.n) &&
		    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, r.e) &&
		    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_D, r.d) &&
		    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR1, r.p) &&
		    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR2, r.q) &&
		    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT1, r.dp) &&
		    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT2, r.dq) &&
		    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, r.qinv))
			key = from_params("RSA", b);
		OSSL_PARAM_BLD_free(b);
	}
	rsa_numbers_free(&r);
	return key;
}

// The point that belongs to the number, uncompressed. 0: the number is out of range.
static size_t ec_point(const char *curve, const BIGNUM *d, uint8_t *to, size_t room)
{
	EC_GROUP *group = must(EC_GROUP_new_by_curve_name(EC_curve_nist2nid(curve)), "EC_GROUP");
	EC_POINT *point = must(EC_POINT_new(group), "EC_POINT_new");
	size_t n = 0;
	if (!BN_is_zero(d) && BN_cmp(d, EC_GROUP_get0_order(group)) < 0 &&
	    EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1)
		n = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, to, room, NULL);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return n;
}

EVP_PKEY *import_ec(const char *curve, struct span numbers)
{
	struct span v;
	uint8_t point[97];
	EVP_PKEY *key = NULL;
	if (!tlv_find(numbers, 0x06, &v) || v.len > 48)
		return NULL;
	BIGNUM *d = must(BN_bin2bn(v.data, (int)v.len, NULL), "BN_bin2bn");
	size_t n = ec_point(curve, d, point, sizeof(point));
	if (n > 0) {
		OSSL_PARAM_BLD *b = must(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new");
		if (OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) &&
		    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d) &&
		    OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, n))
			key = from_params("EC", b);
		OSSL_PARAM_BLD_free(b);
	}
	BN_clear_free(d);
	return key;
}
