// The token's life: initialised, its PINs set, changed and unblocked - in the way of its model.
//
// One table of functions a way. PKCS#11 (C_InitToken, C_InitPIN, C_SetPIN) is the default; a model whose maker's module cannot do it brings its
// own in token/models.c. In all of them a PIN is given to the token once, and is null where the reader has a keypad.
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"
#include "pkcs11/admin.h"
#include "pkcs11/session.h"
#include "pkcs11/slot.h"

struct pcsc_patience;

// What a card says of its PIN, PUK and management key.
struct card_secrets {
	int pin_left, puk_left; // tries; -1: it does not say
	bool tells;		// which are the maker's; firmware before 5.3 does not
	bool pin_factory, puk_factory, management_factory; // it says that this is the maker's
	unsigned management_hex;			   // characters of its management key
	bool management_des; // 3DES: the lowest bit of each byte is parity, and no part of the key
};

// A key of a card, by the slot that it is in.
struct card_key {
	uint8_t slot;
	const char *
		public_sha256; // of its SubjectPublicKeyInfo: a slot that holds another key is left alone; null: whatever it is
};

// What became of CHUID and CCC, by which Windows knows a PIV card.
enum identity_change { IDENTITY_KEPT, IDENTITY_WRITTEN, IDENTITY_RENEWED };
enum { CARD_GUID_TEXT = 37 };
struct card_identity_done {
	enum identity_change chuid, ccc;
	char guid[CARD_GUID_TEXT]; // the new one; "" when the CHUID was kept
};

// What is done in commands to the card itself (token/pcsc.h), each a transaction of its own. Whoever calls has the token's lease, and no session with
// the token: selecting the applet ends the login of another. PUKs are given once; ERR_PIN tagged "so-pin-wrong" with the tries left, "so-pin-locked",
// "so-pin-final-try" (unless last_try), "pin-refused". Management keys are hexadecimal, given once: "management-key-wrong", "management-key-form".
struct card_new {
	const struct secret *pin, *puk, *management;
	bool identity; // CHUID and CCC, too: a new GUID
};
struct card_life {
	struct err *(*look)(const struct token_info *t, const struct pcsc_patience *p,
			    struct card_secrets *out);
	struct err *(*change_puk)(const struct token_info *t, const struct pcsc_patience *p,
				  const struct secret *old, const struct secret *fresh,
				  bool last_try);
	// The PIN, set anew by who has the PUK.
	struct err *(*unblock)(const struct token_info *t, const struct pcsc_patience *p,
			       const struct secret *puk, const struct secret *fresh, bool last_try);
	// The algorithm stays.
	struct err *(*change_management)(const struct token_info *t, const struct pcsc_patience *p,
					 const struct secret *old, const struct secret *fresh);
	// Keys, certificates and everything else of the applet go: PIN and PUK are blocked by wrong tries, as the card demands, the applet is reset, and
	// gets this management key, PUK and PIN instead of the maker's.
	struct err *(*begin_anew)(const struct token_info *t, const struct pcsc_patience *p,
				  const struct card_new *n);
	// Whether the key is in the slot; a module may make one up where there is only a certificate.
	struct err *(*has_key)(const struct token_info *t, const struct pcsc_patience *p,
			       const struct card_key *key, bool *yes);
	// A model with the quirk deletes_keys_from. *gone counts the slots that hold no key now; one that holds another than is said stays as it is.
	struct err *(*delete_keys)(const struct token_info *t, const struct pcsc_patience *p,
				   const struct secret *management, const struct card_key *keys,
				   size_t n, size_t *gone);
	// The same: a key with the certificate beside it goes to an empty slot. Cut off anywhere, the pair is whole in one of the two, and a second time
	// goes on. *moved false: not there, or the place is taken; nothing was changed.
	struct err *(*move_key)(const struct token_info *t, const struct pcsc_patience *p,
				const struct secret *management, const struct card_key *key,
				uint8_t to, bool *moved);
	// CHUID and CCC, each where it is missing, or both anew.
	struct err *(*write_identity)(const struct token_info *t, const struct pcsc_patience *p,
				      const struct secret *management, bool anew,
				      struct card_identity_done *out);
	const char *factory_puk; // as its maker delivers it
};

