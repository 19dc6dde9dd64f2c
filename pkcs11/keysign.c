// Signing on the token.
#include <string.h>

#include "pkcs11/internal.h"

// One way to have the signature made: a mechanism, its parameter, and what it is given.
struct way {
	CK_MECHANISM_TYPE mechanism;
	const uint8_t *data;
	size_t len;
};
enum { WAYS_MAX = 3 };

struct signing {
	const struct signing_terms *terms;
	struct way ways[WAYS_MAX];
	size_t n_ways;
	struct way way; // the one that the token took
	CK_RSA_PKCS_PSS_PARAMS pss;
	struct buf info, block; // what the ways may point at
	uint8_t digest[SIGNING_DIGEST_MAX];
};

static void signing_cleanup(struct signing *g)
{
	buf_free(&g->info);
	buf_free(&g->block);
}

static const struct {
	CK_MECHANISM_TYPE digest, pkcs1;
	CK_RSA_PKCS_MGF_TYPE mask;
} hashes[] = {
	[SIGNING_SHA256] = { CKM_SHA256, CKM_SHA256_RSA_PKCS, CKG_MGF1_SHA256 },
	[SIGNING_SHA384] = { CKM_SHA384, CKM_SHA384_RSA_PKCS, CKG_MGF1_SHA384 },
	[SIGNING_SHA512] = { CKM_SHA512, CKM_SHA512_RSA_PKCS, CKG_MGF1_SHA512 },
};

static void add_way(struct signing *g, CK_MECHANISM_TYPE mechanism, const void *data, size_t len)
{
	g->ways[g->n_ways++] = (struct way){ .mechanism = mechanism, .data = data, .len = len };
}

// Our padding, where the token applies the key to whatever it is given (RFC 8017 §9).
static struct err *add_raw(const struct session *s, const struct keypair *k, struct signing *g)
{
	unsigned bits = rsa_public_bits(&k->numbers);
	if (!s->info.signs_raw_rsa)
		return NULL;
	AUTO(err) struct err *too_short = signing_block(g->terms, bits, &g->block);
	if (!too_short)
		add_way(g, CKM_RSA_X_509, g->block.data, g->block.len);
	return NULL;
}

// With the hash in the token where it has that; else the DigestInfo is ours, and last the padding.
static struct err *pkcs1_ways(const struct session *s, const struct keypair *k, struct signing *g)
{
	const struct signing_terms *t = g->terms;
	TRY(signing_digest_info(t, &g->info));
	if (!t->hashed && t->hash == SIGNING_SHA256 && s->info.signs_sha256_rsa)
		add_way(g, hashes[t->hash].pkcs1, t->data, t->len);
	add_way(g, CKM_RSA_PKCS, g->info.data, g->info.len);
	return add_raw(s, k, g);
}

static struct err *pss_ways(const struct session *s, const struct keypair *k, struct signing *g)
{
	const struct signing_terms *t = g->terms;
	TRY(signing_digest(t, g->digest));
	g->pss = (CK_RSA_PKCS_PSS_PARAMS){ .hashAlg = hashes[t->hash].digest,
					   .mgf = hashes[t->hash].mask,
					   .sLen = t->salt_len };
	if (s->info.signs_pss)
		add_way(g, CKM_RSA_PKCS_PSS, g->digest, signing_hash_len(t->hash));
	return add_raw(s, k, g);
}

static CK_RV sign_init(struct session *s, const struct keypair *k, struct signing *g,
		       CK_MECHANISM_TYPE type)
{
	CK_MECHANISM how = { .mechanism = type };
	if (type == CKM_RSA_PKCS_PSS) {
		how.pParameter = &g->pss;
		how.ulParameterLen = sizeof(g->pss);
	}
	return P11(s->module, C_SignInit, s->handle, &how, k->private_key);
}

static CK_RV sign_finish(struct session *s, const struct signing *g,
			 uint8_t out[static SIGNATURE_MAX], CK_ULONG *out_len)
{
	// The standard's parameter is not const; no module writes to what it signs.
	union {
		const uint8_t *in;
		unsigned char *out;
	} bytes = { .in = g->way.data };
	*out_len = SIGNATURE_MAX;
	return P11(s->module, C_Sign, s->handle, bytes.out, (CK_ULONG)g->way.len, out, out_len);
}

// A token may list a mechanism and still refuse it, or lack it: then the next way is tried.
static bool other_way(CK_RV rv)
{
	return rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID;
}

static struct err *sign_begin(struct session *s, const struct keypair *k, struct signing *g)
{
	CK_RV rv = CKR_MECHANISM_INVALID;
	for (size_t i = 0; i < g->n_ways && other_way(rv); i++) {
		g->way = g->ways[i];
		rv = sign_init(s, k, g, g->way.mechanism);
	}
	return rv == CKR_OK ? NULL : ckr_err("C_SignInit", rv, token_name(&s->info));
}

// Some cards want the PIN at each use without CKA_ALWAYS_AUTHENTICATE. The C_Sign that told so ended the operation.
static struct err *sign_again(struct session *s, const struct keypair *k,
			      const struct pin_asker *pin, struct signing *g,
			      uint8_t out[static SIGNATURE_MAX], CK_ULONG *out_len, CK_RV *rv)
{
	AUTO(secret) struct secret *given = NULL;
	TRY(session_ask_context(s, pin, &given));
	*rv = sign_init(s, k, g, g->way.mechanism);
	if (*rv != CKR_OK)
		return ckr_err("C_SignInit", *rv, token_name(&s->info));
	TRY(session_login_context(s, given));
	*rv = sign_finish(s, g, out, out_len);
	return NULL;
}

struct err *keypair_sign_as(struct session *s, const struct keypair *k, const struct pin_asker *pin,
			    const struct signing_terms *t, struct buf *sig)
{
	__attribute__((cleanup(signing_cleanup))) struct signing g = { .terms = t };
	uint8_t out[SIGNATURE_MAX];
	CK_ULONG out_len = 0;
	AUTO(secret) struct secret *given = NULL;
	TRY(t->pss ? pss_ways(s, k, &g) : pkcs1_ways(s, k, &g));
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

struct err *keypair_sign(struct session *s, const struct keypair *k, const struct pin_asker *pin,
			 const void *data, size_t len, struct buf *sig)
{
	const struct signing_terms t = { .hash = SIGNING_SHA256, .data = data, .len = len };
	return keypair_sign_as(s, k, pin, &t, sig);
}

bool keypair_signs_pss(const struct session *s)
{
	return s->info.signs_pss || s->info.signs_raw_rsa;
}
