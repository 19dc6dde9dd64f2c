// Attestations as they come: read from certificates, put into requests.
#include "x509/attestation.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "x509/attestation_inside.h"
#include "x509/bag.h"
#include "x509/cert_inside.h"

#define YUBICO_PIV "1.3.6.1.4.1.41482.3."
static const char oid_intermediate[] = YUBICO_PIV "2";
static const char oid_firmware[] = YUBICO_PIV "3";
static const char oid_serial[] = YUBICO_PIV "7";
static const char oid_policy[] = YUBICO_PIV "8";
static const char oid_form_factor[] = YUBICO_PIV "9";
// In a request; in F9 itself the same number says that the model is certified (CSPN).
static const char oid_statement[] = YUBICO_PIV "11";

static const char leaf_name[] = "YubiKey PIV Attestation ";

void attestation_statement_free(struct attestation_statement *s)
{
	if (!s)
		return;
	buf_free(&s->leaf);
	buf_free(&s->intermediate);
	*s = (struct attestation_statement){ 0 };
}

void read_statement_free(struct read_statement *r)
{
	cert_free(r->leaf);
	cert_free(r->intermediate);
	*r = (struct read_statement){ 0 };
}

struct err *attestation_refused(struct msg *what)
{
	return err_hint(err_make(ERR_POLICY, what),
			N_("Do not use this key or this token for the enrolment. Nothing was sent. "
			   "Ask the institution for another token."));
}

struct err *attestation_malformed(const char *what)
{
	return err_tag(attestation_refused(
			       msg_new(N_("The token's attestation of the key cannot be read: %1."),
				       ARG_ID(what))),
		       "attestation-malformed");
}

// --- extensions

// What stands in the one extension with this number. *len 0: it is not there, or stands there twice.
static const uint8_t *extension(X509 *x, const char *oid, size_t *len)
{
	*len = 0;
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int at = object ? X509_get_ext_by_OBJ(x, object, -1) : -1;
	bool once = at >= 0 && X509_get_ext_by_OBJ(x, object, at) < 0;
	ASN1_OBJECT_free(object);
	const ASN1_OCTET_STRING *value = once ? X509_EXTENSION_get_data(X509_get_ext(x, at)) : NULL;
	if (!value || ASN1_STRING_length(value) <= 0)
		return NULL;
	*len = (size_t)ASN1_STRING_length(value);
	return ASN1_STRING_get0_data(value);
}

static struct err *read_serial(X509 *x, uint64_t *out)
{
	size_t len = 0;
	const unsigned char *p = extension(x, oid_serial, &len);
	const unsigned char *end = p ? p + len : NULL;
	ASN1_INTEGER *number = p ? d2i_ASN1_INTEGER(NULL, &p, (long)len) : NULL;
	uint64_t serial = 0;
	bool good = number && p == end && ASN1_INTEGER_get_uint64(&serial, number) == 1;
	ASN1_INTEGER_free(number);
	ossl_clear();
	if (!good)
		return attestation_malformed(N_("the serial number is missing or wrong"));
	*out = serial;
	return NULL;
}

