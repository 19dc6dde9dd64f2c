// inkan status --check: for cron, and for monitoring systems.
#include "cli/status_check.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/print.h"

// Beyond the kinds of errors; as the manual page says.
enum { EXIT_DUE = 12, EXIT_URGENT = 13, NAGIOS_UNKNOWN = 3 };

static struct msg *what_to_do(const struct due *d)
{
	if (d->rules && d->window == WINDOW_CLOSED)
		return window_closed_words(d->rules);
	if (d->rules && d->window == WINDOW_EARLY)
		return msg_new(N_("It cannot be renewed yet; inkan status tells from when."));
	if (d->rules && d->window == WINDOW_REACQUIRE)
		return msg_new(N_("Get a new one with: inkan enroll"));
	return msg_new(N_("Renew it with: inkan renew"));
}

static struct msg *due_words(const struct due *d)
{
	const struct record *r = d->record;
	const char *name = r->common_name ? r->common_name : "-";
	if (d->pickup && d->days_left < 0)
		return msg_new(N_("The certificate for %1 was not picked up in time (enrolment "
				  "%2)."),
			       ARG_TEXT(name), ARG_TEXT(r->id));
	if (d->pickup)
		return msg_new(N_("The certificate for %1 has to be picked up within %2 days: "
				  "inkan resume %3"),
			       ARG_TEXT(name), ARG_NUM(d->days_left), ARG_TEXT(r->id));
	AUTO(msg) struct msg *todo = what_to_do(d);
	AUTO_TEXT char *then = msg_render(todo);
	if (d->days_left < 0)
		return msg_new(N_("The certificate for %1 expired %2 days ago. %3"), ARG_TEXT(name),
			       ARG_NUM(-d->days_left), ARG_TEXT(then ? then : ""));
	return msg_new(N_("The certificate for %1 is good for %2 more days. %3"), ARG_TEXT(name),
		       ARG_NUM(d->days_left), ARG_TEXT(then ? then : ""));
}

void due_say(const struct due *d)
{
	AUTO(msg) struct msg *m = due_words(d);
	AUTO_TEXT char *line = msg_render(m);
	if (line)
		print_line(stdout, 0, line);
}

// --- plain: silent while nothing is due, so that cron sends no mail

static void say_due(const struct dues *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].level != LEVEL_OK)
			due_say(&all->list[i]);
}

// --- JSON

static void put_text(json_t *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(o, key, json_string(text));
}

static json_t *due_to_json(const struct due *d)
{
	const struct record *r = d->record;
	json_t *o = json_object();
	char end[24];
	put_text(o, "level", level_name(d->level));
	put_text(o, "enrolment", r->id);
	put_text(o, "profile", r->profile_name);
	put_text(o, "role", r->role);
	put_text(o, "common_name", r->common_name);
	put_text(o, "token", r->token_uri);
	if (!d->pickup) {
		clock_utc(d->not_after, end);
		put_text(o, "sha256", r->sha256);
		put_text(o, "not_after", end);
	}
	if (d->pickup)
		put_text(o, "window", d->days_left < 0 ? "missed" : "pickup");
	else if (d->rules)
		put_text(o, "window", window_name(d->window));
	json_object_set_new(o, "days_left", json_integer(d->days_left));
	return o;
}

static void print_dues_json(const struct dues *all)
{
	AUTO(json) json_t *o = json_object();
	json_t *certificates = json_array(), *pickups = json_array();
	json_object_set_new(o, "level", json_string(level_name(all->level)));
	json_object_set_new(o, "certificates", certificates);
	json_object_set_new(o, "pickups", pickups);
	for (size_t i = 0; i < all->n; i++)
		json_array_append_new(all->list[i].pickup ? pickups : certificates,
				      due_to_json(&all->list[i]));
	print_json(stdout, o);
}

// --- the convention of Nagios and its kin: one line, what is measured behind '|', status 0 to 3; the same in every language

// The one with the fewest days among the worst; null: there is none.
static const struct due *nearest(const struct dues *all)
{
	const struct due *one = NULL;
	for (size_t i = 0; i < all->n; i++) {
		const struct due *d = &all->list[i];
		if (!one || d->level > one->level ||
		    (d->level == one->level && d->days_left < one->days_left))
			one = d;
	}
	return one;
}

// A name on a line of this kind holds neither '|' nor what ends a line.
static char *plain_name(const char *name)
{
	char *safe = text_safe(name ? name : "-", strlen(name ? name : "-"), 256);
	for (char *c = safe; c && *c; c++)
		if (*c == '|')
			*c = '/';
	return safe;
}

static void print_nagios_one(const struct dues *all, const struct due *d)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL" };
	const struct thresholds *t = &d->thresholds;
	AUTO_TEXT char *name = plain_name(d->record->common_name);
	size_t bad = 0;
	for (size_t i = 0; i < all->n; i++)
		bad += all->list[i].level != LEVEL_OK;
	printf("INKAN %s - %s%s: %" PRId64 " days left", words[all->level], name ? name : "-",
	       d->pickup ? " (to be picked up)" : "", d->days_left);
	if (bad > 1)
		printf(", %zu more due", bad - 1);
	printf(" | days_left=%" PRId64 ";%" PRId64 ":;%" PRId64 ":;; certificates=%zu;;;0;\n",
	       d->days_left, t->days[0] + 1, t->n > 1 ? t->days[t->n - 1] + 1 : 0, all->n);
}

static int print_nagios(const struct dues *all)
{
	const struct due *d = nearest(all);
	if (d)
		print_nagios_one(all, d);
	else
		printf("INKAN OK - no certificate of this machine | certificates=0;;;0;\n");
	return (int)all->level;
}

static int nagios_unknown(struct err *e)
{
	AUTO(err) struct err *owned = e;
	AUTO_TEXT char *what = msg_render_english(err_what(owned));
	AUTO_TEXT char *line = plain_name(what ? what : "failed");
	printf("INKAN UNKNOWN - %s\n", line ? line : "failed");
	return NAGIOS_UNKNOWN;
}

static struct err *find(const struct cli *cli, struct dues *out)
{
	AUTO(journal) struct journal *j = NULL;
	struct thresholds given = { 0 };
	if (cli->o.warn)
		TRY(thresholds_read(cli->o.warn, &given));
	TRY(journal_open(&j));
	return dues_find(j, cli->o.warn ? &given : NULL, out);
}

int status_check(struct cli *cli)
{
	static const int statuses[] = { 0, EXIT_DUE, EXIT_URGENT };
	AUTO_DUES struct dues all = { 0 };
	struct err *e = find(cli, &all);
	if (e)
		return cli->o.nagios ? nagios_unknown(e) : cli_fail(cli, e, NULL);
	if (cli->o.nagios)
		return print_nagios(&all);
	if (cli->o.json)
		print_dues_json(&all);
	else
		say_due(&all);
	return statuses[all.level];
}
