// The parts of CsrAttrs that have a shape of their own: extensions, and the template of RFC 9908 §3.4.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "x509/csrattrs_inside.h"

static const char oid_extension_template[] = "1.2.840.113549.1.9.16.2.62"; // RFC 9908

DEFINE_CLEANUP(asn1_object, ASN1_OBJECT, ASN1_OBJECT_free)

static bool is_universal(const struct der_item *item, int tag)
{
	return item->class == V_ASN1_UNIVERSAL && item->tag == tag;
}

// ExtensionTemplate is Extension with the value left out where the client is to fill it in; both are read here.
struct extension {
	ASN1_OBJECT *oid;
	const unsigned char *value;
	size_t value_len; // 0: to be filled in
};

static void extension_cleanup(struct extension *x)
{
	ASN1_OBJECT_free(x->oid);
}

static struct err *read_extension(const struct der_item *item, struct extension *x)
{
	struct der_items parts = { item->body, item->body + item->body_len };
	struct der_item part;
	bool bad = false;
	if (!is_universal(item, V_ASN1_SEQUENCE) || !der_next(&parts, &part, &bad) ||
	    !is_universal(&part, V_ASN1_OBJECT))
		return csrattrs_malformed("Extension");
	const unsigned char *p = part.whole;
	x->oid = d2i_ASN1_OBJECT(NULL, &p, (long)part.whole_len);
	bool more = der_next(&parts, &part, &bad);
	if (more && is_universal(&part, V_ASN1_BOOLEAN))
		more = der_next(&parts, &part, &bad);
	if (more && is_universal(&part, V_ASN1_OCTET_STRING)) {
		x->value = part.body;
		x->value_len = part.body_len;
		more = false;
	}
	if (!x->oid || more || bad || parts.p != parts.end)
		return csrattrs_malformed("Extension");
	return NULL;
}

static struct err *take_key_usage(struct csrattrs *a, const struct extension *x)
{
	if (x->value_len == 0)
		return NULL; // ours to choose
	const unsigned char *p = x->value;
	ASN1_BIT_STRING *bits = d2i_ASN1_BIT_STRING(NULL, &p, (long)x->value_len);
	if (!bits)
		return csrattrs_malformed("keyUsage");
	a->has_key_usage = true;
	a->key_usage_signature = ASN1_BIT_STRING_get_bit(bits, 0) != 0;
	a->key_usage_encipherment = ASN1_BIT_STRING_get_bit(bits, 2) != 0;
	ASN1_BIT_STRING_free(bits);
	return NULL;
}

static struct err *put_header(struct buf *out, uint8_t tag, size_t len)
{
	uint8_t head[4] = { tag, (uint8_t)len, 0, 0 };
	size_t n = 2;
	if (len > 0xffff)
		return csrattrs_malformed("Extensions");
	if (len > 0xff) {
		head[1] = 0x82;
		head[2] = (uint8_t)(len >> 8);
		head[3] = (uint8_t)len;
		n = 4;
	} else if (len > 0x7f) {
		head[1] = 0x81;
		head[2] = (uint8_t)len;
		n = 3;
	}
	return buf_put(out, head, n);
}

static size_t with_header(size_t len)
{
	return len + (len > 0xff ? 4 : len > 0x7f ? 3 : 2);
}

// Attribute { extensionRequest, SET { SEQUENCE { extensions } } }
static struct err *put_ext_req(struct csrattrs *a, const struct buf *extensions)
{
	static const uint8_t oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				       0xf7, 0x0d, 0x01, 0x09, 0x0e };
	size_t sequence = with_header(extensions->len), set = with_header(sequence);
	TRY(put_header(&a->attributes, 0x30, sizeof(oid) + set));
	TRY(buf_put(&a->attributes, oid, sizeof(oid)));
	TRY(put_header(&a->attributes, 0x31, sequence));
	TRY(put_header(&a->attributes, 0x30, extensions->len));
	return buf_put(&a->attributes, extensions->data, extensions->len);
}

struct err *csrattrs_take_extensions(struct csrattrs *a, const struct der_item *sequence)
{
	AUTO_BUF struct buf kept = BUF(65535);
	struct der_items items = { sequence->body, sequence->body + sequence->body_len };
	struct der_item item;
	bool bad = false;
	for (size_t n = 0; der_next(&items, &item, &bad); n++) {
		__attribute__((cleanup(extension_cleanup))) struct extension x = { 0 };
		if (n == CSRATTRS_MAX_ITEMS)
			return csrattrs_malformed("Extensions");
		TRY(read_extension(&item, &x));
		if (OBJ_obj2nid(x.oid) == NID_key_usage)
			TRY(take_key_usage(a, &x));
		else if (x.value_len == 0)
			TRY(csrattrs_add_unknown(a, x.oid)); // nothing here could fill it in
		else
			TRY(buf_put(&kept, item.whole, item.whole_len));
	}
	if (bad)
		return csrattrs_malformed("Extensions");
	return kept.len > 0 ? put_ext_req(a, &kept) : NULL;
}

