// The PIV applet's parts (NIST SP 800-73-4 part 2, and what Yubico adds): one file a theme, one state. Private to tests/card.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "card.h"

// Algorithms (SP 800-78-4, table 6-2; the last two are Yubico's of firmware 5.7).
enum alg {
	ALG_3DES = 0x03,
	ALG_RSA3072 = 0x05,
	ALG_RSA1024 = 0x06,
	ALG_RSA2048 = 0x07,
	ALG_AES128 = 0x08,
	ALG_AES192 = 0x0a,
	ALG_AES256 = 0x0c,
	ALG_P256 = 0x11,
	ALG_P384 = 0x14,
	ALG_RSA4096 = 0x16,
};

enum slot { SLOT_9A = 0x9a, SLOT_9C = 0x9c, SLOT_9D = 0x9d, SLOT_9E = 0x9e, SLOT_F9 = 0xf9 };
enum reference { REF_PIN = 0x80, REF_PUK = 0x81, REF_MANAGEMENT = 0x9b };
enum pin_policy { PIN_DEFAULT, PIN_NEVER, PIN_ONCE, PIN_ALWAYS };
enum touch_policy { TOUCH_DEFAULT, TOUCH_NEVER, TOUCH_ALWAYS, TOUCH_CACHED };
enum origin { ORIGIN_GENERATED = 1, ORIGIN_IMPORTED = 2 };

#define PIV_SECRET_LEN	   8
#define PIV_OBJECT_MOST	   3063	 // bytes in one object
#define PIV_STORE_MOST	   51200 // bytes in all of them
#define PIV_SLOTS	   25
#define OBJECT_PRINTED	   0x5fc109
#define OBJECT_ATTESTATION 0x5fff01

struct piv_secret {
	uint8_t value[PIV_SECRET_LEN];
	unsigned tries, total;
};
struct piv_management {
	enum alg alg;
	uint8_t key[32];
	enum touch_policy touch;
};
struct piv_key {
	uint8_t slot;
	EVP_PKEY *key; // null: the slot is empty
	enum alg alg;
	enum pin_policy pin;
	enum touch_policy touch;
	enum origin origin;
};
struct piv_object {
	unsigned long tag;
	struct bytes content;
	struct piv_object *next;
};

struct piv {
	// What stays.
	struct piv_secret pin, puk;
	struct piv_management management;
	struct piv_key keys[PIV_SLOTS];
	struct piv_object *objects;
	// What goes with the power, or when another applet is selected.
	bool pin_verified;
	bool pin_fresh; // no private key was used since
	bool managed;	// the management key was shown
	uint8_t challenge[16];
	size_t challenge_len; // 0: none is open
	bool witness;	      // the challenge is a witness of mutual authentication
	// Made when a control asks for them.
	EVP_PKEY *foreign_key, *impostor_key;
	X509 *impostor;
};

// piv.c
extern const struct applet piv_applet;
struct piv *piv_of(const struct card *card);
void piv_factory(const struct card *card, struct piv *p); // all but F9

// piv_pin.c
void pin_factory(struct piv *p);
void pin_forget(struct piv *p); // the login
enum sw pin_verify(struct card *card, struct piv *p, const struct apdu *a);
enum sw pin_change(struct card *card, struct piv *p, const struct apdu *a);
enum sw pin_unblock(struct card *card, struct piv *p, const struct apdu *a);
enum sw pin_set_tries(struct card *card, struct piv *p, const struct apdu *a);
bool pin_is_factory(const struct piv *p, enum reference ref);

// piv_management.c
void management_factory(const struct card *card, struct piv *p);
size_t management_key_len(enum alg alg); // 0: no such algorithm
enum sw management_authenticate(struct card *card, struct piv *p, const struct apdu *a,
				struct bytes *out);
enum sw management_set(struct card *card, struct piv *p, const struct apdu *a);
bool management_is_factory(const struct piv *p);

// piv_keys.c
void keys_factory(struct piv *p);
void keys_free(struct piv *p);
struct piv_key *key_at(struct piv *p, unsigned slot); // null: no such slot
void key_put(struct piv_key *k, EVP_PKEY *key, enum alg alg, enum origin origin); // takes the key
enum sw keys_generate(struct card *card, struct piv *p, const struct apdu *a, struct bytes *out);
enum sw keys_import(struct card *card, struct piv *p, const struct apdu *a);
enum sw keys_move(struct card *card, struct piv *p, const struct apdu *a);
enum sw keys_metadata(struct card *card, struct piv *p, const struct apdu *a, struct bytes *out);
unsigned alg_rsa_bits(enum alg alg); // 0: no RSA
const char *alg_curve(enum alg alg); // null: no curve
EVP_PKEY *key_make(enum alg alg);
void key_public(EVP_PKEY *key, struct bytes *out); // tags 81 82, or 86

// piv_use.c: signing, decrypting, agreeing.
enum sw use_key(struct card *card, struct piv *p, const struct apdu *a, struct bytes *out);

// piv_data.c
void objects_factory(struct piv *p);
enum sw object_get(const struct card *card, struct piv *p, const struct apdu *a, struct bytes *out);
enum sw object_put(struct card *card, struct piv *p, const struct apdu *a);
void object_set(struct piv *p, unsigned long tag, const void *data, size_t len);
const struct bytes *object_find(const struct piv *p, unsigned long tag); // null: none

// piv_attest.c
void attest_birth(const struct card *card, struct piv *p); // root, F9, F9's certificate
enum sw attest(struct card *card, struct piv *p, const struct apdu *a, struct bytes *out);
// What stands in the certificate object of F9 while self_signed_attestation is on. False: what is stored.
bool attest_impostor(const struct card *card, struct piv *p, struct bytes *content);

// piv_state.c
void piv_save(const struct card *card, const void *self, FILE *to);
bool piv_load(struct card *card, void *self, char *line);