// By the tries that are left, before one is spent: "so-pin-locked", "so-pin-final-try" (unless last_try).
MUST struct err *card_puk_ready(const struct token_info *t, int left, bool last_try);

struct life {
	// Everything on the token goes; *after is the token as it is then. Null: cannot be done.
	struct err *(*init)(struct module *m, const struct token_info *t,
			    const struct secret *so_pin, const char *label, bool last_try,
			    struct token_info *after);
	struct err *(*change_pin)(struct session *s, const struct secret *old,
				  const struct secret *fresh, bool last_try);
	// The user's PIN, set or set anew by who has the SO PIN or PUK. The officer's login ends with it.
	struct err *(*unblock)(struct session *s, const struct secret *so_pin,
			       const struct secret *fresh, bool last_try);
	struct err *(*change_so_pin)(struct session *s, const struct secret *old,
				     const struct secret *fresh, bool last_try);
	// The token's own label, without losing anything. Null: the model has no such thing (PKCS#11 sets it in C_InitToken alone).
	struct err *(*relabel)(struct session *s, const struct secret *so_pin, const char *label);
	// In place of init, unblock and change_so_pin, which are null then. Null: PKCS#11 does all.
	const struct card_life *card;
};
const struct life *life_of(const struct token_info *t); // never null

// Whether the value is one that the maker of this model delivers.
bool is_factory_pin(const struct token_info *t, const struct secret *pin);
bool is_factory_so_pin(const struct token_info *t, const struct secret *so_pin);
// The PIN (NAME_PIN) or PUK (NAME_SO_PIN) that the maker delivers, for a card that says that it has it; *out null where it is not known.
MUST struct err *factory_pin(const struct token_info *t, enum pin_name name, struct secret **out);
// Lengths of the user's PIN: the model's where they are known, otherwise what the token says (0: nothing).
void pin_lengths(const struct token_info *t, unsigned *min, unsigned *max);
// Whether a blank token has an SO PIN, the maker's, and C_InitToken lets whatever it was given expire (quirk so_pin_expires).
bool so_pin_expires(const struct token_info *t);
bool so_pin_is_empty(const struct token_info *t); // nobody need be asked for it

// The management key of a PIV card (quirk needs_management): ERR_PIN tagged "management-key-form" unless it is 48 hex characters. Never given to the
// token.
MUST struct err *life_management_key_fits(const struct token_info *t, const struct secret *key);
// One that differs from it in the parity bits of DES alone is no other: where it is none of DES it is as easily guessed.
bool is_factory_management_key(const struct token_info *t, const struct secret *key);
// Whether two in hexadecimal are one key to the card, whatever the case of their letters; `des`: as in struct card_secrets.
bool same_management_key(bool des, const struct secret *a, const struct secret *b);
enum {
	FACTORY_MANAGEMENT_HEX = 48
}; // characters of a card's that was reset, whatever its algorithm
// The one that the maker delivers; *out null where that is not known.
MUST struct err *factory_management_key(const struct token_info *t, struct secret **out);

// What is typed as this PIN, before it is given to the token: its form, and that it is not known to be the other one. ERR_PIN tagged "pin-length",
// "pin-characters", "pin-mixed-up". No try is spent.
MUST struct err *life_pin_fits(const struct token_info *t, enum pin_name name,
			       const struct secret *pin);
// A new one: also not the one that holds (`old`, may be null), and not the maker's: ERR_PIN tagged "pin-same", "pin-factory".
MUST struct err *life_new_pin_fits(const struct token_info *t, enum pin_name name,
				   const struct secret *fresh, const struct secret *old);
