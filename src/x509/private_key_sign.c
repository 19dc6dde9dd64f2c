// Signatures of the provider (provider-signature(7)): what OpenSSL asks for is gathered, and the key's holder is asked once.
#include "x509/private_key_inside.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/proverr.h>
#include <openssl/rsa.h>

enum { MESSAGE_MAX = 1 << 24 };

struct far_signature {
	struct far_key *key;
	bool pss;
	enum signing_hash hash;
	bool hash_given;
	int salt_len; // bytes, or one of RSA_PSS_SALTLEN_…
	struct buf message;
};

static void *sign_new(void *provider, const char *properties)
{
	(void)provider;
	(void)properties;
	struct far_signature *s = calloc(1, sizeof(*s));
	if (s) {
		s->salt_len = RSA_PSS_SALTLEN_DIGEST;
		s->message.cap = MESSAGE_MAX;
	}
	return s;
}

static void sign_free(void *ctx)
{
	struct far_signature *s = ctx;
	if (!s)
		return;
	far_key_drop(s->key);
	buf_free(&s->message);
	free(s);
}

static void *sign_copy(void *ctx)
{
	const struct far_signature *from = ctx;
	struct far_signature *to = sign_new(NULL, NULL);
	if (!to)
		return NULL;
	*to = *from;
	to->message = (struct buf){ .cap = MESSAGE_MAX };
	if (to->key)
		far_key_hold(to->key);
	AUTO(err)
	struct err *failed = from->message.len
				     ? buf_put(&to->message, from->message.data, from->message.len)
				     : NULL;
	if (failed) {
		sign_free(to);
		return NULL;
	}
	return to;
}

static int refused(int reason)
{
	ERR_raise(ERR_LIB_PROV, reason);
	return 0;
}

static int set_hash(struct far_signature *s, const char *name)
{
	AUTO(err) struct err *unknown = signing_hash_named(name, &s->hash);
	s->hash_given = !unknown;
	return unknown ? refused(PROV_R_DIGEST_NOT_ALLOWED) : 1;
}

static int set_hash_param(struct far_signature *s, const OSSL_PARAM *p)
{
	const char *name = NULL;
	return OSSL_PARAM_get_utf8_string_ptr(p, &name) && name && set_hash(s, name);
}

static int set_padding(struct far_signature *s, const OSSL_PARAM *p)
{
	static const struct param_word words[] = { { RSA_PKCS1_PADDING, "pkcs1" },
						   { RSA_PKCS1_PSS_PADDING, "pss" } };
	int padding = 0;
	if (!param_number(p, words, ARRAY_LEN(words), &padding) ||
	    (padding != RSA_PKCS1_PADDING && padding != RSA_PKCS1_PSS_PADDING))
		return refused(PROV_R_ILLEGAL_OR_UNSUPPORTED_PADDING_MODE);
	s->pss = padding == RSA_PKCS1_PSS_PADDING;
	return 1;
}

static int set_salt(struct far_signature *s, const OSSL_PARAM *p)
{
	static const struct param_word words[] = { { RSA_PSS_SALTLEN_DIGEST, "digest" },
						   { RSA_PSS_SALTLEN_MAX, "max" },
						   { RSA_PSS_SALTLEN_AUTO, "auto" } };
	int len = 0;
	if (!param_number(p, words, ARRAY_LEN(words), &len) || len > SIGNING_DIGEST_MAX)
		return refused(PROV_R_INVALID_SALT_LENGTH);
	// The longest that some standards allow, and the usual one: a token may know no other.
	s->salt_len = len < 0 ? RSA_PSS_SALTLEN_DIGEST : len;
	return 1;
}

// MGF1 has the hash of the signature; another is not to be had.
static int check_mask_hash(const struct far_signature *s, const OSSL_PARAM *p)
{
	struct far_signature other = { 0 };
	return set_hash_param(&other, p) &&
	       (!s->hash_given || other.hash == s->hash || refused(PROV_R_INVALID_MGF1_MD));
}

static int sign_set(void *ctx, const OSSL_PARAM params[])
{
	struct far_signature *s = ctx;
	static const struct {
		const char *name;
		int (*set)(struct far_signature *s, const OSSL_PARAM *p);
	} settings[] = {
		{ OSSL_SIGNATURE_PARAM_DIGEST, set_hash_param },
		{ OSSL_SIGNATURE_PARAM_PAD_MODE, set_padding },
		{ OSSL_SIGNATURE_PARAM_PSS_SALTLEN, set_salt },
	};
	for (size_t i = 0; params && i < ARRAY_LEN(settings); i++) {
		const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, settings[i].name);
		if (p && !settings[i].set(s, p))
			return 0;
	}
	const OSSL_PARAM *mask =
		params ? OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST) : NULL;
	return !mask || check_mask_hash(s, mask);
}

static const OSSL_PARAM *sign_settable(void *ctx, void *provider)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
		OSSL_PARAM_END,
	};
	(void)ctx;
	(void)provider;
	return list;
}

