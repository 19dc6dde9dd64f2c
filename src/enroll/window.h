// When may a certificate be renewed? In calendar days of the institution's zone.
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "profile/profile.h"

enum window { WINDOW_EARLY, WINDOW_OPEN, WINDOW_REACQUIRE, WINDOW_CLOSED };
const char *window_name(enum window w); // "early", "open", "reacquire", "closed"
// Days from now to t as a calendar of the zone counts them (null: the machine's), negative once the day is past.
MUST struct err *days_until(const char *zone, int64_t now, int64_t t, int64_t *days);
// days_left: whole days to the last day of validity, negative after it.
MUST struct err *window_of(const struct profile_window *w, int64_t not_after, int64_t now,
			   enum window *out, int64_t *days_left);
