// What a server says to POST /validate/check (privacyIDEA's). Private to the room.
#pragma once

#include "otp/server.h"

enum { VALIDATE_BODY_MAX = 65536, VALIDATE_TRANSACTION_MAX = 64 };

struct validate_answer {
	enum otp_ruling verdict;
	char *words;	   // detail.message, safe text
	char *transaction; // OTP_CHALLENGED: what the answer carries back
};
void validate_answer_clear(struct validate_answer *a);
static inline void validate_answer_cleanup(struct validate_answer *a)
{
	validate_answer_clear(a);
}
#define AUTO_VALIDATE_ANSWER __attribute__((cleanup(validate_answer_cleanup)))

// A status and its body. Accepted is only what says so in every place: 200, result.status and result.value true, result.authentication ACCEPT
// or missing. ERR_NETWORK tagged "validate-trouble", ERR_CA_REFUSED tagged "validate-cannot" (server.h). `server` is what it is called.
MUST struct err *validate_read(const char *server, int status, const void *body, size_t len,
			       struct validate_answer *out);
