// Signing on the token.
#include <string.h>

#include "pkcs11/internal.h"

enum { DIGEST_INFO = 51 };

struct signing {
	CK_MECHANISM_TYPE mechanism;
	const uint8_t *data;
	size_t len;
	uint8_t info[DIGEST_INFO], block[SIGNATURE_MAX]; // what data may point at
};

static CK_RV sign_init(struct session *s, const struct keypair *k, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM how = { .mechanism = type };
	return P11(s->module, C_SignInit, s->handle, &how, k->private_key);
}

static CK_RV sign_finish(struct session *s, const struct signing *g,
			 uint8_t out[static SIGNATURE_MAX], CK_ULONG *out_len)
{
	// The standard's parameter is not const; no module writes to what it signs.
	union {
		const uint8_t *in;
		unsigned char *out;
	} bytes = { .in = g->data };
	*out_len = SIGNATURE_MAX;
	return P11(s->module, C_Sign, s->handle, bytes.out, (CK_ULONG)g->len, out, out_len);
}

// RFC 8017 §9.2: the block that the private key is applied to, where the token does not pad.
static size_t pad(const struct keypair *k, const uint8_t info[static DIGEST_INFO],
		  uint8_t out[static SIGNATURE_MAX])
{
	size_t len = k->numbers.modulus_len;
	if (len < DIGEST_INFO + 11 || len > SIGNATURE_MAX)
		return 0;
	memset(out, 0xff, len);
	out[0] = 0;
	out[1] = 1;
	out[len - DIGEST_INFO - 1] = 0;
	memcpy(out + len - DIGEST_INFO, info, DIGEST_INFO);
	return len;
}

// CKM_SHA256_RSA_PKCS where the token has it. A token may list a mechanism and still answer CKR_MECHANISM_INVALID, or lack it: then the
// DigestInfo is ours, and last the padding.
static struct err *sign_begin(struct session *s, const struct keypair *k, struct signing *g)
{
	CK_RV rv = CKR_MECHANISM_INVALID;
	if (s->info.signs_sha256_rsa)
		rv = sign_init(s, k, g->mechanism = CKM_SHA256_RSA_PKCS);
	if (rv == CKR_MECHANISM_INVALID) {
		rv = sign_init(s, k, g->mechanism = CKM_RSA_PKCS);
		g->data = g->info;
		g->len = DIGEST_INFO;
	}
	size_t padded = 0;
	if (rv == CKR_MECHANISM_INVALID && s->info.signs_raw_rsa)
		padded = pad(k, g->info, g->block);
	if (padded) {
		rv = sign_init(s, k, g->mechanism = CKM_RSA_X_509);
		g->data = g->block;
		g->len = padded;
	}
	return rv == CKR_OK ? NULL : ckr_err("C_SignInit", rv, token_name(&s->info));
}

// Some cards want the PIN at each use without CKA_ALWAYS_AUTHENTICATE. The C_Sign that told so ended the operation.
static struct err *sign_again(struct session *s, const struct keypair *k,
			      const struct pin_asker *pin, const struct signing *g,
			      uint8_t out[static SIGNATURE_MAX], CK_ULONG *out_len, CK_RV *rv)
{
	AUTO(secret) struct secret *given = NULL;
	TRY(session_ask_context(s, pin, &given));
	*rv = sign_init(s, k, g->mechanism);
	if (*rv != CKR_OK)
		return ckr_err("C_SignInit", *rv, token_name(&s->info));
	TRY(session_login_context(s, given));
	*rv = sign_finish(s, g, out, out_len);
	return NULL;
}

struct err *keypair_sign(struct session *s, const struct keypair *k, const struct pin_asker *pin,
			 const void *data, size_t len, struct buf *sig)
{
	struct signing g = { .data = data, .len = len };
	uint8_t out[SIGNATURE_MAX];
	CK_ULONG out_len = 0;
	AUTO(secret) struct secret *given = NULL;
	TRY(digest_info_sha256(data, len, g.info));
	if (k->always_authenticate)
		TRY(session_ask_context(s, pin, &given));
	TRY(sign_begin(s, k, &g));
	if (k->always_authenticate)
		TRY(session_login_context(s, given));
	CK_RV rv = sign_finish(s, &g, out, &out_len);
	if (rv == CKR_USER_NOT_LOGGED_IN && !k->always_authenticate && s->logged_in)
		TRY(sign_again(s, k, pin, &g, out, &out_len, &rv));
	if (rv != CKR_OK)
		return ckr_err("C_Sign", rv, token_name(&s->info));
	if (out_len == 0 || out_len > SIGNATURE_MAX)
		return ckr_err("C_Sign", CKR_SIGNATURE_LEN_RANGE, token_name(&s->info));
	return buf_put(sig, out, out_len);
}
