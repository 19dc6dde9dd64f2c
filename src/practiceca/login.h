// Who is it? PINs and one-time passwords judged, spent, counted; the lock after too many failures.
#pragma once

#include "base/err.h"
#include "practiceca/accounts.h"
#include "practiceca/basic.h"
#include "practiceca/database.h"
#include "practiceca/refusal.h"

enum login_verdict {
	LOGIN_GOOD,
	LOGIN_WRONG,	  // the name, a PIN or the one-time password; nobody is told which
	LOGIN_NOW_LOCKED, // wrong, and that was the last try
	LOGIN_LOCKED, // not judged at all: a locked account must not tell whether a PIN would have been right
};

struct login_rules {
	unsigned hotp_look_ahead;
	struct pin_hash nobody; // pin_hash_nobody
};

// On LOGIN_GOOD the account is in out, its failures are cleared and its one-time password is spent, durably. Names without an
// account cost the same time and lock in the same way.
MUST struct err *login_judge(struct database *d, const struct login_rules *rules,
			     const struct basic *b, int64_t now, enum login_verdict *verdict,
			     struct account *out);
// What the client is told.
enum refusal login_refusal(enum login_verdict v);
