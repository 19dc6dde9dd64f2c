// The token's side of the plain enrolment.
#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plain.h"

static CK_FUNCTION_LIST *fn;
static CK_SESSION_HANDLE session;

// clang-format off
#define SAY(name, value) { .type = (name), .pValue = &(value), .ulValueLen = sizeof(value) }
#define SAY_BYTES(name, bytes, len) { .type = (name), .pValue = (bytes), .ulValueLen = (len) }
// clang-format on

static void must(CK_RV rv, const char *call)
{
	if (rv != CKR_OK) {
		fprintf(stderr, "%s: %#lx\n", call, rv);
		die(call);
	}
}

static void load(const char *path)
{
	CK_C_GetFunctionList get = NULL;
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	void *symbol = library ? dlsym(library, "C_GetFunctionList") : NULL;
	if (!symbol)
		die(path);
	memcpy(&get, &symbol, sizeof(symbol));
	must(get(&fn), "C_GetFunctionList");
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	must(fn->C_Initialize(&args), "C_Initialize");
}

static CK_SLOT_ID find(const char *label)
{
	CK_SLOT_ID slots[64];
	CK_ULONG n = 64;
	must(fn->C_GetSlotList(CK_TRUE, slots, &n), "C_GetSlotList");
	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO info;
		size_t len = strlen(label);
		must(fn->C_GetTokenInfo(slots[i], &info), "C_GetTokenInfo");
		if (memcmp(info.label, label, len) == 0 && info.label[len] == ' ')
			return slots[i];
	}
	die("no such token");
}

void token_begin(const char *module, const char *label, const char *pin)
{
	char copy[64];
	load(module);
	snprintf(copy, sizeof(copy), "%s", pin);
	must(fn->C_OpenSession(find(label), CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
			       &session),
	     "C_OpenSession");
	must(fn->C_Login(session, CKU_USER, (unsigned char *)copy, strlen(copy)), "C_Login");
}

void token_generate(const uint8_t *id, size_t id_len, const char *label, struct plain_key *out)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG bits = 2048;
	uint8_t exponent[] = { 1, 0, 1 }, key_id[64];
	char text[65];
	memcpy(key_id, id, id_len);
	snprintf(text, sizeof(text), "%s", label);
	CK_ATTRIBUTE pub[] = { SAY(CKA_TOKEN, yes),
			       SAY(CKA_VERIFY, yes),
			       SAY(CKA_MODULUS_BITS, bits),
			       SAY(CKA_PUBLIC_EXPONENT, exponent),
			       SAY_BYTES(CKA_ID, key_id, id_len),
			       SAY_BYTES(CKA_LABEL, text, strlen(text)) };
	CK_ATTRIBUTE priv[] = { SAY(CKA_TOKEN, yes),
				SAY(CKA_PRIVATE, yes),
				SAY(CKA_SENSITIVE, yes),
				SAY(CKA_EXTRACTABLE, no),
				SAY(CKA_SIGN, yes),
				SAY_BYTES(CKA_ID, key_id, id_len),
				SAY_BYTES(CKA_LABEL, text, strlen(text)) };
	CK_MECHANISM how = { .mechanism = CKM_RSA_PKCS_KEY_PAIR_GEN };
	CK_OBJECT_HANDLE public_key = 0;
	must(fn->C_GenerateKeyPair(session, &how, pub, 6, priv, 7, &public_key, &out->private_key),
	     "C_GenerateKeyPair");
	CK_ATTRIBUTE want[] = { SAY_BYTES(CKA_MODULUS, out->modulus, sizeof(out->modulus)),
				SAY_BYTES(CKA_PUBLIC_EXPONENT, out->exponent,
					  sizeof(out->exponent)) };
	must(fn->C_GetAttributeValue(session, public_key, want, 2), "C_GetAttributeValue");
	out->modulus_len = want[0].ulValueLen;
	out->exponent_len = want[1].ulValueLen;
}

void token_sign(const struct plain_key *k, uint8_t *data, size_t len, uint8_t *sig, size_t *sig_len)
{
	CK_MECHANISM how = { .mechanism = CKM_SHA256_RSA_PKCS };
	CK_ULONG room = *sig_len;
	must(fn->C_SignInit(session, &how, k->private_key), "C_SignInit");
	must(fn->C_Sign(session, data, len, sig, &room), "C_Sign");
	*sig_len = room;
}

void token_store(const struct plain_cert *c, const uint8_t *id, size_t id_len, const char *label)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_OBJECT_CLASS class_ = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_OBJECT_HANDLE made = 0;
	uint8_t key_id[64];
	char text[65];
	memcpy(key_id, id, id_len);
	snprintf(text, sizeof(text), "%s", label);
	CK_ATTRIBUTE say[] = { SAY(CKA_CLASS, class_),
			       SAY(CKA_CERTIFICATE_TYPE, type),
			       SAY(CKA_TOKEN, yes),
			       SAY(CKA_PRIVATE, no),
			       SAY_BYTES(CKA_SUBJECT, c->subject, c->subject_len),
			       SAY_BYTES(CKA_ISSUER, c->issuer, c->issuer_len),
			       SAY_BYTES(CKA_SERIAL_NUMBER, c->serial, c->serial_len),
			       SAY_BYTES(CKA_ID, key_id, id_len),
			       SAY_BYTES(CKA_LABEL, text, strlen(text)),
			       SAY_BYTES(CKA_VALUE, c->der, c->der_len) };
	must(fn->C_CreateObject(session, say, sizeof(say) / sizeof(say[0]), &made),
	     "C_CreateObject");
}

void token_end(void)
{
	must(fn->C_Logout(session), "C_Logout");
	must(fn->C_CloseSession(session), "C_CloseSession");
	must(fn->C_Finalize(NULL), "C_Finalize");
}
