// RADIUS packets (RFC 2865, RFC 3579): a request with a hidden password, and what is believed of an answer. Private to the room.
#pragma once

#include "otp/server.h"

enum {
	RADIUS_PACKET_MIN = 20,
	RADIUS_PACKET_MAX = 4096,
	RADIUS_VECTOR = 16,
	RADIUS_VALUE_MAX = 253, // of an attribute
};

enum radius_code {
	RADIUS_NOTHING,
	RADIUS_ACCESS_REQUEST = 1,
	RADIUS_ACCESS_ACCEPT = 2,
	RADIUS_ACCESS_REJECT = 3,
	RADIUS_ACCESS_CHALLENGE = 11,
};

// What a server gave us to send back with the answer to its challenge.
struct radius_state {
	bool there; // it may be empty
	uint8_t bytes[RADIUS_VALUE_MAX];
	uint8_t len;
};

struct radius_question {
	const struct secret *shared;
	const char *user;
	const struct secret *value;
	const char *nas;
	const struct radius_state *state; // may be null
};

struct radius_request {
	uint8_t bytes[RADIUS_PACKET_MAX];
	size_t len;
};
void radius_request_wipe(struct radius_request *r);
static inline void radius_request_cleanup(struct radius_request *r)
{
	radius_request_wipe(r);
}

// With a random identifier and Request Authenticator; Message-Authenticator stands first. User and value have been looked at.
MUST struct err *radius_request(const struct radius_question *q, struct radius_request *out);

enum radius_flaw {
	RADIUS_GOOD,
	RADIUS_DAMAGED, // no packet (RFC 2865 §3), or attributes that cannot be
	RADIUS_LATE,	// another identifier: the answer to something else
	RADIUS_FORGED, // a Response Authenticator or Message-Authenticator that the shared secret does not make
	RADIUS_UNSIGNED, // no Message-Authenticator
	RADIUS_STRANGE,	 // well made, and no answer to an Access-Request
	RADIUS_FLAWS,
};

struct radius_answer {
	enum radius_code code;
	char *words; // all Reply-Messages, safe text
	struct radius_state state;
	bool shown; // Prompt = Echo (RFC 2869 §5.10)
};
void radius_answer_clear(struct radius_answer *a);
static inline void radius_answer_cleanup(struct radius_answer *a)
{
	radius_answer_clear(a);
}
#define AUTO_RADIUS_ANSWER __attribute__((cleanup(radius_answer_cleanup)))

// *out only where *flaw is RADIUS_GOOD. `unsigned_too`: a missing Message-Authenticator is forgiven, a wrong one is not. An error is
// OpenSSL's or memory's.
MUST struct err *radius_read(const struct radius_request *r, const struct secret *shared,
			     bool unsigned_too, const uint8_t *bytes, size_t len,
			     enum radius_flaw *flaw, struct radius_answer *out);
