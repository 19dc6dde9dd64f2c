// What only the files of this room share: the CK_ types stay behind it.
#pragma once

#include <p11-kit/pkcs11.h>

#include "base/buf.h"
#include "base/err.h"
#include "pkcs11/certobj.h"
#include "pkcs11/keypair.h"
#include "pkcs11/module.h"
#include "pkcs11/session.h"
#include "pkcs11/slot.h"

enum {
	OBJECTS_MAX = 512,	// objects of one search
	MODULUS_MAX = 1024,	// bytes: RSA of 8192 bits
	EXPONENT_MAX = 64,	// bytes
	SIGNATURE_MAX = 1024,	// bytes
	CERT_VALUE_MAX = 65536, // bytes of CKA_VALUE
	CERT_ID_MAX = 256,	// bytes of CKA_ID
	OBJECT_LABEL_MAX = 256, // bytes of CKA_LABEL
	MECHANISMS_MAX = 1024,
	SLOTS_MAX = 256,
};

struct module {
	char *name, *path, *description;
	char *init_reserved;
	CK_FUNCTION_LIST *fn;
	bool finalise; // we initialised it, so we finalise it
	bool listed;   // its slots were asked for
};

struct session {
	struct module *module;
	CK_SESSION_HANDLE handle;
	struct token_info info;
	bool writable, logged_in;
	bool officer_in; // the security officer is logged in, and so nobody else
	bool flags_read; // the flags of info are as new as the session
	bool last_try;	 // the person insisted at the last login
};

// Calls a function of the module; a module may leave out what it does not have.
#define P11(m, function, ...)                                                                      \
	((m)->fn->function ? (m)->fn->function(__VA_ARGS__) : CKR_FUNCTION_NOT_SUPPORTED)

// "CKR_PIN_INCORRECT"; "CKR_VENDOR_DEFINED" or "CKR_?" for what has no name. Static storage.
const char *ckr_name(CK_RV rv);
// What a return value means to a person: never null, call and code filled in. `who`: the token's label.
struct err *ckr_err(const char *call, CK_RV rv, const char *who) MUST;
// The same for a call that is about no token.
struct err *module_err(const char *call, CK_RV rv, const struct module *m) MUST;
// Whether the token, the session or the module is out of use after this value (so that no other question makes sense).
bool ckr_is_fatal(CK_RV rv);

// Fills `info` from CK_TOKEN_INFO without touching slot and mechanisms.
void token_info_fill(struct token_info *info, const CK_TOKEN_INFO *t);
bool token_info_same(const struct token_info *a, const struct token_info *b);
// What a token is called in messages: its label, or its serial while it has none. Borrowed.
const char *token_name(const struct token_info *t);
// Slots with a token, looked for anew.
bool token_uri_matches_token(const struct token_uri *u, const struct token_info *t);
MUST struct err *slots_present(struct module *m, bool look_again,
			       CK_SLOT_ID slots[static SLOTS_MAX], CK_ULONG *n);
struct err *token_gone(const struct token_info *t) MUST;

// An attribute to be read into a variable or an array.
#define WANT(type_, place)                                                                         \
	((CK_ATTRIBUTE){ .type = (type_), .pValue = &(place), .ulValueLen = sizeof(place) })
// An attribute of a template: a fixed object, or bytes.
#define SAY(type_, place) WANT(type_, place)

// Reads attributes: one C_GetAttributeValue, and one each for those that a module left untouched or where it gave up on the whole.
// What the token does not give has ulValueLen CK_UNAVAILABLE_INFORMATION (attr_has). Fails only when the token is out of use.
MUST struct err *attrs_read(struct session *s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *want,
			    size_t n);
bool attr_has(const CK_ATTRIBUTE *a);
enum tri attr_tri(const CK_ATTRIBUTE *a); // of a CK_BBOOL

// Handles of the objects that fit the template, at most `cap`.
MUST struct err *objects_find(struct session *s, CK_ATTRIBUTE *fit, size_t n_fit,
			      CK_OBJECT_HANDLE *out, size_t cap, size_t *n_out);
// The same for a class (and CKA_ID unless null).
MUST struct err *objects_by_id(struct session *s, CK_OBJECT_CLASS class_, const struct key_id *id,
			       CK_OBJECT_HANDLE *out, size_t cap, size_t *n_out);
MUST struct err *object_destroy(struct session *s, CK_OBJECT_HANDLE object);

// Whether a module calls a certificate so that is its maker's word about keys, and nobody's certificate.
bool is_attestation_label(const char *label);

struct keypair {
	CK_OBJECT_HANDLE private_key, public_key; // 0: not there
	struct key_id id,
		public_id; // the public one as the object says it: of no length where it does not
	uint8_t modulus[MODULUS_MAX], exponent[EXPONENT_MAX];
	uint8_t private_modulus[MODULUS_MAX],
		private_exponent[EXPONENT_MAX]; // as the private object says (the public numbers)
	size_t private_modulus_len, private_exponent_len; // 0: it does not say
	struct rsa_public numbers;
	bool always_authenticate;
};
// Reads the numbers of both objects and the private one's CKA_ID and CKA_ALWAYS_AUTHENTICATE.
MUST struct err *keypair_load(struct session *s, CK_OBJECT_HANDLE private_key,
			      CK_OBJECT_HANDLE public_key, const struct key_id *id,
			      struct keypair **out);

struct handles {
	CK_OBJECT_HANDLE private_key, public_key;
};
// The pair that C_GenerateKeyPair made. Handles that name no keys are looked for: the one private key that is not in the census, and its
// public half. Unchanged where they are good, or where nothing better is found.
MUST struct err *newcomers_find(struct session *s, const struct key_terms *t, struct handles *io);
// Destroys what a C_GenerateKeyPair that failed left behind: with our CKA_ID; or private, not in the census, and with our label or no name at all.
MUST struct err *newcomers_clear(struct session *s, const struct key_terms *t);

// The secret values, really read: fills private_read_refused.
MUST struct err *facts_read_secrets(struct session *s, const struct keypair *k,
				    struct key_facts *f);
MUST struct err *facts_read_flags(struct session *s, const struct keypair *k, struct key_facts *f);

// For a key that wants the PIN at each use: asks for it before C_SignInit (null where the reader has a keypad), so that a person who
// gives up leaves no operation open; then C_Login(CKU_CONTEXT_SPECIFIC) after C_SignInit.
struct err *login_failed(struct session *s, const char *call, CK_RV rv)
	MUST;				       // of the user's PIN, after its one try
const char *tries_words(enum pin_tries tries); // a message id
// One C_Login, never more. On a keypad the PIN is null, whatever is in hand.
CK_RV login_once(struct session *s, CK_USER_TYPE user, const struct secret *pin);
// The bytes of a secret as PKCS#11's parameters want them, which are not const although nothing is written to them.
CK_BYTE *pin_bytes(const struct secret *pin);

MUST struct err *session_ask_context(struct session *s, const struct pin_asker *pin,
				     struct secret **out);
MUST struct err *session_login_context(struct session *s, const struct secret *pin);
