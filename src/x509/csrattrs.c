// CsrAttrs: a list of object identifiers and attributes (RFC 7030 §4.5.2, RFC 9908 §3.2).
#include "x509/csrattrs.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "x509/csrattrs_inside.h"

static const char oid_template[] = "1.2.840.113549.1.9.16.2.61"; // RFC 9908
// RFC 7894 §3
static const char oid_otp_challenge[] = "1.2.840.113549.1.9.16.2.56";
static const char oid_revocation_challenge[] = "1.2.840.113549.1.9.16.2.57";
static const char oid_identity_linking[] = "1.2.840.113549.1.9.16.2.58";

DEFINE_CLEANUP(asn1_object, ASN1_OBJECT, ASN1_OBJECT_free)

bool der_next(struct der_items *at, struct der_item *item, bool *bad)
{
	*bad = false;
	if (at->p >= at->end)
		return false;
	long body_len = 0;
	int tag = 0, class = 0;
	const unsigned char *p = at->p;
	int flags = ASN1_get_object(&p, &body_len, &tag, &class, (long)(at->end - at->p));
	if ((flags & 0x80) != 0 || (flags & 1) != 0 ||
	    body_len < 0) { // bad, or of indefinite length
		*bad = true;
		return false;
	}
	*item = (struct der_item){
		.tag = tag, .class = class, .whole = at->p, .body = p, .body_len = (size_t)body_len
	};
	at->p = p + body_len;
	item->whole_len = (size_t)(at->p - item->whole);
	return true;
}

struct err *csrattrs_malformed(const char *call)
{
	return ossl_reason(
		err_hint(err_tag(err_new(ERR_CA_REFUSED, N_("The CA's wishes for the request "
							    "(csrattrs) cannot be read.")),
				 "csrattrs-unreadable"),
			 N_("Tell the institution; nothing was sent to it yet.")),
		call);
}

struct err *csrattrs_add_unknown(struct csrattrs *a, const ASN1_OBJECT *oid)
{
	char dotted[128];
	int len = OBJ_obj2txt(dotted, (int)sizeof(dotted), oid, 1);
	if (len <= 0 || (size_t)len >= sizeof(dotted) || a->n_unknown >= CSRATTRS_MAX_ITEMS)
		return NULL; // it is only for the log
	char **grown = realloc(a->unknown, (a->n_unknown + 1) * sizeof(char *));
	if (!grown)
		return err_no_memory();
	a->unknown = grown;
	grown[a->n_unknown] = strdup(dotted);
	if (!grown[a->n_unknown])
		return err_no_memory();
	a->n_unknown++;
	return NULL;
}

struct err *csrattrs_take_key_oid(const ASN1_OBJECT *oid, struct key_said *said, bool *taken)
{
	switch (OBJ_obj2nid(oid)) {
	case NID_rsaEncryption:
		said->rsa = true;
		break;
	case NID_X9_62_id_ecPublicKey:
	case NID_ED25519:
	case NID_ED448:
	case NID_rsassaPss:
	case NID_dsa:
		said->other = true;
		break;
	default:
		*taken = false;
		return NULL;
	}
	*taken = true;
	return NULL;
}

// A bare OID of a hash or signature algorithm: seen, and whether it is the one that we sign with.
static bool is_hash(int nid, bool *ours)
{
	int digest = nid, key = 0;
	if (!OBJ_find_sigid_algs(nid, &digest, &key) && !EVP_get_digestbynid(nid))
		return false;
	*ours = digest == NID_sha256 && (key == 0 || key == NID_rsaEncryption);
	return true;
}

struct seen {
	struct key_said key;
	bool hash, our_hash, extensions, template;
};

bool csrattrs_take_challenge(struct csrattrs *a, const ASN1_OBJECT *oid)
{
	char dotted[128];
	if (OBJ_obj2nid(oid) == NID_pkcs9_challengePassword) {
		a->challenge_password = true;
		return true;
	}
	OBJ_obj2txt(dotted, (int)sizeof(dotted), oid, 1);
	bool otp = strcmp(dotted, oid_otp_challenge) == 0;
	bool revocation = strcmp(dotted, oid_revocation_challenge) == 0;
	bool linking = strcmp(dotted, oid_identity_linking) == 0;
	a->otp_challenge |= otp;
	a->revocation_challenge |= revocation;
	a->identity_linking |= linking;
	return otp || revocation || linking;
}

