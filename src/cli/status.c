// inkan status
#include "cli/status.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/faces.h"
#include "cli/finish.h"
#include "cli/print.h"
#include "cli/status_check.h"
#include "cli/unfinished.h"

enum { CERTIFICATE_INDENT = 2, DETAIL_INDENT = 4 };

static void say_window(const struct known *k)
{
	int64_t left = k->days_left;
	if (!k->profile)
		return; // without the institution's rules there is no window
	switch (k->window) {
	case WINDOW_EARLY:
		say_in(stdout, DETAIL_INDENT, N_("%1 days are left. It is too early to renew it."),
		       ARG_NUM(left));
		break;
	case WINDOW_OPEN:
		if (left < 0) {
			say_in(stdout, DETAIL_INDENT,
			       N_("It expired %1 days ago. inkan renew still gets a new one for "
				  "its name, with full authentication."),
			       ARG_NUM(-left));
			break;
		}
		say_in(stdout, DETAIL_INDENT, N_("%1 days are left. It is time to renew it."),
		       ARG_NUM(left));
		break;
	case WINDOW_REACQUIRE:
		say_in(stdout, DETAIL_INDENT,
		       N_("It expired %1 days ago. Get a new one with: inkan enroll"),
		       ARG_NUM(-left));
		break;
	case WINDOW_CLOSED:
		say_in(stdout, DETAIL_INDENT, N_("It expired %1 days ago, and renewing is closed."),
		       ARG_NUM(-left));
		break;
	}
	if (k->window == WINDOW_CLOSED)
		print_msg(stdout, DETAIL_INDENT, window_closed_words(k->rules));
	if (k->profile->practice)
		say_in(stdout, DETAIL_INDENT, N_("Only for practising."));
}

static void say_validity(const json_t *c, const char *zone)
{
	int64_t t = finish_time(json_text(c, "not_after"));
	char until[48];
	if (t < 0)
		return;
	clock_shown(t, zone, until);
	say_in(stdout, DETAIL_INDENT, N_("Valid until %1."), ARG_TEXT(until));
	// Without the journal's knowledge of the profile there is still the plain truth about time.
	if (!zone && t < clock_now())
		say_in(stdout, DETAIL_INDENT, N_("It has expired."));
}

struct err *status_say_certificate(struct journal *j, const struct json_t *c)
{
	__attribute__((cleanup(known_cleanup))) struct known k = { 0 };
	TRY(known_of(j, c, &k));
	const char *name = json_text(c, "common_name"), *serial = json_text(c, "serial"),
		   *key = json_text(c, "key");
	say_in(stdout, CERTIFICATE_INDENT, N_("Certificate for %1, serial number %2"),
	       ARG_TEXT(name && *name ? name : "-"), ARG_TEXT(serial ? serial : "-"));
	say_validity(c, k.profile ? k.profile->window.zone : NULL);
	if (k.made_here)
		say_window(&k);
	if (key && !strcmp(key, "missing"))
		say_in(stdout, DETAIL_INDENT,
		       N_("Its key is not on the token: it cannot be used."));
	return NULL;
}

static void say_pin(const char *pin)
{
	static const struct {
		const char *state, *id;
	} table[] = {
		{ "low", N_("A wrong PIN was typed, so fewer tries are left.") },
		{ "final", N_("The PIN is on its last try.") },
		{ "locked", N_("The PIN is locked.") },
		{ "not-set", N_("It has no PIN yet.") },
	};
	for (size_t i = 0; pin && i < ARRAY_LEN(table); i++)
		if (!strcmp(table[i].state, pin))
			print_msg(stdout, CERTIFICATE_INDENT, msg_make(table[i].id, NULL, 0));
}

static struct err *say_token(struct journal *j, const json_t *t)
{
	const char *label = json_text(t, "label"), *uri = json_text(t, "uri");
	say(stdout, N_("Token %1"), ARG_TEXT(label && *label ? label : "-"));
	print_line(stdout, CERTIFICATE_INDENT, uri ? uri : "-");
	say_pin(json_text(t, "pin"));
	const json_t *certificates = json_object_get(t, "certificates");
	if (json_array_size(certificates) == 0)
		say_in(stdout, CERTIFICATE_INDENT, N_("No certificate is on it."));
	for (size_t i = 0; i < json_array_size(certificates); i++)
		TRY(status_say_certificate(j, json_array_get(certificates, i)));
	print_blank(stdout);
	return NULL;
}

static struct err *say_pickup(const struct record *r)
{
	struct pickup u = { 0 };
	TRY(pickup_for(r, &u));
	if (u.counted && u.passed)
		say_in(stdout, DETAIL_INDENT,
		       N_("The days in which it could be picked up are over (%1 days ago)."),
		       ARG_NUM(-u.days_left));
	else if (u.counted)
		say_in(stdout, DETAIL_INDENT, N_("It has to be picked up within %1 days."),
		       ARG_NUM(u.days_left));
	return NULL;
}

