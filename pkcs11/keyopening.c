// Whether a key can be opened afterwards: tried with C_SetAttributeValue, and judged by what can be had then, not by the answer.
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

struct err *keypair_try_opening(struct session *s, const struct keypair *k, struct key_facts *facts)
{
	struct key_facts f = *facts;
	f.set_tried = f.set_answered = false;
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
