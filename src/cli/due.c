// What is due soon, by the journal.
#include "cli/due.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "x509/cert.h"

enum { CARED_FOR_DAYS = 90, DAYS_MAX = 3650 };

const char *level_name(enum level l)
{
	static const char *const names[] = { "ok", "warning", "critical" };
	return names[l];
}

static struct err *not_days(const char *text)
{
	return err_hint(
		err_tag(err_new(ERR_USAGE, N_("%1 is no list of days."), ARG_TEXT(text)), "usage"),
		N_("Give whole numbers of days, the greatest first, as in --warn 30,10."));
}

struct err *thresholds_read(const char *text, struct thresholds *out)
{
	struct thresholds t = { 0 };
	for (const char *at = text;; at++) {
		char *end = NULL;
		long days = *at >= '0' && *at <= '9' ? strtol(at, &end, 10) : -1;
		bool falls = t.n == 0 || days < t.days[t.n - 1];
		if (days < 0 || days > DAYS_MAX || !falls || t.n == THRESHOLDS_MAX)
			return not_days(text);
		t.days[t.n++] = days;
		at = end;
		if (!*at)
			break;
		if (*at != ',')
			return not_days(text);
	}
	*out = t;
	return NULL;
}

static struct thresholds of_rules(const struct profile_window *rules)
{
	struct thresholds t = { .days = { 30, 10 }, .n = 2 };
	if (!rules || rules->n_remind == 0)
		return t;
	t.n = 0;
	for (size_t i = 0; i < rules->n_remind && i < THRESHOLDS_MAX; i++)
		t.days[t.n++] = rules->remind_days[i];
	return t;
}

static enum level judge(const struct due *d, int64_t now)
{
	const struct thresholds *t = &d->thresholds;
	if (d->days_left < 0 || (!d->pickup && d->not_after <= now))
		return LEVEL_CRITICAL;
	if (t->n > 1 && d->days_left <= t->days[t->n - 1])
		return LEVEL_CRITICAL;
	return d->days_left <= t->days[0] ? LEVEL_WARNING : LEVEL_OK;
}

static void due_clear(struct due *d)
{
	profile_free(d->profile);
	record_free(d->record);
	*d = (struct due){ 0 };
}
static void due_cleanup(struct due *d)
{
	due_clear(d);
}

void dues_free(struct dues *d)
{
	for (size_t i = 0; i < d->n; i++)
		due_clear(&d->list[i]);
	free(d->list);
	*d = (struct dues){ 0 };
}

// Of the leaf, among the certificates that the record keeps; -1: it keeps none that can be read.
static int64_t end_of(const struct record *r)
{
	AUTO_CERTS struct cert_list certs = { 0 };
	int64_t end = -1;
	struct err *e = cert_list_from_pem(r->certificates.data, r->certificates.len, &certs);
	for (size_t i = 0; i < certs.n && !e; i++)
		if (r->sha256 && !strcmp(cert_sha256(certs.certs[i]), r->sha256))
			end = cert_not_after(certs.certs[i]);
	err_ignore(e);
	return end;
}

static void take_profile(struct due *d)
{
	if (d->record->profile_path)
		err_ignore(profile_load(d->record->profile_path, &d->profile));
	if (d->profile)
		d->rules = profile_window_for(d->profile, d->record->role);
}

static struct err *count_certificate(struct due *d, int64_t now, bool *counts)
{
	d->not_after = end_of(d->record);
	*counts = d->not_after >= 0;
	if (!*counts)
		return NULL;
	if (d->rules)
		TRY(window_of(d->rules, d->not_after, now, &d->window, &d->days_left));
	else
		TRY(days_until(NULL, now, d->not_after, &d->days_left));
	int64_t care = d->rules && d->rules->reacquire_days > CARED_FOR_DAYS
			       ? (int64_t)d->rules->reacquire_days
			       : CARED_FOR_DAYS;
	*counts = d->days_left >= -care;
	return NULL;
}

static struct err *count_pickup(struct due *d, int64_t now, bool *counts)
{
	bool passed = false;
	*counts = d->rules && d->rules->pickup_days && !d->record->old_key_id &&
		  d->record->mark < MARK_ISSUED;
	d->pickup = true;
	return *counts ? pickup_of(d->rules, d->record->created, now, &passed, &d->days_left)
		       : NULL;
}

// Takes the record out of the list where it counts.
static struct err *add(struct dues *all, struct record **r, const struct thresholds *given)
{
	int64_t now = clock_now();
	bool counts = false;
	__attribute__((cleanup(due_cleanup))) struct due d = { .record = *r };
	*r = NULL;
	take_profile(&d);
	TRY(d.record->state == ENROLMENT_DONE ? count_certificate(&d, now, &counts)
					      : count_pickup(&d, now, &counts));
	if (!counts)
		return NULL;
	d.thresholds = given ? *given : of_rules(d.rules);
	d.level = judge(&d, now);
	if (d.level > all->level)
		all->level = d.level;
	all->list[all->n++] = d;
	d = (struct due){ 0 };
	return NULL;
}

struct err *dues_find(struct journal *j, const struct thresholds *given, struct dues *out)
{
	AUTO_RECORDS struct records done = { 0 }, open = { 0 };
	AUTO_DUES struct dues all = { 0 };
	TRY(journal_certificates(j, &done));
	TRY(journal_unfinished(j, NULL, &open));
	all.list = calloc(done.n + open.n + 1, sizeof(*all.list));
	if (!all.list)
		return err_no_memory();
	for (size_t i = 0; i < done.n; i++)
		TRY(add(&all, &done.list[i], given));
	for (size_t i = 0; i < open.n; i++)
		TRY(add(&all, &open.list[i], given));
	*out = all;
	all = (struct dues){ 0 };
	return NULL;
}
