// Decryption of the provider (provider-asym_cipher(7)): RSAES-PKCS1-v1_5 and RSAES-OAEP, by the key's holder.
#include "x509/private_key_inside.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/proverr.h>
#include <openssl/rsa.h>

struct far_decryption {
	struct far_key *key;
	struct decryption_terms terms;
};

static void *decrypt_new(void *provider)
{
	(void)provider;
	struct far_decryption *d = calloc(1, sizeof(*d));
	if (d)
		d->terms.sha1 = true;
	return d;
}

static void decrypt_free(void *ctx)
{
	struct far_decryption *d = ctx;
	if (d)
		far_key_drop(d->key);
	free(d);
}

static void *decrypt_copy(void *ctx)
{
	const struct far_decryption *from = ctx;
	struct far_decryption *to = decrypt_new(NULL);
	if (!to)
		return NULL;
	*to = *from;
	if (to->key)
		far_key_hold(to->key);
	return to;
}

static int refused(int reason)
{
	ERR_raise(ERR_LIB_PROV, reason);
	return 0;
}

static int set_padding(struct far_decryption *d, const OSSL_PARAM *p)
{
	static const struct param_word words[] = { { RSA_PKCS1_PADDING, "pkcs1" },
						   { RSA_PKCS1_OAEP_PADDING, "oaep" } };
	int padding = 0;
	if (!param_number(p, words, ARRAY_LEN(words), &padding) ||
	    (padding != RSA_PKCS1_PADDING && padding != RSA_PKCS1_OAEP_PADDING))
		return refused(PROV_R_ILLEGAL_OR_UNSUPPORTED_PADDING_MODE);
	d->terms.oaep = padding == RSA_PKCS1_OAEP_PADDING;
	return 1;
}

static int read_hash(const OSSL_PARAM *p, struct decryption_terms *t)
{
	const char *name = NULL;
	if (!OSSL_PARAM_get_utf8_string_ptr(p, &name) || !name)
		return 0;
	t->sha1 = EVP_MD_is_a(EVP_sha1(), name);
	AUTO(err) struct err *unknown = t->sha1 ? NULL : signing_hash_named(name, &t->hash);
	return unknown ? refused(PROV_R_DIGEST_NOT_ALLOWED) : 1;
}

static int set_hash(struct far_decryption *d, const OSSL_PARAM *p)
{
	return read_hash(p, &d->terms);
}

static int check_mask_hash(struct far_decryption *d, const OSSL_PARAM *p)
{
	struct decryption_terms mask = { 0 };
	if (!read_hash(p, &mask))
		return 0;
	if (mask.sha1 != d->terms.sha1 || (!mask.sha1 && mask.hash != d->terms.hash))
		return refused(PROV_R_INVALID_MGF1_MD);
	return 1;
}

static int check_label(struct far_decryption *d, const OSSL_PARAM *p)
{
	(void)d;
	return p->data_size == 0 || refused(PROV_R_NOT_SUPPORTED);
}

static int decrypt_set(void *ctx, const OSSL_PARAM params[])
{
	static const struct {
		const char *name;
		int (*set)(struct far_decryption *d, const OSSL_PARAM *p);
	} settings[] = {
		{ OSSL_ASYM_CIPHER_PARAM_PAD_MODE, set_padding },
		{ OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, set_hash },
		{ OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, check_mask_hash },
		{ OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, check_label },
	};
	for (size_t i = 0; params && i < ARRAY_LEN(settings); i++) {
		const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, settings[i].name);
		if (p && !settings[i].set(ctx, p))
			return 0;
	}
	return 1;
}

static const OSSL_PARAM *decrypt_settable(void *ctx, void *provider)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, NULL, 0),
		OSSL_PARAM_END,
	};
	(void)ctx;
	(void)provider;
	return list;
}

static int decrypt_init(void *ctx, void *key, const OSSL_PARAM params[])
{
	struct far_decryption *d = ctx;
	const struct far_view *view = key;
	if (!view || !view->far)
		return 0;
	far_key_drop(d->key);
	d->key = far_key_hold(view->far);
	return decrypt_set(d, params);
}

static int decrypt(void *ctx, unsigned char *out, size_t *out_len, size_t room,
		   const unsigned char *in, size_t in_len)
{
	struct far_decryption *d = ctx;
	size_t size = d->key ? far_key_size(d->key) : 0;
	if (!out) {
		*out_len = size;
		return size > 0;
	}
	if (!size || !d->key->ops.decrypt)
		return refused(PROV_R_MISSING_KEY);
	d->terms.data = in;
	d->terms.len = in_len;
	AUTO_BUF struct buf plain = BUF(size);
	struct err *err = d->key->ops.decrypt(d->key->ops.ctx, &d->terms, &plain);
	if (err)
		return far_key_failed(d->key, err);
	if (plain.len > room)
		return refused(PROV_R_OUTPUT_BUFFER_TOO_SMALL);
	if (plain.len)
		memcpy(out, plain.data, plain.len);
	*out_len = plain.len;
	return 1;
}

#define FUNCTION(id, function)                                                                     \
	{                                                                                          \
		OSSL_FUNC_ASYM_CIPHER_##id, (void (*)(void))(function)                             \
	}
const OSSL_DISPATCH far_key_decryption[] = {
	FUNCTION(NEWCTX, decrypt_new),
	FUNCTION(FREECTX, decrypt_free),
	FUNCTION(DUPCTX, decrypt_copy),
	FUNCTION(DECRYPT_INIT, decrypt_init),
	FUNCTION(DECRYPT, decrypt),
	FUNCTION(SET_CTX_PARAMS, decrypt_set),
	FUNCTION(SETTABLE_CTX_PARAMS, decrypt_settable),
	{ 0, NULL },
};
