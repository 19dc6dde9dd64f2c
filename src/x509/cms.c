// CMS EnvelopedData to RSA certificates.
#include "x509/cms.h"

#include <openssl/cms.h>
#include <openssl/rsa.h>

#include "x509/ossl.h"

enum { LEAST_BITS = 2048, PEM_MAX = 64 * 1024 };

static struct err *unusable(const struct cert *c)
{
	struct err *e =
		err_new(ERR_PROFILE,
			N_("The recovery certificate for %1 cannot be encrypted to: it has to "
			   "hold an RSA key of at least 2048 bits that may be used for that."),
			ARG_TEXT(cert_subject_text(c)));
	return err_tag(
		err_hint(e, N_("Tell the institution: its profile names a recovery certificate "
			       "of the wrong kind.")),
		"recovery-unusable");
}

static struct err *as_x509(const struct cert *c, X509 **out)
{
	size_t len = 0;
	const uint8_t *der = cert_der(c, &len);
	*out = d2i_X509(NULL, &der, (long)len);
	return *out ? NULL : ossl_failed("d2i_X509");
}

static bool may_encipher(X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	const uint32_t use = X509_get_key_usage(x); // all bits where the certificate says nothing
	return key && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= LEAST_BITS &&
	       (use & (KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT));
}

struct err *cms_recipients_check(const struct cert_list *to)
{
	for (size_t i = 0; i < to->n; i++) {
		AUTO(x509) X509 *x = NULL;
		TRY(as_x509(to->certs[i], &x));
		bool fine = may_encipher(x);
		ossl_clear();
		if (!fine)
			return unusable(to->certs[i]);
	}
	return NULL;
}

static struct err *add_recipient(CMS_ContentInfo *cms, const struct cert *c)
{
	AUTO(x509) X509 *x = NULL;
	TRY(as_x509(c, &x));
	CMS_RecipientInfo *to = CMS_add1_recipient_cert(cms, x, CMS_KEY_PARAM);
	EVP_PKEY_CTX *how = to ? CMS_RecipientInfo_get0_pkey_ctx(to) : NULL;
	if (!how || EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_OAEP_PADDING) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(how, EVP_sha256()) <= 0)
		return ossl_failed("CMS_add1_recipient_cert");
	return NULL;
}

static struct err *seal(CMS_ContentInfo *cms, const struct secret *content, struct buf *pem)
{
	AUTO(bio) BIO *in = BIO_new_mem_buf(secret_bytes(content), (int)secret_len(content));
	AUTO(bio) BIO *out = BIO_new(BIO_s_mem());
	if (!in || !out || CMS_final(cms, in, NULL, CMS_BINARY) != 1 ||
	    PEM_write_bio_CMS_stream(out, cms, NULL, CMS_BINARY) != 1)
		return ossl_failed("CMS_final");
	char *text = NULL;
	long len = BIO_get_mem_data(out, &text);
	if (len <= 0 || len > PEM_MAX)
		return ossl_failed("PEM_write_bio_CMS_stream");
	return buf_put(pem, text, (size_t)len);
}

struct err *cms_encrypt(const struct secret *content, const struct cert_list *to, struct buf *pem)
{
	TRY(cms_recipients_check(to));
	AUTO(cms)
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, EVP_aes_256_cbc(), CMS_BINARY | CMS_PARTIAL);
	if (!cms)
		return ossl_failed("CMS_encrypt");
	for (size_t i = 0; i < to->n; i++)
		TRY(add_recipient(cms, to->certs[i]));
	return seal(cms, content, pem);
}
