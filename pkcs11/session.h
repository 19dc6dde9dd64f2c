// A session with one token, and its PIN.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"
#include "pkcs11/slot.h"

struct session;

// A read-write (or read-only) session with the token that fits `info` (serial, label, model and manufacturer; the slot is looked up anew).
// ERR_TOKEN tagged "token-absent" when it is gone.
MUST struct err *session_open(struct module *m, const struct token_info *info, bool writable,
			      struct session **out);
// The same, read-only, for a token that slot_tokens has listed just now: the module is not asked for its slots once more (OpenSC asks pcscd about
// every reader each time), the token is asked who it is. Not after anything that waits: a person may have swapped tokens meanwhile.
MUST struct err *session_open_listed(struct module *m, const struct token_info *info,
				     struct session **out);
void session_close(struct session *s); // logs out
DEFINE_CLEANUP(session, struct session, session_close)
// A fresh session in place of the old one, so that nothing that the module remembered for the old one is believed. keep_login: the login is
// carried over (a keypad is not used twice); otherwise the token is logged out in between. Key pairs of the old session are to be found again.
MUST struct err *session_renew(struct session *s, bool keep_login);
// Asks the token once more who it is: an error when it is not there.
MUST struct err *session_present(struct session *s);
const struct token_info *session_token(const struct session *s);
bool session_logged_in(const struct session *s);

// Says before any try what is wrong with the state of the PIN: ERR_PIN tagged "pin-locked", "pin-final-try" (unless last_try),
// ERR_TOKEN tagged "pin-not-set". Reads the flags anew.
MUST struct err *session_pin_ready(struct session *s, bool last_try);
// Refuses without a try: too short, too long ("pin-length"), characters that are not printable ASCII ("pin-characters": says that an
// input method is on). ERR_PIN.
MUST struct err *session_pin_fits(const struct session *s, const struct secret *pin);
// C_Login(CKU_USER), once. pin null: the reader's own keypad (CKF_PROTECTED_AUTHENTICATION_PATH). Does session_pin_ready and
// session_pin_fits first. Already logged in is success. ERR_PIN tagged "pin-wrong" (with the tries left in words,
// as far as the token says), "pin-locked".
MUST struct err *session_login(struct session *s, const struct secret *pin, bool last_try);
MUST struct err *session_logout(struct session *s);

// For keys with CKA_ALWAYS_AUTHENTICATE the PIN is wanted again at each use. *pin null on success: the keypad.
struct pin_asker {
	struct err *(*ask)(void *ctx, struct secret **pin);
	void *ctx;
};
