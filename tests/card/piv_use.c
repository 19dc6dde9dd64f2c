// GENERAL AUTHENTICATE with a private key: RSA without padding, ECDSA, ECDH (SP 800-73-4 part 2, 3.2.4 and A).
#include "piv.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>

static EVP_PKEY_CTX *use_ctx(EVP_PKEY *key)
{
	return must(EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL), "EVP_PKEY_CTX_new_from_pkey");
}

static bool rsa_raw(EVP_PKEY *key, struct span in, uint8_t *to, size_t *n)
{
	EVP_PKEY_CTX *ctx = use_ctx(key);
	bool fine = EVP_PKEY_decrypt_init(ctx) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
		    EVP_PKEY_decrypt(ctx, to, n, in.data, in.len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return fine;
}

static bool ecdsa(EVP_PKEY *key, struct span in, uint8_t *to, size_t *n)
{
	EVP_PKEY_CTX *ctx = use_ctx(key);
	bool fine = EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_sign(ctx, to, n, in.data, in.len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return fine;
}

static bool ecdh(EVP_PKEY *key, struct span in, uint8_t *to, size_t *n)
{
	EVP_PKEY *peer = must(EVP_PKEY_new(), "EVP_PKEY_new");
	EVP_PKEY_CTX *ctx = use_ctx(key);
	bool fine = EVP_PKEY_copy_parameters(peer, key) == 1 &&
		    EVP_PKEY_set1_encoded_public_key(peer, in.data, in.len) == 1 &&
		    EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		    EVP_PKEY_derive(ctx, to, n) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return fine;
}

static bool operate(const struct piv_key *k, struct span all, uint8_t *to, size_t *n)
{
	struct span in;
	size_t rsa_len = alg_rsa_bits(k->alg) / 8;
	if (rsa_len) {
		return tlv_find(all, 0x81, &in) && in.len == rsa_len && rsa_raw(k->key, in, to, n);
	}
	if (tlv_find(all, 0x85, &in))
		return ecdh(k->key, in, to, n);
	size_t most = k->alg == ALG_P256 ? 32 : 48;
	return tlv_find(all, 0x81, &in) && in.len > 0 && in.len <= most && ecdsa(k->key, in, to, n);
}

static bool allowed(const struct piv *p, const struct piv_key *k)
{
	if (k->pin == PIN_NEVER)
		return true;
	return p->pin_verified && (k->pin != PIN_ALWAYS || p->pin_fresh);
}

enum sw use_key(struct card *card, struct piv *p, const struct apdu *a, struct bytes *out)
{
	struct piv_key *k = key_at(p, a->p2);
	struct span template = a->data, all;
	uint8_t made[512];
	size_t n = sizeof(made);
	unsigned tag;
	(void)card;
	if (!k || a->p2 == SLOT_F9)
		return SW_WRONG_P1P2;
	if (!k->key)
		return SW_NO_KEY;
	if (k->alg != a->p1)
		return SW_WRONG_P1P2;
	if (!tlv_next(&template, &tag, &all) || tag != 0x7c || template.len > 0)
		return SW_WRONG_DATA;
	if (!allowed(p, k))
		return SW_SECURITY;
	p->pin_fresh = false;
	if (!operate(k, all, made, &n))
		return SW_WRONG_DATA;
	struct bytes inner = { 0 };
	bytes_tlv(&inner, 0x82, made, n);
	bytes_tlv(out, 0x7c, inner.data, inner.len);
	bytes_free(&inner);
	return SW_OK;
}
