// One-time passwords of the accounts: HOTP (RFC 4226) and TOTP (RFC 6238: SHA-1, 6 digits, 30 s).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum otp_kind { OTP_NONE, OTP_TOTP, OTP_HOTP };
enum {
	OTP_SECRET_MAX = 64,
	OTP_SECRET_MIN = 10,
	OTP_SECRET_MADE = 20,
	OTP_DIGITS = 6,
	OTP_STEP = 30
};

struct otp_key {
	enum otp_kind kind;
	uint8_t secret[OTP_SECRET_MAX];
	size_t len;
	uint64_t next; // the first counter (HOTP) or time step (TOTP) that was not used yet
};

// The counters that may be accepted; false: none.
bool otp_range(const struct otp_key *k, int64_t now, unsigned look_ahead, uint64_t *first,
	       uint64_t *last);
MUST struct err *otp_value(const struct otp_key *k, uint64_t n, char out[static OTP_DIGITS + 1]);
// Is this the password of a counter from k->next on? TOTP: of the present step or one beside it; HOTP: at most `look_ahead` beyond
// k->next. *next_after is then the first counter that may be accepted later: everything up to this one is spent.
MUST struct err *otp_judge(const struct otp_key *k, const char *otp, int64_t now,
			   unsigned look_ahead, bool *right, uint64_t *next_after);
// RFC 4648 base32, without padding. ERR_ANSWER for another text or a secret out of bounds.
MUST struct err *otp_secret_read(const char *base32, struct otp_key *k);
MUST struct err *otp_secret_make(struct otp_key *k);
// New string; wipe_free_text it.
MUST struct err *otp_secret_text(const struct otp_key *k, char **out);
