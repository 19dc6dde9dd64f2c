// A SCEP server as far as a client sees it: CertRep to a pkiMessage, good, or bad in the one way that it is told.
#include "server.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#define OID(n) "2.16.840.1.113733.1.9." n

static const char *const variants[] = {
	"pending",
	"failure",
	"failure-mute",
	"wrong-nonce",
	"short-nonce",
	"no-nonce",
	"wrong-transaction",
	"two-transactions",
	"not-answer",
	"no-status",
	"odd-status",
	"sha1",
	"md5",
	"des",
	"3des",
	"rc2",
	"foreign",
	"changed",
	"to-other",
	"empty",
	"garbage-inside",
	"cut",
};

bool scep_known(const char *variant)
{
	for (size_t i = 0; i < LEN(variants); i++)
		if (strcmp(variants[i], variant) == 0)
			return true;
	return issue_known(variant);
}

static bool is(const char *variant, const char *name)
{
	return strcmp(variant, name) == 0;
}

struct message {
	CMS_ContentInfo *cms;
	CMS_SignerInfo *signer;
	X509 *certificate;
	const ASN1_STRING *transaction, *nonce;
	X509_REQ *request;
};

static const ASN1_STRING *attribute(CMS_SignerInfo *si, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int at = CMS_signed_get_attr_by_OBJ(si, object, -1);
	ASN1_OBJECT_free(object);
	X509_ATTRIBUTE *a = at < 0 ? NULL : CMS_signed_get_attr(si, at);
	const ASN1_TYPE *value = a ? X509_ATTRIBUTE_get0_type(a, 0) : NULL;
	return value ? value->value.asn1_string : NULL;
}

static X509_REQ *open_request(const struct pki *p, CMS_ContentInfo *cms)
{
	const ASN1_OCTET_STRING *content = *CMS_get0_content(cms);
	const unsigned char *at = ASN1_STRING_get0_data(content);
	CMS_ContentInfo *inner = d2i_CMS_ContentInfo(NULL, &at, ASN1_STRING_length(content));
	BIO *out = must(BIO_new(BIO_s_mem()), "BIO_new");
	X509_REQ *req = NULL;
	if (inner && CMS_decrypt(inner, p->issuing_key, p->issuing, NULL, out, CMS_BINARY) == 1)
		req = d2i_X509_REQ_bio(out, NULL);
	BIO_free(out);
	CMS_ContentInfo_free(inner);
	return req;
}

static bool read_message(const struct pki *p, const struct bytes *der, struct message *m)
{
	const unsigned char *at = der->data;
	BIO *nothing = must(BIO_new(BIO_s_null()), "BIO_new");
	m->cms = der->len ? d2i_CMS_ContentInfo(NULL, &at, (long)der->len) : NULL;
	bool fine = m->cms && CMS_verify(m->cms, NULL, NULL, NULL, nothing,
					 CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1;
	BIO_free(nothing);
	if (!fine)
		return false;
	m->signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(m->cms), 0);
	CMS_SignerInfo_get0_algs(m->signer, NULL, &m->certificate, NULL, NULL);
	m->transaction = attribute(m->signer, OID("7"));
	m->nonce = attribute(m->signer, OID("5"));
	m->request = open_request(p, m->cms); // none in a poll
	return m->certificate && m->transaction && m->nonce;
}

// --- the answer

static void put(CMS_SignerInfo *si, const char *oid, int type, const void *bytes, int len)
{
	if (CMS_signed_add1_attr_by_txt(si, oid, type, bytes, len) != 1)
		die("CMS_signed_add1_attr_by_txt", oid);
}

static void put_word(CMS_SignerInfo *si, const char *oid, const char *word)
{
	put(si, oid, V_ASN1_PRINTABLESTRING, word, (int)strlen(word));
}

static const char *status_of(const char *v)
{
	return is(v, "pending")		       ? "3"
	       : strncmp(v, "failure", 7) == 0 ? "2"
	       : is(v, "odd-status")	       ? "9"
					       : "0";
}

static void put_attributes(const struct message *m, const char *v, CMS_SignerInfo *si)
{
	unsigned char nonce[16];
	const char *id = (const char *)ASN1_STRING_get0_data(m->transaction);
	int id_len = ASN1_STRING_length(m->transaction);
	if (RAND_bytes(nonce, sizeof(nonce)) != 1)
		die("RAND_bytes", "nonce");
	put(si, OID("7"), V_ASN1_PRINTABLESTRING, is(v, "wrong-transaction") ? "another" : id,
	    is(v, "wrong-transaction") ? 7 : id_len);
	if (is(v, "two-transactions"))
		put(si, OID("7"), V_ASN1_PRINTABLESTRING, "another", 7);
	put_word(si, OID("2"), is(v, "not-answer") ? "19" : "3");
	if (!is(v, "no-status"))
		put_word(si, OID("3"), status_of(v));
	if (is(v, "failure")) {
		static const char words[] = "Der Passwort ist falsch.\x1b[31m";
		put_word(si, OID("4"), "2");
		put(si, "1.3.6.1.5.5.7.24.1", V_ASN1_UTF8STRING, words, (int)sizeof(words) - 1);
	}
	put(si, OID("5"), V_ASN1_OCTET_STRING, nonce, sizeof(nonce));
	if (!is(v, "no-nonce"))
		put(si, OID("6"), V_ASN1_OCTET_STRING,
		    is(v, "wrong-nonce") ? nonce : ASN1_STRING_get0_data(m->nonce),
		    is(v, "short-nonce") ? 15 : ASN1_STRING_length(m->nonce));
}

