// A keypad on the screen, for PINs: every key has a letter or two, other ones each time, and the letters are typed instead. Who
// records the keyboard, or looks at the fingers, does not learn the PIN. Private to the room.
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"

// The line asks for the keypad: "?" alone, full width or not.
bool keypad_wanted(const struct secret *typed);
// Shows the keypad and asks, without echo, until all that is typed stands on it. *out null: ^C, or the end of input.
MUST struct err *keypad_line(const char *prompt, struct secret **out);

enum { KEYPAD_MAX_KEYS = 94, KEYPAD_MAX_CODE = 2 };

// Private to keypad.c and its test.
struct keypad {
	size_t n, code_len;
	char keys[KEYPAD_MAX_KEYS];
	char codes[KEYPAD_MAX_KEYS][KEYPAD_MAX_CODE];
};
// Ten digits in random places with a letter each; or everything that a keyboard has, in its order, with two letters each.
MUST struct err *keypad_make(bool digits_only, struct keypad *out);
// What the letters mean: upper or lower case, spaces between them forgiven. ERR_ANSWER when a letter is not on the keypad.
MUST struct err *keypad_read(const struct keypad *k, const struct secret *typed,
			     struct secret **out);
