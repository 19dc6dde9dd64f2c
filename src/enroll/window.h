// When may a certificate be renewed? In calendar days of the institution's zone.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/msg.h"
#include "profile/profile.h"

// After the last day WINDOW_OPEN and WINDOW_REACQUIRE both want full authentication: an expired certificate vouches for nothing.
enum window { WINDOW_EARLY, WINDOW_OPEN, WINDOW_REACQUIRE, WINDOW_CLOSED };
const char *window_name(enum window w); // "early", "open", "reacquire", "closed"
// Days from now to t as a calendar of the zone counts them (null: the machine's), negative once the day is past.
MUST struct err *days_until(const char *zone, int64_t now, int64_t t, int64_t *days);
// The deadline of a first certificate that is not picked up yet. begun: when the enrolment was begun, which is never before the institution
// opened it. *passed once the last of pickup_days is over; days_left counts down to it, negative after it. Without a deadline never, and 0.
MUST struct err *pickup_of(const struct profile_window *w, int64_t begun, int64_t now, bool *passed,
			   int64_t *days_left);
// What a person does when the window is closed: the institution's words, or what after_expiry means. New message.
struct msg *window_closed_words(const struct profile_window *w);
// days_left: whole days to the last day of validity, negative after it.
MUST struct err *window_of(const struct profile_window *w, int64_t not_after, int64_t now,
			   enum window *out, int64_t *days_left);
