// Certificates as people hand them over.
#include "x509/handed.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "x509/cert_inside.h"

DEFINE_CLEANUP(pkcs12, PKCS12, PKCS12_free)
DEFINE_CLEANUP(sig, X509_SIG, X509_SIG_free)

static struct err *unreadable(void)
{
	return err_hint(err_tag(err_new(ERR_CA_REFUSED, N_("The file holds no certificate that can "
							   "be read.")),
				"certificate-unreadable"),
			N_("Ask for the certificate again, as a file in PEM, DER or PKCS #7 "
			   "(.pem, .crt, .cer, .p7b), and see that it comes whole."));
}

static struct err *private_key(void)
{
	return err_hint(
		err_tag(err_new(ERR_POLICY, N_("The file holds a private key. inkan takes none: "
					       "the key of this certificate is on the token and "
					       "nowhere else. Nothing was stored.")),
			"private-key-handed"),
		N_("Whoever made that key knows it: do not use it. Give the institution the "
		   "request that inkan wrote, and ask for a certificate for that."));
}

static struct err *request(void)
{
	return err_hint(
		err_tag(err_new(ERR_CA_REFUSED, N_("The file holds a request, not a certificate.")),
			"request-handed"),
		N_("The request goes to the institution; what comes back from there is "
		   "the certificate."));
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

// Adds what one part of a PEM text holds.
static struct err *take_part(const char *name, const uint8_t *der, size_t len, struct cert_list *l)
{
	static const char *const certificates[] = { PEM_STRING_X509, PEM_STRING_X509_OLD, NULL };
	static const char *const lists[] = { PEM_STRING_PKCS7, PEM_STRING_PKCS7_SIGNED,
					     PEM_STRING_CMS, NULL };
	static const char *const requests[] = { PEM_STRING_X509_REQ, PEM_STRING_X509_REQ_OLD,
						NULL };
	if (is_one_of(name, certificates)) {
		AUTO(cert) struct cert *c = NULL;
		TRY(cert_parse(der, len, &c));
		return cert_list_add(l, c);
	}
	if (is_one_of(name, requests))
		return request();
	if (!is_one_of(name, lists))
		return NULL; // a revocation list or parameters beside it
	AUTO_CERTS struct cert_list some = { 0 };
	TRY(cert_list_from_pkcs7(der, len, &some));
	for (size_t i = 0; i < some.n; i++)
		TRY(cert_list_add(l, some.certs[i]));
	return NULL;
}

struct part {
	char *name, *header;
	unsigned char *data;
	long len;
};

static void part_cleanup(struct part *p)
{
	OPENSSL_free(p->name);
	OPENSSL_free(p->header);
	OPENSSL_clear_free(p->data, p->len > 0 ? (size_t)p->len : 0);
}

static struct err *next_part(BIO *bio, struct cert_list *l, bool *end)
{
	__attribute__((cleanup(part_cleanup))) struct part part = { 0 };
	if (PEM_read_bio(bio, &part.name, &part.header, &part.data, &part.len))
		return take_part(part.name, part.data, (size_t)part.len, l);
	*end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	struct err *e = *end ? NULL : ossl_reason(unreadable(), "PEM_read_bio");
	ossl_clear();
	return e;
}

static struct err *from_pem(const void *pem, size_t len, struct cert_list *l)
{
	AUTO(bio) BIO *bio = BIO_new_mem_buf(pem, (int)len);
	if (!bio)
		return err_no_memory();
	for (bool end = false; !end;)
		TRY(next_part(bio, l, &end));
	return l->n ? NULL : unreadable();
}

// A private key of any kind, open or encrypted, or a PKCS #12, which is made to hold one.
static bool is_private_key(const uint8_t *der, size_t len)
{
	const unsigned char *p = der;
	AUTO(pkey) EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)len);
	p = der;
	AUTO(sig) X509_SIG *encrypted = key ? NULL : d2i_X509_SIG(NULL, &p, (long)len);
	p = der;
	AUTO(pkcs12) PKCS12 *bag = key ? NULL : d2i_PKCS12(NULL, &p, (long)len);
	ossl_clear();
	return key || encrypted || bag;
}

static bool is_request(const uint8_t *der, size_t len)
{
	const unsigned char *p = der;
	AUTO(x509_req) X509_REQ *r = d2i_X509_REQ(NULL, &p, (long)len);
	ossl_clear();
	return r != NULL;
}

static struct err *from_der(const void *der, size_t len, struct cert_list *l)
{
	AUTO(cert) struct cert *c = NULL;
	struct err *e = cert_parse(der, len, &c);
	if (!e)
		return cert_list_add(l, c);
	err_ignore(e);
	e = cert_list_from_pkcs7(der, len, l);
	if (!e)
		return NULL;
	err_ignore(e);
	if (is_private_key(der, len))
		return private_key();
	return is_request(der, len) ? request() : unreadable();
}

// Whatever else is wrong with it, that is what a person should hear.
static struct err *in_our_words(struct err *e)
{
	if (!e || err_next_step(e))
		return e;
	return err_caused_by(unreadable(), e);
}

struct err *cert_list_from_handed(const void *bytes, size_t len, struct cert_list *out)
{
	AUTO_CERTS struct cert_list list = { 0 };
	if (len == 0 || len > INT_MAX)
		return unreadable();
	if (memmem(bytes, len, "PRIVATE KEY-----", 16))
		return private_key();
	bool pem = memmem(bytes, len, "-----BEGIN ", 11) != NULL;
	struct err *e = pem ? from_pem(bytes, len, &list) : from_der(bytes, len, &list);
	if (e)
		return in_our_words(e);
	*out = list;
	list = (struct cert_list){ 0 };
	return NULL;
}

struct err *cert_list_from_handed_file(const char *path, struct cert_list *out)
{
	struct stat st;
	AUTO_BUF struct buf bytes = BUF(HANDED_MAX_BYTES);
	if (!stat(path, &st) && S_ISREG(st.st_mode) && st.st_size > HANDED_MAX_BYTES)
		return err_hint(err_tag(err_new(ERR_CA_REFUSED,
						N_("The file %1 is too large for a certificate."),
						ARG_TEXT(path)),
					"file-too-large"),
				N_("See whether it is the right file."));
	struct err *e = buf_read_file(path, HANDED_MAX_BYTES, &bytes);
	if (e)
		return err_as(err_tag(e, "file-unreadable"), ERR_USAGE);
	return err_while(cert_list_from_handed(bytes.data, bytes.len, out),
			 N_("What is in the file %1 cannot be used."), ARG_TEXT(path));
}
