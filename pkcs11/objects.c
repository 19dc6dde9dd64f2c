// Finding objects and reading attributes, whatever a module makes of the standard.
#include <string.h>

#include "base/secret.h"
#include "pkcs11/internal.h"

// Neither a CK_BBOOL nor the bytes of a number look like this all over: what still does was not written.
enum { UNTOUCHED = 0xa5 };

bool attr_has(const CK_ATTRIBUTE *a)
{
	return a->ulValueLen != CK_UNAVAILABLE_INFORMATION;
}

enum tri attr_tri(const CK_ATTRIBUTE *a)
{
	if (!attr_has(a) || a->ulValueLen != sizeof(CK_BBOOL))
		return TRI_MISSING;
	CK_BBOOL value = *(const CK_BBOOL *)a->pValue;
	return value == CK_FALSE ? TRI_NO : value == CK_TRUE ? TRI_YES : TRI_MISSING;
}

static bool untouched(const CK_ATTRIBUTE *a, CK_ULONG room)
{
	const uint8_t *bytes = a->pValue;
	if (a->ulValueLen != room)
		return false;
	for (CK_ULONG i = 0; i < room; i++)
		if (bytes[i] != UNTOUCHED)
			return false;
	return true;
}

// One attribute by itself: what goes wrong only means that it is not there, unless the token is gone.
static struct err *read_one(struct session *s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a,
			    CK_ULONG room)
{
	memset(a->pValue, UNTOUCHED, room);
	a->ulValueLen = room;
	CK_RV rv = P11(s->module, C_GetAttributeValue, s->handle, object, a, 1);
	if (ckr_is_fatal(rv))
		return ckr_err("C_GetAttributeValue", rv, token_name(&s->info));
	if (rv != CKR_OK || a->ulValueLen > room || untouched(a, room))
		a->ulValueLen = CK_UNAVAILABLE_INFORMATION;
	return NULL;
}

enum { WANT_MAX = 16 };

struct err *attrs_read(struct session *s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *want, size_t n)
{
	CK_ULONG room[WANT_MAX];
	if (n > WANT_MAX)
		return err_no_memory();
	for (size_t i = 0; i < n; i++) {
		room[i] = want[i].ulValueLen;
		memset(want[i].pValue, UNTOUCHED, room[i]);
	}
	CK_RV rv = P11(s->module, C_GetAttributeValue, s->handle, object, want, (CK_ULONG)n);
	if (ckr_is_fatal(rv))
		return ckr_err("C_GetAttributeValue", rv, token_name(&s->info));
	// These three say that the call went through all attributes and marked those that it could not give (PKCS#11 2.40 §5.7).
	bool whole = rv == CKR_OK || rv == CKR_ATTRIBUTE_SENSITIVE ||
		     rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_BUFFER_TOO_SMALL;
	for (size_t i = 0; i < n; i++) {
		if (!whole || untouched(&want[i], room[i]))
			TRY(read_one(s, object, &want[i], room[i]));
		else if (attr_has(&want[i]) && want[i].ulValueLen > room[i])
			want[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
	}
	return NULL;
}

// After a search that failed in the middle the next C_FindObjectsInit would meet CKR_OPERATION_ACTIVE: always ended.
struct err *objects_find(struct session *s, CK_ATTRIBUTE *fit, size_t n_fit, CK_OBJECT_HANDLE *out,
			 size_t cap, size_t *n_out)
{
	CK_RV rv = P11(s->module, C_FindObjectsInit, s->handle, fit, (CK_ULONG)n_fit);
	if (rv != CKR_OK)
		return ckr_err("C_FindObjectsInit", rv, token_name(&s->info));
	size_t n = 0;
	while (n < cap) {
		CK_ULONG got = 0, asked = (CK_ULONG)(cap - n);
		rv = P11(s->module, C_FindObjects, s->handle, out + n, asked, &got);
		if (rv != CKR_OK || got > asked)
			break;
		n += got;
		if (got < asked)
			break; // fewer than there was room for: that was all
	}
	CK_RV end = P11(s->module, C_FindObjectsFinal, s->handle);
	if (rv != CKR_OK)
		return ckr_err("C_FindObjects", rv, token_name(&s->info));
	if (end != CKR_OK)
		return ckr_err("C_FindObjectsFinal", end, token_name(&s->info));
	*n_out = n;
	return NULL;
}

struct err *objects_by_id(struct session *s, CK_OBJECT_CLASS class_, const struct key_id *id,
			  CK_OBJECT_HANDLE *out, size_t cap, size_t *n_out)
{
	struct key_id copy = id ? *id : (struct key_id){ 0 };
	CK_ATTRIBUTE fit[] = {
		SAY(CKA_CLASS, class_),
		{ .type = CKA_ID, .pValue = copy.bytes, .ulValueLen = (CK_ULONG)copy.len },
	};
	return objects_find(s, fit, id ? 2 : 1, out, cap, n_out);
}

// A module that says so of an object that can still be read has not destroyed it.
static bool is_gone(struct session *s, CK_OBJECT_HANDLE object)
{
	CK_OBJECT_CLASS class_ = 0;
	CK_ATTRIBUTE want = WANT(CKA_CLASS, class_);
	return P11(s->module, C_GetAttributeValue, s->handle, object, &want, 1) ==
	       CKR_OBJECT_HANDLE_INVALID;
}

struct err *object_destroy(struct session *s, CK_OBJECT_HANDLE object)
{
	CK_RV rv = P11(s->module, C_DestroyObject, s->handle, object);
	if (rv == CKR_OK || (rv == CKR_OBJECT_HANDLE_INVALID && is_gone(s, object)))
		return NULL;
	return ckr_err("C_DestroyObject", rv, token_name(&s->info));
}