// An RSAPublicKey with a made-up modulus: only its length counts (RFC 9908 §3.4).
static struct err *take_placeholder(struct csrattrs *a, const struct der_item *bits)
{
	if (bits->body_len < 1 || bits->body[0] != 0)
		return csrattrs_malformed("subjectPublicKey");
	struct der_items outer = { bits->body + 1, bits->body + bits->body_len };
	struct der_item key, modulus;
	bool bad = false;
	if (!der_next(&outer, &key, &bad) || !is_universal(&key, V_ASN1_SEQUENCE))
		return csrattrs_malformed("RSAPublicKey");
	struct der_items parts = { key.body, key.body + key.body_len };
	if (!der_next(&parts, &modulus, &bad) || !is_universal(&modulus, V_ASN1_INTEGER) ||
	    modulus.body_len == 0 || modulus.body_len > 4096)
		return csrattrs_malformed("RSAPublicKey");
	bool sign_byte = modulus.body_len > 1 && modulus.body[0] == 0;
	a->rsa_bits = (unsigned)(modulus.body_len - (sign_byte ? 1 : 0)) * 8;
	return NULL;
}

// SubjectPublicKeyInfoTemplate ::= SEQUENCE { algorithm, subjectPublicKey BIT STRING OPTIONAL }, here as [0] IMPLICIT.
static struct err *take_key_template(struct csrattrs *a, const struct der_item *item,
				     struct key_said *said)
{
	struct der_items parts = { item->body, item->body + item->body_len };
	struct der_item algorithm, oid, key;
	bool bad = false, taken = false;
	if (!der_next(&parts, &algorithm, &bad) || !is_universal(&algorithm, V_ASN1_SEQUENCE))
		return csrattrs_malformed("subjectPKInfo");
	struct der_items inside = { algorithm.body, algorithm.body + algorithm.body_len };
	if (!der_next(&inside, &oid, &bad) || !is_universal(&oid, V_ASN1_OBJECT))
		return csrattrs_malformed("subjectPKInfo");
	const unsigned char *p = oid.whole;
	AUTO(asn1_object) ASN1_OBJECT *type = d2i_ASN1_OBJECT(NULL, &p, (long)oid.whole_len);
	if (!type)
		return csrattrs_malformed("subjectPKInfo");
	TRY(csrattrs_take_key_oid(type, said, &taken));
	if (!taken)
		said->other = true;
	if (!said->rsa || !der_next(&parts, &key, &bad))
		return bad ? csrattrs_malformed("subjectPKInfo") : NULL;
	if (!is_universal(&key, V_ASN1_BIT_STRING))
		return csrattrs_malformed("subjectPublicKey");
	return take_placeholder(a, &key);
}

static struct err *take_template_attribute(struct csrattrs *a, const struct der_item *item,
					   bool *extensions)
{
	struct der_items parts = { item->body, item->body + item->body_len };
	struct der_item oid, set, value;
	bool bad = false;
	if (!is_universal(item, V_ASN1_SEQUENCE) || !der_next(&parts, &oid, &bad) ||
	    !der_next(&parts, &set, &bad) || !is_universal(&oid, V_ASN1_OBJECT) ||
	    !is_universal(&set, V_ASN1_SET) || parts.p != parts.end)
		return csrattrs_malformed("attributes");
	const unsigned char *p = oid.whole;
	AUTO(asn1_object) ASN1_OBJECT *type = d2i_ASN1_OBJECT(NULL, &p, (long)oid.whole_len);
	char dotted[128];
	if (!type || OBJ_obj2txt(dotted, (int)sizeof(dotted), type, 1) <= 0)
		return csrattrs_malformed("attributes");
	struct der_items values = { set.body, set.body + set.body_len };
	int nid = OBJ_obj2nid(type);
	if (nid == NID_ext_req || strcmp(dotted, oid_extension_template) == 0) {
		if (*extensions || !der_next(&values, &value, &bad) || values.p != values.end ||
		    !is_universal(&value, V_ASN1_SEQUENCE))
			return csrattrs_malformed("extensionRequest");
		*extensions = true;
		return csrattrs_take_extensions(a, &value);
	}
	return csrattrs_take_challenge(a, type) ? NULL : csrattrs_add_unknown(a, type);
}

static struct err *take_template_attributes(struct csrattrs *a, const struct der_item *list)
{
	struct der_items items = { list->body, list->body + list->body_len };
	struct der_item item;
	bool bad = false, extensions = false;
	for (size_t n = 0; der_next(&items, &item, &bad); n++) {
		if (n == CSRATTRS_MAX_ITEMS)
			return csrattrs_malformed("attributes");
		TRY(take_template_attribute(a, &item, &extensions));
	}
	return bad ? csrattrs_malformed("attributes") : NULL;
}