static bool is_piv_slot(unsigned slot)
{
	return slot == 0x9a || (slot >= 0x9c && slot <= 0x9e) || (slot >= 0x82 && slot <= 0x95);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct err *read_slot(const struct cert *leaf, uint8_t *out)
{
	const char *name = cert_common_name(leaf);
	const size_t n = sizeof(leaf_name) - 1;
	int high = -1, low = -1;
	if (cert_common_names(leaf) == 1 && strlen(name) == n + 2 &&
	    memcmp(name, leaf_name, n) == 0) {
		high = hex_digit(name[n]);
		low = hex_digit(name[n + 1]);
	}
	if (high < 0 || low < 0 || !is_piv_slot((unsigned)(high * 16 + low)))
		return attestation_malformed(N_("its subject names no slot for keys"));
	*out = (uint8_t)(high * 16 + low);
	return NULL;
}

static struct err *read_leaf(const struct cert *leaf, struct attestation *out)
{
	X509 *x = cert_x509(leaf);
	struct attestation a = { .kind = ATTESTATION_YUBIKEY_PIV };
	size_t len = 0;
	TRY(read_slot(leaf, &a.slot));
	const uint8_t *bytes = extension(x, oid_firmware, &len);
	if (len != sizeof(a.firmware))
		return attestation_malformed(N_("the firmware version is missing or wrong"));
	memcpy(a.firmware, bytes, len);
	TRY(read_serial(x, &a.serial));
	bytes = extension(x, oid_policy, &len);
	if (len != 2)
		return attestation_malformed(N_("the policies for PIN and touch are missing"));
	a.pin = bytes[0];
	a.touch = bytes[1];
	bytes = extension(x, oid_form_factor, &len);
	if (len == 1)
		a.form_factor = bytes[0];
	*out = a;
	return NULL;
}

bool is_statement(const struct cert *c)
{
	size_t len = 0;
	extension(cert_x509(c), oid_policy, &len);
	return len > 0 || strncmp(cert_common_name(c), leaf_name, sizeof(leaf_name) - 1) == 0;
}

static struct err *read_one(const struct buf *der, struct cert **out)
{
	struct err *e =
		der->len > ATTESTATION_MAX_DER ? NULL : cert_parse(der->data, der->len, out);
	if (!e && *out)
		return NULL;
	if (e && err_kind(e) == ERR_FAILED)
		return e; // no memory
	struct err *refused = attestation_malformed(N_("what should be a certificate is none"));
	return e ? err_caused_by(refused, e) : refused;
}

struct err *statement_read(const struct attestation_statement *s, struct read_statement *r,
			   struct attestation *out)
{
	AUTO_READ_STATEMENT struct read_statement read = { 0 };
	if (s->kind != ATTESTATION_YUBIKEY_PIV)
		return attestation_malformed(N_("it is of no kind that inkan knows"));
	TRY(read_one(&s->leaf, &read.leaf));
	if (s->intermediate.len)
		TRY(read_one(&s->intermediate, &read.intermediate));
	TRY(read_leaf(read.leaf, out));
	*r = read;
	read = (struct read_statement){ 0 };
	return NULL;
}

struct err *attestation_read(const struct attestation_statement *s, struct attestation *out)
{
	AUTO_READ_STATEMENT struct read_statement r = { 0 };
	return statement_read(s, &r, out);
}

// --- with the request

static struct err *push(STACK_OF(X509_EXTENSION) * list, const char *oid, const struct buf *value)
{
	if (!value->len)
		return NULL;
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *bytes = ASN1_OCTET_STRING_new();
	AUTO(x509_extension) X509_EXTENSION *ext = NULL;
	if (object && bytes && value->len <= INT_MAX &&
	    ASN1_OCTET_STRING_set(bytes, value->data, (int)value->len))
		ext = X509_EXTENSION_create_by_OBJ(NULL, object, 0, bytes);
	ASN1_OBJECT_free(object);
	ASN1_OCTET_STRING_free(bytes);
	if (!ext || !sk_X509_EXTENSION_push(list, ext))
		return err_no_memory();
	ext = NULL;
	return NULL;
}

struct err *attestation_attribute(const struct attestation_statement *s, struct buf *out)
{
	AUTO(extension_stack) STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	AUTO(ossl) unsigned char *extensions = NULL;
	AUTO(ossl) unsigned char *attribute = NULL;
	if (!list)
		return err_no_memory();
	TRY(push(list, oid_statement, &s->leaf));
	TRY(push(list, oid_intermediate, &s->intermediate));
	int len = i2d_X509_EXTENSIONS(list, &extensions);
	AUTO(x509_attribute)
	X509_ATTRIBUTE *attr =
		len <= 0 ? NULL
			 : X509_ATTRIBUTE_create_by_NID(NULL, NID_ext_req, V_ASN1_SEQUENCE,
							extensions, len);
	len = attr ? i2d_X509_ATTRIBUTE(attr, &attribute) : -1;
	if (len <= 0)
		return ossl_failed("i2d_X509_ATTRIBUTE");
	return buf_put(out, attribute, (size_t)len);
}

// *there: how often the extension stands in the list; its bytes are those of the last.
static struct err *take(const STACK_OF(X509_EXTENSION) * list, const char *oid, struct buf *out,
			int *there)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	struct err *e = object ? NULL : err_no_memory();
	for (int i = 0; !e && i < sk_X509_EXTENSION_num(list); i++) {
		X509_EXTENSION *ext = sk_X509_EXTENSION_value(list, i);
		if (OBJ_cmp(X509_EXTENSION_get_object(ext), object) != 0)
			continue;
		const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(ext);
		buf_reset(out);
		e = buf_put(out, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
		++*there;
	}
	ASN1_OBJECT_free(object);
	return e;
}

static struct err *from_extensions(X509_REQ *req, struct attestation_statement *out)
{
	AUTO(extension_stack) STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(req);
	ossl_clear(); // without extensions there is nothing to take
	AUTO_STATEMENT struct attestation_statement s = { .leaf = BUF(CERT_MAX_DER),
							  .intermediate = BUF(CERT_MAX_DER) };
	int leaves = 0, intermediates = 0;
	TRY(take(list, oid_statement, &s.leaf, &leaves));
	TRY(take(list, oid_intermediate, &s.intermediate, &intermediates));
	if (leaves > 1 || intermediates > 1 || (intermediates && !leaves))
		return attestation_malformed(N_("the request does not carry it once and whole"));
	if (!leaves)
		return NULL;
	s.kind = ATTESTATION_YUBIKEY_PIV;
	*out = s;
	s = (struct attestation_statement){ 0 };
	return NULL;
}

static struct err *put_der(const struct cert *c, struct buf *out)
{
	size_t len = 0;
	const uint8_t *der = cert_der(c, &len);
	buf_reset(out);
	return buf_put(out, der, len);
}

struct err *attestation_from_certs(const struct cert_list *certs, struct attestation_statement *out)
{
	AUTO_STATEMENT struct attestation_statement s = { .leaf = BUF(CERT_MAX_DER),
							  .intermediate = BUF(CERT_MAX_DER) };
	const struct cert *leaf = NULL;
	for (size_t i = 0; i < certs->n; i++) {
		if (!is_statement(certs->certs[i]))
			continue;
		if (leaf)
			return attestation_malformed(N_("there is more than one"));
		leaf = certs->certs[i];
	}
	*out = (struct attestation_statement){ 0 };
	if (!leaf)
		return NULL;
	TRY(put_der(leaf, &s.leaf));
	for (size_t i = 0; i < certs->n && !s.intermediate.len; i++)
		if (X509_check_issued(cert_x509(certs->certs[i]), cert_x509(leaf)) == X509_V_OK)
			TRY(put_der(certs->certs[i], &s.intermediate));
	ossl_clear();
	s.kind = ATTESTATION_YUBIKEY_PIV;
	*out = s;
	s = (struct attestation_statement){ 0 };
	return NULL;
}

struct err *attestation_from_request(const void *der, size_t len, struct attestation_statement *out)
{
	AUTO_STATEMENT struct attestation_statement inside = { 0 }, bagged = { 0 };
	AUTO_CERTS struct cert_list certs = { 0 };
	const unsigned char *p = der;
	AUTO(x509_req) X509_REQ *req = len > LONG_MAX ? NULL : d2i_X509_REQ(NULL, &p, (long)len);
	if (!req)
		return ossl_reason(attestation_malformed(N_("what should be a request is none")),
				   "d2i_X509_REQ");
	TRY(from_extensions(req, &inside));
	TRY(bag_of_request(req, &certs));
	TRY(attestation_from_certs(&certs, &bagged));
	if (inside.kind != ATTESTATION_NONE && bagged.kind != ATTESTATION_NONE)
		return attestation_malformed(N_("the request does not carry it once and whole"));
	struct attestation_statement *found = inside.kind != ATTESTATION_NONE ? &inside : &bagged;
	if (found->kind == ATTESTATION_NONE)
		return NULL;
	*out = *found;
	*found = (struct attestation_statement){ 0 };
	return NULL;
}

static struct err *put_pem(const struct cert *c, struct buf *out)
{
	char *pem = c ? cert_pem(c) : NULL;
	struct err *e = !c ? NULL : pem ? buf_puts(out, pem) : err_no_memory();
	free(pem);
	return e;
}

struct err *attestation_pem(const struct attestation_statement *s, struct buf *out)
{
	AUTO_READ_STATEMENT struct read_statement r = { 0 };
	struct attestation said;
	TRY(statement_read(s, &r, &said));
	TRY(put_pem(r.leaf, out));
	return put_pem(r.intermediate, out);
}
