// Requests, read strictly.
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "practiceca/attested.h"
#include "practiceca/base64.h"
#include "practiceca/openssl_error.h"
#include "practiceca/request.h"

#define OID_IDENTITY_LINKING "1.2.840.113549.1.9.16.2.58"

void request_free(struct request *r)
{
	X509_REQ_free(r->parsed);
	EVP_PKEY_free(r->public_key);
	wipe(r, sizeof *r);
}

static void hash_hex(const void *bytes, size_t len, char out[static 65])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	SHA256(bytes, len, hash);
	for (size_t i = 0; i < sizeof hash; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

static enum refusal parse(const struct buf *der, struct request *r)
{
	const unsigned char *p = der->data;
	r->parsed = der->len ? d2i_X509_REQ(NULL, &p, (long)der->len) : NULL;
	if (!r->parsed || p != der->data + der->len || X509_REQ_get_version(r->parsed) != 0)
		return REFUSE_PKCS10;
	hash_hex(der->data, der->len, r->sha256);
	return REFUSE_NOTHING;
}

// With an exponent of 1 anybody can sign; small ones, and even ones, are no keys either (FIPS 186-5, A.1.1: 2^16 < e < 2^256, odd).
static bool exponent_is_sound(const EVP_PKEY *key)
{
	enum { BITS_MIN = 17, BITS_MAX = 256 };
	BIGNUM *e = NULL;
	bool sound = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
		     BN_num_bits(e) >= BITS_MIN && BN_num_bits(e) <= BITS_MAX;
	BN_free(e);
	return sound;
}

static enum refusal check_key(struct request *r)
{
	if (!r->public_key || EVP_PKEY_get_base_id(r->public_key) != EVP_PKEY_RSA)
		return REFUSE_KEY;
	r->rsa_bits = EVP_PKEY_get_bits(r->public_key);
	// Beyond 8192 bits a check takes longer than a stranger should be able to ask for.
	if (r->rsa_bits < 2048 || r->rsa_bits > 8192)
		return REFUSE_KEY;
	return exponent_is_sound(r->public_key) ? REFUSE_NOTHING : REFUSE_KEY;
}

static enum refusal check_signature(struct request *r)
{
	int hash = 0;
	int kind = 0;
	if (OBJ_find_sigid_algs(X509_REQ_get_signature_nid(r->parsed), &hash, &kind) != 1)
		return REFUSE_WEAK_SIGNATURE;
	if (hash != NID_sha256 && hash != NID_sha384 && hash != NID_sha512)
		return REFUSE_WEAK_SIGNATURE;
	return X509_REQ_verify(r->parsed, r->public_key) == 1 ? REFUSE_NOTHING : REFUSE_SIGNATURE;
}

static enum refusal check_subject(struct request *r, const X509_NAME *name)
{
	int names = 0;
	for (int i = 0; i < X509_NAME_entry_count(name); i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
		int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
		if (nid != NID_countryName && nid != NID_organizationName &&
		    nid != NID_organizationalUnitName && nid != NID_commonName)
			return REFUSE_SUBJECT;
		if (nid != NID_commonName)
			continue;
		unsigned char *text = NULL;
		int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
		bool good = len > 0 && letters_and_digits((const char *)text, (size_t)len) &&
			    names++ == 0;
		if (good)
			snprintf(r->common_name, sizeof r->common_name, "%.*s", len,
				 (const char *)text);
		OPENSSL_free(text);
		if (!good)
			return REFUSE_SUBJECT;
	}
	return names == 1 ? REFUSE_NOTHING : REFUSE_SUBJECT;
}

static bool may_ask_for(X509_EXTENSION *ext)
{
	if (attested_extension(ext))
		return true;
	int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));
	void *value = X509V3_EXT_d2i(ext);
	bool good = false;
	if (value && nid == NID_key_usage) {
		const ASN1_BIT_STRING *bits = value;
		good = true;
		for (int bit = 0; bit < 9;
		     bit++) // digitalSignature is bit 0, keyEncipherment bit 2
			if (bit != 0 && bit != 2 && ASN1_BIT_STRING_get_bit(bits, bit))
				good = false;
	} else if (value && nid == NID_ext_key_usage) {
		EXTENDED_KEY_USAGE *uses = value;
		good = sk_ASN1_OBJECT_num(uses) == 1 &&
		       OBJ_obj2nid(sk_ASN1_OBJECT_value(uses, 0)) == NID_client_auth;
	} else if (value && nid == NID_basic_constraints) {
		good = !((const BASIC_CONSTRAINTS *)value)->ca;
	} else if (value && nid == NID_subject_key_identifier) {
		good = true;
	}
	const X509V3_EXT_METHOD *method = X509V3_EXT_get(ext);
	if (value && method)
		ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
	return good;
}

