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
	if (days_past > (int64_t)w->reacquire_days)
		return WINDOW_CLOSED;
	switch (w->after) {
	case AFTER_RENEW:
		return WINDOW_OPEN;
	case AFTER_REACQUIRE:
		return WINDOW_REACQUIRE;
	case AFTER_COUNTER:
	case AFTER_ADMINISTRATOR:
	case AFTER_CLOSED:
	default:
		return WINDOW_CLOSED;
	}
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

struct err *pickup_of(const struct profile_window *w, int64_t begun, int64_t now, bool *passed,
		      int64_t *days_left)
{
	int64_t since = 0;
	*passed = false;
	*days_left = 0;
	if (w->pickup_days == 0)
		return NULL;
	TRY(days_until(w->zone, begun, now, &since));
	*days_left = (int64_t)w->pickup_days - since;
	*passed = *days_left < 0;
	return NULL;
}

struct msg *window_closed_words(const struct profile_window *w)
{
	if (w->closed.en || w->closed.ja)
		return msg_new("%1", ARG_BOTH(w->closed));
	switch (w->after) {
	case AFTER_COUNTER:
		return msg_new(N_("Apply at the counter of your branch."));
	case AFTER_ADMINISTRATOR:
		return msg_new(N_("Ask the administrator of your firm, who has it reissued."));
	case AFTER_RENEW:
	case AFTER_REACQUIRE:
	case AFTER_CLOSED:
	default:
		return msg_new(N_("Ask your administrator, or your branch."));
	}
}
