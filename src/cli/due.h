// What is due soon, by the journal alone: no token has to be in, no module is loaded, no PIN is needed. Private to the room.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "enroll/window.h"
#include "journal/journal.h"
#include "profile/profile.h"

enum level { LEVEL_OK, LEVEL_WARNING, LEVEL_CRITICAL };
const char *level_name(enum level l); // "ok", "warning", "critical"

// Days before the end, the greatest first.
enum { THRESHOLDS_MAX = 16 };
struct thresholds {
	int64_t days[THRESHOLDS_MAX];
	size_t n;
};
// "30,10". ERR_USAGE for anything else.
MUST struct err *thresholds_read(const char *text, struct thresholds *out);

// A certificate that this machine got and that none of its later ones follows; or the first one of an unfinished enrolment, which has to be
// picked up in time (pickup).
struct due {
	struct record *record;
	struct profile *profile;	    // null: it does not load
	const struct profile_window *rules; // within it; null with it
	bool pickup;
	int64_t not_after;  // of the certificate
	int64_t days_left;  // to the last day, negative after it
	enum window window; // where there are rules, and it is no pickup
	enum level level;
	struct thresholds
		thresholds; // by which it was judged: those given, or the profile's, or 30 and 10
};
struct dues {
	struct due *list;
	size_t n;
	enum level level; // the worst
};
void dues_free(struct dues *d);
static inline void dues_cleanup(struct dues *d)
{
	dues_free(d);
}
#define AUTO_DUES __attribute__((cleanup(dues_cleanup)))

// A certificate that expired long ago - more than 90 days, and more than its profile's reacquire_days - is nobody's care any more. given may be null.
MUST struct err *dues_find(struct journal *j, const struct thresholds *given, struct dues *out);
