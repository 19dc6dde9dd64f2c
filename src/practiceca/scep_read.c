// A client's pkiMessage, read strictly (RFC 8894 §3.1, §3.2).
#include <openssl/err.h>
#include <string.h>

#include "practiceca/cms_in.h"
#include "practiceca/openssl_error.h"
#include "practiceca/scep.h"

DEFINE_CLEANUP(pkcs7, PKCS7, PKCS7_free)

#define OID_MESSAGE_TYPE "2.16.840.1.113733.1.9.2"
#define OID_SENDER_NONCE "2.16.840.1.113733.1.9.5"
#define OID_TRANSACTION	 "2.16.840.1.113733.1.9.7"

void scep_message_free(struct scep_message *m)
{
	CMS_ContentInfo_free(m->cms);
	X509_free(m->certificate);
	buf_free(&m->content); // a challenge password may be in it
	*m = (struct scep_message){ 0 };
}

// --- the outer message

// A string of this type, the one value of the one attribute; null when it is not so.
static const ASN1_STRING *attribute(const struct scep_message *m, const char *oid, int type)
{
	const ASN1_TYPE *value = cms_in_attribute(m->signer, oid);
	return value && value->type == type ? value->value.asn1_string : NULL;
}

static bool take_text(const struct scep_message *m, const char *oid, char *out, size_t room)
{
	const ASN1_STRING *s = attribute(m, oid, V_ASN1_PRINTABLESTRING);
	int len = s ? ASN1_STRING_length(s) : 0;
	if (len < 1 || (size_t)len >= room || memchr(ASN1_STRING_get0_data(s), 0, (size_t)len))
		return false;
	memcpy(out, ASN1_STRING_get0_data(s), (size_t)len);
	out[len] = '\0';
	return true;
}

static bool take_nonce(struct scep_message *m)
{
	const ASN1_STRING *s = attribute(m, OID_SENDER_NONCE, V_ASN1_OCTET_STRING);
	if (!s || ASN1_STRING_length(s) != SCEP_NONCE)
		return false;
	memcpy(m->nonce, ASN1_STRING_get0_data(s), SCEP_NONCE);
	return true;
}

static enum refusal read_all(const struct buf *der, struct scep_message *m)
{
	m->cms = cms_in_parse(der);
	if (!m->cms)
		return REFUSE_SCEP_CMS;
	if (!cms_in_signer(m->cms, &m->signer, &m->certificate))
		return REFUSE_SCEP_SIGNER;
	if (!take_text(m, OID_TRANSACTION, m->transaction, sizeof m->transaction))
		return REFUSE_SCEP_TRANSACTION;
	if (!take_nonce(m))
		return REFUSE_SCEP_NONCE;
	if (!take_text(m, OID_MESSAGE_TYPE, m->type, sizeof m->type))
		return REFUSE_SCEP_NO_MESSAGE_TYPE;
	return REFUSE_NOTHING;
}

struct err *scep_read(const struct buf *der, struct scep_message *m, enum refusal *no)
{
	*no = read_all(der, m);
	ERR_clear_error();
	return NULL;
}

// --- what can be judged once an answer is possible

static enum refusal check_digest(const struct scep_message *m)
{
	return cms_in_digest_is_strong(m->signer) ? REFUSE_NOTHING : REFUSE_SCEP_DIGEST;
}

// Who asks is judged later; here only whether this certificate's key signed what is there.
static enum refusal check_signature(const struct scep_message *m)
{
	AUTO(bio) BIO *out = BIO_new(BIO_s_null());
	return cms_in_signature_is_good(m->cms, m->certificate, out) ? REFUSE_NOTHING
								     : REFUSE_SCEP_SIGNATURE;
}

static enum refusal check_type(const struct scep_message *m)
{
	static const char *const types[] = { "17", "19", "20" };
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(types[i], m->type) == 0)
			return REFUSE_NOTHING;
	return REFUSE_SCEP_MESSAGE_TYPE;
}

// pkiStatus, failInfo and recipientNonce (2.16.840.1.113733.1.9.3, .4, .6) are of answers alone; and no attribute stands twice (RFC 5652 §11).
static enum refusal check_attributes(const struct scep_message *m)
{
	static const char *const of_answers[] = { "2.16.840.1.113733.1.9.3",
						  "2.16.840.1.113733.1.9.4",
						  "2.16.840.1.113733.1.9.6" };
	for (int i = 0; i < CMS_signed_get_attr_count(m->signer); i++) {
		X509_ATTRIBUTE *a = CMS_signed_get_attr(m->signer, i);
		const ASN1_OBJECT *object = X509_ATTRIBUTE_get0_object(a);
		char oid[80] = "";
		OBJ_obj2txt(oid, sizeof oid, object, 1);
		if (CMS_signed_get_attr_by_OBJ(m->signer, object, i) >= 0)
			return REFUSE_SCEP_ATTRIBUTE;
		for (size_t j = 0; j < ARRAY_LEN(of_answers); j++)
			if (strcmp(oid, of_answers[j]) == 0)
				return REFUSE_SCEP_ATTRIBUTE;
	}
	return REFUSE_NOTHING;
}

