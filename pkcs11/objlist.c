// Everything that is on a token, object by object.
#include "pkcs11/objlist.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/text.h"
#include "pkcs11/internal.h"

void object_list_free(struct object_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		cert_free(l->list[i].cert);
	free(l->list);
	*l = (struct object_list){ 0 };
}

static enum object_kind kind_of(CK_OBJECT_CLASS class_)
{
	switch (class_) {
	case CKO_PRIVATE_KEY:
		return OBJECT_PRIVATE_KEY;
	case CKO_PUBLIC_KEY:
		return OBJECT_PUBLIC_KEY;
	case CKO_CERTIFICATE:
		return OBJECT_CERTIFICATE;
	case CKO_SECRET_KEY:
		return OBJECT_SECRET_KEY;
	case CKO_DATA:
		return OBJECT_DATA;
	default:
		return OBJECT_OTHER;
	}
}

static void take_label(const CK_ATTRIBUTE *a, char out[static 65])
{
	if (!attr_has(a))
		return;
	AUTO_TEXT char *safe = text_safe(a->pValue, a->ulValueLen, 64);
	if (safe)
		memcpy(out, safe, strlen(safe) + 1);
}

static struct err *read_common(struct session *s, CK_OBJECT_HANDLE handle, struct object *o)
{
	CK_OBJECT_CLASS class_ = 0;
	CK_BBOOL private_object = CK_FALSE;
	uint8_t id[CERT_ID_MAX], label[OBJECT_LABEL_MAX];
	CK_ATTRIBUTE want[] = {
		WANT(CKA_CLASS, class_),
		WANT(CKA_PRIVATE, private_object),
		WANT(CKA_ID, id),
		WANT(CKA_LABEL, label),
	};
	TRY(attrs_read(s, handle, want, ARRAY_LEN(want)));
	o->handle = handle;
	o->kind = attr_has(&want[0]) && want[0].ulValueLen == sizeof(class_) ? kind_of(class_)
									     : OBJECT_OTHER;
	o->private_object = attr_tri(&want[1]);
	if (attr_has(&want[2]) && want[2].ulValueLen <= KEY_ID_MAX) {
		o->id.len = want[2].ulValueLen;
		memcpy(o->id.bytes, id, o->id.len);
	}
	take_label(&want[3], o->label);
	return NULL;
}

static const char *type_name(CK_KEY_TYPE type)
{
	static const struct {
		CK_KEY_TYPE type;
		const char *name;
	} names[] = {
		{ CKK_RSA, "RSA" },	   { CKK_DSA, "DSA" },
		{ CKK_DH, "DH" },	   { CKK_EC, "EC" },
		{ CKK_AES, "AES" },	   { CKK_DES, "DES" },
		{ CKK_DES2, "3DES" },	   { CKK_DES3, "3DES" },
		{ CKK_GOSTR3410, "GOST" }, { CKK_GENERIC_SECRET, "generic" },
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].type == type)
			return names[i].name;
	return "";
}

static void hash_hex(const void *bytes, size_t len, char out[static 65])
{
	uint8_t hash[32];
	if (!EVP_Digest(bytes, len, hash, NULL, EVP_sha256(), NULL))
		return;
	AUTO_TEXT char *hex = text_hex(hash, sizeof(hash), 0);
	if (hex)
		memcpy(out, hex, 65);
}

void object_key_hash(const struct cert *c, char out[static 65])
{
	size_t len = 0;
	const uint8_t *spki = cert_public_key_der(c, &len);
	if (spki)
		hash_hex(spki, len, out);
}

bool object_is_key_of(const struct object *o, const struct cert *c)
{
	char hash[65] = "";
	object_key_hash(c, hash);
	return hash[0] && !strcmp(hash, o->public_sha256);
}

static size_t leading_zeros(const uint8_t *bytes, size_t len)
{
	size_t n = 0;
	while (n < len && bytes[n] == 0)
		n++;
	return n;
}

static struct err *take_numbers(const CK_ATTRIBUTE *modulus, const CK_ATTRIBUTE *exponent,
				struct object *o)
{
	if (!attr_has(modulus))
		return NULL;
	const uint8_t *m = modulus->pValue;
	size_t skip = leading_zeros(m, modulus->ulValueLen), len = modulus->ulValueLen - skip;
	if (!len)
		return NULL;
	o->bits = (unsigned)len * 8;
	for (unsigned top = m[skip]; !(top & 0x80); top <<= 1)
		o->bits--;
	if (!attr_has(exponent) || !exponent->ulValueLen)
		return NULL;
	const uint8_t *e = exponent->pValue;
	size_t e_skip = leading_zeros(e, exponent->ulValueLen);
	AUTO_BUF struct buf spki = BUF(8192);
	struct rsa_public numbers = { .modulus = m + skip,
				      .modulus_len = len,
				      .exponent = e + e_skip,
				      .exponent_len = exponent->ulValueLen - e_skip };
	struct err *odd = rsa_public_der(&numbers, &spki);
	if (!odd)
		hash_hex(spki.data, spki.len, o->public_sha256);
	err_ignore(odd); // numbers that are no key are shown as such, by their size alone
	return NULL;
}

