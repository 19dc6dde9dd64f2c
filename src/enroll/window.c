// The window of a certificate, counted in calendar days of the institution's zone.
#include "enroll/window.h"

#include "base/clock.h"

const char *window_name(enum window w)
{
	static const char *const names[] = {
		[WINDOW_EARLY] = "early",
		[WINDOW_OPEN] = "open",
		[WINDOW_REACQUIRE] = "reacquire",
		[WINDOW_CLOSED] = "closed",
	};
	return (size_t)w < ARRAY_LEN(names) ? names[w] : "unknown";
}

static enum window after_the_last_day(const struct profile_window *w, int64_t days_past)
{
	if (w->after == AFTER_CLOSED || days_past > (int64_t)w->reacquire_days)
		return WINDOW_CLOSED;
	return w->after == AFTER_RENEW ? WINDOW_OPEN : WINDOW_REACQUIRE;
}

struct err *days_until(const char *zone, int64_t now, int64_t t, int64_t *days)
{
	int64_t last = 0, today = 0;
	TRY(clock_day(t, zone, &last));
	TRY(clock_day(now, zone, &today));
	*days = last - today;
	return NULL;
}

struct err *window_of(const struct profile_window *w, int64_t not_after, int64_t now,
		      enum window *out, int64_t *days_left)
{
	int64_t left = 0;
	TRY(days_until(w->zone, now, not_after, &left));
	*days_left = left;
	if (left < 0)
		*out = after_the_last_day(w, -left);
	else
		*out = left <= (int64_t)w->renew_before_days ? WINDOW_OPEN : WINDOW_EARLY;
	return NULL;
}