static const EVP_CIPHER *cipher_of(const char *v)
{
	return is(v, "des")    ? EVP_des_cbc()
	       : is(v, "3des") ? EVP_des_ede3_cbc()
	       : is(v, "rc2")  ? EVP_rc2_cbc()
			       : EVP_aes_256_cbc();
}

static X509 *somebody(EVP_PKEY *key)
{
	X509_NAME *name = pki_name("somebody");
	struct leaf l = { .subject = name,
			  .issuer = name,
			  .key = key,
			  .signer = key,
			  .to_days = 10,
			  .usage = "critical,digitalSignature,keyEncipherment" };
	X509 *x = pki_sign(&l);
	X509_NAME_free(name);
	return x;
}

static void envelope(const struct pki *p, const struct message *m, const char *v, struct bytes *out)
{
	struct bytes inner = { 0 };
	EVP_PKEY *key = is(v, "to-other") ? pki_rsa() : NULL;
	X509 *to = key ? somebody(key) : NULL;
	if (is(v, "garbage-inside"))
		bytes_puts(&inner, "no list of certificates");
	else
		issue_request(p, issue_known(v) && !is(v, "sha1") && !is(v, "md5") ? v : "good",
			      m->request, &inner);
	BIO *in = must(BIO_new_mem_buf(inner.data, (int)inner.len), "BIO_new");
	CMS_ContentInfo *cms = must(CMS_encrypt(NULL, NULL, cipher_of(v), CMS_BINARY | CMS_PARTIAL),
				    "CMS_encrypt");
	must(CMS_add1_recipient_cert(cms, to ? to : m->certificate, 0), "recipient");
	if (CMS_final(cms, in, NULL, CMS_BINARY) != 1)
		die("CMS_final", v);
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);
	bytes_put(out, der, (size_t)len);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	X509_free(to);
	EVP_PKEY_free(key);
	bytes_free(&inner);
}

static void sign(const struct pki *p, const struct message *m, const char *v,
		 const struct bytes *content, struct bytes *out)
{
	unsigned flags = CMS_BINARY | CMS_NOSMIMECAP | (content->len ? 0U : (unsigned)CMS_DETACHED);
	EVP_PKEY *key = is(v, "foreign") ? pki_rsa() : NULL;
	X509 *by = key ? somebody(key) : NULL;
	BIO *in =
		must(BIO_new_mem_buf(content->len ? (void *)content->data : "", (int)content->len),
		     "BIO_new");
	CMS_ContentInfo *cms =
		must(CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL), "CMS_sign");
	CMS_SignerInfo *si =
		must(CMS_add1_signer(cms, by ? by : p->issuing, key ? key : p->issuing_key,
				     is(v, "sha1")  ? EVP_sha1()
				     : is(v, "md5") ? EVP_md5()
						    : EVP_sha256(),
				     flags),
		     "CMS_add1_signer");
	put_attributes(m, v, si);
	if (CMS_final(cms, in, NULL, flags) != 1)
		die("CMS_final", v);
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);
	if (is(v, "changed"))
		der[len - 10] ^= 1;
	bytes_put(out, der, is(v, "cut") ? (size_t)len / 2 : (size_t)len);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	X509_free(by);
	EVP_PKEY_free(key);
}

bool scep(const struct pki *p, const char *variant, const struct bytes *message, struct bytes *out)
{
	struct message m = { 0 };
	struct bytes content = { 0 };
	if (is(variant, "des") || is(variant, "rc2")) {
		must(OSSL_PROVIDER_load(NULL, "legacy"), "legacy provider");
		must(OSSL_PROVIDER_load(NULL, "default"), "default provider");
	}
	bool fine = read_message(p, message, &m);
	bool wanted = fine && strcmp(status_of(variant), "0") == 0 && !is(variant, "empty");
	if (wanted && m.request)
		envelope(p, &m, variant, &content);
	if (fine)
		sign(p, &m, variant, &content, out);
	bytes_free(&content);
	X509_REQ_free(m.request);
	CMS_ContentInfo_free(m.cms);
	return fine;
}

void scep_ca(const struct pki *p, struct bytes *der)
{
	unsigned char *bytes = NULL;
	int len = i2d_X509(p->issuing, &bytes);
	bytes_put(der, bytes, (size_t)len);
	OPENSSL_free(bytes);
}
