// Attestations, as ykcs11 shows them: certificate objects that the module behind does not have.
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

// A handle: the slot's number behind the base. No module behind hands out such large ones.
enum { BASE = 0x51000000, SLOTS = 24, F9 = 25, VALUE_ROOM = 8192 };

static CK_FUNCTION_LIST below;

// The search under way: those of ours that fit. One session at a time is enough for a test.
static struct {
	CK_OBJECT_HANDLE list[SLOTS + 1];
	CK_ULONG n, given;
} found;

static unsigned slot_of(unsigned id)
{
	static const uint8_t first[] = { 0, 0x9a, 0x9c, 0x9d, 0x9e };
	return id < sizeof(first) ? first[id] : 0x82 + id - 5;
}

static void label_of(unsigned id, char out[64])
{
	int n = snprintf(out, 64, "X.509 Certificate for PIV Attestation");
	if (id != F9)
		snprintf(out + n, (size_t)(64 - n), " %02x", slot_of(id));
}

// --- the certificate

static void *pem_file(const char *name, bool certificate)
{
	char path[512];
	snprintf(path, sizeof(path), "%s%s%s", name[0] == '/' ? "" : plan.attest_dir,
		 name[0] == '/' ? "" : "/", name);
	FILE *f = fopen(path, "re");
	if (!f)
		return NULL;
	void *out = certificate ? (void *)PEM_read_X509(f, NULL, NULL, NULL)
				: (void *)PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	return out;
}

static EVP_PKEY *public_file(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f ? PEM_read_PUBKEY(f, NULL, NULL, NULL) : NULL;
	if (f)
		fclose(f);
	return key;
}

static EVP_PKEY *from_numbers(CK_ATTRIBUTE *modulus, CK_ATTRIBUTE *exponent)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(modulus->pValue, (int)modulus->ulValueLen, NULL);
	BIGNUM *e = BN_bin2bn(exponent->pValue, (int)exponent->ulValueLen, NULL);
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	if (bld && n && e && ctx && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e)) {
		OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
		if (EVP_PKEY_fromdata_init(ctx) > 0)
			EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
		OSSL_PARAM_free(params);
	}
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(e);
	return key;
}

// The private key with the CKA_ID; 0: none.
static CK_OBJECT_HANDLE private_key(CK_SESSION_HANDLE s, unsigned id)
{
	CK_OBJECT_CLASS class_ = CKO_PRIVATE_KEY;
	CK_BYTE byte = (CK_BYTE)id;
	CK_ATTRIBUTE fit[] = {
		{ .type = CKA_CLASS, .pValue = &class_, .ulValueLen = sizeof(class_) },
		{ .type = CKA_ID, .pValue = &byte, .ulValueLen = 1 },
	};
	CK_OBJECT_HANDLE key = 0;
	CK_ULONG n = 0;
	if (below.C_FindObjectsInit(s, fit, 2) != CKR_OK)
		return 0;
	below.C_FindObjects(s, &key, 1, &n);
	below.C_FindObjectsFinal(s);
	return n ? key : 0;
}

static EVP_PKEY *attested_key(CK_SESSION_HANDLE s, unsigned id)
{
	CK_BYTE n[1024], e[16];
	CK_ATTRIBUTE want[] = {
		{ .type = CKA_MODULUS, .pValue = n, .ulValueLen = sizeof(n) },
		{ .type = CKA_PUBLIC_EXPONENT, .pValue = e, .ulValueLen = sizeof(e) }
	};
	CK_OBJECT_HANDLE key = private_key(s, id);
	if (plan.attested.key[0])
		return public_file(plan.attested.key);
	if (!key || below.C_GetAttributeValue(s, key, want, 2) != CKR_OK)
		return NULL;
	return from_numbers(&want[0], &want[1]);
}

static void add(X509 *x, const char *oid, const void *bytes, int len)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OCTET_STRING_set(value, bytes, len);
	X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

static void add_extensions(X509 *x)
{
	const struct attested *a = &plan.attested;
	uint8_t firmware[] = { (uint8_t)a->firmware[0], (uint8_t)a->firmware[1],
			       (uint8_t)a->firmware[2] };
	uint8_t policy[] = { (uint8_t)a->pin, (uint8_t)a->touch }, form[] = { 1 };
	unsigned char *der = NULL;
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_INTEGER_set_uint64(serial, a->serial ? a->serial : strtoul(plan.serial, NULL, 10));
	int len = i2d_ASN1_INTEGER(serial, &der);
	add(x, "1.3.6.1.4.1.41482.3.3", firmware, sizeof(firmware));
	add(x, "1.3.6.1.4.1.41482.3.7", der, len);
	if (!a->no_policy)
		add(x, "1.3.6.1.4.1.41482.3.8", policy, sizeof(policy));
	add(x, "1.3.6.1.4.1.41482.3.9", form, sizeof(form));
	ASN1_INTEGER_free(serial);
	OPENSSL_free(der);
}

static X509 *make_leaf(unsigned id, EVP_PKEY *key, X509 *f9, EVP_PKEY *signer)
{
	char name[64];
	X509 *x = X509_new();
	snprintf(name, sizeof(name), "YubiKey PIV Attestation %02x",
		 plan.attested.slot ? (unsigned)plan.attested.slot : slot_of(id));
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), (long)id + 4711);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(f9));
	X509_set1_notBefore(x, X509_get0_notBefore(f9)); // copied, as the card does
	X509_set1_notAfter(x, X509_get0_notAfter(f9));
	X509_set_pubkey(x, key);
	add_extensions(x);
	X509_sign(x, signer, EVP_sha256());
	return x;
}

