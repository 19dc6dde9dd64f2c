// EnvelopedData: sealed to a certificate, opened with a key that is somewhere else.
#include "x509/enveloped.h"

#include <limits.h>
#include <pthread.h>

#include <openssl/crypto.h>
#include <openssl/provider.h>

#include "x509/cert_inside.h"

enum { LEAST_BITS = 2048 };

const char *content_cipher_name(enum content_cipher c)
{
	static const char *const names[] = { "", "DES", "3DES", "AES" };
	return names[c];
}

static struct err *write_der(CMS_ContentInfo *cms, struct buf *der)
{
	AUTO(ossl) unsigned char *bytes = NULL;
	int len = i2d_CMS_ContentInfo(cms, &bytes);
	return len > 0 ? buf_put(der, bytes, (size_t)len) : ossl_failed("i2d_CMS_ContentInfo");
}

struct err *enveloped_seal(const void *content, size_t len, const struct cert *to,
			   enum content_cipher cipher, struct buf *der)
{
	EVP_PKEY *key = X509_get0_pubkey(cert_x509(to));
	if (!key || !EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < LEAST_BITS)
		return ossl_reason(
			err_tag(err_new(ERR_CA_REFUSED,
					N_("The CA's certificate %1 cannot be encrypted to: it "
					   "holds no RSA key of at least 2048 bits."),
					ARG_TEXT(cert_subject_text(to))),
				"encryption-key-unusable"),
			"X509_get0_pubkey");
	AUTO(bio) BIO *in = BIO_new_mem_buf(content, (int)len);
	AUTO(cms)
	CMS_ContentInfo *cms = CMS_encrypt(
		NULL, NULL, cipher == CIPHER_3DES ? EVP_des_ede3_cbc() : EVP_aes_128_cbc(),
		CMS_BINARY | CMS_PARTIAL);
	if (len > INT_MAX || !in || !cms || !CMS_add1_recipient_cert(cms, cert_x509(to), 0))
		return ossl_failed("CMS_add1_recipient_cert");
	if (CMS_final(cms, in, NULL, CMS_BINARY) != 1)
		return ossl_failed("CMS_final");
	return write_der(cms, der);
}

// Single DES is in OpenSSL's legacy provider. Where the institution allows it, it is loaded into a context of its own, and nothing else ever meets it.
static pthread_once_t once = PTHREAD_ONCE_INIT;
static OSSL_LIB_CTX *legacy;

static void load_legacy(void)
{
	OSSL_LIB_CTX *c = OSSL_LIB_CTX_new();
	if (c && OSSL_PROVIDER_load(c, "default") && OSSL_PROVIDER_load(c, "legacy"))
		legacy = c;
	else
		OSSL_LIB_CTX_free(c);
}

static struct err *legacy_context(OSSL_LIB_CTX **out)
{
	pthread_once(&once, load_legacy);
	if (!legacy)
		return ossl_reason(
			err_hint(err_new(ERR_FAILED,
					 N_("OpenSSL on this machine cannot read single DES, which "
					    "the CA answers in: its legacy provider is missing.")),
				 N_("Install OpenSSL's module legacy.so, or have the CA answer in "
				    "AES.")),
			"OSSL_PROVIDER_load");
	*out = legacy;
	return NULL;
}

static struct err *unreadable(const char *call)
{
	return ossl_reason(err_tag(err_new(ERR_CA_REFUSED,
					   N_("The CA's answer holds no encrypted message (CMS) "
					      "for this key.")),
				   "certificate-unreadable"),
			   call);
}

static struct err *parse(const struct enveloped_terms *t, OSSL_LIB_CTX *context,
			 CMS_ContentInfo **out)
{
	const unsigned char *p = t->der;
	CMS_ContentInfo *into = CMS_ContentInfo_new_ex(context, NULL);
	if (!into || t->len > LONG_MAX || !t->len) {
		CMS_ContentInfo_free(into);
		return unreadable("CMS_ContentInfo_new_ex");
	}
	if (!d2i_CMS_ContentInfo(&into, &p, (long)t->len)) // which frees it when it fails
		return unreadable("d2i_CMS_ContentInfo");
	AUTO(cms) CMS_ContentInfo *cms = into;
	if (p != (const unsigned char *)t->der + t->len ||
	    OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_enveloped)
		return unreadable("CMS_get0_type");
	*out = cms;
	cms = NULL;
	return NULL;
}

// OpenSSL's CMS tells no cipher of a message that it has not opened; its older PKCS #7 shows the same structure whole.
static enum content_cipher cipher_of(const struct enveloped_terms *t)
{
	const unsigned char *p = t->der;
	AUTO(pkcs7) PKCS7 *p7 = t->len > LONG_MAX ? NULL : d2i_PKCS7(NULL, &p, (long)t->len);
	int nid = p7 && PKCS7_type_is_enveloped(p7) && p7->d.enveloped &&
				  p7->d.enveloped->enc_data && p7->d.enveloped->enc_data->algorithm
			  ? OBJ_obj2nid(p7->d.enveloped->enc_data->algorithm->algorithm)
			  : NID_undef;
	ossl_clear();
	switch (nid) {
	case NID_des_cbc:
		return CIPHER_DES;
	case NID_des_ede3_cbc:
		return CIPHER_3DES;
	case NID_aes_128_cbc:
	case NID_aes_192_cbc:
	case NID_aes_256_cbc:
		return CIPHER_AES;
	default:
		return CIPHER_OTHER;
	}
}

static struct err *too_weak(enum content_cipher c)
{
	struct err *e =
		c == CIPHER_OTHER
			? err_new(ERR_POLICY, N_("The CA encrypted its answer in a way that this "
						 "program does not read."))
			: err_new(ERR_POLICY,
				  N_("The CA encrypted its answer with %1, which is too "
				     "weak."),
				  ARG_TEXT(content_cipher_name(c)));
	return err_tag(e, "answer-weak");
}

static struct err *take_content(BIO *bio, struct buf *content)
{
	char *bytes = NULL;
	long len = BIO_get_mem_data(bio, &bytes);
	return len > 0 ? buf_put(content, bytes, (size_t)len) : unreadable("CMS_decrypt");
}

// What the key's holder said is worth more than OpenSSL's word for it.
static struct err *not_opened(const struct enveloped_terms *t)
{
	struct err *of_key = private_key_error(t->key);
	if (!of_key)
		return unreadable("CMS_decrypt");
	ossl_clear();
	return of_key;
}

struct err *enveloped_open(const struct enveloped_terms *t, enum content_cipher *used,
			   struct buf *content)
{
	AUTO(cms) CMS_ContentInfo *cms = NULL;
	OSSL_LIB_CTX *context = NULL;
	TRY(parse(t, NULL, &cms));
	enum content_cipher cipher = cipher_of(t);
	*used = cipher;
	if (cipher == CIPHER_OTHER || cipher < t->weakest)
		return too_weak(cipher);
	if (cipher == CIPHER_DES) {
		CMS_ContentInfo_free(cms);
		cms = NULL;
		TRY(legacy_context(&context));
		TRY(parse(t, context, &cms));
	}
	AUTO(bio) BIO *out = BIO_new(BIO_s_secmem());
	if (!out)
		return err_no_memory();
	if (CMS_decrypt(cms, private_key_pkey(t->key), cert_x509(t->of), NULL, out, CMS_BINARY) !=
	    1)
		return not_opened(t);
	return take_content(out, content);
}
