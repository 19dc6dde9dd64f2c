// A program that is nobody's friend: logged in with the right PIN, it tries by every call to get a private key out of its token.
//
//	faults-wrap MODULE LABEL ID-IN-HEX     the PIN comes on standard input; the key is the one with this CKA_ID
//	faults-wrap MODULE LABEL control       makes a key with the module's default template first, tries it, and removes it
//
// A line for each attempt, and last "out" (status 1) when something secret came out, or "kept" (status 0). Status 2: it could not try.
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>

enum { MANY = 16, BIG = 8192 };

static CK_FUNCTION_LIST *p11;
static CK_SESSION_HANDLE session;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static bool out;

// clang-format off
#define A(type, value) { (type), &(value), sizeof(value) }
#define N(list) (sizeof(list) / sizeof((list)[0]))
// clang-format on

static _Noreturn void give_up(const char *what, CK_RV rv)
{
	fprintf(stderr, "wrap: %s: 0x%lx\n", what, rv);
	exit(2);
}

static void must(const char *what, CK_RV rv)
{
	if (rv != CKR_OK)
		give_up(what, rv);
}

// What an attempt brought. Anything that is not a refusal is a leak.
static void tell(const char *attempt, const char *how, CK_RV rv, bool leaked)
{
	printf("%s %s: %s (0x%lx)\n", attempt, how, leaked ? "LEAKED" : "refused", rv);
	out = out || leaked;
}

static void find_slot(const char *label, CK_SLOT_ID *slot)
{
	CK_SLOT_ID slots[MANY];
	CK_ULONG n = MANY;
	must("C_GetSlotList", p11->C_GetSlotList(CK_TRUE, slots, &n));
	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO info;
		size_t len = strlen(label);
		if (p11->C_GetTokenInfo(slots[i], &info) == CKR_OK && len <= sizeof(info.label) &&
		    memcmp(info.label, label, len) == 0 &&
		    (len == sizeof(info.label) || info.label[len] == ' ')) {
			*slot = slots[i];
			return;
		}
	}
	give_up("no such token", 0);
}

static void log_in(const char *module, const char *label)
{
	CK_RV (*list)(CK_FUNCTION_LIST_PTR_PTR) = NULL;
	CK_SLOT_ID slot = 0;
	char pin[64] = "";
	void *library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	void *symbol = library ? dlsym(library, "C_GetFunctionList") : NULL;
	memcpy(&list, &symbol, sizeof(list)); // ISO C has no cast between the two
	if (!list || !fgets(pin, sizeof(pin), stdin))
		give_up("no module, or no PIN", 0);
	pin[strcspn(pin, "\n")] = '\0';
	must("C_GetFunctionList", list(&p11));
	must("C_Initialize", p11->C_Initialize(NULL));
	find_slot(label, &slot);
	must("C_OpenSession",
	     p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
	must("C_Login", p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)pin, strlen(pin)));
}

static CK_OBJECT_HANDLE find_key(CK_OBJECT_CLASS class_, const uint8_t *id, size_t len)
{
	CK_ATTRIBUTE want[] = { A(CKA_CLASS, class_), { CKA_ID, (void *)(uintptr_t)id, len } };
	CK_OBJECT_HANDLE found[2] = { 0 };
	CK_ULONG n = 0;
	must("C_FindObjectsInit", p11->C_FindObjectsInit(session, want, N(want)));
	must("C_FindObjects", p11->C_FindObjects(session, found, 2, &n));
	must("C_FindObjectsFinal", p11->C_FindObjectsFinal(session));
	if (n != 1)
		give_up("keys with this CKA_ID", n);
	return found[0];
}

static void read_values(const char *of, CK_OBJECT_HANDLE key)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		const char *name;
	} values[] = { { CKA_PRIVATE_EXPONENT, "PRIVATE_EXPONENT" },
		       { CKA_PRIME_1, "PRIME_1" },
		       { CKA_PRIME_2, "PRIME_2" },
		       { CKA_EXPONENT_1, "EXPONENT_1" },
		       { CKA_EXPONENT_2, "EXPONENT_2" },
		       { CKA_COEFFICIENT, "COEFFICIENT" } };
	for (size_t i = 0; i < N(values); i++) {
		uint8_t bytes[BIG] = { 0 };
		char how[64];
		CK_ATTRIBUTE want = { values[i].type, bytes, sizeof(bytes) };
		CK_RV rv = p11->C_GetAttributeValue(session, key, &want, 1);
		snprintf(how, sizeof(how), "%s of %s", values[i].name, of);
		tell("C_GetAttributeValue", how, rv,
		     rv == CKR_OK && want.ulValueLen != CK_UNAVAILABLE_INFORMATION &&
			     want.ulValueLen > 0);
	}
}

static CK_OBJECT_HANDLE wrapping_key(CK_MECHANISM_TYPE make, CK_ULONG bytes)
{
	CK_MECHANISM how = { make, NULL, 0 };
	CK_OBJECT_HANDLE key = 0;
	CK_ATTRIBUTE say[] = { A(CKA_TOKEN, no),    A(CKA_WRAP, yes),	 A(CKA_UNWRAP, yes),
			       A(CKA_ENCRYPT, yes), A(CKA_DECRYPT, yes), A(CKA_VALUE_LEN, bytes) };
	CK_ULONG n = make == CKM_AES_KEY_GEN ? N(say) : N(say) - 1;
	CK_RV rv = p11->C_GenerateKey(session, &how, say, n, &key);
	return rv == CKR_OK ? key : 0;
}

