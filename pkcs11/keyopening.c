// Whether a key can be opened afterwards: tried with C_SetAttributeValue, and judged by what can be had then, not by the answer; and with
// C_CopyObject.
#include "pkcs11/internal.h"

static CK_RV set_flag(struct session *s, const struct keypair *k, CK_ATTRIBUTE_TYPE type,
		      CK_BBOOL value)
{
	CK_ATTRIBUTE a = { .type = type, .pValue = &value, .ulValueLen = sizeof(value) };
	return P11(s->module, C_SetAttributeValue, s->handle, k->private_key, &a, 1);
}

static struct err *try_one(struct session *s, const struct keypair *k, CK_ATTRIBUTE_TYPE type,
			   CK_BBOOL open, struct key_facts *f)
{
	CK_RV rv = set_flag(s, k, type, open);
	if (ckr_is_fatal(rv))
		return ckr_err("C_SetAttributeValue", rv, token_name(&s->info));
	f->set_tried = true;
	f->set_answered |= rv == CKR_OK;
	return NULL;
}

// What can be had of the key while it is said to be open.
static struct err *look(struct session *s, const struct keypair *k, struct key_facts *f)
{
	TRY(facts_read_secrets(s, k, f));
	return keypair_try_wrap(s, k, f);
}

static bool is_among(const CK_OBJECT_HANDLE *list, size_t n, CK_OBJECT_HANDLE object)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == object)
			return true;
	return false;
}

// A session object: if it cannot be destroyed, it goes with the session. Only what was not there before is destroyed: a module may
// answer with the handle of another object.
static struct err *try_copy(struct session *s, const struct keypair *k, struct key_facts *f)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE open[] = { SAY(CKA_TOKEN, no), SAY(CKA_EXTRACTABLE, yes),
				SAY(CKA_SENSITIVE, no) };
	CK_OBJECT_HANDLE copy = CK_INVALID_HANDLE, before[OBJECTS_MAX];
	size_t n = 0;
	TRY(objects_find(s, NULL, 0, before, OBJECTS_MAX, &n));
	CK_RV rv = P11(s->module, C_CopyObject, s->handle, k->private_key, open, ARRAY_LEN(open),
		       &copy);
	if (ckr_is_fatal(rv))
		return ckr_err("C_CopyObject", rv, token_name(&s->info));
	f->copy_tried = true;
	f->copy_given = rv == CKR_OK;
	bool fresh = n < OBJECTS_MAX && copy != k->private_key && !is_among(before, n, copy);
	return rv == CKR_OK && fresh ? object_destroy(s, copy) : NULL;
}

struct err *keypair_try_opening(struct session *s, const struct keypair *k, struct key_facts *facts)
{
	struct key_facts f = *facts;
	f.set_tried = f.set_answered = false;
	TRY(try_copy(s, k, &f));
	TRY(try_one(s, k, CKA_EXTRACTABLE, CK_TRUE, &f));
	TRY(try_one(s, k, CKA_SENSITIVE, CK_FALSE, &f));
	if (f.set_answered) {
		TRY(look(s, k, &f));
		// Whoever looks at the key later must not find it open, if only by what it says of itself.
		(void)set_flag(s, k, CKA_SENSITIVE, CK_TRUE);
		(void)set_flag(s, k, CKA_EXTRACTABLE, CK_FALSE);
		TRY(facts_read_flags(s, k, &f));
	}
	*facts = f;
	return NULL;
}
