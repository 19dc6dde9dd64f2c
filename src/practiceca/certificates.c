// Making certificates.
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "practiceca/certificates.h"
#include "practiceca/openssl_error.h"

#define ORGANISATION "Practice Shinkin Bank"

// 126 random bits under a set one: always 16 bytes, positive, never zero (RFC 5280 §4.1.2.2).
static struct err *set_serial(X509 *cert)
{
	AUTO(bignum) BIGNUM *n = BN_new();
	if (!n || BN_rand(n, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
	    !BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)))
		return openssl_error("BN_rand");
	return NULL;
}

static struct err *make_name(const char *common_name, X509_NAME **out)
{
	AUTO(x509_name) X509_NAME *name = X509_NAME_new();
	const unsigned char *organisation = (const unsigned char *)ORGANISATION;
	const unsigned char *cn = (const unsigned char *)common_name;
	// countryName is a PrintableString by OpenSSL's own table.
	if (!name ||
	    X509_NAME_add_entry_by_txt(name, "C", MBSTRING_UTF8, (const unsigned char *)"JP", -1,
				       -1, 0) != 1 ||
	    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, organisation, -1, -1, 0) != 1 ||
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, cn, -1, -1, 0) != 1)
		return openssl_error("X509_NAME_add_entry_by_txt");
	*out = name;
	name = NULL;
	return NULL;
}

static struct err *set_names(X509 *cert, const struct certificate_terms *t)
{
	AUTO(x509_name) X509_NAME *subject = NULL;
	TRY(make_name(t->common_name, &subject));
	const X509_NAME *issuer = t->issuer ? X509_get_subject_name(t->issuer) : subject;
	if (X509_set_subject_name(cert, subject) != 1 || X509_set_issuer_name(cert, issuer) != 1)
		return openssl_error("X509_set_subject_name");
	return NULL;
}

static struct err *add_extension(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	bool added = ext && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return added ? NULL : openssl_error("X509V3_EXT_conf_nid");
}

struct extension_row {
	int nid;
	const char *value;
};

static const struct extension_row of_root[] = {
	{ NID_basic_constraints, "critical,CA:TRUE" },
	{ NID_key_usage, "critical,keyCertSign,cRLSign" },
	{ NID_subject_key_identifier, "hash" },
	{ 0, NULL },
};
static const struct extension_row of_issuing[] = {
	{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
	{ NID_key_usage, "critical,keyCertSign,cRLSign" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid:always" },
	{ 0, NULL },
};
static const struct extension_row of_tls[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature" },
	{ NID_ext_key_usage, "serverAuth" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid:always" },
	{ 0, NULL },
};
static const struct extension_row of_ra[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature,keyEncipherment" },
	{ NID_ext_key_usage, "1.3.6.1.5.5.7.3.28" }, // id-kp-cmcRA (RFC 6402 §2.10)
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid:always" },
	{ 0, NULL },
};
static const struct extension_row of_cmp[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature" },
	{ NID_ext_key_usage, "1.3.6.1.5.5.7.3.27" }, // id-kp-cmcCA (RFC 9810 §4.5)
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid:always" },
	{ 0, NULL },
};
static const struct extension_row of_person[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature,keyEncipherment" },
	{ NID_ext_key_usage, "clientAuth" },
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid:always" },
	{ 0, NULL },
};
static const struct extension_row of_agent[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature,keyEncipherment" },
	{ NID_ext_key_usage, "clientAuth,1.3.6.1.4.1.311.20.2.1" }, // Certificate Request Agent
	{ NID_subject_key_identifier, "hash" },
	{ NID_authority_key_identifier, "keyid:always" },
	{ 0, NULL },
};

static const struct extension_row *extensions_of(enum certificate_kind kind)
{
	switch (kind) {
	case CERTIFICATE_ROOT:
		return of_root;
	case CERTIFICATE_ISSUING:
		return of_issuing;
	case CERTIFICATE_TLS:
		return of_tls;
	case CERTIFICATE_RA:
		return of_ra;
	case CERTIFICATE_CMP:
		return of_cmp;
	case CERTIFICATE_AGENT:
		return of_agent;
	case CERTIFICATE_PERSON:
	default:
		return of_person;
	}
}

static struct err *add_extensions(X509 *cert, const struct certificate_terms *t)
{
	X509V3_CTX ctx;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, t->issuer ? t->issuer : cert, cert, NULL, NULL, 0);
	for (const struct extension_row *row = extensions_of(t->kind); row->value; row++)
		TRY(add_extension(cert, &ctx, row->nid, row->value));
	if (t->alt_names)
		TRY(add_extension(cert, &ctx, NID_subject_alt_name, t->alt_names));
	AUTO_TEXT char *responder = t->ocsp_url ? text_format("OCSP;URI:%s", t->ocsp_url) : NULL;
	if (t->ocsp_url && !responder)
		return err_no_memory();
	if (responder)
		TRY(add_extension(cert, &ctx, NID_info_access, responder));
	if (!t->crl_url)
		return NULL;
	AUTO_TEXT char *point = text_format("URI:%s", t->crl_url);
	return point ? add_extension(cert, &ctx, NID_crl_distribution_points, point)
		     : err_no_memory();
}

struct err *certificate_make(const struct certificate_terms *t, X509 **out)
{
	AUTO(x509) X509 *cert = X509_new();
	if (!cert || X509_set_version(cert, X509_VERSION_3) != 1)
		return openssl_error("X509_new");
	TRY(set_serial(cert));
	TRY(set_names(cert, t));
	if (!ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)t->not_before) ||
	    !ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)t->not_after))
		return openssl_error("ASN1_TIME_set");
	if (X509_set_pubkey(cert, t->public_key) != 1)
		return openssl_error("X509_set_pubkey");
	TRY(add_extensions(cert, t));
	if (X509_sign(cert, t->issuer_key, EVP_sha256()) <= 0)
		return openssl_error("X509_sign");
	*out = cert;
	cert = NULL;
	return NULL;
}

static struct err *take_bio(BIO *bio, struct buf *out)
{
	char *bytes = NULL;
	long len = BIO_get_mem_data(bio, &bytes);
	return buf_put(out, bytes, len > 0 ? (size_t)len : 0);
}

struct err *certificate_pem(X509 *const *certs, size_t n, struct buf *out)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	for (size_t i = 0; bio && i < n; i++)
		if (PEM_write_bio_X509(bio, certs[i]) != 1)
			return openssl_error("PEM_write_bio_X509");
	return bio ? take_bio(bio, out) : err_no_memory();
}

struct err *key_pem(EVP_PKEY *key, struct buf *out)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_secmem());
	if (!bio || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return openssl_error("PEM_write_bio_PrivateKey");
	return take_bio(bio, out);
}

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm = { 0 };
	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

int64_t certificate_not_before(const X509 *cert)
{
	return seconds_of(X509_get0_notBefore(cert));
}

int64_t certificate_not_after(const X509 *cert)
{
	return seconds_of(X509_get0_notAfter(cert));
}
