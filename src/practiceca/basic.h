// HTTP Basic (RFC 7617) as this bank uses it.
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"
#include "practiceca/accounts.h"

// User name "contract" or "contract/user"; password "contract_pin:confirm_pin" or "user_pin:otp", split at the last ':'.
struct basic {
	bool given;  // a Basic header that could be read
	bool shaped; // the user name has the shape of one; otherwise holder is empty
	struct holder holder;
	struct secret *first; // the PIN
	struct secret
		*second; // the confirm PIN or the one-time password; empty when there is no ':'
};
// The value of the Authorization header, or null. A header that is missing or unreadable leaves given false.
MUST struct err *basic_read(const char *authorization, struct basic *out);
void basic_free(struct basic *b);
static inline void basic_cleanup(struct basic *b)
{
	basic_free(b);
}
#define AUTO_BASIC __attribute__((cleanup(basic_cleanup)))
