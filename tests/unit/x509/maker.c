// Keys and certificates for the tests of x509 and ca.
#include "maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/pkcs7.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static void need(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "maker: %s failed\n", what);
	abort();
}

static struct err *soft_sign(void *ctx, const void *data, size_t len, struct buf *sig)
{
	struct soft_key *k = ctx;
	unsigned char bytes[2048];
	size_t n = sizeof(bytes);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	need(md && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, k->key) == 1 &&
		     EVP_DigestSign(md, bytes, &n, data, k->lies ? len - 1 : len) == 1,
	     "EVP_DigestSign");
	EVP_MD_CTX_free(md);
	return buf_put(sig, bytes, n);
}

void soft_key_make(struct soft_key *k, unsigned bits)
{
	BIGNUM *n = NULL, *e = NULL;
	*k = (struct soft_key){ .key = EVP_RSA_gen(bits) };
	need(k->key && EVP_PKEY_get_bn_param(k->key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
		     EVP_PKEY_get_bn_param(k->key, OSSL_PKEY_PARAM_RSA_E, &e) == 1,
	     "EVP_RSA_gen");
	k->public_key = (struct rsa_public){ k->modulus, (size_t)BN_bn2bin(n, k->modulus),
					     k->exponent, (size_t)BN_bn2bin(e, k->exponent) };
	k->signer = (struct signer){ soft_sign, k };
	BN_free(n);
	BN_free(e);
}

void soft_key_free(struct soft_key *k)
{
	EVP_PKEY_free(k->key);
}

static void add_extension(X509 *x, int nid, const char *text, const char *usual)
{
	if (text && strcmp(text, "-") == 0)
		return;
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, text ? text : usual);
	need(ext && X509_add_ext(x, ext, -1), "X509_add_ext");
	X509_EXTENSION_free(ext);
}

static void add_name(X509_NAME *name, const char *text)
{
	if (text)
		need(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
						(const unsigned char *)text, -1, -1, 0),
		     "CN");
}

// szOID_ENROLL_CERTTYPE, as Microsoft's CAs write it.
static void add_template(X509 *x, const char *name)
{
	char value[80];
	snprintf(value, sizeof(value), "ASN1:BMP:%s", name);
	X509_EXTENSION *ext = X509V3_EXT_nconf(NULL, NULL, "1.3.6.1.4.1.311.20.2", value);
	need(ext && X509_add_ext(x, ext, -1), "X509V3_EXT_nconf");
	X509_EXTENSION_free(ext);
}

X509 *make_x509(const struct make *m)
{
	static long serial = 1000;
	X509 *x = X509_new();
	need(x != NULL, "X509_new");
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
	add_name(X509_get_subject_name(x), m->common_name);
	add_name(X509_get_subject_name(x), m->second_name);
	X509_set_issuer_name(x, X509_get_subject_name(m->issuer->x ? m->issuer->x : x));
	X509_set_pubkey(x, m->key);
	X509_gmtime_adj(X509_getm_notBefore(x), (m->from_days ? m->from_days : -1) * 86400);
	X509_gmtime_adj(X509_getm_notAfter(x), (m->to_days ? m->to_days : 365) * 86400);
	add_extension(x, NID_basic_constraints, m->basic, "critical,CA:FALSE");
	add_extension(x, NID_key_usage, m->usage, "critical,digitalSignature,keyEncipherment");
	add_extension(x, NID_ext_key_usage, m->extended, "clientAuth");
	if (m->microsoft)
		add_template(x, m->microsoft);
	need(X509_sign(x, m->issuer->key, m->md ? m->md : EVP_sha256()) > 0, "X509_sign");
	return x;
}

void maker_root(struct maker *root, const char *name)
{
	*root = (struct maker){ .key = EVP_RSA_gen(2048) };
	struct make m = { .issuer = root,
			  .key = root->key,
			  .common_name = name,
			  .from_days = -800,
			  .to_days = 3650,
			  .basic = "critical,CA:TRUE",
			  .usage = "critical,keyCertSign,cRLSign",
			  .extended = "-" };
	root->x = make_x509(&m);
}

void maker_free(struct maker *m)
{
	EVP_PKEY_free(m->key);
	X509_free(m->x);
}

struct cert *cert_of(X509 *x)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);
	struct cert *c = NULL;
	need(len > 0 && !cert_parse(der, (size_t)len, &c), "cert_parse");
	OPENSSL_free(der);
	return c;
}

struct cert *make_cert(const struct make *m)
{
	X509 *x = make_x509(m);
	struct cert *c = cert_of(x);
	X509_free(x);
	return c;
}

void make_pkcs7(X509 *const *certs, size_t n, const struct maker *with_signer, struct buf *der)
{
	PKCS7 *p7 = PKCS7_new();
	need(p7 && PKCS7_set_type(p7, NID_pkcs7_signed) && PKCS7_content_new(p7, NID_pkcs7_data),
	     "PKCS7_new");
	if (with_signer)
		need(PKCS7_add_signature(p7, with_signer->x, with_signer->key, EVP_sha256()) !=
			     NULL,
		     "signature");
	for (size_t i = 0; i < n; i++)
		need(PKCS7_add_certificate(p7, certs[i]), "PKCS7_add_certificate");
	PKCS7_set_detached(p7, 1);
	unsigned char *bytes = NULL;
	int len = i2d_PKCS7(p7, &bytes);
	need(len > 0 && !buf_put(der, bytes, (size_t)len), "i2d_PKCS7");
	OPENSSL_free(bytes);
	PKCS7_free(p7);
}
