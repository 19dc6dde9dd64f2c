// Decrypting on the token, and the pair as OpenSSL uses it.
#include <string.h>

#include "pkcs11/internal.h"

bool keypair_decrypts(struct session *s)
{
	CK_MECHANISM_INFO info = { 0 };
	CK_RV rv = P11(s->module, C_GetMechanismInfo, s->info.slot, CKM_RSA_PKCS, &info);
	if (rv == CKR_MECHANISM_INVALID)
		return false;
	return rv != CKR_OK || (info.flags & CKF_DECRYPT);
}

static CK_RV decrypt_init(struct session *s, const struct keypair *k,
			  const struct decryption_terms *t)
{
	static const struct {
		CK_MECHANISM_TYPE digest;
		CK_RSA_PKCS_MGF_TYPE mask;
	} hashes[] = {
		[SIGNING_SHA256] = { CKM_SHA256, CKG_MGF1_SHA256 },
		[SIGNING_SHA384] = { CKM_SHA384, CKG_MGF1_SHA384 },
		[SIGNING_SHA512] = { CKM_SHA512, CKG_MGF1_SHA512 },
	};
	CK_RSA_PKCS_OAEP_PARAMS oaep = {
		.hashAlg = t->sha1 ? CKM_SHA_1 : hashes[t->hash].digest,
		.mgf = t->sha1 ? CKG_MGF1_SHA1 : hashes[t->hash].mask,
		.source = CKZ_DATA_SPECIFIED,
	};
	CK_MECHANISM how = { .mechanism = CKM_RSA_PKCS };
	if (t->oaep)
		how = (CK_MECHANISM){ .mechanism = CKM_RSA_PKCS_OAEP,
				      .pParameter = &oaep,
				      .ulParameterLen = sizeof(oaep) };
	return P11(s->module, C_DecryptInit, s->handle, &how, k->private_key);
}

static struct err *not_opened(struct session *s, CK_RV rv)
{
	struct err *err = ckr_err("C_Decrypt", rv, token_name(&s->info));
	bool said = err_slug(err)[0] && rv != CKR_FUNCTION_FAILED && rv != CKR_GENERAL_ERROR;
	return said ? err : err_tag(err, "decryption-failed");
}

struct err *keypair_decrypt(struct session *s, const struct keypair *k, const struct pin_asker *pin,
			    const struct decryption_terms *t, struct buf *plain)
{
	uint8_t out[MODULUS_MAX];
	CK_ULONG out_len = sizeof(out);
	AUTO(secret) struct secret *given = NULL;
	// The standard's parameter is not const; no module writes to what it opens.
	union {
		const uint8_t *in;
		unsigned char *out;
	} bytes = { .in = t->data };
	if (k->always_authenticate)
		TRY(session_ask_context(s, pin, &given));
	CK_RV rv = decrypt_init(s, k, t);
	if (rv != CKR_OK)
		return ckr_err("C_DecryptInit", rv, token_name(&s->info));
	if (k->always_authenticate)
		TRY(session_login_context(s, given));
	rv = P11(s->module, C_Decrypt, s->handle, bytes.out, (CK_ULONG)t->len, out, &out_len);
	struct err *err = rv != CKR_OK		  ? not_opened(s, rv)
			  : out_len > sizeof(out) ? not_opened(s, CKR_GENERAL_ERROR)
						  : buf_put(plain, out, out_len);
	wipe(out, sizeof(out));
	return err;
}

static struct err *use_sign(void *ctx, const struct signing_terms *t, struct buf *out)
{
	const struct keypair_use *use = ctx;
	return keypair_sign_as(use->session, use->pair, use->pin, t, out);
}

static struct err *use_decrypt(void *ctx, const struct decryption_terms *t, struct buf *out)
{
	const struct keypair_use *use = ctx;
	return keypair_decrypt(use->session, use->pair, use->pin, t, out);
}

struct err *keypair_private_key(struct keypair_use *use, struct private_key **out)
{
	const struct private_key_ops ops = { .sign = use_sign, .decrypt = use_decrypt, .ctx = use };
	return private_key_new(keypair_public(use->pair), &ops, out);
}