// One list of extensions at most, which can be read: nothing is asked for where it is not looked at.
static bool one_list(const struct request *r, bool listed)
{
	int lists = 0;
	for (int i = 0; i < X509_REQ_get_attr_count(r->parsed); i++) {
		X509_ATTRIBUTE *attribute = X509_REQ_get_attr(r->parsed, i);
		int nid = OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute));
		if (nid != NID_ext_req && nid != NID_ms_ext_req)
			continue;
		lists++;
		if (X509_ATTRIBUTE_count(attribute) != 1)
			return false;
	}
	return lists <= 1 && (lists == 0 || listed);
}

static enum refusal check_extensions(const STACK_OF(X509_EXTENSION) * asked)
{
	for (int i = 0; i < sk_X509_EXTENSION_num(asked); i++)
		if (!may_ask_for(sk_X509_EXTENSION_value(asked, i)))
			return REFUSE_EXTENSION;
	return REFUSE_NOTHING;
}

static bool same_bytes(const ASN1_OCTET_STRING *a, const ASN1_OCTET_STRING *b)
{
	return a && b ? ASN1_OCTET_STRING_cmp(a, b) == 0 : !a && !b;
}

static const ASN1_OCTET_STRING *alt_name_of(const STACK_OF(X509_EXTENSION) * list)
{
	int at = X509v3_get_ext_by_NID(list, NID_subject_alt_name, -1);
	return at < 0 ? NULL : X509_EXTENSION_get_data(X509v3_get_ext(list, at));
}

// RFC 7030 §4.2.2: identical is meant of the encoding; a name that only compares alike is another one to those who keep it as bytes.
static enum refusal check_same_names(const X509_NAME *name, const STACK_OF(X509_EXTENSION) * list,
				     X509 *renews)
{
	const unsigned char *asked = NULL, *has = NULL;
	size_t asked_len = 0, has_len = 0;
	if (X509_NAME_get0_der(name, &asked, &asked_len) != 1 ||
	    X509_NAME_get0_der(X509_get_subject_name(renews), &has, &has_len) != 1 ||
	    asked_len != has_len || memcmp(asked, has, has_len) != 0)
		return REFUSE_OTHER_SUBJECT;
	bool same = same_bytes(alt_name_of(list), alt_name_of(X509_get0_extensions(renews)));
	return same ? REFUSE_NOTHING : REFUSE_OTHER_ALT_NAME;
}

// One value, of text, 1 to 255 bytes (RFC 2985 §5.4.1, RFC 7894 §3); *there false where the request has no such attribute.
static enum refusal read_text(const struct request *r, const char *type,
			      char out[static REQUEST_CHALLENGE_MAX + 1], bool *there)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(type, 0);
	int at = X509_REQ_get_attr_by_OBJ(r->parsed, oid, -1);
	int second = at < 0 ? -1 : X509_REQ_get_attr_by_OBJ(r->parsed, oid, at);
	ASN1_OBJECT_free(oid);
	*there = at >= 0;
	if (at < 0)
		return REFUSE_NOTHING;
	X509_ATTRIBUTE *attribute = X509_REQ_get_attr(r->parsed, at);
	const ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attribute, 0);
	if (X509_ATTRIBUTE_count(attribute) != 1 || !value || second >= 0)
		return REFUSE_CHALLENGE;
	if (value->type != V_ASN1_PRINTABLESTRING && value->type != V_ASN1_UTF8STRING &&
	    value->type != V_ASN1_IA5STRING)
		return REFUSE_CHALLENGE;
	const ASN1_STRING *text = value->value.asn1_string;
	int len = ASN1_STRING_length(text);
	const unsigned char *bytes = ASN1_STRING_get0_data(text);
	if (len < 1 || len > REQUEST_CHALLENGE_MAX || memchr(bytes, 0, (size_t)len))
		return REFUSE_CHALLENGE;
	memcpy(out, bytes, (size_t)len);
	return REFUSE_NOTHING;
}

