// The byte server's own CA: made anew at each start, ten years long.
#include "server.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

enum { TEN_YEARS = 3650 };

EVP_PKEY *pki_rsa(void)
{
	return must(EVP_RSA_gen(2048), "EVP_RSA_gen");
}

X509_NAME *pki_name(const char *common_name)
{
	X509_NAME *name = must(X509_NAME_new(), "X509_NAME_new");
	X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const unsigned char *)"JP", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1,
				   -1, 0);
	return name;
}

static void add_extension(X509 *x, int nid, const char *text)
{
	if (!text)
		return;
	X509_EXTENSION *ext = must(X509V3_EXT_conf_nid(NULL, NULL, nid, text), text);
	if (!X509_add_ext(x, ext, -1))
		die("X509_add_ext", text);
	X509_EXTENSION_free(ext);
}

static void set_serial(X509 *x)
{
	unsigned char random[12];
	BIGNUM *n = NULL;
	if (RAND_bytes(random, sizeof(random)) != 1)
		die("RAND_bytes", "serial");
	random[0] &= 0x7f;
	n = must(BN_bin2bn(random, sizeof(random), NULL), "BN_bin2bn");
	must(BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)), "serial");
	BN_free(n);
}

X509 *pki_sign(const struct leaf *l)
{
	X509 *x = must(X509_new(), "X509_new");
	X509_set_version(x, X509_VERSION_3);
	set_serial(x);
	X509_set_subject_name(x, l->subject);
	X509_set_issuer_name(x, l->issuer);
	X509_set_pubkey(x, l->key);
	X509_gmtime_adj(X509_getm_notBefore(x), l->from_days * 86400 - 300);
	X509_time_adj_ex(X509_getm_notAfter(x), (int)l->to_days, 0, NULL);
	add_extension(x, NID_basic_constraints, l->basic);
	add_extension(x, NID_key_usage, l->usage);
	add_extension(x, NID_ext_key_usage, l->extended);
	add_extension(x, NID_subject_alt_name, l->names);
	if (!X509_sign(x, l->signer, l->md ? l->md : EVP_sha256()))
		die("X509_sign", "certificate");
	return x;
}

static void make_server(struct pki *p, enum server_kind kind)
{
	X509_NAME *name = pki_name("byteserver");
	struct leaf l = {
		.subject = name,
		.issuer = X509_get_subject_name(p->root),
		.key = p->server_key,
		.signer = p->root_key,
		.from_days = kind == SERVER_NOT_YET   ? 10
			     : kind == SERVER_EXPIRED ? -30
						      : -1,
		.to_days = kind == SERVER_EXPIRED ? -2 : TEN_YEARS,
		.basic = "critical,CA:FALSE",
		.usage = "critical,digitalSignature",
		.extended = "serverAuth",
		.names = kind == SERVER_WRONG_HOST ? "DNS:other.example"
						   : "DNS:localhost,IP:127.0.0.1",
	};
	p->server = pki_sign(&l);
	X509_NAME_free(name);
}

void pki_make(struct pki *p, enum server_kind kind)
{
	p->root_key = must(EVP_EC_gen("P-256"), "EVP_EC_gen");
	p->server_key = must(EVP_EC_gen("P-256"), "EVP_EC_gen");
	p->issuing_key = pki_rsa(); // RSA, so that it can sign with MD5
	X509_NAME *root = pki_name("Byte Root"), *issuing = pki_name("Byte Issuing");
	struct leaf l = { .subject = root,
			  .issuer = root,
			  .key = p->root_key,
			  .signer = p->root_key,
			  .from_days = -1,
			  .to_days = TEN_YEARS,
			  .basic = "critical,CA:TRUE",
			  .usage = "critical,keyCertSign,cRLSign" };
	p->root = pki_sign(&l);
	l.subject = issuing;
	l.key = p->issuing_key;
	p->issuing = pki_sign(&l);
	make_server(p, kind);
	X509_NAME_free(root);
	X509_NAME_free(issuing);
}