static size_t to_der(X509 *x, uint8_t out[VALUE_ROOM])
{
	unsigned char *p = out;
	int len = x ? i2d_X509(x, NULL) : 0;
	if (len <= 0 || len > VALUE_ROOM)
		return 0;
	i2d_X509(x, &p);
	return (size_t)len;
}

static size_t file_bytes(const char *path, uint8_t out[VALUE_ROOM])
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(out, 1, VALUE_ROOM, f) : 0;
	if (f)
		fclose(f);
	return n;
}

static size_t value_of(CK_SESSION_HANDLE s, unsigned id, uint8_t out[VALUE_ROOM])
{
	X509 *f9 = pem_file("f9.pem", true);
	EVP_PKEY *signer = pem_file("f9.key", false), *key = NULL;
	X509 *leaf = NULL;
	size_t n = 0;
	if (id == F9) {
		n = to_der(f9, out);
	} else if (plan.attested.leaf[0]) {
		n = file_bytes(plan.attested.leaf, out);
	} else if (f9 && signer && (key = attested_key(s, id)) != NULL) {
		leaf = make_leaf(id, key, f9, signer);
		n = to_der(leaf, out);
	}
	X509_free(leaf);
	X509_free(f9);
	EVP_PKEY_free(signer);
	EVP_PKEY_free(key);
	return n;
}

// --- the objects

static bool fits(unsigned id, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	char label[64];
	label_of(id, label);
	for (CK_ULONG i = 0; i < n; i++) {
		CK_OBJECT_CLASS class_ = 0;
		if (t[i].type == CKA_CLASS && t[i].ulValueLen == sizeof(class_)) {
			memcpy(&class_, t[i].pValue, sizeof(class_));
			if (class_ != CKO_CERTIFICATE)
				return false;
		} else if (t[i].type == CKA_ID) {
			if (t[i].ulValueLen != 1 || *(const CK_BYTE *)t[i].pValue != id)
				return false;
		} else if (t[i].type == CKA_LABEL) {
			if (t[i].ulValueLen != strlen(label) ||
			    memcmp(t[i].pValue, label, strlen(label)) != 0)
				return false;
		} else {
			return false;
		}
	}
	return true;
}

static CK_RV find_init(CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n)
{
	found.n = found.given = 0;
	for (unsigned id = 1; id <= SLOTS && !plan.attested.none; id++)
		if (fits(id, t, n) && private_key(s, id))
			found.list[found.n++] = BASE + id;
	if (fits(F9, t, n) && !plan.attested.no_intermediate)
		found.list[found.n++] = BASE + F9;
	return below.C_FindObjectsInit(s, t, n);
}

static CK_RV find(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *o, CK_ULONG max, CK_ULONG *n)
{
	CK_RV rv = below.C_FindObjects(s, o, max, n);
	while (rv == CKR_OK && *n < max && found.given < found.n)
		o[(*n)++] = found.list[found.given++];
	return rv;
}

static CK_RV give(CK_ATTRIBUTE *a, const void *bytes, size_t len)
{
	bool fit = !a->pValue || a->ulValueLen >= len;
	if (a->pValue && fit)
		memcpy(a->pValue, bytes, len);
	a->ulValueLen = fit ? len : CK_UNAVAILABLE_INFORMATION;
	return fit ? CKR_OK : CKR_BUFFER_TOO_SMALL;
}

static CK_RV attribute(CK_SESSION_HANDLE s, unsigned id, CK_ATTRIBUTE *a)
{
	uint8_t value[VALUE_ROOM];
	char label[64];
	CK_OBJECT_CLASS class_ = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL token = id == F9, no = CK_FALSE;
	CK_BYTE byte = (CK_BYTE)id;
	label_of(id, label);
	switch (a->type) {
	case CKA_CLASS:
		return give(a, &class_, sizeof(class_));
	case CKA_CERTIFICATE_TYPE:
		return give(a, &type, sizeof(type));
	case CKA_TOKEN:
		return give(a, &token, sizeof(token));
	case CKA_PRIVATE:
		return give(a, &no, sizeof(no));
	case CKA_ID:
		return give(a, &byte, 1);
	case CKA_LABEL:
		return give(a, label, strlen(label));
	case CKA_VALUE:
		return give(a, value, value_of(s, id, value));
	default:
		a->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
}

static bool is_ours(CK_OBJECT_HANDLE o)
{
	return o > BASE && o <= BASE + F9;
}

static CK_RV get_attributes(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n)
{
	CK_RV rv = CKR_OK;
	if (!is_ours(o))
		return below.C_GetAttributeValue(s, o, a, n);
	for (CK_ULONG i = 0; i < n; i++) {
		CK_RV one = attribute(s, (unsigned)(o - BASE), &a[i]);
		rv = one == CKR_OK ? rv : one;
	}
	return rv;
}

static CK_RV destroy(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
	return is_ours(o) ? CKR_ACTION_PROHIBITED : below.C_DestroyObject(s, o);
}

void attest_install(CK_FUNCTION_LIST *list)
{
	below = *list;
	list->C_FindObjectsInit = find_init;
	list->C_FindObjects = find;
	list->C_GetAttributeValue = get_attributes;
	list->C_DestroyObject = destroy;
}