// Text of any kind; an empty one is to be filled in, as one that is left out.
static struct err *take_value(const struct der_item *item, char **out)
{
	const unsigned char *p = item->whole;
	ASN1_TYPE *value = d2i_ASN1_TYPE(NULL, &p, (long)item->whole_len);
	bool text =
		value && (item->tag == V_ASN1_UTF8STRING || item->tag == V_ASN1_PRINTABLESTRING ||
			  item->tag == V_ASN1_IA5STRING || item->tag == V_ASN1_T61STRING ||
			  item->tag == V_ASN1_BMPSTRING || item->tag == V_ASN1_UNIVERSALSTRING);
	unsigned char *utf8 = NULL;
	int len = text ? ASN1_STRING_to_UTF8(&utf8, value->value.asn1_string) : -1;
	struct err *e = NULL;
	if (len < 0 || (len > 0 && memchr(utf8, 0, (size_t)len)))
		e = csrattrs_malformed("subject");
	else if (len > 0 && !(*out = strndup((const char *)utf8, (size_t)len)))
		e = err_no_memory();
	OPENSSL_free(utf8);
	ASN1_TYPE_free(value);
	return e;
}

// SingleAttributeTemplate ::= SEQUENCE { type OBJECT IDENTIFIER, value OPTIONAL }
static struct err *take_part(struct csrattrs *a, const struct der_item *item)
{
	struct der_items parts = { item->body, item->body + item->body_len };
	struct der_item oid, value;
	bool bad = false;
	struct csrattrs_rdn *rdn = &a->subject[a->n_subject];
	if (!is_universal(item, V_ASN1_SEQUENCE) || !der_next(&parts, &oid, &bad) ||
	    !is_universal(&oid, V_ASN1_OBJECT))
		return csrattrs_malformed("subject");
	const unsigned char *p = oid.whole;
	AUTO(asn1_object) ASN1_OBJECT *type = d2i_ASN1_OBJECT(NULL, &p, (long)oid.whole_len);
	int nid = type ? OBJ_obj2nid(type) : NID_undef;
	if (nid == NID_undef) {
		a->strange_subject = true;
		return NULL;
	}
	rdn->type = strdup(OBJ_nid2sn(nid));
	if (!rdn->type)
		return err_no_memory();
	a->n_subject++;
	if (!der_next(&parts, &value, &bad))
		return bad ? csrattrs_malformed("subject") : NULL;
	return parts.p == parts.end ? take_value(&value, &rdn->value)
				    : csrattrs_malformed("subject");
}

// NameTemplate ::= SEQUENCE OF SET OF SingleAttributeTemplate
static struct err *take_subject(struct csrattrs *a, const struct der_item *name)
{
	struct der_items rdns = { name->body, name->body + name->body_len };
	struct der_item rdn, part;
	bool bad = false;
	a->subject = calloc(CSRATTRS_MAX_ITEMS, sizeof(*a->subject));
	if (!a->subject)
		return err_no_memory();
	while (der_next(&rdns, &rdn, &bad)) {
		struct der_items parts = { rdn.body, rdn.body + rdn.body_len };
		if (!is_universal(&rdn, V_ASN1_SET) || !der_next(&parts, &part, &bad) ||
		    a->n_subject == CSRATTRS_MAX_ITEMS)
			return csrattrs_malformed("subject");
		a->strange_subject |= parts.p != parts.end;
		TRY(take_part(a, &part));
	}
	return bad ? csrattrs_malformed("subject") : NULL;
}

// SEQUENCE { version INTEGER (v1), subject OPTIONAL, subjectPKInfo [0] OPTIONAL, attributes [1] }.
struct err *csrattrs_take_template(struct csrattrs *a, const struct der_item *sequence,
				   struct key_said *said)
{
	struct der_items parts = { sequence->body, sequence->body + sequence->body_len };
	struct der_item part;
	bool bad = false;
	if (!der_next(&parts, &part, &bad) || !is_universal(&part, V_ASN1_INTEGER) ||
	    part.body_len != 1 || part.body[0] != 0)
		return csrattrs_malformed("version");
	bool more = der_next(&parts, &part, &bad);
	if (more && is_universal(&part, V_ASN1_SEQUENCE)) {
		TRY(take_subject(a, &part));
		more = der_next(&parts, &part, &bad);
	}
	if (more && part.class == V_ASN1_CONTEXT_SPECIFIC && part.tag == 0) {
		TRY(take_key_template(a, &part, said));
		more = der_next(&parts, &part, &bad);
	}
	if (more && part.class == V_ASN1_CONTEXT_SPECIFIC && part.tag == 1) {
		TRY(take_template_attributes(a, &part));
		more = der_next(&parts, &part, &bad);
	}
	return more || bad ? csrattrs_malformed("CertificationRequestInfoTemplate") : NULL;
}
