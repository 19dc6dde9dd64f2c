// Lists of certificates: from PEM texts and from certs-only CMS.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "x509/cert_inside.h"

struct err *cert_list_add(struct cert_list *l, struct cert *c)
{
	if (l->n >= CERT_MAX_LIST)
		return err_tag(err_new(ERR_CA_REFUSED, N_("There are more than %1 certificates."),
				       ARG_NUM(CERT_MAX_LIST)),
			       "too-large");
	struct cert **grown = realloc(l->certs, (l->n + 1) * sizeof(struct cert *));
	if (!grown)
		return err_no_memory();
	l->certs = grown;
	l->certs[l->n++] = cert_ref(c);
	return NULL;
}

void cert_list_free(struct cert_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		cert_free(l->certs[i]);
	free(l->certs);
	*l = (struct cert_list){ 0 };
}

static struct err *add_parsed(struct cert_list *l, const void *der, size_t len)
{
	AUTO(cert) struct cert *c = NULL;
	TRY(cert_parse(der, len, &c));
	return cert_list_add(l, c);
}

struct pem_part {
	char *name, *header;
	unsigned char *data;
	long len;
};

static void pem_part_cleanup(struct pem_part *p)
{
	OPENSSL_free(p->name);
	OPENSSL_free(p->header);
	OPENSSL_clear_free(p->data, p->len > 0 ? (size_t)p->len : 0);
}

// Reads one part. PEM_read_bio decrypts nothing, so it cannot ask for a pass phrase. *end: no more.
static struct err *next_part(BIO *bio, struct cert_list *l, bool *end)
{
	__attribute__((cleanup(pem_part_cleanup))) struct pem_part part = { 0 };
	if (!PEM_read_bio(bio, &part.name, &part.header, &part.data, &part.len)) {
		*end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
		if (*end) {
			ossl_clear();
			return NULL;
		}
		return ossl_reason(err_new(ERR_PROFILE, N_("A PEM text cannot be read.")),
				   "PEM_read_bio");
	}
	if (strcmp(part.name, PEM_STRING_X509) != 0 && strcmp(part.name, PEM_STRING_X509_OLD) != 0)
		return NULL; // a key or a request beside the certificates is none of ours
	return add_parsed(l, part.data, (size_t)part.len);
}

struct err *cert_list_from_pem(const void *pem, size_t len, struct cert_list *out)
{
	if (len > INT_MAX)
		return err_new(ERR_PROFILE, N_("A PEM text cannot be read."));
	AUTO(bio) BIO *bio = BIO_new_mem_buf(len ? pem : "", (int)len);
	if (!bio)
		return err_no_memory();
	AUTO_CERTS struct cert_list list = { 0 };
	for (bool end = false; !end;) {
		struct err *e = next_part(bio, &list, &end);
		if (e)
			return err_as(e, ERR_PROFILE);
	}
	if (list.n == 0)
		return err_new(ERR_PROFILE, N_("There is no certificate in the PEM text."));
	*out = list;
	list = (struct cert_list){ 0 };
	return NULL;
}

static struct err *not_certs_only(const char *call)
{
	return ossl_reason(
		err_tag(err_new(ERR_CA_REFUSED,
				N_("The CA's answer is no list of certificates (PKCS#7).")),
			"certificate-unreadable"),
		call);
}

static struct err *add_all(const STACK_OF(X509) * certs, struct cert_list *l)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		AUTO(ossl) unsigned char *der = NULL;
		int len = i2d_X509(sk_X509_value(certs, i), &der);
		if (len <= 0)
			return not_certs_only("i2d_X509");
		TRY(add_parsed(l, der, (size_t)len));
	}
	return NULL;
}

struct err *cert_list_from_pkcs7(const void *der, size_t len, struct cert_list *out)
{
	const unsigned char *p = der;
	AUTO(cms)
	CMS_ContentInfo *cms =
		len == 0 || len > LONG_MAX ? NULL : d2i_CMS_ContentInfo(NULL, &p, (long)len);
	if (!cms || p != (const unsigned char *)der + len)
		return not_certs_only("d2i_CMS_ContentInfo");
	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return not_certs_only("CMS_get0_type");
	// RFC 5272 §4.1: no signers and no content.
	ASN1_OCTET_STRING **content = CMS_get0_content(cms);
	if (sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) > 0 ||
	    (content && *content && ASN1_STRING_length(*content) > 0))
		return not_certs_only("CMS_get0_SignerInfos");
	AUTO(x509_stack) STACK_OF(X509) *certs = CMS_get1_certs(cms);
	if (sk_X509_num(certs) <= 0)
		return not_certs_only("CMS_get1_certs");
	AUTO_CERTS struct cert_list list = { 0 };
	TRY(add_all(certs, &list));
	ossl_clear();
	*out = list;
	list = (struct cert_list){ 0 };
	return NULL;
}
