// Templates: text with {names} in it; "{{" is "{". What fills them is in answers.h.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// The names that are no fields.
#define TEMPLATE_OTP		  "otp"
#define TEMPLATE_INSTITUTION_CODE "institution_code"
#define TEMPLATE_COMMON_NAME	  "common_name" // in a subject only, resolved when the profile is read

enum piece {
	PIECE_END,
	PIECE_TEXT,  // as it stands
	PIECE_NAME,  // without its braces
	PIECE_WRONG, // a '{' without a name and '}'
};

// The next piece at *at, which moves behind it. text points into the template.
enum piece template_next(const char **at, const char **text, size_t *len);
bool piece_is(const char *text, size_t len, const char *name);
