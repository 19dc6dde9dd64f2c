// CertRep (RFC 8894 §3.3.2).
#include <openssl/rand.h>
#include <string.h>

#include "practiceca/issue.h"
#include "practiceca/openssl_error.h"
#include "practiceca/scep.h"

DEFINE_CLEANUP(cms, CMS_ContentInfo, CMS_ContentInfo_free)

X509 *scep_certificate(const struct service *s)
{
	return s->authority->ra ? s->authority->ra : s->authority->issuing;
}

EVP_PKEY *scep_key(const struct service *s)
{
	return s->authority->ra ? s->authority->ra_key : s->authority->issuing_key;
}

// RFC 8894 §3.2.1.4: badAlg 0, badMessageCheck 1, badRequest 2, badTime 3, badCertId 4.
static const char *fail_info(enum refusal no)
{
	switch (no) {
	case REFUSE_SCEP_DIGEST:
	case REFUSE_SCEP_CIPHER:
	case REFUSE_SCEP_KEY_TRANSPORT:
	case REFUSE_WEAK_SIGNATURE:
		return "0";
	case REFUSE_SCEP_SIGNATURE:
	case REFUSE_SCEP_ENVELOPE:
	case REFUSE_SIGNATURE:
		return "1";
	case REFUSE_SCEP_TIME:
	case REFUSE_CERTIFICATE_EARLY:
	case REFUSE_CERTIFICATE_EXPIRED:
		return "3";
	case REFUSE_SCEP_NAMES:
	case REFUSE_SCEP_UNKNOWN:
		return "4";
	default:
		return "2";
	}
}

static bool put_text(CMS_SignerInfo *si, const char *oid, int type, const char *text)
{
	return CMS_signed_add1_attr_by_txt(si, oid, type, text, (int)strlen(text)) == 1;
}

static bool put_attributes(const struct scep_message *m, const struct scep_verdict *v,
			   const char *words, CMS_SignerInfo *si)
{
	uint8_t nonce[SCEP_NONCE];
	const char *status = v->no ? "2" : v->leaf ? "0" : "3";
	bool good =
		RAND_bytes(nonce, sizeof nonce) == 1 &&
		put_text(si, "2.16.840.1.113733.1.9.7", V_ASN1_PRINTABLESTRING, m->transaction) &&
		put_text(si, "2.16.840.1.113733.1.9.2", V_ASN1_PRINTABLESTRING, "3") &&
		put_text(si, "2.16.840.1.113733.1.9.3", V_ASN1_PRINTABLESTRING, status) &&
		CMS_signed_add1_attr_by_txt(si, "2.16.840.1.113733.1.9.5", V_ASN1_OCTET_STRING,
					    nonce, SCEP_NONCE) == 1 &&
		CMS_signed_add1_attr_by_txt(si, "2.16.840.1.113733.1.9.6", V_ASN1_OCTET_STRING,
					    m->nonce, SCEP_NONCE) == 1;
	if (!good || !v->no)
		return good;
	return put_text(si, "2.16.840.1.113733.1.9.4", V_ASN1_PRINTABLESTRING, fail_info(v->no)) &&
	       put_text(si, "1.3.6.1.5.5.7.24.1", V_ASN1_UTF8STRING, words);
}

static struct err *to_der(CMS_ContentInfo *cms, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);
	if (len <= 0)
		return openssl_error("i2d_CMS_ContentInfo");
	struct err *e = buf_put(out, der, (size_t)len);
	OPENSSL_free(der);
	return e;
}

static struct err *envelope(const struct service *s, const struct scep_message *m, X509 *leaf,
			    struct buf *out)
{
	X509 *const certs[] = { leaf, s->authority->issuing };
	AUTO_BUF struct buf list = BUF(65536);
	TRY(certs_only_der(certs, s->with_chain ? ARRAY_LEN(certs) : 1, &list));
	AUTO(bio) BIO *in = BIO_new_mem_buf(list.data, (int)list.len);
	AUTO(cms)
	CMS_ContentInfo *cms =
		CMS_encrypt(NULL, NULL, EVP_get_cipherbynid(m->cipher), CMS_BINARY | CMS_PARTIAL);
	if (!in || !cms || !CMS_add1_recipient_cert(cms, m->certificate, 0) ||
	    CMS_final(cms, in, NULL, CMS_BINARY) != 1)
		return openssl_error("CMS_encrypt");
	return to_der(cms, out);
}

// Without a certificate there is no content at all (RFC 8894 §3.3.2.2, §3.3.2.3).
static struct err *sign(const struct service *s, const struct scep_message *m,
			const struct scep_verdict *v, const char *words, const struct buf *content,
			struct buf *out)
{
	unsigned flags = CMS_BINARY | CMS_NOSMIMECAP | (content->len ? 0U : (unsigned)CMS_DETACHED);
	AUTO(bio)
	BIO *in =
		BIO_new_mem_buf(content->len ? content->data : (const void *)"", (int)content->len);
	AUTO(cms) CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL);
	CMS_SignerInfo *si =
		cms ? CMS_add1_signer(cms, scep_certificate(s), scep_key(s), EVP_sha256(), flags)
		    : NULL;
	if (!in || !si || !put_attributes(m, v, words, si) || CMS_final(cms, in, NULL, flags) != 1)
		return openssl_error("CMS_sign");
	return to_der(cms, out);
}

struct err *scep_reply(const struct service *s, const struct call *c, const struct scep_message *m,
		       const struct scep_verdict *v, struct answer *out)
{
	AUTO_BUF struct buf content = BUF(65536);
	const char *words = v->no ? refusal_words(v->no, call_languages(c).en ? "en" : "ja") : "";
	if (!v->no && v->leaf)
		TRY(envelope(s, m, v->leaf, &content));
	TRY(sign(s, m, v, words, &content, &out->body));
	out->refusal = v->no; // for the log; SCEP's refusals come with status 200
	out->status = 200;
	out->content_type = "application/x-pki-message";
	out->retry_after = v->no || v->leaf ? 0 : v->retry_after;
	return NULL;
}
