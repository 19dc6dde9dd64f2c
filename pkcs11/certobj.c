// Certificate objects on a token.
#include "pkcs11/certobj.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pkcs11/internal.h"

static void certobj_free(struct certobj *o)
{
	cert_free(o->cert);
	*o = (struct certobj){ 0 };
}

void certobj_list_free(struct certobj_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		certobj_free(&l->list[i]);
	free(l->list);
	*l = (struct certobj_list){ 0 };
}

// ykcs11 2.2.0 stores such a certificate with each key: CN=YubiKey PIV Slot 9a by itself for itself, serial number 0, not valid for a second.
static bool is_placeholder(const struct cert *c)
{
	static const char begins[] = "YubiKey PIV Slot ";
	size_t subject_len = 0, issuer_len = 0;
	const uint8_t *subject = cert_subject_der(c, &subject_len);
	const uint8_t *issuer = cert_issuer_der(c, &issuer_len);
	const char *name = cert_common_name(c);
	return name && strncmp(name, begins, strlen(begins)) == 0 && subject_len == issuer_len &&
	       memcmp(subject, issuer, subject_len) == 0 && cert_not_before(c) == cert_not_after(c);
}

static struct err *read_one(struct session *s, CK_OBJECT_HANDLE handle, struct certobj *out)
{
	uint8_t id[CERT_ID_MAX], label[OBJECT_LABEL_MAX];
	AUTO_TEXT char *room = malloc(CERT_VALUE_MAX);
	if (!room)
		return err_no_memory();
	CK_ATTRIBUTE want[] = {
		WANT(CKA_ID, id),
		WANT(CKA_LABEL, label),
		{ .type = CKA_VALUE, .pValue = room, .ulValueLen = CERT_VALUE_MAX },
	};
	TRY(attrs_read(s, handle, want, ARRAY_LEN(want)));
	struct certobj o = {
		.handle = handle,
		.hollow = attr_has(&want[2]) && want[2].ulValueLen == 0,
	};
	if (attr_has(&want[0]) && want[0].ulValueLen <= KEY_ID_MAX) {
		o.id.len = want[0].ulValueLen;
		memcpy(o.id.bytes, id, o.id.len);
	}
	if (attr_has(&want[1])) {
		AUTO_TEXT char *safe = text_safe(label, want[1].ulValueLen, sizeof(o.label) - 1);
		if (!safe)
			return err_no_memory();
		memcpy(o.label, safe, strlen(safe) + 1);
	}
	if (attr_has(&want[2]))
		err_ignore(cert_parse(room, want[2].ulValueLen, &o.cert));
	o.placeholder = o.cert && is_placeholder(o.cert);
	*out = o;
	return NULL;
}

static struct err *list_by_id(struct session *s, const struct key_id *id, struct certobj_list *out)
{
	CK_OBJECT_HANDLE handles[OBJECTS_MAX];
	size_t n = 0;
	TRY(objects_by_id(s, CKO_CERTIFICATE, id, handles, OBJECTS_MAX, &n));
	AUTO_CERTOBJS struct certobj_list l = { .list = calloc(n ? n : 1, sizeof(struct certobj)),
						.more = n == OBJECTS_MAX };
	if (!l.list)
		return err_no_memory();
	for (size_t i = 0; i < n; i++) {
		TRY(read_one(s, handles[i], &l.list[l.n]));
		// A search that takes no notice of CKA_ID must not hand us what is somebody else's. A maker's attestation is never ours.
		if ((id && !key_id_same(&l.list[l.n].id, id)) ||
		    is_attestation_label(l.list[l.n].label))
			certobj_free(&l.list[l.n]);
		else
			l.n++;
	}
	*out = l;
	l = (struct certobj_list){ 0 };
	return NULL;
}

struct err *certobj_list(struct session *s, struct certobj_list *out)
{
	return list_by_id(s, NULL, out);
}

// Bytes of the certificate as an attribute of a template, which has no const.
static CK_ATTRIBUTE bytes_of(CK_ATTRIBUTE_TYPE type,
			     const uint8_t *(*get)(const struct cert *, size_t *),
			     const struct cert *c)
{
	union {
		const uint8_t *in;
		void *out;
	} bytes;
	size_t len = 0;
	bytes.in = get(c, &len);
	return (CK_ATTRIBUTE){ .type = type, .pValue = bytes.out, .ulValueLen = (CK_ULONG)len };
}

