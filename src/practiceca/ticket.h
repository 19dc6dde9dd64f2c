// Tickets: an enrolment that must wait, taken up again without a credential.
//
// A ticket is a random cookie bound to the SHA-256 of what is asked for; the database holds its hash only. It lives a week, and after it brought
// its certificate it brings the same one again (an answer may be lost). One given for a renewal is good with the certificate alone that it
// was given to, and at no other place.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "practiceca/accounts.h"
#include "practiceca/request.h"
#include "store/store.h"

enum { TICKET_LEN = 64 }; // hexadecimal digits
#define TICKET_COOKIE "inkan-ticket"
#define TICKET_LIFE   ((int64_t)7 * 86400)

enum ticket_kind {
	TICKET_UNKNOWN,	      // no such ticket
	TICKET_OTHER_REQUEST, // given for another request
	TICKET_WAIT,	      // 202: come again after retry_after seconds
	TICKET_READY,	      // issue now, then ticket_done
	TICKET_DONE,	      // issued already
};

struct ticket {
	enum ticket_kind kind;
	int64_t id, account, issued, retry_after;
	int64_t vouched_by;	    // as in struct request
	char value[TICKET_LEN + 1]; // what the cookie is, when it is new
};

// The ticket cookie of a Cookie header (RFC 6265 §4.2); false when there is none of the right shape.
bool ticket_from_cookie(const char *cookie, char out[static TICKET_LEN + 1]);

// All inside the caller's write transaction. A poll sooner than the Retry-After of the last answer is not counted.
MUST struct err *ticket_poll(struct store *s, const char *value, const struct request *request,
			     int64_t now, int64_t retry_after, struct ticket *out);
// After credentials were judged: a new ticket, or, when this account's same request waits already, a poll of that one under a new
// cookie.
MUST struct err *ticket_take(struct store *s, const struct account *who,
			     const struct request *request, int64_t now, int64_t retry_after,
			     struct ticket *out);
MUST struct err *ticket_done(struct store *s, int64_t id, int64_t issued);
