// Which tokens are here, and waiting for one.
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/lang.h"
#include "cli/print.h"
#include "cli/status.h"
#include "cli/watching.h"
#include "cli/wizard.h"

void look_free(struct look *l)
{
	json_drop(l->status);
	*l = (struct look){ 0 };
}

size_t look_tokens(const struct look *l)
{
	return json_array_size(json_object_get(l->status, "tokens"));
}

size_t look_unfinished(const struct look *l)
{
	return json_array_size(json_object_get(l->status, "unfinished"));
}

static bool is_renewal(const json_t *certificate)
{
	const char *window = json_text(certificate, "window");
	return window && (!strcmp(window, "open") || !strcmp(window, "reacquire"));
}

static bool any_renewal(const json_t *status)
{
	const json_t *tokens = json_object_get(status, "tokens");
	for (size_t i = 0; i < json_array_size(tokens); i++) {
		const json_t *list = json_object_get(json_array_get(tokens, i), "certificates");
		for (size_t k = 0; k < json_array_size(list); k++)
			if (is_renewal(json_array_get(list, k)))
				return true;
	}
	return false;
}

static bool any_blank(const struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const json_t *list = json_object_get(l->results[i].object, "tokens");
		for (size_t k = 0; k < json_array_size(list); k++)
			if (!json_flag(json_array_get(list, k), "initialised", true))
				return true;
	}
	return false;
}

// What could not be asked. Who has a token before their eyes is not troubled with modules of other tokens: `inkan status` tells.
static void tell_failures(struct screen *s, const struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!l->results[i].err)
			continue;
		running_break(&s->running);
		print_err(stderr, l->results[i].err);
	}
}

// A look through one module, or through all that are registered (null). `tell`: where no token is seen, what could not be asked is said.
static struct err *look_through(struct screen *s, struct journal *j, const char *module, bool tell,
				struct look *out)
{
	AUTO_LISTING struct listing l = { 0 };
	AUTO_LOOK struct look look = { 0 };
	TRY(listing_make(s->cli, module, &s->face, &l));
	TRY(status_interrupted(&l));
	TRY(status_object(&l, j, &look.status));
	if (tell && look_tokens(&look) == 0)
		tell_failures(s, &l);
	look.renewal = any_renewal(look.status);
	look.blank = any_blank(&l);
	look_free(out);
	*out = look;
	look = (struct look){ 0 };
	return NULL;
}

// The modules that only profiles name are asked when the registered ones show nothing.
static struct err *look_by_profiles(struct screen *s, struct journal *j, bool tell,
				    struct look *out)
{
	struct profile_entry *entries = NULL;
	size_t n = 0;
	TRY(profile_list(&entries, &n));
	struct err *e = NULL;
	for (size_t i = 0; i < n && !e && look_tokens(out) == 0; i++) {
		const struct profile *p = entries[i].profile;
		if (p && p->module)
			e = look_through(s, j, p->module, tell, out);
	}
	profile_list_free(entries, n);
	return e;
}

static struct err *look_once(struct screen *s, struct journal *j, bool tell, struct look *out)
{
	AUTO(profile) struct profile *p = NULL;
	if (s->cli->o.profile)
		TRY(profile_load(s->cli->o.profile, &p));
	TRY(look_through(s, j, p ? p->module : NULL, tell, out));
	if (!p && !s->cli->o.module && look_tokens(out) == 0)
		TRY(look_by_profiles(s, j, tell, out));
	return NULL;
}

static void say_none(const struct look *l)
{
	print_blank(stderr);
	say(stderr, N_("No token was found. Please put it in; inkan sees it by itself."));
	if (l->blank)
		say(stderr, N_("A blank token is here: it has to be initialised, with a PIN, by "
			       "whoever gave it to you, before it can be used."));
	say(stderr, N_("Press Enter for the menu. ^C leaves; nothing was begun."));
}

struct waiting {
	struct screen *screen;
	struct journal *journal;
	struct look *out;
};

static struct err *look_again(void *ctx, bool *done)
{
	const struct waiting *w = ctx;
	TRY(look_once(w->screen, w->journal, false, w->out));
	*done = look_tokens(w->out) > 0;
	return NULL;
}

// Until a token is there or the person wants the menu.
static struct err *wait_for_one(struct screen *s, struct journal *j, struct look *out)
{
	struct waiting w = { .screen = s, .journal = j, .out = out };
	struct watching watching = { .screen = s, .enter = true, .ctx = &w, .look = look_again };
	say_none(out);
	running_begin(&s->running, lang_text(N_("Waiting for the token")), 0);
	struct err *e = watching_run(&watching);
	if (e && err_kind(e) == ERR_INTERRUPTED) {
		err_free(e);
		return wizard_stopped();
	}
	TRY(e);
	if (watching.entered)
		running_drop(&s->running);
	else
		running_end(&s->running, lang_text(N_("done")));
	return NULL;
}

struct err *wizard_look(struct cli *cli, struct look *out)
{
	AUTO_SCREEN struct screen screen;
	AUTO(journal) struct journal *j = NULL;
	screen_open(&screen, cli);
	print_blank(stderr);
	TRY(journal_open(&j));
	running_begin(&screen.running, lang_text(N_("Looking for the token")), 0);
	TRY(look_once(&screen, j, true, out));
	running_drop(&screen.running);
	if (look_tokens(out) == 0)
		TRY(wait_for_one(&screen, j, out));
	TRY(status_say_tokens(j, out->status));
	fflush(stdout);
	return NULL;
}
