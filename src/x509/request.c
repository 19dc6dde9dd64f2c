// PKCS#10 requests (RFC 2986), signed by a key that is somewhere else.
#include "x509/request.h"

#include <limits.h>
#include <string.h>

#include <openssl/pem.h>

#include "base/text.h"
#include "x509/name.h"
#include "x509/rsa.h"

enum { CHALLENGE_MAX = 255, REQUEST_MAX_ATTRIBUTES = 32, REQUEST_MAX_SIGNATURE = 2048 };

static struct err *set_subject(X509_REQ *req, const struct request_terms *t)
{
	AUTO(x509_name) X509_NAME *name = NULL;
	if (t->subject_der)
		TRY(name_from_der(t->subject_der, t->subject_der_len, &name));
	else
		TRY(name_from_rdns(t->subject, t->n_subject, &name));
	if (!X509_REQ_set_subject_name(req, name))
		return ossl_failed("X509_REQ_set_subject_name");
	return NULL;
}

// RFC 2985 §5.4.1, RFC 7894 §3: PrintableString where it can be one, UTF8String otherwise.
static struct err *add_text(X509_REQ *req, const char *type, const struct secret *text)
{
	if (!text)
		return NULL;
	size_t len = secret_len(text);
	if (len == 0 || len > CHALLENGE_MAX)
		return err_new(ERR_ANSWER,
			       N_("What is to be the challenge password must have 1 to %1 bytes."),
			       ARG_NUM(CHALLENGE_MAX));
	int kind = ASN1_PRINTABLE_type(secret_bytes(text), (int)len);
	if (kind != V_ASN1_PRINTABLESTRING)
		kind = V_ASN1_UTF8STRING;
	if (!X509_REQ_add1_attr_by_txt(req, type, kind, secret_bytes(text), (int)len))
		return ossl_failed("X509_REQ_add1_attr_by_txt");
	return NULL;
}

static struct err *add_challenges(X509_REQ *req, const struct request_terms *t)
{
	TRY(add_text(req, "challengePassword", t->challenge_password));
	TRY(add_text(req, "1.2.840.113549.1.9.16.2.56", t->otp_challenge));
	TRY(add_text(req, "1.2.840.113549.1.9.16.2.57", t->revocation_challenge));
	return add_text(req, "1.2.840.113549.1.9.16.2.58", t->identity_linking);
}

static struct err *push_extension(STACK_OF(X509_EXTENSION) * list, const X509_EXTENSION *ext)
{
	X509_EXTENSION *copy = X509_EXTENSION_dup(ext);
	if (!copy || !sk_X509_EXTENSION_push(list, copy)) {
		X509_EXTENSION_free(copy);
		return err_no_memory();
	}
	return NULL;
}

// The extensions inside an extensionRequest attribute.
static struct err *take_extensions(X509_ATTRIBUTE *attr, STACK_OF(X509_EXTENSION) * list)
{
	const ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attr, 0);
	AUTO(extension_stack) STACK_OF(X509_EXTENSION) *found = NULL;
	if (value && value->type == V_ASN1_SEQUENCE) {
		const unsigned char *p = value->value.sequence->data;
		found = d2i_X509_EXTENSIONS(NULL, &p, value->value.sequence->length);
	}
	if (!found)
		return ossl_reason(
			err_new(ERR_CA_REFUSED,
				N_("The extensions that the CA asks for cannot be read.")),
			"d2i_X509_EXTENSIONS");
	for (int i = 0; i < sk_X509_EXTENSION_num(found); i++)
		TRY(push_extension(list, sk_X509_EXTENSION_value(found, i)));
	return NULL;
}

