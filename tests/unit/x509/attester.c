// Attestations for the tests.
#include "attester.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

static void need(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "attester: %s failed\n", what);
	abort();
}

static void add(X509 *x, const char *oid, bool critical, const void *bytes, int len)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	need(object && value && ASN1_OCTET_STRING_set(value, bytes, len), "an extension");
	X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	need(ext && X509_add_ext(x, ext, -1), "X509_add_ext");
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

static void add_hex(X509 *x, const char *oid, const char *hex, const char *usual)
{
	long len = 0;
	if (hex && strcmp(hex, "-") == 0)
		return;
	unsigned char *bytes = OPENSSL_hexstr2buf(hex ? hex : usual, &len);
	need(bytes || len == 0, "hex");
	add(x, oid, false, bytes, (int)len);
	OPENSSL_free(bytes);
}

static void add_serial(X509 *x, uint64_t serial)
{
	unsigned char *der = NULL;
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	need(number && ASN1_INTEGER_set_uint64(number, serial), "the serial number");
	int len = i2d_ASN1_INTEGER(number, &der);
	add(x, "1.3.6.1.4.1.41482.3.7", false, der, len);
	OPENSSL_free(der);
	ASN1_INTEGER_free(number);
}

void attester_begin(struct attester *a, enum f9_kind kind)
{
	bool old = kind == F9_OLD;
	*a = (struct attester){ .root = { .key = EVP_RSA_gen(2048) },
				.f9 = { .key = EVP_RSA_gen(2048) } };
	need(a->root.key && a->f9.key, "EVP_RSA_gen");
	a->root.x = make_x509(&(struct make){ .issuer = &a->root,
					      .key = a->root.key,
					      .common_name = "Maker PIV Root CA",
					      .from_days = -4000,
					      .to_days = -100, // over, and of no account
					      .basic = old ? "critical,CA:TRUE,pathlen:0"
							   : "critical,CA:TRUE,pathlen:1",
					      .usage = "critical,keyCertSign,cRLSign",
					      .extended = "-" });
	a->f9.x = make_x509(&(struct make){ .issuer = &a->root,
					    .key = a->f9.key,
					    .common_name = "Yubico PIV Attestation",
					    .from_days = -3000,
					    .to_days = 9000,
					    .basic = old ? "-" : "critical,CA:TRUE,pathlen:0",
					    .usage = "-",
					    .extended = "-" });
}

void attester_end(struct attester *a)
{
	maker_free(&a->root);
	maker_free(&a->f9);
}

X509 *attester_leaf(const struct attester *a, EVP_PKEY *key, const struct say *what)
{
	const struct maker *issuer = what->issuer ? what->issuer : &a->f9;
	X509 *x = X509_new();
	need(x != NULL, "X509_new");
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 77);
	const char *name = what->subject ? what->subject : "YubiKey PIV Attestation 9a";
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(issuer->x));
	X509_set1_notBefore(x, X509_get0_notBefore(issuer->x));
	X509_set1_notAfter(x, X509_get0_notAfter(issuer->x));
	X509_set_pubkey(x, key);
	add_hex(x, "1.3.6.1.4.1.41482.3.3", what->firmware, "050403");
	if (!what->no_serial)
		add_serial(x, what->serial ? what->serial : 12345678);
	add_hex(x, "1.3.6.1.4.1.41482.3.8", what->policy, "0201");
	add_hex(x, "1.3.6.1.4.1.41482.3.9", NULL, "01");
	if (what->twice)
		add_hex(x, "1.3.6.1.4.1.41482.3.3", NULL, "050704");
	if (what->critical_unknown)
		add(x, "1.2.3.4.5", true, "\x05\x00", 2);
	need(X509_sign(x, issuer->key, what->md ? what->md : EVP_sha256()) > 0, "X509_sign");
	return x;
}

static void put(X509 *x, struct buf *out)
{
	unsigned char *der = NULL;
	int len = x ? i2d_X509(x, &der) : 0;
	*out = BUF(ATTESTATION_MAX_DER);
	if (len > 0)
		need(!buf_put(out, der, (size_t)len), "buf_put");
	OPENSSL_free(der);
}

void statement_of(X509 *leaf, X509 *intermediate, struct attestation_statement *out)
{
	out->kind = ATTESTATION_YUBIKEY_PIV;
	put(leaf, &out->leaf);
	put(intermediate, &out->intermediate);
}

void attester_says(const struct attester *a, EVP_PKEY *key, const struct say *what,
		   struct attestation_statement *out)
{
	X509 *leaf = attester_leaf(a, key, what);
	statement_of(leaf, a->f9.x, out);
	X509_free(leaf);
}
