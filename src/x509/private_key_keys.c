// Key management of the provider (provider-keymgmt(7)): a key comes in by reference, or as a public one to be compared; it goes out public.
#include "x509/private_key_inside.h"

#include <stdlib.h>
#include <string.h>

static void *key_new(void *provider)
{
	(void)provider;
	return calloc(1, sizeof(struct far_view));
}

static void key_free(void *key)
{
	struct far_view *v = key;
	if (v)
		far_key_drop(v->far);
	free(v);
}

static int key_has(const void *key, int selection)
{
	const struct far_view *v = key;
	bool private = selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY;
	return v && v->far && (!private || v->far->ops.sign);
}

static int key_match(const void *one, const void *other, int selection)
{
	const struct far_view *a = one, *b = other;
	(void)selection; // whoever has the public numbers right is the same key
	return a->far && b->far && !BN_cmp(a->far->n, b->far->n) && !BN_cmp(a->far->e, b->far->e);
}

static struct far_key *by_reference(const OSSL_PARAM *p)
{
	const void *bytes = NULL;
	size_t len = 0;
	struct far_key *far = NULL;
	if (!OSSL_PARAM_get_octet_string_ptr(p, &bytes, &len) || len != sizeof(far))
		return NULL;
	memcpy(&far, bytes, sizeof(far));
	return far_key_hold(far);
}

static struct far_key *by_numbers(const OSSL_PARAM params[])
{
	const OSSL_PARAM *n = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_N);
	const OSSL_PARAM *e = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_E);
	struct far_key *far = n && e ? far_key_new() : NULL;
	if (far && (!OSSL_PARAM_get_BN(n, &far->n) || !OSSL_PARAM_get_BN(e, &far->e))) {
		far_key_drop(far);
		far = NULL;
	}
	return far;
}

static int key_import(void *key, int selection, const OSSL_PARAM params[])
{
	struct far_view *v = key;
	(void)selection;
	const OSSL_PARAM *reference = OSSL_PARAM_locate_const(params, FAR_KEY_PARAM);
	if (!v->far)
		v->far = reference ? by_reference(reference) : by_numbers(params);
	return v->far != NULL;
}

static const OSSL_PARAM numbers[] = {
	OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
	OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
	OSSL_PARAM_END,
};

static const OSSL_PARAM *key_types(int selection)
{
	return selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY ? numbers : NULL;
}

enum { NUMBER_MAX = 2048 };

// A number of the key as a parameter over `room`; host order, as OSSL_PARAM wants integers.
static OSSL_PARAM number(const char *name, const BIGNUM *value, unsigned char room[NUMBER_MAX])
{
	size_t len = (size_t)BN_num_bytes(value);
	if (len > NUMBER_MAX || BN_bn2nativepad(value, room, (int)len) < 0)
		return OSSL_PARAM_construct_end();
	return OSSL_PARAM_construct_BN(name, room, len);
}

// Whoever wants the private half besides must not believe that the public one is all there is: then another provider would try to sign.
static int key_export(void *key, int selection, OSSL_CALLBACK *give, void *arg)
{
	const struct far_view *v = key;
	unsigned char n[NUMBER_MAX], e[NUMBER_MAX];
	if (!v->far || ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) && v->far->ops.sign))
		return 0;
	OSSL_PARAM params[] = {
		number(OSSL_PKEY_PARAM_RSA_N, v->far->n, n),
		number(OSSL_PKEY_PARAM_RSA_E, v->far->e, e),
		OSSL_PARAM_construct_end(),
	};
	return params[0].key && params[1].key && give(params, arg);
}

static int set_int(OSSL_PARAM params[], const char *name, int value)
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, name);
	return !p || OSSL_PARAM_set_int(p, value);
}

static int set_number(OSSL_PARAM params[], const char *name, const BIGNUM *value)
{
	OSSL_PARAM *p = OSSL_PARAM_locate(params, name);
	return !p || OSSL_PARAM_set_BN(p, value);
}

static int key_get(void *key, OSSL_PARAM params[])
{
	const struct far_view *v = key;
	if (!v->far)
		return 0;
	int bits = BN_num_bits(v->far->n);
	OSSL_PARAM *digest = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_DEFAULT_DIGEST);
	return set_int(params, OSSL_PKEY_PARAM_BITS, bits) &&
	       set_int(params, OSSL_PKEY_PARAM_SECURITY_BITS, BN_security_bits(bits, -1)) &&
	       set_int(params, OSSL_PKEY_PARAM_MAX_SIZE, (int)far_key_size(v->far)) &&
	       set_number(params, OSSL_PKEY_PARAM_RSA_N, v->far->n) &&
	       set_number(params, OSSL_PKEY_PARAM_RSA_E, v->far->e) &&
	       (!digest || OSSL_PARAM_set_utf8_string(digest, "SHA256"));
}

static const OSSL_PARAM *key_gettable(void *provider)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END,
	};
	(void)provider;
	return list;
}

static const char *operation_name(int operation)
{
	(void)operation;
	return "RSA";
}

#define FUNCTION(id, function)                                                                     \
	{                                                                                          \
		OSSL_FUNC_KEYMGMT_##id, (void (*)(void))(function)                                 \
	}
const OSSL_DISPATCH far_key_management[] = {
	FUNCTION(NEW, key_new),
	FUNCTION(FREE, key_free),
	FUNCTION(HAS, key_has),
	FUNCTION(MATCH, key_match),
	FUNCTION(IMPORT, key_import),
	FUNCTION(IMPORT_TYPES, key_types),
	FUNCTION(EXPORT, key_export),
	FUNCTION(EXPORT_TYPES, key_types),
	FUNCTION(GET_PARAMS, key_get),
	FUNCTION(GETTABLE_PARAMS, key_gettable),
	FUNCTION(QUERY_OPERATION_NAME, operation_name),
	{ 0, NULL },
};
