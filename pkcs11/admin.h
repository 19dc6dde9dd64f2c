// What is done to a token as a whole: initialised, its PINs set, changed, unblocked (PKCS#11 2.40 §5.5 and §5.6).
//
// A PIN is null wherever the reader has a keypad of its own (CKF_PROTECTED_AUTHENTICATION_PATH): the person then types there, the old one
// and the new one. Every function here gives the token a PIN once and never again.
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"
#include "pkcs11/session.h"
#include "pkcs11/slot.h"

// The security officer's PIN before any try, by the flags in `t`: ERR_PIN tagged "so-pin-locked", "so-pin-final-try" (unless last_try).
MUST struct err *so_pin_ready(const struct token_info *t, bool last_try);

// Whether this could be a PIN of the token at all: what session_pin_fits says of the user's, of any PIN and under its own name. `min` and
// `max` of 0 are the token's own (CK_TOKEN_INFO). ERR_PIN tagged "pin-length", "pin-characters". Never given to the token.
enum pin_name { NAME_PIN, NAME_SO_PIN, NAME_NEW_PIN, NAME_NEW_SO_PIN };
MUST struct err *pin_could_be(const struct token_info *t, enum pin_name name, unsigned min,
			      unsigned max, const struct secret *pin);

// C_Login(CKU_SO), once; flags first. ERR_PIN tagged "so-pin-wrong" with what the token says of the tries left, "so-pin-locked". An empty
// secret is an empty PIN (NSS has that).
MUST struct err *session_login_officer(struct session *s, const struct secret *so_pin,
				       bool last_try);
// The same with the management key of a card (quirk needs_management): whoever is logged in is logged out first, and the key is given once. ERR_PIN
// tagged "management-key-wrong". session_logout ends it; the objects of the session are to be found again after either.
MUST struct err *session_login_manager(struct session *s, const struct secret *key);
// C_InitPIN: the user's PIN, by the security officer who is logged in. ERR_PIN tagged "pin-refused" where the token does not like it.
MUST struct err *session_set_first_pin(struct session *s, const struct secret *fresh);
// C_SetPIN of the user's PIN, by one who knows it; of the officer's by session_change_officer_pin, logged in as such. ERR_PIN tagged "pin-wrong",
// "pin-refused". A module that wants a login first (NSS) gets one.
MUST struct err *session_change_pin(struct session *s, const struct secret *old,
				    const struct secret *fresh, bool last_try);
MUST struct err *session_change_officer_pin(struct session *s, const struct secret *old,
					    const struct secret *fresh);

enum { TOKEN_LABEL_MAX = 32 };
// C_InitToken: everything on the token goes. The label is ASCII. No session with the token may be open. *after is the token as it is then,
// looked for anew: its slot and its serial number may have changed. ERR_PIN as session_login_officer; ERR_TOKEN tagged
// "token-lost" when it was initialised and cannot be found again.
MUST struct err *token_init(struct module *m, const struct token_info *t,
			    const struct secret *so_pin, const char *label, bool last_try,
			    struct token_info *after);
