// What a new account is made of: given as JSON, typed at the terminal, or drawn at random.
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"
#include "practiceca/accounts.h"

struct new_account {
	struct account account;	      // its hashes are filled by new_account_hash
	struct secret *pin, *confirm; // user_pin alone; or contract_pin and confirm_pin
};
void new_account_free(struct new_account *n);

// Letters and digits, PIN_MIN to PIN_MAX. ERR_ANSWER names the field, never the value.
MUST struct err *pin_check(const char *field, const struct secret *pin);

// One JSON object, from the file (0600) or from stdin for "-": contract_pin and confirm_pin; or user_pin, and totp or hotp with
// the secret in base32, and counter for HOTP. The holder is set; a secret for one-time passwords that is not given stays empty.
MUST struct err *new_account_read(const char *path, struct new_account *n);
// The same from the terminal, without echo. ERR_ANSWER when stdin is none.
MUST struct err *new_account_ask(struct new_account *n);
// Holder, PINs and secret at random; the role is the caller's.
MUST struct err *new_account_draw(bool user, struct new_account *n);
// The hashes of the PINs, and an OTP secret of the wanted kind when a user has none yet.
MUST struct err *new_account_finish(enum otp_kind kind, struct new_account *n);
