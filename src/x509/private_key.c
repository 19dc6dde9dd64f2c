// The key as its owner sees it, and the provider that OpenSSL asks.
#include "x509/private_key_inside.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/proverr.h>
#include <openssl/provider.h>

#include "x509/cert_inside.h"

struct private_key {
	struct far_key *far;
	EVP_PKEY *pkey;
};

struct far_key *far_key_new(void)
{
	struct far_key *k = calloc(1, sizeof(*k));
	if (k)
		atomic_init(&k->held, 1);
	return k;
}

struct far_key *far_key_hold(struct far_key *k)
{
	atomic_fetch_add(&k->held, 1);
	return k;
}

void far_key_drop(struct far_key *k)
{
	if (!k || atomic_fetch_sub(&k->held, 1) > 1)
		return;
	BN_free(k->n);
	BN_free(k->e);
	err_free(k->err);
	free(k);
}

size_t far_key_size(const struct far_key *k)
{
	return k->n ? (size_t)BN_num_bytes(k->n) : 0;
}

int far_key_failed(struct far_key *k, struct err *err)
{
	if (k->err)
		err_free(err);
	else
		k->err = err;
	ERR_raise(ERR_LIB_PROV, PROV_R_FAILED_TO_SIGN);
	return 0;
}

bool param_number(const OSSL_PARAM *p, const struct param_word *words, size_t n, int *out)
{
	const char *text = NULL;
	if (p->data_type != OSSL_PARAM_UTF8_STRING)
		return OSSL_PARAM_get_int(p, out);
	if (!OSSL_PARAM_get_utf8_string_ptr(p, &text) || !text)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(text, words[i].word)) {
			*out = words[i].number;
			return true;
		}
	}
	char *end = NULL;
	long number = strtol(text, &end, 10);
	if (end == text || *end || number < 0 || number > SIGNING_DIGEST_MAX)
		return false;
	*out = (int)number;
	return true;
}

#define NAMES	   "RSA:rsaEncryption:1.2.840.113549.1.1.1"
#define PROPERTIES "provider=inkan"

static const OSSL_ALGORITHM management[] = { { NAMES, PROPERTIES, far_key_management, NULL },
					     { NULL, NULL, NULL, NULL } };
static const OSSL_ALGORITHM signature[] = { { NAMES, PROPERTIES, far_key_signature, NULL },
					    { NULL, NULL, NULL, NULL } };
static const OSSL_ALGORITHM decryption[] = { { NAMES, PROPERTIES, far_key_decryption, NULL },
					     { NULL, NULL, NULL, NULL } };

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return management;
	case OSSL_OP_SIGNATURE:
		return signature;
	case OSSL_OP_ASYM_CIPHER:
		return decryption;
	default:
		return NULL;
	}
}

static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
			 const OSSL_DISPATCH **out, void **ctx)
{
	static const OSSL_DISPATCH functions[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
		{ 0, NULL },
	};
	(void)handle;
	(void)in;
	*out = functions;
	static char self;
	*ctx = &self;
	return 1;
}

// A library context of its own: in the program's, a key of any kind might be taken for one of this provider's. OpenSSL finds a key's
// algorithms in the key's own provider, whatever context the caller works in. It lives as long as the process.
static pthread_once_t once = PTHREAD_ONCE_INIT;
static OSSL_LIB_CTX *context;

static void start(void)
{
	OSSL_LIB_CTX *c = OSSL_LIB_CTX_new();
	if (c && OSSL_PROVIDER_add_builtin(c, "inkan", provider_init) &&
	    OSSL_PROVIDER_load(c, "inkan") && OSSL_PROVIDER_load(c, "default"))
		context = c;
	else
		OSSL_LIB_CTX_free(c);
}

static struct err *make_pkey(struct far_key *far, EVP_PKEY **out)
{
	pthread_once(&once, start);
	if (!context)
		return ossl_failed("OSSL_PROVIDER_load");
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(context, "RSA", PROPERTIES);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(FAR_KEY_PARAM, &far, sizeof(far)),
		OSSL_PARAM_construct_end(),
	};
	bool made = ctx && EVP_PKEY_fromdata_init(ctx) > 0 &&
		    EVP_PKEY_fromdata(ctx, out, EVP_PKEY_KEYPAIR, params) > 0;
	EVP_PKEY_CTX_free(ctx);
	return made ? NULL : ossl_failed("EVP_PKEY_fromdata");
}

static struct err *private_key_empty(const struct private_key_ops *ops, struct private_key **out)
{
	AUTO(private_key) struct private_key *k = calloc(1, sizeof(*k));
	if (!k || !(k->far = far_key_new()))
		return err_no_memory();
	k->far->ops = *ops;
	*out = k;
	k = NULL;
	return NULL;
}

struct err *private_key_new(const struct rsa_public *key, const struct private_key_ops *ops,
			    struct private_key **out)
{
	AUTO(private_key) struct private_key *k = NULL;
	TRY(private_key_empty(ops, &k));
	k->far->n = BN_bin2bn(key->modulus, (int)key->modulus_len, NULL);
	k->far->e = BN_bin2bn(key->exponent, (int)key->exponent_len, NULL);
	if (!k->far->n || !k->far->e)
		return err_no_memory();
	TRY(make_pkey(k->far, &k->pkey));
	*out = k;
	k = NULL;
	return NULL;
}

struct err *private_key_of(const struct cert *c, const struct private_key_ops *ops,
			   struct private_key **out)
{
	AUTO(private_key) struct private_key *k = NULL;
	EVP_PKEY *public_key = X509_get0_pubkey(cert_x509(c));
	TRY(private_key_empty(ops, &k));
	if (!public_key || EVP_PKEY_get_base_id(public_key) != EVP_PKEY_RSA)
		return err_tag(err_new(ERR_POLICY,
				       N_("The key of the certificate for %1 is not RSA."),
				       ARG_TEXT(cert_common_name(c))),
			       "key-type");
	if (EVP_PKEY_get_bn_param(public_key, OSSL_PKEY_PARAM_RSA_N, &k->far->n) != 1 ||
	    EVP_PKEY_get_bn_param(public_key, OSSL_PKEY_PARAM_RSA_E, &k->far->e) != 1)
		return ossl_failed("EVP_PKEY_get_bn_param");
	TRY(make_pkey(k->far, &k->pkey));
	*out = k;
	k = NULL;
	return NULL;
}

void private_key_free(struct private_key *k)
{
	if (!k)
		return;
	if (k->far)
		k->far->ops = (struct private_key_ops){ 0 };
	EVP_PKEY_free(k->pkey);
	far_key_drop(k->far);
	free(k);
}

struct evp_pkey_st *private_key_pkey(const struct private_key *k)
{
	return k->pkey;
}

struct err *private_key_error(struct private_key *k)
{
	struct err *err = k->far->err;
	k->far->err = NULL;
	return err;
}
