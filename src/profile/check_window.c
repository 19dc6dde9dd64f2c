// Rules of the windows: the profile's, and those of roles that differ from it.
#include "profile/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { WINDOW_PATH = 400 };

// One window and where it stands: "window", or "roles.admin.window".
struct spot_window {
	struct profile_window *w;
	char path[WINDOW_PATH];
};

struct below {
	char text[WINDOW_PATH + 40];
};

static struct below below(const struct spot_window *s, const char *key)
{
	struct below b;
	snprintf(b.text, sizeof(b.text), "%s.%s", s->path, key);
	return b;
}

static bool given(const struct spot_window *s, const char *key, const struct faults *f)
{
	return place_known(f, below(s, key).text);
}

static void check_reminders(const struct spot_window *s, struct faults *f)
{
	const struct profile_window *w = s->w;
	struct below path = below(s, "remind_days");
	for (size_t i = 0; i < w->n_remind; i++) {
		if (w->remind_days[i] > w->renew_before_days) {
			FAULT_AT(f, path.text,
				 N_("%1: %2: a reminder of %3 days comes before the renewal "
				    "opens (%4 days)."),
				 ARG_NUM(w->remind_days[i]), ARG_NUM(w->renew_before_days));
			return;
		}
		if (i > 0 && w->remind_days[i] >= w->remind_days[i - 1]) {
			FAULT_AT(f, path.text, N_("%1: %2: this is not allowed. Allowed: %3."),
				 ARG_ID(N_("a list of whole numbers of days, the greatest first")));
			return;
		}
	}
}

static bool has_days(enum after_expiry after)
{
	return after == AFTER_RENEW || after == AFTER_REACQUIRE;
}

static void check_window(const struct spot_window *s, struct faults *f)
{
	const struct profile_window *w = s->w;
	if (!has_days(w->after) && w->reacquire_days > 0)
		FAULT_AT(f, below(s, "reacquire_days").text,
			 N_("%1: %2: these days have no meaning where after_expiry is neither "
			    "renew nor reacquire. Write one of these, or 0 days."));
	if (has_days(w->after) && w->reacquire_days == 0)
		FAULT_AT(f, below(s, "after_expiry").text,
			 N_("%1: %2: renew and reacquire need reacquire_days of at least 1."));
	check_reminders(s, f);
}

static void check_zone(const struct profile_window *w, struct faults *f)
{
	int64_t day;
	struct err *e = w->zone ? clock_day(0, w->zone, &day) : NULL;
	if (!e)
		return;
	FAULT_AT(f, "window.zone", N_("%1: %2: there is no time zone %3."), ARG_TEXT(w->zone));
	err_ignore(e);
}

// A reminder that the role's shorter time leaves no room for is none of its.
static struct err *inherit_reminders(struct profile_window *w, const struct profile_window *from)
{
	w->remind_days = calloc(from->n_remind + 1, sizeof(*w->remind_days));
	if (!w->remind_days)
		return err_no_memory();
	for (size_t i = 0; i < from->n_remind; i++)
		if (from->remind_days[i] <= w->renew_before_days)
			w->remind_days[w->n_remind++] = from->remind_days[i];
	return NULL;
}

static struct err *copy_text(const char *from, char **to)
{
	*to = text_copy(from);
	return from && !*to ? err_no_memory() : NULL;
}

// What the role leaves out is as the profile says.
static struct err *inherit(const struct spot_window *s, const struct profile_window *from,
			   struct faults *f)
{
	struct profile_window *w = s->w;
	TRY(copy_text(from->zone, &w->zone));
	if (!given(s, "pickup_days", f))
		w->pickup_days = from->pickup_days;
	if (!given(s, "renew_before_days", f))
		w->renew_before_days = from->renew_before_days;
	if (!given(s, "after_expiry", f))
		w->after = from->after;
	// The days of a meaning that the role has not.
	if (!given(s, "reacquire_days", f))
		w->reacquire_days = has_days(w->after) ? from->reacquire_days : 0;
	if (!given(s, "closed", f)) {
		TRY(copy_text(from->closed.en, &w->closed.en));
		TRY(copy_text(from->closed.ja, &w->closed.ja));
	}
	return given(s, "remind_days", f) ? NULL : inherit_reminders(w, from);
}

struct err *check_windows(struct profile *p, struct faults *f)
{
	check_zone(&p->window, f);
	check_window(&(struct spot_window){ &p->window, "window" }, f);
	for (size_t i = 0; i < p->n_roles; i++) {
		struct spot_window s = { .w = &p->roles[i].window };
		snprintf(s.path, sizeof(s.path), "roles.%s.window", p->roles[i].name);
		TRY(inherit(&s, &p->window, f));
		if (place_known(f, s.path))
			check_window(&s, f);
	}
	return NULL;
}