static struct err *take_oid(struct csrattrs *a, const ASN1_OBJECT *oid, struct seen *seen)
{
	bool taken = false, ours = false;
	TRY(csrattrs_take_key_oid(oid, &seen->key, &taken));
	if (taken)
		return NULL;
	int nid = OBJ_obj2nid(oid);
	if (csrattrs_take_challenge(a, oid))
		return NULL;
	if (nid != NID_undef && is_hash(nid, &ours)) {
		seen->hash = true;
		seen->our_hash = seen->our_hash || ours;
	} else if (nid != NID_ext_req) { // a bare extensionRequest asks for what is there anyway
		return csrattrs_add_unknown(a, oid);
	}
	return NULL;
}

// RFC 9908 §3.2: the size is the one INTEGER among the values; no value means any size.
static struct err *take_rsa_size(struct csrattrs *a, struct der_items values)
{
	struct der_item value;
	bool bad = false;
	if (!der_next(&values, &value, &bad))
		return bad ? csrattrs_malformed("ASN1_get_object") : NULL;
	if (value.tag != V_ASN1_INTEGER || value.class != V_ASN1_UNIVERSAL || value.body_len == 0 ||
	    value.body_len > 3 || (value.body[0] & 0x80) != 0 || values.p != values.end)
		return csrattrs_malformed("rsaEncryption");
	unsigned bits = 0;
	for (size_t i = 0; i < value.body_len; i++)
		bits = bits << 8 | value.body[i];
	a->rsa_bits = bits;
	return NULL;
}

static struct err *take_ext_req(struct csrattrs *a, struct der_items values,
				const ASN1_OBJECT *type, struct seen *seen)
{
	struct der_item value;
	bool bad = false;
	if (!der_next(&values, &value, &bad))
		return bad ? csrattrs_malformed("ASN1_get_object") : NULL;
	// The example of RFC 7030 has a bare OID here; RFC 9908 §4 calls that wrong, and it says nothing that can be done.
	if (value.tag != V_ASN1_SEQUENCE || value.class != V_ASN1_UNIVERSAL)
		return csrattrs_add_unknown(a, type);
	if (seen->extensions || values.p != values.end)
		return csrattrs_malformed("extensionRequest");
	seen->extensions = true;
	return csrattrs_take_extensions(a, &value);
}

static bool oid_is(const ASN1_OBJECT *oid, const char *dotted)
{
	char text[128];
	return OBJ_obj2txt(text, (int)sizeof(text), oid, 1) > 0 && strcmp(text, dotted) == 0;
}

static struct err *take_values(struct csrattrs *a, const ASN1_OBJECT *type, struct der_items values,
			       struct seen *seen)
{
	int nid = OBJ_obj2nid(type);
	bool taken = false;
	TRY(csrattrs_take_key_oid(type, &seen->key, &taken));
	if (nid == NID_rsaEncryption)
		return take_rsa_size(a, values);
	if (taken)
		return NULL;
	if (nid == NID_ext_req)
		return take_ext_req(a, values, type, seen);
	return take_oid(a, type, seen);
}

// Attribute ::= SEQUENCE { type OBJECT IDENTIFIER, values SET OF ANY }
static struct err *read_attribute(const struct der_item *item, ASN1_OBJECT **type,
				  struct der_items *values)
{
	struct der_items parts = { item->body, item->body + item->body_len };
	struct der_item oid, set;
	bool bad = false;
	if (!der_next(&parts, &oid, &bad) || !der_next(&parts, &set, &bad) ||
	    parts.p != parts.end || oid.tag != V_ASN1_OBJECT || oid.class != V_ASN1_UNIVERSAL ||
	    set.tag != V_ASN1_SET || set.class != V_ASN1_UNIVERSAL)
		return csrattrs_malformed("Attribute");
	const unsigned char *p = oid.whole;
	*type = d2i_ASN1_OBJECT(NULL, &p, (long)oid.whole_len);
	if (!*type)
		return csrattrs_malformed("d2i_ASN1_OBJECT");
	*values = (struct der_items){ set.body, set.body + set.body_len };
	return NULL;
}