// --- the envelope

// OpenSSL's CMS does not show the cipher of what is not opened yet; its PKCS #7 does.
static int cipher_of(const ASN1_OCTET_STRING *content)
{
	const unsigned char *p = ASN1_STRING_get0_data(content);
	AUTO(pkcs7) PKCS7 *p7 = d2i_PKCS7(NULL, &p, ASN1_STRING_length(content));
	bool whole = p7 && p == ASN1_STRING_get0_data(content) + ASN1_STRING_length(content) &&
		     PKCS7_type_is_enveloped(p7) && p7->d.enveloped && p7->d.enveloped->enc_data;
	return whole ? OBJ_obj2nid(p7->d.enveloped->enc_data->algorithm->algorithm) : NID_undef;
}

static enum refusal check_cipher(const struct service *s, int cipher)
{
	switch (cipher) {
	case NID_undef:
		return REFUSE_SCEP_ENVELOPE;
	case NID_aes_128_cbc:
	case NID_aes_192_cbc:
	case NID_aes_256_cbc:
		return REFUSE_NOTHING;
	case NID_des_ede3_cbc:
		return s->scep_3des ? REFUSE_NOTHING : REFUSE_SCEP_CIPHER;
	default:
		return REFUSE_SCEP_CIPHER;
	}
}

static enum refusal check_recipient(const struct service *s, CMS_ContentInfo *cms)
{
	STACK_OF(CMS_RecipientInfo) *to = CMS_get0_RecipientInfos(cms);
	X509_ALGOR *how = NULL;
	const ASN1_OBJECT *object = NULL;
	if (sk_CMS_RecipientInfo_num(to) != 1)
		return REFUSE_SCEP_ENVELOPE;
	CMS_RecipientInfo *one = sk_CMS_RecipientInfo_value(to, 0);
	if (CMS_RecipientInfo_type(one) != CMS_RECIPINFO_TRANS ||
	    CMS_RecipientInfo_ktri_cert_cmp(one, scep_certificate(s)) != 0)
		return REFUSE_SCEP_ENVELOPE;
	CMS_RecipientInfo_ktri_get0_algs(one, NULL, NULL, &how);
	X509_ALGOR_get0(&object, NULL, NULL, how);
	return OBJ_obj2nid(object) == NID_rsaEncryption ? REFUSE_NOTHING
							: REFUSE_SCEP_KEY_TRANSPORT;
}

static struct err *decrypt(const struct service *s, CMS_ContentInfo *cms, struct scep_message *m,
			   enum refusal *no)
{
	AUTO(bio) BIO *out = BIO_new(BIO_s_secmem());
	char *bytes = NULL;
	*no = REFUSE_SCEP_ENVELOPE;
	if (!out || CMS_decrypt(cms, scep_key(s), scep_certificate(s), NULL, out, CMS_BINARY) != 1)
		return NULL;
	long len = BIO_get_mem_data(out, &bytes);
	if (len <= 0)
		return NULL;
	*no = REFUSE_NOTHING;
	m->content = BUF(REQUEST_BODY_MAX);
	return buf_put(&m->content, bytes, (size_t)len);
}

static struct err *open_envelope(const struct service *s, struct scep_message *m, enum refusal *no)
{
	const ASN1_OCTET_STRING *content = *CMS_get0_content(m->cms);
	const unsigned char *p = ASN1_STRING_get0_data(content);
	m->cipher = cipher_of(content);
	*no = check_cipher(s, m->cipher);
	if (*no)
		return NULL;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, ASN1_STRING_length(content));
	*no = cms ? check_recipient(s, cms) : REFUSE_SCEP_ENVELOPE;
	struct err *e = *no ? NULL : decrypt(s, cms, m, no);
	CMS_ContentInfo_free(cms);
	return e;
}

struct err *scep_open(const struct service *s, struct scep_message *m, enum refusal *no)
{
	static enum refusal (*const checks[])(const struct scep_message *) = {
		check_digest,
		check_signature,
		check_type,
		check_attributes,
	};
	*no = REFUSE_NOTHING;
	for (size_t i = 0; !*no && i < ARRAY_LEN(checks); i++)
		*no = checks[i](m);
	struct err *e = *no ? NULL : open_envelope(s, m, no);
	ERR_clear_error();
	return e;
}
