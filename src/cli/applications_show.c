// inkan verify --applications: what was found, in words and as JSON.
#include <jansson.h>
#include <string.h>

#include "base/json.h"
#include "cli/applications.h"
#include "cli/print.h"

enum { INDENT = 2 };

enum app_state applications_state(const struct applications *as, const struct app *a)
{
	if (a->sandboxed)
		return APP_SANDBOXED;
	if (a->trouble)
		return APP_BROKEN;
	if (a->running)
		return a->module ? APP_SET_UP : APP_MISSING;
	if (a->token && (!a->module || as->complete))
		return APP_READY;
	return a->module ? APP_UNREACHED : APP_MISSING;
}

const char *app_state_name(enum app_state s)
{
	static const char *const names[] = {
		[APP_READY] = "ready",	       [APP_SET_UP] = "set-up",
		[APP_MISSING] = "not-set-up",  [APP_UNREACHED] = "not-reached",
		[APP_SANDBOXED] = "sandboxed", [APP_BROKEN] = "broken",
	};
	return names[s];
}

// "Firefox (default)"
static char *title(const struct app *a)
{
	return a->profile ? text_format("%s (%s)", app_words(a), a->profile)
			  : text_copy(app_words(a));
}

static struct err *copy_of(const struct err *e)
{
	AUTO(json) json_t *o = err_to_json(e);
	return err_from_json(o);
}

struct err *applications_fault(const struct applications *as, const struct app *a)
{
	AUTO_TEXT char *name = title(a);
	const char *who = name ? name : "?";
	struct err *e;
	switch (applications_state(as, a)) {
	case APP_MISSING:
		e = err_tag(
			err_new(ERR_FAILED, N_("%1 does not know the token yet."), ARG_TEXT(who)),
			"application-not-set-up");
		return a->running ? err_hint(e,
					     N_("Close %1 first, then: inkan verify "
						"--applications --set-up"),
					     ARG_TEXT(app_words(a)))
				  : err_hint(e, N_("Set it up with: inkan verify --applications "
						   "--set-up"));
	case APP_UNREACHED:
		e = err_tag(
			err_new(ERR_FAILED,
				N_("%1 has p11-kit's module, but does not see the token and its "
				   "certificate through it."),
				ARG_TEXT(who)),
			"application-token");
		return as->registered ? err_hint(e, N_("`p11-kit list-modules` should show the "
						       "token; `inkan doctor` looks for the reason "
						       "when it does not."))
				      : err_hint(e, N_("Set it up with: inkan verify "
						       "--applications --set-up"));
	case APP_BROKEN:
		return copy_of(a->trouble);
	default:
		return NULL;
	}
}

static struct err *not_registered(const struct applications *as)
{
	return err_hint(err_tag(err_new(ERR_FAILED,
					N_("The module %1 is not registered with p11-kit, so "
					   "applications do not see its tokens."),
					ARG_TEXT(json_text(as->token, "module"))),
				"module-not-registered"),
			N_("Set it up with: inkan verify --applications --set-up"));
}

struct err *applications_verdict(const struct applications *as)
{
	bool all_ready = as->apps.n > 0;
	struct err *first = NULL;
	for (size_t i = 0; i < as->apps.n; i++) {
		const struct app *a = &as->apps.list[i];
		all_ready &= applications_state(as, a) == APP_READY;
		if (!first)
			first = applications_fault(as, a);
	}
	// Where every browser has the token by another way, p11-kit need not know it.
	if (as->registered || all_ready)
		return first;
	err_ignore(first);
	return not_registered(as);
}

// --- For people --------------------------------------------------------------------------------------------------------