static CK_RV create(struct session *s, const struct key_id *id, const char *label,
		    const struct cert *c, bool whole)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_OBJECT_CLASS class_ = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_ULONG category = 1; // token user
	struct key_id copy = *id;
	char text[65] = { 0 };
	strncpy(text, label ? label : "", sizeof(text) - 1);
	CK_ATTRIBUTE say[] = {
		SAY(CKA_CLASS, class_),
		SAY(CKA_CERTIFICATE_TYPE, type),
		SAY(CKA_TOKEN, yes),
		SAY(CKA_PRIVATE, no),
		bytes_of(CKA_SUBJECT, cert_subject_der, c),
		bytes_of(CKA_ISSUER, cert_issuer_der, c),
		bytes_of(CKA_SERIAL_NUMBER, cert_serial_der, c),
		{ .type = CKA_ID, .pValue = copy.bytes, .ulValueLen = (CK_ULONG)copy.len },
		bytes_of(CKA_VALUE, cert_der, c),
		// What cards may refuse stands last.
		{ .type = CKA_LABEL, .pValue = text, .ulValueLen = (CK_ULONG)strlen(text) },
		SAY(CKA_CERTIFICATE_CATEGORY, category),
	};
	CK_OBJECT_HANDLE made = CK_INVALID_HANDLE;
	return P11(s->module, C_CreateObject, s->handle, say, ARRAY_LEN(say) - (whole ? 0u : 2u),
		   &made);
}

// What a token kept of a certificate when its writer died in the middle of C_CreateObject (SoftHSM writes an object attribute by
// attribute): this certificate without its CKA_ID, or a hollow object with our CKA_ID and label as far as it has them.
static bool is_half(const struct certobj *o, const struct key_id *id, const char *label,
		    const struct cert *c)
{
	if (o->cert)
		return o->id.len == 0 && cert_same(o->cert, c);
	if (!o->hollow || (o->id.len > 0 && !key_id_same(&o->id, id)))
		return false;
	return !o->label[0] || (label && strcmp(o->label, label) == 0);
}

struct err *certobj_store(struct session *s, const struct key_id *id, const char *label,
			  const struct cert *c)
{
	AUTO_CERTOBJS struct certobj_list there = { 0 };
	TRY(certobj_list(s, &there));
	for (size_t i = 0; i < there.n; i++) {
		const struct certobj *o = &there.list[i];
		if (key_id_same(&o->id, id) && o->cert && cert_same(o->cert, c))
			return NULL;
		if (is_half(o, id, label, c))
			TRY(object_destroy(s, o->handle));
	}
	CK_RV rv = create(s, id, label, c, true);
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_VALUE_INVALID ||
	    rv == CKR_ATTRIBUTE_READ_ONLY || rv == CKR_TEMPLATE_INCONSISTENT)
		rv = create(s, id, label, c, false);
	return rv == CKR_OK ? NULL : ckr_err("C_CreateObject", rv, token_name(&s->info));
}

struct err *certobj_destroy(struct session *s, const struct key_id *id, const struct cert *only,
			    size_t *removed)
{
	AUTO_CERTOBJS struct certobj_list there = { 0 };
	size_t n = 0;
	TRY(list_by_id(s, id, &there));
	for (size_t i = 0; i < there.n; i++) {
		const struct certobj *o = &there.list[i];
		if (only && !(o->cert && cert_same(o->cert, only)))
			continue;
		TRY(object_destroy(s, o->handle));
		n++;
	}
	if (removed)
		*removed = n;
	return NULL;
}

struct err *certobj_clear_slot(struct session *s, const struct key_id *id, const char *sha256,
			       size_t *others)
{
	AUTO_CERTOBJS struct certobj_list there = { 0 };
	size_t left = 0;
	TRY(list_by_id(s, id, &there));
	for (size_t i = 0; i < there.n; i++) {
		const struct certobj *o = &there.list[i];
		bool ours = o->placeholder ||
			    (o->cert && sha256 && strcmp(cert_sha256(o->cert), sha256) == 0);
		if (ours)
			TRY(object_destroy(s, o->handle));
		else
			left++;
	}
	*others = left;
	return NULL;
}

// A private key's object shows only after the PIN; without it nothing found means nothing known.
struct err *certobj_key_present(struct session *s, const struct key_id *id, enum tri *present)
{
	CK_OBJECT_HANDLE found[1];
	size_t n = 0;
	TRY(objects_by_id(s, CKO_PRIVATE_KEY, id, found, 1, &n));
	*present = n ? TRI_YES : s->logged_in || !s->info.login_required ? TRI_NO : TRI_MISSING;
	return NULL;
}
