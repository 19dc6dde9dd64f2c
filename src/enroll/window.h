// When may a certificate be renewed? In calendar days of the institution's zone.
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "profile/profile.h"

enum window { WINDOW_EARLY, WINDOW_OPEN, WINDOW_REACQUIRE, WINDOW_CLOSED };
const char *window_name(enum window w); // "early", "open", "reacquire", "closed"
// days_left: whole days to the last day of validity, negative after it.
MUST struct err *window_of(const struct profile_window *w, int64_t not_after, int64_t now,
			   enum window *out, int64_t *days_left);