// Puts the given attributes in; extensions among them are kept for the one extensionRequest that a request may have.
static struct err *add_extra(X509_REQ *req, const struct request_terms *t,
			     STACK_OF(X509_EXTENSION) * list)
{
	if (!t->extra_attributes)
		return NULL;
	const unsigned char *p = t->extra_attributes, *end = p + t->extra_attributes_len;
	for (int n = 0; p < end; n++) {
		AUTO(x509_attribute)
		X509_ATTRIBUTE *attr = d2i_X509_ATTRIBUTE(NULL, &p, (long)(end - p));
		if (!attr || n == REQUEST_MAX_ATTRIBUTES)
			return ossl_reason(
				err_new(ERR_CA_REFUSED,
					N_("The attributes that the CA asks for cannot be read.")),
				"d2i_X509_ATTRIBUTE");
		int nid = OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attr));
		if (nid == NID_ext_req)
			TRY(take_extensions(attr, list));
		else if (!X509_REQ_add1_attr(req, attr))
			return ossl_failed("X509_REQ_add1_attr");
	}
	return NULL;
}

// Ours go before what the CA asked for of the same type.
static struct err *put_extension(STACK_OF(X509_EXTENSION) * list, int nid, bool critical,
				 void *value)
{
	int at = X509v3_get_ext_by_NID(list, nid, -1);
	if (at >= 0)
		X509_EXTENSION_free(X509v3_delete_ext(list, at));
	AUTO(x509_extension) X509_EXTENSION *ext = X509V3_EXT_i2d(nid, critical, value);
	if (!ext)
		return ossl_failed("X509V3_EXT_i2d");
	return push_extension(list, ext);
}

static struct err *put_key_usage(STACK_OF(X509_EXTENSION) * list, const struct request_terms *t)
{
	if (!t->digital_signature && !t->key_encipherment)
		return NULL;
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	struct err *e = NULL;
	if (!bits || !ASN1_BIT_STRING_set_bit(bits, 0, t->digital_signature) ||
	    !ASN1_BIT_STRING_set_bit(bits, 2, t->key_encipherment))
		e = err_no_memory();
	else
		e = put_extension(list, NID_key_usage, true, bits);
	ASN1_BIT_STRING_free(bits);
	return e;
}

static struct err *put_client_auth(STACK_OF(X509_EXTENSION) * list, const struct request_terms *t)
{
	if (!t->client_auth)
		return NULL;
	EXTENDED_KEY_USAGE *uses = sk_ASN1_OBJECT_new_null();
	struct err *e = NULL;
	if (!uses || !sk_ASN1_OBJECT_push(uses, OBJ_nid2obj(NID_client_auth)))
		e = err_no_memory();
	else
		e = put_extension(list, NID_ext_key_usage, false, uses);
	sk_ASN1_OBJECT_pop_free(uses, ASN1_OBJECT_free);
	return e;
}

static struct err *put_alt_names(STACK_OF(X509_EXTENSION) * list, const struct request_terms *t)
{
	if (!t->alt_names_der)
		return NULL;
	int at = X509v3_get_ext_by_NID(list, NID_subject_alt_name, -1);
	if (at >= 0)
		X509_EXTENSION_free(X509v3_delete_ext(list, at));
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	bool fine =
		value && ASN1_OCTET_STRING_set(value, t->alt_names_der, (int)t->alt_names_der_len);
	AUTO(x509_extension)
	X509_EXTENSION *ext =
		fine ? X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, value) : NULL;
	ASN1_OCTET_STRING_free(value);
	return ext ? push_extension(list, ext) : ossl_failed("X509_EXTENSION_create_by_NID");
}

static struct err *set_attributes(X509_REQ *req, const struct request_terms *t)
{
	AUTO(extension_stack) STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	if (!list)
		return err_no_memory();
	TRY(add_challenges(req, t));
	TRY(add_extra(req, t, list));
	TRY(put_key_usage(list, t));
	TRY(put_client_auth(list, t));
	TRY(put_alt_names(list, t));
	if (sk_X509_EXTENSION_num(list) > 0 && !X509_REQ_add_extensions(req, list))
		return ossl_failed("X509_REQ_add_extensions");
	return NULL;
}

static struct err *set_algorithm(X509_REQ *req)
{
	X509_ALGOR *algorithm = X509_ALGOR_new();
	bool fine = algorithm &&
		    X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256WithRSAEncryption),
				    V_ASN1_NULL, NULL) &&
		    X509_REQ_set1_signature_algo(req, algorithm);
	X509_ALGOR_free(algorithm);
	return fine ? NULL : ossl_failed("X509_REQ_set1_signature_algo");
}

