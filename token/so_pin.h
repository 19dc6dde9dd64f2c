// Security officers' PINs that nobody chooses: random ones, and ones made of a master secret and the token's serial number.
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"
#include "pkcs11/slot.h"

// How long such a PIN is for this token, and what it is made of: at most 16 characters, as many as the token takes, of digits and capital
// letters without 0, 1, I and O (so that it can be read from paper), or of what the model allows.
struct so_pin_form {
	unsigned length;
	const char *alphabet; // static
};
struct so_pin_form so_pin_form_of(const struct token_info *t);

enum { SO_PIN_LENGTH_MAX = 64, SO_ALPHABET_MAX = 94 };
// From OpenSSL's generator, each character with the same chance. ERR_FAILED tagged "random".
MUST struct err *so_pin_random(unsigned length, const char *alphabet, struct secret **out);
// HKDF (RFC 5869) with SHA-256 of the master secret; the token's manufacturer, model and serial number are its info, so that each token has its own
// and the same token always the same. ERR_TOKEN tagged "token-no-serial" where the token has no serial number of its own.
MUST struct err *so_pin_derive(const struct secret *master, const struct token_info *t,
			       struct secret **out);
// The same for a card's management key, of so many hexadecimal characters; nothing of the one tells the other.
enum { MANAGEMENT_HEX_MAX = 64 };
extern const char management_alphabet[];
MUST struct err *management_key_derive(const struct secret *master, const struct token_info *t,
				       unsigned length, struct secret **out);
