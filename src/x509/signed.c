// SignedData: made with a key that is somewhere else, read, checked.
#include "x509/signed.h"

#include <limits.h>
#include <stdlib.h>

#include "x509/cert_inside.h"
#include "x509/chain.h"

static int type_of(enum signed_form form)
{
	if (form == SIGNED_SEQUENCE)
		return V_ASN1_SEQUENCE;
	return form == SIGNED_TEXT ? V_ASN1_PRINTABLESTRING : V_ASN1_OCTET_STRING;
}

static struct err *add_attributes(const struct signed_terms *t, CMS_SignerInfo *signer)
{
	for (size_t i = 0; i < t->n_attributes; i++) {
		const struct signed_attribute *a = &t->attributes[i];
		if (CMS_signed_add1_attr_by_txt(signer, a->oid, type_of(a->form), a->bytes,
						(int)a->len) != 1)
			return ossl_failed("CMS_signed_add1_attr_by_txt");
	}
	return NULL;
}

static struct err *add_beside(const struct signed_terms *t, CMS_ContentInfo *cms)
{
	for (size_t i = 0; t->beside && i < t->beside->n; i++)
		if (CMS_add1_cert(cms, cert_x509(t->beside->certs[i])) != 1)
			return ossl_failed("CMS_add1_cert");
	return NULL;
}

static struct err *write_der(CMS_ContentInfo *cms, struct buf *der)
{
	AUTO(ossl) unsigned char *bytes = NULL;
	int len = i2d_CMS_ContentInfo(cms, &bytes);
	return len > 0 ? buf_put(der, bytes, (size_t)len) : ossl_failed("i2d_CMS_ContentInfo");
}

struct err *signed_make(const struct signed_terms *t, struct buf *der)
{
	enum { FLAGS = CMS_BINARY | CMS_NOSMIMECAP };
	if (t->len > INT_MAX)
		return err_new(ERR_FAILED, N_("A cryptographic operation failed."));
	AUTO(bio) BIO *in = BIO_new_mem_buf(t->content, (int)t->len);
	AUTO(cms) CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, FLAGS | CMS_PARTIAL);
	CMS_SignerInfo *signer =
		cms ? CMS_add1_signer(cms, cert_x509(t->signer), private_key_pkey(t->key),
				      EVP_sha256(), FLAGS)
		    : NULL;
	if (!in || !signer)
		return ossl_failed("CMS_add1_signer");
	TRY(add_attributes(t, signer));
	TRY(add_beside(t, cms));
	if (CMS_final(cms, in, NULL, FLAGS) != 1)
		return ossl_failed("CMS_final");
	return write_der(cms, der);
}

struct signed_message {
	CMS_ContentInfo *cms;
	CMS_SignerInfo *signer; // in cms
};

void signed_free(struct signed_message *m)
{
	if (!m)
		return;
	CMS_ContentInfo_free(m->cms);
	free(m);
}

static struct err *unreadable(const char *call)
{
	return ossl_reason(
		err_tag(err_new(ERR_CA_REFUSED, N_("The CA's answer is no signed message (CMS).")),
			"certificate-unreadable"),
		call);
}

struct err *signed_parse(const void *der, size_t len, struct signed_message **out)
{
	const unsigned char *p = der;
	AUTO(signed) struct signed_message *m = calloc(1, sizeof(*m));
	if (!m)
		return err_no_memory();
	m->cms = len == 0 || len > LONG_MAX ? NULL : d2i_CMS_ContentInfo(NULL, &p, (long)len);
	if (!m->cms || p != (const unsigned char *)der + len)
		return unreadable("d2i_CMS_ContentInfo");
	if (OBJ_obj2nid(CMS_get0_type(m->cms)) != NID_pkcs7_signed)
		return unreadable("CMS_get0_type");
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(m->cms);
	if (sk_CMS_SignerInfo_num(signers) != 1)
		return unreadable("CMS_get0_SignerInfos");
	m->signer = sk_CMS_SignerInfo_value(signers, 0);
	ossl_clear();
	*out = m;
	m = NULL;
	return NULL;
}

const uint8_t *signed_content(const struct signed_message *m, size_t *len)
{
	ASN1_OCTET_STRING **content = CMS_get0_content(m->cms);
	*len = 0;
	if (!content || !*content || ASN1_STRING_length(*content) <= 0)
		return NULL;
	*len = (size_t)ASN1_STRING_length(*content);
	return ASN1_STRING_get0_data(*content);
}

// Attributes of which nothing is signed are worth nothing.
struct err *signed_check(const struct signed_message *m, const struct cert_list *by)
{
	enum { FLAGS = CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY };
	AUTO(borrowed_stack) STACK_OF(X509) *certs = NULL;
	size_t len = 0;
	TRY(chain_borrow(by, &certs));
	AUTO(bio) BIO *none = signed_content(m, &len) ? NULL : BIO_new_mem_buf("", 0);
	AUTO(bio) BIO *out = BIO_new(BIO_s_null());
	if (out && (len || none) && CMS_signed_get_attr_count(m->signer) > 0 &&
	    CMS_verify(m->cms, certs, NULL, none, out, FLAGS) == 1)
		return NULL;
	return ossl_reason(err_tag(err_new(ERR_NETWORK,
					   N_("The answer is not signed by the CA, or was changed "
					      "on its way.")),
				   "answer-forged"),
			   "CMS_verify");
}

enum signed_digest signed_digest(const struct signed_message *m)
{
	X509_ALGOR *digest = NULL;
	const ASN1_OBJECT *object = NULL;
	CMS_SignerInfo_get0_algs(m->signer, NULL, NULL, &digest, NULL);
	X509_ALGOR_get0(&object, NULL, NULL, digest);
	switch (OBJ_obj2nid(object)) {
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
		return DIGEST_STRONG;
	case NID_sha1:
		return DIGEST_SHA1;
	case NID_md5:
		return DIGEST_MD5;
	default:
		return DIGEST_OTHER;
	}
}

static bool type_fits(const ASN1_TYPE *v, bool text)
{
	if (!text)
		return v->type == V_ASN1_OCTET_STRING;
	return v->type == V_ASN1_PRINTABLESTRING || v->type == V_ASN1_UTF8STRING ||
	       v->type == V_ASN1_IA5STRING;
}

enum attribute_found signed_attribute_of(const struct signed_message *m, const char *oid, bool text,
					 const uint8_t **bytes, size_t *len)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int at = object ? CMS_signed_get_attr_by_OBJ(m->signer, object, -1) : -1;
	bool once = at < 0 || CMS_signed_get_attr_by_OBJ(m->signer, object, at) < 0;
	ASN1_OBJECT_free(object);
	if (at < 0)
		return ATTRIBUTE_MISSING;
	X509_ATTRIBUTE *attribute = CMS_signed_get_attr(m->signer, at);
	const ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attribute, 0);
	if (!once || X509_ATTRIBUTE_count(attribute) != 1 || !value || !type_fits(value, text))
		return ATTRIBUTE_WRONG;
	*bytes = ASN1_STRING_get0_data(value->value.asn1_string);
	*len = (size_t)ASN1_STRING_length(value->value.asn1_string);
	return ATTRIBUTE_THERE;
}
