// Bags of certificates in requests.
#include "x509/bag.h"

#include <limits.h>

#include "x509/attestation_inside.h"
#include "x509/cert_inside.h"

static const char oid_bag[] = "1.2.840.113549.1.9.25.5";

static struct err *signed_data(const struct cert_list *certs, unsigned char **der, int *len)
{
	AUTO(pkcs7) PKCS7 *p7 = PKCS7_new();
	if (!p7 || PKCS7_set_type(p7, NID_pkcs7_signed) != 1 ||
	    PKCS7_content_new(p7, NID_pkcs7_data) != 1)
		return ossl_failed("PKCS7_content_new");
	PKCS7_set_detached(p7, 1); // no content at all, not an empty one
	for (size_t i = 0; i < certs->n; i++)
		if (PKCS7_add_certificate(p7, cert_x509(certs->certs[i])) != 1)
			return ossl_failed("PKCS7_add_certificate");
	*len = i2d_PKCS7(p7, der);
	return *len > 0 ? NULL : ossl_failed("i2d_PKCS7");
}

struct err *bag_attribute(const struct cert_list *certs, struct buf *out)
{
	AUTO(ossl) unsigned char *bag = NULL;
	AUTO(ossl) unsigned char *der = NULL;
	int len = 0;
	TRY(signed_data(certs, &bag, &len));
	AUTO(x509_attribute)
	X509_ATTRIBUTE *attribute =
		X509_ATTRIBUTE_create_by_txt(NULL, oid_bag, V_ASN1_SEQUENCE, bag, len);
	len = attribute ? i2d_X509_ATTRIBUTE(attribute, &der) : -1;
	if (len <= 0)
		return ossl_failed("i2d_X509_ATTRIBUTE");
	return buf_put(out, der, (size_t)len);
}

// *value: the one value of the one attribute; null when there is none. False: it stands there twice, or has no one value.
static bool find_bag(const X509_REQ *req, const ASN1_STRING **value)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid_bag, 1);
	int at = object ? X509_REQ_get_attr_by_OBJ(req, object, -1) : -1;
	bool once = at < 0 || X509_REQ_get_attr_by_OBJ(req, object, at) < 0;
	ASN1_OBJECT_free(object);
	*value = NULL;
	if (at < 0 || !once)
		return once;
	X509_ATTRIBUTE *attribute = X509_REQ_get_attr(req, at);
	const ASN1_TYPE *type = X509_ATTRIBUTE_get0_type(attribute, 0);
	if (X509_ATTRIBUTE_count(attribute) != 1 || !type || type->type != V_ASN1_SEQUENCE)
		return false;
	*value = type->value.sequence;
	return true;
}

struct err *bag_of_request(const X509_REQ *req, struct cert_list *out)
{
	const ASN1_STRING *value = NULL;
	AUTO_CERTS struct cert_list list = { 0 };
	if (!find_bag(req, &value))
		return attestation_malformed(N_("the request does not carry it once and whole"));
	struct err *e = value ? cert_list_from_pkcs7(ASN1_STRING_get0_data(value),
						     (size_t)ASN1_STRING_length(value), &list)
			      : NULL;
	if (e && err_kind(e) == ERR_FAILED)
		return e; // no memory
	if (e)
		return err_caused_by(
			attestation_malformed(N_("what should be a list of certificates is none")),
			e);
	*out = list;
	list = (struct cert_list){ 0 };
	return NULL;
}

struct err *bag_from_request(const void *der, size_t len, struct cert_list *out)
{
	const unsigned char *p = der;
	AUTO(x509_req) X509_REQ *req = len > LONG_MAX ? NULL : d2i_X509_REQ(NULL, &p, (long)len);
	if (!req)
		return ossl_reason(attestation_malformed(N_("what should be a request is none")),
				   "d2i_X509_REQ");
	return bag_of_request(req, out);
}
