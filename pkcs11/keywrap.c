// Whether a private key can be wrapped out of the token: tried, since some modules say one thing and do another.
#include <openssl/rand.h>

#include "base/secret.h"
#include "pkcs11/internal.h"

enum { WRAPPED_MAX = 16384 };

// A temporary wrapping key: a session object, so that nothing stays on the token even if we die.
struct wrapper {
	CK_OBJECT_HANDLE aes, rsa;
};

static CK_RV make_aes(struct session *s, struct wrapper *w)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG len = 32;
	CK_ATTRIBUTE say[] = {
		SAY(CKA_TOKEN, no),
		SAY(CKA_WRAP, yes),
		SAY(CKA_ENCRYPT, yes),
		SAY(CKA_VALUE_LEN, len),
	};
	CK_MECHANISM how = { .mechanism = CKM_AES_KEY_GEN };
	return w->aes ? CKR_OK
		      : P11(s->module, C_GenerateKey, s->handle, &how, say, ARRAY_LEN(say),
			    &w->aes);
}

// The key's own public half as the wrapping key: no other RSA key has to be made.
static CK_RV make_rsa(struct session *s, const struct keypair *k, struct wrapper *w)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_OBJECT_CLASS class_ = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_RSA;
	struct keypair copy = *k;
	CK_ATTRIBUTE say[] = {
		SAY(CKA_CLASS, class_),
		SAY(CKA_KEY_TYPE, type),
		SAY(CKA_TOKEN, no),
		SAY(CKA_WRAP, yes),
		{ .type = CKA_MODULUS,
		  .pValue = copy.modulus,
		  .ulValueLen = k->numbers.modulus_len },
		{ .type = CKA_PUBLIC_EXPONENT,
		  .pValue = copy.exponent,
		  .ulValueLen = k->numbers.exponent_len },
	};
	return w->rsa ? CKR_OK
		      : P11(s->module, C_CreateObject, s->handle, say, ARRAY_LEN(say), &w->rsa);
}

struct way {
	CK_MECHANISM_TYPE mechanism;
	bool rsa, iv;
};
static const struct way ways[] = {
	{ CKM_AES_KEY_WRAP_PAD, false, false },
	{ CKM_AES_KEY_WRAP, false, false },
	{ CKM_AES_CBC_PAD, false, true },
	{ CKM_RSA_PKCS, true, false },
};

// A module that does not answer the question is asked to wrap all the same.
static bool token_may_wrap_with(struct session *s, CK_MECHANISM_TYPE mechanism)
{
	CK_MECHANISM_INFO info = { 0 };
	CK_RV rv = P11(s->module, C_GetMechanismInfo, s->info.slot, mechanism, &info);
	return rv == CKR_OK ? (info.flags & CKF_WRAP) != 0 : rv != CKR_MECHANISM_INVALID;
}

static struct err *try_way(struct session *s, const struct keypair *k, const struct way *how,
			   struct wrapper *w, struct key_facts *f)
{
	CK_RV rv = how->rsa ? make_rsa(s, k, w) : make_aes(s, w);
	if (ckr_is_fatal(rv))
		return ckr_err(how->rsa ? "C_CreateObject" : "C_GenerateKey", rv,
			       token_name(&s->info));
	if (rv != CKR_OK)
		return NULL; // no such temporary key on this token: this way cannot be tried
	uint8_t iv[16];
	if (RAND_bytes(iv, sizeof(iv)) != 1)
		return err_tag(err_new(ERR_FAILED, N_("This machine gave no random numbers.")),
			       "random");
	CK_MECHANISM mechanism = { .mechanism = how->mechanism };
	if (how->iv) {
		mechanism.pParameter = iv;
		mechanism.ulParameterLen = sizeof(iv);
	}
	AUTO_BUF struct buf wrapped = BUF(WRAPPED_MAX);
	static const uint8_t room[WRAPPED_MAX];
	TRY(buf_put(&wrapped, room, sizeof(room)));
	CK_ULONG len = WRAPPED_MAX;
	rv = P11(s->module, C_WrapKey, s->handle, &mechanism, how->rsa ? w->rsa : w->aes,
		 k->private_key, wrapped.data, &len);
	if (ckr_is_fatal(rv) && rv != CKR_OBJECT_HANDLE_INVALID)
		return ckr_err("C_WrapKey", rv, token_name(&s->info));
	f->wrap_tried = true;
	if (rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL)
		f->wrap_refused = false;
	return NULL;
}

// The first of two errors; the other is dropped.
static struct err *first_of(struct err *a, struct err *b)
{
	if (!a)
		return b;
	err_ignore(b);
	return a;
}

struct err *keypair_try_wrap(struct session *s, const struct keypair *k, struct key_facts *facts)
{
	struct key_facts f = *facts;
	struct wrapper w = { 0 };
	struct err *e = NULL;
	bool any = false;
	f.wrap_tried = false;
	f.wrap_refused = true;
	for (size_t i = 0; !e && f.wrap_refused && i < ARRAY_LEN(ways); i++) {
		if (!token_may_wrap_with(s, ways[i].mechanism))
			continue;
		any = true;
		e = try_way(s, k, &ways[i], &w, &f);
	}
	if (w.aes)
		e = first_of(e, object_destroy(s, w.aes));
	if (w.rsa)
		e = first_of(e, object_destroy(s, w.rsa));
	if (e)
		return e;
	if (!any)
		f.wrap_tried = true; // a token that wraps with nothing has answered too
	if (!f.wrap_tried)
		f.wrap_refused = false;
	*facts = f;
	return NULL;
}
