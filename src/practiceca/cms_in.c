// SignedData that came.
#include "practiceca/cms_in.h"

// Definite lengths at the top, where OpenSSL would take others, too; and as long as the bytes are.
CMS_ContentInfo *cms_in_parse(const struct buf *der)
{
	const unsigned char *p = der->data;
	if (der->len < 2 || der->data[1] == 0x80)
		return NULL;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der->len);
	bool good = cms && p == der->data + der->len &&
		    OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed &&
		    OBJ_obj2nid(CMS_get0_eContentType(cms)) == NID_pkcs7_data;
	ASN1_OCTET_STRING **content = good ? CMS_get0_content(cms) : NULL;
	if (content && *content && ASN1_STRING_length(*content) > 0)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

bool cms_in_signer(CMS_ContentInfo *cms, CMS_SignerInfo **signer, X509 **certificate)
{
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);
	if (sk_CMS_SignerInfo_num(signers) != 1)
		return false;
	STACK_OF(X509) *certs = CMS_get1_certs(cms);
	CMS_SignerInfo *one = sk_CMS_SignerInfo_value(signers, 0);
	X509 *found = NULL;
	for (int i = 0; !found && i < sk_X509_num(certs); i++)
		if (CMS_SignerInfo_cert_cmp(one, sk_X509_value(certs, i)) == 0) {
			found = sk_X509_value(certs, i);
			X509_up_ref(found);
		}
	sk_X509_pop_free(certs, X509_free);
	*signer = one;
	*certificate = found;
	return found != NULL;
}

const ASN1_TYPE *cms_in_attribute(const CMS_SignerInfo *signer, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int at = object ? CMS_signed_get_attr_by_OBJ(signer, object, -1) : -1;
	bool once = at >= 0 && CMS_signed_get_attr_by_OBJ(signer, object, at) < 0;
	ASN1_OBJECT_free(object);
	if (!once)
		return NULL;
	X509_ATTRIBUTE *a = CMS_signed_get_attr(signer, at);
	return X509_ATTRIBUTE_count(a) == 1 ? X509_ATTRIBUTE_get0_type(a, 0) : NULL;
}

bool cms_in_digest_is_strong(CMS_SignerInfo *signer)
{
	X509_ALGOR *digest = NULL;
	const ASN1_OBJECT *object = NULL;
	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
	X509_ALGOR_get0(&object, NULL, NULL, digest);
	int nid = OBJ_obj2nid(object);
	return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

bool cms_in_signature_is_good(CMS_ContentInfo *cms, X509 *certificate, BIO *content)
{
	enum { FLAGS = CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY };
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	bool sound = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
		     EVP_PKEY_get_bits(key) >= 2048 && EVP_PKEY_get_bits(key) <= 8192;
	return content && sound && CMS_verify(cms, NULL, NULL, NULL, content, FLAGS) == 1;
}