static struct err *read_key(struct session *s, struct object *o)
{
	CK_KEY_TYPE type = 0;
	CK_BBOOL said[8];
	uint8_t modulus[MODULUS_MAX], exponent[EXPONENT_MAX];
	CK_ULONG value_len = 0;
	const bool private_key = o->kind == OBJECT_PRIVATE_KEY;
	CK_ATTRIBUTE want[] = {
		WANT(CKA_KEY_TYPE, type),
		WANT(CKA_LOCAL, said[0]),
		WANT(CKA_SENSITIVE, said[1]),
		WANT(CKA_ALWAYS_SENSITIVE, said[2]),
		WANT(CKA_EXTRACTABLE, said[3]),
		WANT(CKA_NEVER_EXTRACTABLE, said[4]),
		WANT(private_key ? CKA_SIGN : CKA_VERIFY, said[5]),
		WANT(private_key ? CKA_DECRYPT : CKA_ENCRYPT, said[6]),
		WANT(CKA_ALWAYS_AUTHENTICATE, said[7]),
		WANT(CKA_MODULUS, modulus),
		WANT(CKA_PUBLIC_EXPONENT, exponent),
		WANT(CKA_VALUE_LEN, value_len),
	};
	TRY(attrs_read(s, o->handle, want, ARRAY_LEN(want)));
	if (attr_has(&want[0]) && want[0].ulValueLen == sizeof(type)) {
		const char *name = type_name(type);
		memcpy(o->type, name, strlen(name) + 1);
	}
	enum tri *into[] = { &o->local,	      &o->sensitive,	      &o->always_sensitive,
			     &o->extractable, &o->never_extractable,  &o->sign,
			     &o->decrypt,     &o->always_authenticate };
	for (size_t i = 0; i < ARRAY_LEN(into); i++)
		*into[i] = attr_tri(&want[i + 1]);
	if (attr_has(&want[11]) && want[11].ulValueLen == sizeof(value_len))
		o->size = value_len;
	return take_numbers(&want[9], &want[10], o);
}

static struct err *read_certificate(struct session *s, struct object *o)
{
	AUTO_TEXT char *room = malloc(CERT_VALUE_MAX);
	if (!room)
		return err_no_memory();
	CK_ATTRIBUTE want = { .type = CKA_VALUE, .pValue = room, .ulValueLen = CERT_VALUE_MAX };
	TRY(attrs_read(s, o->handle, &want, 1));
	if (!attr_has(&want))
		return NULL;
	o->size = want.ulValueLen;
	o->attestation = is_attestation_label(o->label);
	err_ignore(cert_parse(room, want.ulValueLen, &o->cert));
	if (o->cert)
		object_key_hash(o->cert, o->public_sha256);
	return NULL;
}

// Only how long it is: what stands in it is nobody's business here.
static void read_size(struct session *s, struct object *o)
{
	CK_ATTRIBUTE want = { .type = CKA_VALUE };
	CK_RV rv = P11(s->module, C_GetAttributeValue, s->handle, o->handle, &want, 1);
	if (rv == CKR_OK && attr_has(&want))
		o->size = want.ulValueLen;
}

static struct err *read_object(struct session *s, CK_OBJECT_HANDLE handle, struct object *out)
{
	struct object o = { 0 };
	o.local = o.sensitive = o.always_sensitive = o.extractable = o.never_extractable = o.sign =
		o.decrypt = o.always_authenticate = TRI_MISSING;
	TRY(read_common(s, handle, &o));
	switch (o.kind) {
	case OBJECT_PRIVATE_KEY:
	case OBJECT_PUBLIC_KEY:
	case OBJECT_SECRET_KEY:
		TRY(read_key(s, &o));
		break;
	case OBJECT_CERTIFICATE:
		TRY(read_certificate(s, &o));
		break;
	case OBJECT_DATA:
		read_size(s, &o);
		break;
	case OBJECT_OTHER:
		break;
	}
	*out = o;
	return NULL;
}

static bool is_handle_gone(const struct err *e)
{
	return err_has_code(e, "CKR_OBJECT_HANDLE_INVALID");
}

static struct err *read_all(struct session *s, const CK_OBJECT_HANDLE *handles, size_t n,
			    struct object_list *out)
{
	for (size_t i = 0; i < n; i++) {
		struct err *e = read_object(s, handles[i], &out->list[out->n]);
		if (!e)
			out->n++;
		else if (is_handle_gone(e))
			err_ignore(e);
		else
			return e;
	}
	return NULL;
}

struct err *object_list(struct session *s, struct object_list *out)
{
	// Session objects are not on the token.
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE fit = SAY(CKA_TOKEN, yes);
	// NOLINTNEXTLINE(clang-analyzer-unix.MallocSizeof): bytes for a list, freed by scope as text is
	AUTO_TEXT char *room = calloc(OBJECT_LIST_MAX + 1, sizeof(CK_OBJECT_HANDLE));
	CK_OBJECT_HANDLE *handles = (void *)room;
	size_t n = 0;
	if (!handles)
		return err_no_memory();
	TRY(objects_find(s, &fit, 1, handles, OBJECT_LIST_MAX + 1, &n));
	AUTO_OBJECTS struct object_list l = { .more = n > OBJECT_LIST_MAX };
	n = l.more ? OBJECT_LIST_MAX : n;
	l.list = calloc(n ? n : 1, sizeof(struct object));
	if (!l.list)
		return err_no_memory();
	TRY(read_all(s, handles, n, &l));
	*out = l;
	l = (struct object_list){ 0 };
	return NULL;
}

struct err *object_remove(struct session *s, const struct object *o)
{
	return object_destroy(s, o->handle);
}

struct err *object_rename(struct session *s, const struct object *o, const char *label)
{
	char text[KEY_LABEL_MAX + 1] = { 0 };
	strncpy(text, label, KEY_LABEL_MAX);
	CK_ATTRIBUTE say = { .type = CKA_LABEL,
			     .pValue = text,
			     .ulValueLen = (CK_ULONG)strlen(text) };
	CK_RV rv = P11(s->module, C_SetAttributeValue, s->handle, o->handle, &say, 1);
	return rv == CKR_OK ? NULL : ckr_err("C_SetAttributeValue", rv, token_name(&s->info));
}