static struct err *say_one_unfinished(const struct record *r)
{
	AUTO_TEXT char *line = unfinished_line(r);
	print_text(stdout, CERTIFICATE_INDENT, line ? line : r->id);
	if (r->token_uri)
		print_line(stdout, DETAIL_INDENT, r->token_uri);
	TRY(say_pickup(r));
	if (r->mark == MARK_WAITING && r->retry_at == 0) {
		say_in(stdout, DETAIL_INDENT,
		       N_("Its certificate is to come as a file: inkan install FILE   Give up: "
			  "inkan abandon %1"),
		       ARG_TEXT(r->id));
		return NULL;
	}
	if (r->mark == MARK_WAITING)
		say_in(stdout, DETAIL_INDENT, N_("The certificate authority said to wait."));
	say_in(stdout, DETAIL_INDENT, N_("Go on: inkan resume %1   Give up: inkan abandon %1"),
	       ARG_TEXT(r->id));
	return NULL;
}

static struct err *say_unfinished(struct journal *j)
{
	AUTO_RECORDS struct records list = { 0 };
	TRY(journal_unfinished(j, NULL, &list));
	if (list.n > 0)
		say(stdout, N_("Unfinished:"));
	for (size_t i = 0; i < list.n; i++)
		TRY(say_one_unfinished(list.list[i]));
	return NULL;
}

struct err *status_say_tokens(struct journal *j, const struct json_t *o)
{
	const json_t *tokens = json_object_get(o, "tokens");
	for (size_t i = 0; i < json_array_size(tokens); i++)
		TRY(say_token(j, json_array_get(tokens, i)));
	return NULL;
}

static struct err *say_all(struct journal *j, const json_t *o, const char *wanted)
{
	const json_t *tokens = json_object_get(o, "tokens");
	if (json_array_size(tokens) == 0) {
		if (wanted)
			say(stdout, N_("No token fits %1."), ARG_TEXT(wanted));
		else
			say(stdout, N_("No token was found."));
		print_blank(stdout);
	}
	TRY(status_say_tokens(j, o));
	return say_unfinished(j);
}

struct err *status_interrupted(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct err *e = l->results[i].err;
		if (!e || err_kind(e) != ERR_INTERRUPTED)
			continue;
		l->results[i].err = NULL;
		return e;
	}
	return NULL;
}

static bool any_token(const struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (json_array_size(json_object_get(l->results[i].object, "tokens")) > 0)
			return true;
	return false;
}

struct err *status_tell_failures(struct listing *l)
{
	size_t failed = 0;
	for (size_t i = 0; i < l->n; i++)
		failed += l->results[i].err != NULL;
	if (failed == 0)
		return NULL;
	if (failed == l->n) {
		struct err *e = l->results[0].err;
		l->results[0].err = NULL;
		return e;
	}
	bool briefly = any_token(l);
	for (size_t i = 0; i < l->n; i++) {
		const struct err *e = l->results[i].err;
		if (e && briefly) {
			say(stderr,
			    N_("The module %1 could not be asked; inkan doctor tells more."),
			    ARG_TEXT(l->jobs[i]->module));
		} else if (e) {
			say(stderr, N_("The module %1 could not be asked:"),
			    ARG_TEXT(l->jobs[i]->module));
			print_err(stderr, e);
		}
	}
	return NULL;
}

static struct err *status(struct cli *cli)
{
	AUTO_SCREEN struct screen screen;
	screen_open(&screen, cli);
	AUTO_LISTING struct listing l = { 0 };
	AUTO(journal) struct journal *j = NULL;
	AUTO(json) json_t *o = NULL;
	TRY(journal_open(&j));
	TRY(listing_make(cli, NULL, &screen.face, &l));
	TRY(status_interrupted(&l));
	struct err *none = status_tell_failures(&l);
	struct err *e = status_object(&l, j, &o);
	// What is unfinished stands in the journal, and is shown whatever the modules do.
	if (!e && cli->o.json)
		print_json(stdout, o);
	else if (!e)
		e = none ? say_unfinished(j) : say_all(j, o, cli->o.token);
	if (!e)
		return none;
	err_ignore(none);
	return e;
}

// Each of them is a command of its own in all but its name.
static struct err *contradiction(const struct options *o)
{
	const bool check = o->check || o->nagios;
	const bool fits = o->remind   ? !check && !o->warn && !o->json
			  : o->nagios ? !o->json
				      : check || !o->warn;
	if (fits && (!(check || o->remind) || (!o->token && !o->module)))
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_USAGE, N_("These options do not go together.")), "usage"),
		N_("See: inkan %1 --help"), ARG_TEXT("status"));
}

int run_status(struct cli *cli)
{
	struct err *e = contradiction(&cli->o);
	if (e)
		return cli_fail(cli, e, NULL);
	if (cli->o.remind)
		return status_remind(cli);
	if (cli->o.check || cli->o.nagios)
		return status_check(cli);
	e = status(cli);
	return e ? cli_fail(cli, e, NULL) : 0;
}
