// Sessions of the portal: in memory, for a while, each with a form's token that is good once.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "practiceca/accounts.h"

enum { SESSION_ID = 32, SESSIONS_MAX = 256 };

enum session_stage {
	SESSION_BEGUN,	// an entry was chosen: page one
	SESSION_NAMED,	// page one was sent: page two
	SESSION_INSIDE, // authenticated
};

struct session {
	char id[SESSION_ID + 1];
	char token[SESSION_ID + 1]; // of the form that was shown last; empty: none, or it was used
	enum session_stage stage;
	bool user, ja;
	int64_t used_at;
	struct holder holder;
	struct secret *first; // the PIN of page one
	int64_t account;
	char codes
		[11]; // what the keyboard sends for the digits 0 to 9; empty: the digits themselves
};

struct sessions;
// seconds: how long one may be idle.
MUST struct err *sessions_new(int64_t seconds, bool keypad, struct sessions **out);
void sessions_free(struct sessions *s);

// A new one, in turns with all others until session_leave. ERR_FAILED when there are too many.
MUST struct err *session_begin(struct sessions *s, bool user, bool ja, int64_t now,
			       struct session **out);
// The one of the Cookie header, and the turn; null *out and no turn where there is none, or it has expired.
void session_enter(struct sessions *s, const char *cookie, int64_t now, struct session **out);
void session_leave(struct sessions *s);
void session_end(struct session *x); // wipes it; it is still to be left
// Another token for the form that is shown now.
MUST struct err *session_token(struct session *x);
// True once, for the token of the form that was shown last.
bool session_spend(struct session *x, const char *token);
#define SESSION_COOKIE "inkan-portal"
