// What to tell a person who is about to read a one-time password: how their model is worked, and how long its value still lives.
//
// Pure functions over a clock value. Whether an answer has the right form is judged by answers_put_otp (profile/answers.h);
// whether it is the right one, by the server.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/msg.h"
#include "profile/profile.h"

// A value that lives shorter than this is not worth beginning to type: reading and typing six digits takes that long.
enum { OTP_MARGIN_SECONDS = 7 };

struct otp_moment {
	bool timed;    // the value changes with time (TOTP); the rest has a meaning only then
	unsigned left; // seconds until the next value, 1 to step
	bool wait;     // left is below the margin: better wait for the next value
	int64_t next;  // when the next value begins, seconds since 1970
};

// The moment at `now` (seconds since 1970, UTC; RFC 6238 §4.2 with T0 = 0). A margin as long as a step or longer would wait
// for ever and counts as none.
struct otp_moment otp_moment_at(const struct profile_otp *otp, int64_t now, unsigned margin);

// The model of that name; the usual one (the first) for null or an unknown name; null when the role has no one-time password.
// Borrowed from the profile.
const struct profile_otp_model *otp_find_model(const struct profile_otp *otp, const char *name);

// The institution's instruction for the model, as a message. Null when there is none. The caller frees.
struct msg *otp_instruction(const struct profile_otp *otp, const char *model);
// What to say of the moment: that a new value is coming (wait), or how long the present one still counts. Null when the value
// does not change with time. The caller frees.
struct msg *otp_moment_words(const struct otp_moment *m);