// sha256WithRSAEncryption and so on, as an AlgorithmIdentifier; PSS's parameters are left to who asks for PSS.
static int give_algorithm(const struct far_signature *s, OSSL_PARAM *p)
{
	int nid = NID_undef, ok = 0;
	unsigned char *der = NULL;
	X509_ALGOR *algorithm = X509_ALGOR_new();
	if (!s->pss && algorithm &&
	    OBJ_find_sigid_by_algs(&nid, OBJ_sn2nid(signing_hash_name(s->hash)),
				   NID_rsaEncryption) &&
	    X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), V_ASN1_NULL, NULL)) {
		int len = i2d_X509_ALGOR(algorithm, &der);
		ok = len > 0 && OSSL_PARAM_set_octet_string(p, der, (size_t)len);
	}
	OPENSSL_free(der);
	X509_ALGOR_free(algorithm);
	return ok;
}

static int sign_get(void *ctx, OSSL_PARAM params[])
{
	const struct far_signature *s = ctx;
	OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
	if (p && !give_algorithm(s, p))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
	if (p && !OSSL_PARAM_set_utf8_string(p, signing_hash_name(s->hash)))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (!p)
		return 1;
	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		return OSSL_PARAM_set_utf8_string(p, s->pss ? "pss" : "pkcs1");
	return OSSL_PARAM_set_int(p, s->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING);
}

static const OSSL_PARAM *sign_gettable(void *ctx, void *provider)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_END,
	};
	(void)ctx;
	(void)provider;
	return list;
}

static int begin(struct far_signature *s, void *key, const OSSL_PARAM params[])
{
	const struct far_view *view = key;
	if (view && view->far) {
		far_key_drop(s->key);
		s->key = far_key_hold(view->far);
	}
	buf_reset(&s->message);
	return s->key && sign_set(s, params);
}

static int sign_init(void *ctx, void *key, const OSSL_PARAM params[])
{
	return begin(ctx, key, params);
}

static int digest_sign_init(void *ctx, const char *hash, void *key, const OSSL_PARAM params[])
{
	struct far_signature *s = ctx;
	if (hash && !set_hash(s, hash))
		return 0;
	return begin(s, key, params);
}

static int digest_sign_update(void *ctx, const unsigned char *data, size_t len)
{
	struct far_signature *s = ctx;
	AUTO(err) struct err *failed = buf_put(&s->message, data, len);
	return !failed;
}

// The holder's signature, into the caller's room; without room its size.
static int sign(struct far_signature *s, const struct signing_terms *t, unsigned char *sig,
		size_t *sig_len, size_t room)
{
	size_t size = s->key ? far_key_size(s->key) : 0;
	if (!sig) {
		*sig_len = size;
		return size > 0;
	}
	if (!size || room < size || !s->key->ops.sign)
		return refused(PROV_R_MISSING_KEY);
	AUTO_BUF struct buf made = BUF(size);
	struct err *err = s->key->ops.sign(s->key->ops.ctx, t, &made);
	if (err)
		return far_key_failed(s->key, err);
	if (made.len != size)
		return refused(PROV_R_FAILED_TO_SIGN);
	memcpy(sig, made.data, size);
	*sig_len = size;
	return 1;
}

static struct signing_terms terms_of(const struct far_signature *s)
{
	return (struct signing_terms){
		.pss = s->pss,
		.hash = s->hash,
		.salt_len = s->salt_len < 0 ? signing_hash_len(s->hash) : (size_t)s->salt_len,
	};
}

static int sign_digest(void *ctx, unsigned char *sig, size_t *sig_len, size_t room,
		       const unsigned char *digest, size_t digest_len)
{
	struct far_signature *s = ctx;
	struct signing_terms t = terms_of(s);
	if (!s->hash_given)
		return refused(PROV_R_INVALID_DIGEST);
	t.data = digest;
	t.len = digest_len;
	t.hashed = true;
	return sign(s, &t, sig, sig_len, room);
}

static int digest_sign_final(void *ctx, unsigned char *sig, size_t *sig_len, size_t room)
{
	struct far_signature *s = ctx;
	struct signing_terms t = terms_of(s);
	t.data = s->message.data;
	t.len = s->message.len;
	return sign(s, &t, sig, sig_len, room);
}

#define FUNCTION(id, function)                                                                     \
	{                                                                                          \
		OSSL_FUNC_SIGNATURE_##id, (void (*)(void))(function)                               \
	}
const OSSL_DISPATCH far_key_signature[] = {
	FUNCTION(NEWCTX, sign_new),
	FUNCTION(FREECTX, sign_free),
	FUNCTION(DUPCTX, sign_copy),
	FUNCTION(SIGN_INIT, sign_init),
	FUNCTION(SIGN, sign_digest),
	FUNCTION(DIGEST_SIGN_INIT, digest_sign_init),
	FUNCTION(DIGEST_SIGN_UPDATE, digest_sign_update),
	FUNCTION(DIGEST_SIGN_FINAL, digest_sign_final),
	FUNCTION(GET_CTX_PARAMS, sign_get),
	FUNCTION(GETTABLE_CTX_PARAMS, sign_gettable),
	FUNCTION(SET_CTX_PARAMS, sign_set),
	FUNCTION(SETTABLE_CTX_PARAMS, sign_settable),
	{ 0, NULL },
};
