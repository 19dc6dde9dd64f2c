// Time: the wall clock for records, the monotonic clock for waiting, calendar days of a zone for windows.
#pragma once

#include <stdint.h>
#include <time.h>

#include "base/attr.h"
#include "base/err.h"

int64_t clock_now(void); // seconds since 1970, UTC
int64_t clock_monotonic_ms(void);
void clock_sleep_ms(int64_t ms); // returns early on a signal

// "2026-11-22T05:03:00Z" into out.
void clock_utc(int64_t t, char out[static 24]);
// This moment to the nanosecond, "2026-11-22T05:03:00.123456789Z": for telling apart what happens in one second.
void clock_utc_fine(char out[static 40]);
// "2026-11-22 14:03 JST" in the named zone (null: the machine's); ERR_PROFILE for an unknown zone.
MUST struct err *clock_local(int64_t t, const char *zone, char out[static 48]);
// The same for a person to read, who is always told something: where the zone is not known the machine's, where that is not either UTC.
void clock_shown(int64_t t, const char *zone, char out[static 48]);
// Days since 1970-01-01 of the calendar day that t falls on in the zone.
MUST struct err *clock_day(int64_t t, const char *zone, int64_t *day);