static enum refusal read_challenges(struct request *r)
{
	bool there = false;
	enum refusal no = read_text(r, "challengePassword", r->challenge, &r->has_challenge);
	if (!no)
		no = read_text(r, "1.2.840.113549.1.9.16.2.56", r->otp, &there);
	if (!no)
		no = read_text(r, "1.2.840.113549.1.9.16.2.57", r->revocation, &there);
	if (!no)
		no = read_text(r, OID_IDENTITY_LINKING, r->linking, &there);
	return no;
}

static void drop_attribute(X509_REQ *req, const char *type)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(type, 0);
	int at = X509_REQ_get_attr_by_OBJ(req, oid, -1);
	ASN1_OBJECT_free(oid);
	if (at >= 0)
		X509_ATTRIBUTE_free(X509_REQ_delete_attr(req, at));
}

// A client that must ask again binds its request to the new connection (RFC 7030 §3.5, §4.2.3): subject, key and all else stay.
static struct err *hash_asked(struct request *r)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	unsigned char *der = NULL;
	X509_REQ *copy = X509_REQ_dup(r->parsed);
	if (copy) {
		drop_attribute(copy, "challengePassword");
		drop_attribute(copy, OID_IDENTITY_LINKING);
	}
	int len = copy ? i2d_re_X509_REQ_tbs(copy, &der) : -1;
	X509_REQ_free(copy);
	if (len <= 0)
		return openssl_error("i2d_re_X509_REQ_tbs");
	SHA256(der, (size_t)len, hash);
	OPENSSL_free(der);
	for (size_t i = 0; i < sizeof hash; i++)
		snprintf(r->asked_sha256 + 2 * i, 3, "%02x", hash[i]);
	return NULL;
}

static enum refusal judge_request(struct request *r, X509 *renews)
{
	const X509_NAME *name = X509_REQ_get_subject_name(r->parsed);
	STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(r->parsed);
	r->public_key = X509_REQ_get_pubkey(r->parsed);
	enum refusal no = check_key(r);
	if (!no)
		no = check_signature(r);
	if (!no && renews)
		no = check_same_names(name, list, renews);
	if (!no)
		no = check_subject(r, name);
	if (!no && !one_list(r, list != NULL))
		no = REFUSE_EXTENSION;
	if (!no)
		no = check_extensions(list);
	if (!no)
		no = read_challenges(r);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return no;
}

static void give(struct request *r, enum refusal no, struct request *out)
{
	ERR_clear_error();
	if (no)
		return;
	*out = *r;
	*r = (struct request){ 0 };
}

struct err *request_read(const struct buf *body, X509 *renews, struct request *out,
			 enum refusal *no)
{
	AUTO_BUF struct buf der = BUF(REQUEST_BODY_MAX);
	bool good = false;
	TRY(base64_read_body(body->data, body->len, &good, &der));
	*no = REFUSE_BASE64;
	return good ? request_read_der(&der, renews, out, no) : NULL;
}

struct err *request_read_der(const struct buf *der, X509 *renews, struct request *out,
			     enum refusal *no)
{
	AUTO_REQUEST struct request r = { 0 };
	*no = parse(der, &r);
	if (!*no)
		*no = judge_request(&r, renews);
	if (!*no)
		TRY(hash_asked(&r));
	give(&r, *no, out);
	return NULL;
}

struct err *request_of_template(const struct request_template *t, X509 *renews, struct request *out,
				enum refusal *no)
{
	AUTO_REQUEST struct request r = { 0 };
	if (t->public_key && EVP_PKEY_up_ref(t->public_key) == 1)
		r.public_key = t->public_key;
	hash_hex(t->der, t->len, r.sha256);
	*no = check_key(&r);
	if (!*no && renews)
		*no = check_same_names(t->subject, t->extensions, renews);
	if (!*no)
		*no = t->subject ? check_subject(&r, t->subject) : REFUSE_SUBJECT;
	if (!*no)
		*no = check_extensions(t->extensions);
	give(&r, *no, out);
	return NULL;
}