static struct err *take_item(struct csrattrs *a, const struct der_item *item, struct seen *seen)
{
	AUTO(asn1_object) ASN1_OBJECT *type = NULL;
	if (item->tag == V_ASN1_OBJECT && item->class == V_ASN1_UNIVERSAL) {
		const unsigned char *p = item->whole;
		type = d2i_ASN1_OBJECT(NULL, &p, (long)item->whole_len);
		return type ? take_oid(a, type, seen) : csrattrs_malformed("d2i_ASN1_OBJECT");
	}
	if (item->tag != V_ASN1_SEQUENCE || item->class != V_ASN1_UNIVERSAL)
		return csrattrs_malformed("AttrOrOID");
	struct der_items values = { 0 };
	TRY(read_attribute(item, &type, &values));
	return take_values(a, type, values, seen);
}

// A template goes before everything else in the list (RFC 9908 §3.4, §4).
static struct err *take_template_of(struct csrattrs *a, struct der_items items, struct seen *seen)
{
	struct der_item item, value;
	bool bad = false;
	while (der_next(&items, &item, &bad)) {
		AUTO(asn1_object) ASN1_OBJECT *type = NULL;
		struct der_items values = { 0 };
		if (item.tag != V_ASN1_SEQUENCE || item.class != V_ASN1_UNIVERSAL)
			continue;
		TRY(read_attribute(&item, &type, &values));
		if (!oid_is(type, oid_template))
			continue;
		if (seen->template || !der_next(&values, &value, &bad) || values.p != values.end ||
		    value.tag != V_ASN1_SEQUENCE || value.class != V_ASN1_UNIVERSAL)
			return csrattrs_malformed("CertificationRequestInfoTemplate");
		seen->template = true;
		TRY(csrattrs_take_template(a, &value, &seen->key));
	}
	return bad ? csrattrs_malformed("ASN1_get_object") : NULL;
}

static struct err *take_list(struct csrattrs *a, struct der_items items)
{
	struct seen seen = { 0 };
	TRY(take_template_of(a, items, &seen));
	struct der_item item;
	bool bad = false;
	for (size_t n = 0; !seen.template && der_next(&items, &item, &bad); n++) {
		if (n == CSRATTRS_MAX_ITEMS)
			return csrattrs_malformed("CsrAttrs");
		TRY(take_item(a, &item, &seen));
	}
	if (bad)
		return csrattrs_malformed("ASN1_get_object");
	a->other_key_type = seen.key.other && !seen.key.rsa;
	a->weak_hash = seen.hash && !seen.our_hash;
	return NULL;
}

void csrattrs_free(struct csrattrs *a)
{
	if (!a)
		return;
	buf_free(&a->attributes);
	for (size_t i = 0; i < a->n_unknown; i++)
		free(a->unknown[i]);
	free(a->unknown);
	for (size_t i = 0; i < a->n_subject; i++) {
		free(a->subject[i].type);
		free(a->subject[i].value);
	}
	free(a->subject);
	*a = (struct csrattrs){ 0 };
}

struct err *csrattrs_parse(const void *der, size_t len, struct csrattrs *out)
{
	struct csrattrs a = { 0 };
	if (len == 0) {
		*out = a;
		return NULL;
	}
	struct der_items outer = { der, (const unsigned char *)der + len };
	struct der_item list = { 0 };
	bool bad = false;
	if (len > LONG_MAX || !der_next(&outer, &list, &bad) || outer.p != outer.end ||
	    list.tag != V_ASN1_SEQUENCE || list.class != V_ASN1_UNIVERSAL)
		return csrattrs_malformed("CsrAttrs");
	struct err *e = take_list(&a, (struct der_items){ list.body, list.body + list.body_len });
	if (e) {
		csrattrs_free(&a);
		return e;
	}
	ossl_clear();
	*out = a;
	return NULL;
}
