// The clocks, and instants as text and as calendar days.
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/zone.h"

enum { DAY = 86400 };

int64_t clock_now(void)
{
	return (int64_t)time(NULL);
}

int64_t clock_monotonic_ms(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void clock_sleep_ms(int64_t ms)
{
	if (ms <= 0)
		return;
	struct timespec ts = { .tv_sec = (time_t)(ms / 1000),
			       .tv_nsec = (long)(ms % 1000) * 1000000L };
	nanosleep(&ts, NULL);
}

// The calendar of seconds since 1970 that were already moved into a zone. Out of range: 1970.
static struct tm calendar(int64_t t)
{
	time_t moved = (time_t)t;
	struct tm tm = { .tm_mday = 1, .tm_year = 70 };
	struct tm got;
	return gmtime_r(&moved, &got) ? got : tm;
}

void clock_utc(int64_t t, char out[static 24])
{
	struct tm tm = calendar(t);
	if (strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, 24, "1970-01-01T00:00:00Z");
}

void clock_utc_fine(char out[static 40])
{
	struct timespec ts;
	char second[24];
	clock_gettime(CLOCK_REALTIME, &ts);
	clock_utc((int64_t)ts.tv_sec, second);
	snprintf(out, 40, "%.19s.%09ldZ", second, ts.tv_nsec);
}

struct err *clock_local(int64_t t, const char *zone, char out[static 48])
{
	struct zone_time z;
	TRY(zone_at(zone, t, &z));
	struct tm tm = calendar(t + z.offset);
	char when[32];
	if (strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm) == 0)
		snprintf(when, sizeof(when), "1970-01-01 00:00");
	snprintf(out, 48, "%s %s", when, z.name);
	return NULL;
}

void clock_shown(int64_t t, const char *zone, char out[static 48])
{
	struct err *e = clock_local(t, zone, out);
	if (e && zone) {
		err_ignore(e);
		e = clock_local(t, NULL, out);
	}
	if (e)
		clock_utc(t, out);
	err_ignore(e);
}

struct err *clock_day(int64_t t, const char *zone, int64_t *day)
{
	struct zone_time z;
	TRY(zone_at(zone, t, &z));
	int64_t moved = t + z.offset;
	// Rounded down, before 1970 too.
	*day = moved / DAY - (moved % DAY < 0);
	return NULL;
}