static struct err *set_signature(X509_REQ *req, const struct buf *sig)
{
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	if (!bits || sig->len > INT_MAX || !ASN1_BIT_STRING_set(bits, sig->data, (int)sig->len)) {
		ASN1_BIT_STRING_free(bits);
		return err_no_memory();
	}
	// All bits count: without this, zero bits at the end would be cut off when it is encoded.
	bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
	bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
	X509_REQ_set0_signature(req, bits);
	return NULL;
}

static struct err *sign_with(X509_REQ *req, const struct signer *s)
{
	TRY(set_algorithm(req));
	AUTO(ossl) unsigned char *tbs = NULL;
	int len = i2d_re_X509_REQ_tbs(req, &tbs);
	if (len <= 0)
		return ossl_failed("i2d_re_X509_REQ_tbs");
	AUTO_BUF struct buf sig = BUF(REQUEST_MAX_SIGNATURE);
	struct err *e = s->sign(s->ctx, tbs, (size_t)len, &sig);
	wipe(tbs, (size_t)len); // a challenge password may be in it
	if (!e)
		e = set_signature(req, &sig);
	return e;
}

static struct err *check_own_signature(X509_REQ *req, EVP_PKEY *key)
{
	if (X509_REQ_verify(req, key) == 1)
		return NULL;
	return ossl_reason(err_hint(err_tag(err_new(ERR_POLICY, N_("The token's signature does not "
								   "fit the key it showed.")),
					    "signature-wrong"),
				    N_("Nothing was sent. Try again; if it happens again, do not "
				       "use this token.")),
			   "X509_REQ_verify");
}

struct err *request_sign(const struct request_terms *t, const struct rsa_public *key,
			 const struct signer *s, struct buf *der)
{
	AUTO(pkey) EVP_PKEY *pkey = NULL;
	TRY(rsa_public_key(key, &pkey));
	AUTO(x509_req) X509_REQ *req = X509_REQ_new();
	if (!req || !X509_REQ_set_version(req, X509_REQ_VERSION_1) ||
	    !X509_REQ_set_pubkey(req, pkey))
		return ossl_failed("X509_REQ_new");
	TRY(set_subject(req, t));
	TRY(set_attributes(req, t));
	TRY(sign_with(req, s));
	TRY(check_own_signature(req, pkey));
	AUTO(ossl) unsigned char *bytes = NULL;
	int len = i2d_X509_REQ(req, &bytes);
	if (len <= 0)
		return ossl_failed("i2d_X509_REQ");
	struct err *e = buf_put(der, bytes, (size_t)len);
	wipe(bytes, (size_t)len);
	return e;
}

void der_sha256(const void *der, size_t len, char out[static 65])
{
	uint8_t hash[32];
	out[0] = '\0';
	if (!EVP_Digest(der, len, hash, NULL, EVP_sha256(), NULL))
		return;
	AUTO_TEXT char *hex = text_hex(hash, sizeof(hash), 0);
	if (hex)
		memcpy(out, hex, 65);
}

void request_key_sha256(const void *der, size_t len, char out[static 65])
{
	const unsigned char *p = der;
	AUTO(x509_req) X509_REQ *req = len <= LONG_MAX ? d2i_X509_REQ(NULL, &p, (long)len) : NULL;
	AUTO(ossl) unsigned char *key = NULL;
	out[0] = '\0';
	int n = req ? i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(req), &key) : -1;
	if (n > 0)
		der_sha256(key, (size_t)n, out);
}

struct err *request_pem(const void *der, size_t len, struct buf *out)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	if (!bio || len > LONG_MAX ||
	    PEM_write_bio(bio, PEM_STRING_X509_REQ, "", der, (long)len) <= 0)
		return ossl_failed("PEM_write_bio");
	long n = BIO_get_mem_data(bio, &text);
	return n > 0 ? buf_put(out, text, (size_t)n) : err_no_memory();
}
