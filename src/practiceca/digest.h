// HTTP Digest (RFC 7616: SHA-256, qop auth) in the place of Basic.
//
// What came is turned into the PINs and the one-time password that it was made of, by trying those of the account; the login judges and
// spends them as if they had come in the clear. For that the bank keeps the PINs of such accounts readable (account add --digest).
#pragma once

#include "base/err.h"
#include "practiceca/basic.h"
#include "practiceca/database.h"
#include "practiceca/login.h"

struct digest; // the nonces that were given and not yet used; every thread may use it

MUST struct err *digest_new(struct digest **out);
void digest_free(struct digest *d);

// The value of WWW-Authenticate, with a nonce that is good once, for five minutes.
enum { DIGEST_CHALLENGE_MAX = 200 };
MUST struct err *digest_challenge(struct digest *d, int64_t now,
				  char out[static DIGEST_CHALLENGE_MAX]);

struct digest_call {
	const char *authorization, *method, *path; // authorization may be null
};
// given is false where the header is missing, unreadable, or of a nonce that is unknown, used or too old: to be challenged anew. A response that
// nothing of the account makes becomes a login with an empty PIN, which is counted as wrong.
MUST struct err *digest_read(struct digest *d, struct database *db, const struct login_rules *rules,
			     const struct digest_call *c, int64_t now, struct basic *out);

// What account add keeps for it: the PINs as the password begins with them.
MUST struct err *digest_keep(struct store *s, const struct holder *h, const struct secret *pin,
			     const struct secret *confirm);
