// The time zones of the system (tzdata), read without touching TZ: a process with threads may ask.
#pragma once

#include <stdint.h>

#include "base/err.h"

struct zone_time {
	int64_t offset; // seconds east of UTC
	char name[16];	// "JST"
};

// What holds in the zone ("Asia/Tokyo"; null: the machine's own zone) at t. ERR_PROFILE for a zone that the
// system does not know.
MUST struct err *zone_at(const char *zone, int64_t t, struct zone_time *out);