static void say_state(const struct applications *as, const struct app *a)
{
	AUTO_TEXT char *name = title(a);
	const char *who = name ? name : "?";
	switch (applications_state(as, a)) {
	case APP_READY:
		if (as->certificates)
			say(stdout, N_("%1: reaches the token and its certificate."),
			    ARG_TEXT(who));
		else
			say(stdout, N_("%1: reaches the token; there is no certificate on it."),
			    ARG_TEXT(who));
		return;
	case APP_SET_UP:
		say(stdout, N_("%1: set up. It is running, so it was not tried out."),
		    ARG_TEXT(who));
		return;
	case APP_MISSING:
		if (a->running)
			say(stdout,
			    N_("%1: not set up, and running. Close it before it is set up."),
			    ARG_TEXT(who));
		else
			say(stdout, N_("%1: not set up: it does not see the token."),
			    ARG_TEXT(who));
		return;
	case APP_UNREACHED:
		say(stdout, N_("%1: set up, but does not see the token and its certificate."),
		    ARG_TEXT(who));
		return;
	case APP_SANDBOXED:
		say(stdout,
		    N_("%1: from a snap or flatpak, which sees no module of this machine. To use "
		       "the token, install it from your distribution's packages."),
		    ARG_TEXT(who));
		return;
	case APP_BROKEN:
		say(stdout, N_("%1: could not be looked at or set up:"), ARG_TEXT(who));
		print_err(stdout, a->trouble);
		return;
	}
}

static void say_all(const struct applications *as)
{
	say(stdout, N_("Token %1"), ARG_TEXT(json_text(as->token, "label")));
	print_line(stdout, INDENT, json_text(as->token, "uri"));
	if (as->registered)
		say(stdout, N_("p11-kit: shows the token to applications."));
	else
		say(stdout, N_("p11-kit: does not know the token's module:"));
	if (!as->registered)
		print_line(stdout, INDENT, json_text(as->token, "module"));
	if (as->apps.n == 0)
		say(stdout, N_("No browser that uses modules was found in your home directory."));
	for (size_t i = 0; i < as->apps.n; i++) {
		say_state(as, &as->apps.list[i]);
		print_line(stdout, INDENT, as->apps.list[i].dir);
	}
}

static bool will_be_set_up(const struct applications *as, const struct app *a, bool running_too)
{
	return applications_state(as, a) == APP_MISSING && (running_too || !a->running);
}

void applications_plan(const struct applications *as, bool running_too)
{
	AUTO_TEXT char *with = text_copy(app_proxy());
	if (!as->registered) {
		say(stderr, N_("To be registered with p11-kit:"));
		print_line(stderr, INDENT, json_text(as->token, "module"));
	}
	bool told = false;
	for (size_t i = 0; i < as->apps.n; i++) {
		if (!will_be_set_up(as, &as->apps.list[i], running_too))
			continue;
		if (!told)
			say(stderr, N_("p11-kit's module %1 will be put into these databases:"),
			    ARG_TEXT(with ? with : "?"));
		told = true;
		print_line(stderr, INDENT, as->apps.list[i].dir);
	}
}

// --- For programs ------------------------------------------------------------------------------------------------------

static void json_application(const struct applications *as, const struct app *a)
{
	enum app_state s = applications_state(as, a);
	AUTO(err) struct err *fault = applications_fault(as, a);
	AUTO(json) json_t *o = json_object();
	json_object_set_new(o, "event", json_string("application"));
	json_object_set_new(o, "application", json_string(app_name(a->kind)));
	if (a->profile)
		json_object_set_new(o, "profile", json_string(a->profile));
	json_object_set_new(o, "database", json_string(a->dir));
	json_object_set_new(o, "state", json_string(app_state_name(s)));
	json_object_set_new(o, "running", json_boolean(a->running));
	json_object_set_new(o, "token", json_boolean(a->token));
	json_object_set_new(o, "certificates",
			    json_integer(s == APP_READY ? (json_int_t)as->certificates : 0));
	if (fault)
		json_object_set_new(o, "code", json_string(err_nearest_slug(fault)));
	print_json(stdout, o);
}

void applications_show(const struct applications *as)
{
	if (!as->cli->o.json) {
		say_all(as);
		return;
	}
	AUTO(json) json_t *o = json_object();
	json_object_set_new(o, "event", json_string("registration"));
	json_object_set_new(o, "module", json_string(json_text(as->token, "module")));
	json_object_set_new(o, "registered", json_boolean(as->registered));
	print_json(stdout, o);
	for (size_t i = 0; i < as->apps.n; i++)
		json_application(as, &as->apps.list[i]);
}