static void wrap_with(CK_OBJECT_HANDLE key, CK_OBJECT_HANDLE with, CK_MECHANISM_TYPE type,
		      const char *name, void *iv, CK_ULONG iv_len)
{
	uint8_t bytes[BIG];
	CK_ULONG len = sizeof(bytes);
	CK_MECHANISM how = { type, iv, iv_len };
	if (!with) {
		printf("C_WrapKey %s: no wrapping key of this kind\n", name);
		return;
	}
	CK_RV rv = p11->C_WrapKey(session, &how, with, key, bytes, &len);
	tell("C_WrapKey", name, rv, rv == CKR_OK && len > 0);
}

static void wrap_every_way(CK_OBJECT_HANDLE key)
{
	uint8_t iv[16] = { 0 };
	CK_OBJECT_HANDLE aes = wrapping_key(CKM_AES_KEY_GEN, 32);
	CK_OBJECT_HANDLE des = wrapping_key(CKM_DES3_KEY_GEN, 0);
	if (!aes && !des)
		give_up("no wrapping key can be made", 0);
	wrap_with(key, aes, CKM_AES_CBC_PAD, "AES_CBC_PAD", iv, 16);
	wrap_with(key, aes, CKM_AES_CBC, "AES_CBC", iv, 16);
	wrap_with(key, aes, CKM_AES_ECB, "AES_ECB", NULL, 0);
	wrap_with(key, aes, CKM_AES_KEY_WRAP_PAD, "AES_KEY_WRAP_PAD", NULL, 0);
	wrap_with(key, des, CKM_DES3_CBC_PAD, "DES3_CBC_PAD", iv, 8);
}

// Set on the key itself; what it says afterwards is judged by wrapping and reading once more.
static void set(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type, CK_BBOOL value, const char *name)
{
	CK_ATTRIBUTE say = { type, &value, sizeof(value) };
	CK_RV rv = p11->C_SetAttributeValue(session, key, &say, 1);
	printf("C_SetAttributeValue %s: %s (0x%lx)\n", name, rv == CKR_OK ? "taken" : "refused",
	       rv);
}

static void copy(CK_OBJECT_HANDLE key, CK_ATTRIBUTE *say, CK_ULONG n, const char *name)
{
	CK_OBJECT_HANDLE other = 0;
	CK_RV rv = p11->C_CopyObject(session, key, say, n, &other);
	printf("C_CopyObject %s: %s (0x%lx)\n", name, rv == CKR_OK ? "taken" : "refused", rv);
	if (rv != CKR_OK)
		return;
	read_values(name, other);
	wrap_every_way(other);
	(void)p11->C_DestroyObject(session, other);
}

static void attack(CK_OBJECT_HANDLE key)
{
	CK_ATTRIBUTE extractable[] = { A(CKA_TOKEN, no), A(CKA_EXTRACTABLE, yes) };
	CK_ATTRIBUTE naked[] = { A(CKA_TOKEN, no), A(CKA_EXTRACTABLE, yes), A(CKA_SENSITIVE, no) };
	CK_ATTRIBUTE plain[] = { A(CKA_TOKEN, no) };
	read_values("the key", key);
	wrap_every_way(key);
	copy(key, plain, N(plain), "a session copy");
	copy(key, extractable, N(extractable), "an extractable copy");
	copy(key, naked, N(naked), "a copy that is not sensitive");
	set(key, CKA_EXTRACTABLE, CK_TRUE, "EXTRACTABLE=1");
	set(key, CKA_SENSITIVE, CK_FALSE, "SENSITIVE=0");
	set(key, CKA_WRAP_WITH_TRUSTED, CK_FALSE, "WRAP_WITH_TRUSTED=0");
	read_values("the key after that", key);
	wrap_every_way(key);
}

// What a person gets who does not say more than must be said.
static void attack_control_key(void)
{
	CK_ULONG bits = 2048;
	uint8_t exponent[] = { 1, 0, 1 };
	CK_ATTRIBUTE public[] = { A(CKA_TOKEN, no), A(CKA_MODULUS_BITS, bits),
				  A(CKA_PUBLIC_EXPONENT, exponent) };
	CK_ATTRIBUTE private[] = { A(CKA_TOKEN, no) };
	CK_MECHANISM how = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	CK_OBJECT_HANDLE a = 0, b = 0;
	must("C_GenerateKeyPair",
	     p11->C_GenerateKeyPair(session, &how, public, N(public), private, N(private), &a, &b));
	attack(b);
}

int main(int argc, char **argv)
{
	uint8_t id[64];
	size_t len = 0;
	if (argc != 4)
		give_up("usage: MODULE LABEL ID|control", 0);
	log_in(argv[1], argv[2]);
	if (strcmp(argv[3], "control") == 0) {
		attack_control_key();
	} else {
		unsigned byte = 0;
		for (const char *p = argv[3]; len < sizeof(id) && sscanf(p, "%2x", &byte) == 1;
		     p += 2)
			id[len++] = (uint8_t)byte;
		attack(find_key(CKO_PRIVATE_KEY, id, len));
	}
	printf("%s\n", out ? "out" : "kept");
	(void)p11->C_Finalize(NULL);
	return out ? 1 : 0;
}
