// inkan verify --applications: can the programs reach the token that a person uses it with? Sets them up, and takes that back.
#include "cli/applications.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/lang.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/print.h"
#include "pkcs11/registration.h"
#include "profile/profile.h"
#include "worker/worker.h"

enum { CHANGED_MAX = 65536 };

// --- Looking -----------------------------------------------------------------------------------------------------------

// The tokens of one module that fit; a listing needs no PIN.
static struct err *list_tokens(struct applications *as, const char *module, bool trusted,
			       const char *uri, json_t **tokens)
{
	AUTO(job) struct job *job = NULL;
	struct result r = { 0 };
	const struct target t = { .module = text_copy(module),
				  .uri = text_copy(uri),
				  .module_from_profile = trusted };
	struct err *e = job_make(as->cli, JOB_LIST, &t, &job);
	free(t.module);
	free(t.uri);
	TRY(e);
	worker_run(job, &as->screen->face, &r);
	*tokens = json_incref(json_object_get(r.object, "tokens"));
	e = r.err;
	r.err = NULL;
	result_free(&r);
	if (e)
		json_drop(*tokens);
	return e;
}

static struct err *look_at_token(struct applications *as)
{
	AUTO_TARGET struct target t = { 0 };
	AUTO(profile) struct profile *profile = NULL;
	AUTO(json) json_t *tokens = NULL;
	if (as->cli->o.profile)
		TRY(profile_load(as->cli->o.profile, &profile));
	TRY(name_token(as->cli, profile ? profile->module : NULL, &t));
	TRY(list_tokens(as, t.module, t.module_from_profile, t.uri, &tokens));
	if (json_array_size(tokens) != 1) {
		// It was named without a look: looking says what there is.
		AUTO_TARGET struct target seen = { 0 };
		json_drop(tokens);
		tokens = NULL;
		TRY(pick_token(as->cli, profile ? profile->module : NULL, &seen));
		TRY(list_tokens(as, seen.module, seen.module_from_profile, seen.uri, &tokens));
	}
	if (json_array_size(tokens) == 0)
		return err_hint(err_tag(err_new(ERR_TOKEN, N_("The token is not there any more.")),
					"token-none"),
				N_("Put it in and repeat the command."));
	as->token = json_incref(json_array_get(tokens, 0));
	as->certificates = json_array_size(json_object_get(as->token, "certificates"));
	return NULL;
}

static bool has_certificate(const json_t *list, const char *sha256)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *is = json_text(json_array_get(list, i), "sha256");
		if (is && sha256 && !strcmp(is, sha256))
			return true;
	}
	return false;
}

// What every program sees that has p11-kit's proxy: the proxy is asked as any module is, in a worker, and needs no PIN for it.
static struct err *look_through_proxy(struct applications *as)
{
	AUTO(json) json_t *tokens = NULL;
	as->registered = as->complete = false;
	TRY(list_tokens(as, app_proxy(), true, json_text(as->token, "uri"), &tokens));
	as->registered = json_array_size(tokens) > 0;
	as->complete = as->registered;
	const json_t *ours = json_object_get(as->token, "certificates");
	const json_t *theirs = json_object_get(json_array_get(tokens, 0), "certificates");
	for (size_t i = 0; i < json_array_size(ours); i++)
		as->complete &=
			has_certificate(theirs, json_text(json_array_get(ours, i), "sha256"));
	return NULL;
}

static struct err *look_at_applications(struct applications *as)
{
	apps_free(&as->apps);
	TRY(look_through_proxy(as));
	TRY(apps_find(&as->apps));
	for (size_t i = 0; i < as->apps.n; i++)
		app_look(&as->apps.list[i], json_text(as->token, "uri"));
	return NULL;
}

static struct err *look(struct applications *as)
{
	if (!as->cli->o.json)
		running_begin(&as->screen->running, lang_text(N_("Looking")), 0);
	struct err *e = look_at_applications(as);
	running_drop(&as->screen->running);
	return e;
}

// --- Changing ----------------------------------------------------------------------------------------------------------

static void note_changed(struct applications *as, char *paths)
{
	if (paths)
		err_ignore(
			buf_printf(&as->changed, "%s\n", paths)); // over the cap they are not named
	free(paths);
}

// What one application does not let be done keeps nobody else from it.
static void note_failed(struct applications *as, struct err *e)
{
	if (as->failed)
		err_ignore(e);
	else
		as->failed = e;
}

static size_t to_do(const struct applications *as, bool running_too)
{
	size_t n = !as->registered;
	for (size_t i = 0; i < as->apps.n; i++) {
		const struct app *a = &as->apps.list[i];
		n += applications_state(as, a) == APP_MISSING && (running_too || !a->running);
	}
	return n;
}

static void set_up(struct applications *as)
{
	char *paths = NULL;
	if (!as->registered)
		note_failed(as, module_register(json_text(as->token, "module"), &paths));
	note_changed(as, paths);
	for (size_t i = 0; i < as->apps.n; i++) {
		paths = NULL;
		if (applications_state(as, &as->apps.list[i]) == APP_MISSING)
			note_failed(as, app_set_up(&as->apps.list[i], &paths));
		note_changed(as, paths);
	}
}

static void take_back(struct applications *as)
{
	char *paths = NULL;
	for (size_t i = 0; i < as->apps.n; i++, paths = NULL) {
		if (!as->apps.list[i].sandboxed)
			note_failed(as, app_remove(&as->apps.list[i], &paths));
		note_changed(as, paths);
	}
	note_failed(as, module_unregister(json_text(as->token, "module"), &paths));
	note_changed(as, paths);
}

static struct err *agree(struct applications *as, struct msg *words, bool *yes)
{
	AUTO(msg) struct msg *owned = words;
	const struct question q = { .kind = ASK_CONSENT, .name = "applications", .words = owned };
	struct answer a = { 0 };
	TRY(as->screen->face.ask(as->screen->face.ctx, &q, &a));
	secret_free(a.value);
	*yes = a.yes;
	if (a.state == ANSWER_MISSING)
		return err_hint(err_tag(err_new(ERR_ANSWER, N_("Nobody is there to say yes.")),
					"consent-missing"),
				N_("Give --yes to agree ahead of time, or run the command on a "
				   "terminal."));
	if (a.state == ANSWER_STOPPED)
		return err_tag(err_new(ERR_INTERRUPTED, N_("You stopped it. Nothing was changed.")),
			       "stopped");
	return NULL;
}

static void say_changed(const struct applications *as)
{
	if (as->cli->o.json)
		return; // the result names them
	if (!as->changed.len) {
		say(stdout, N_("Nothing was changed."));
		return;
	}
	say(stdout, N_("Changed:"));
	AUTO_TEXT char *text = text_copy((const char *)as->changed.data);
	for (char *line = text; line && *line;) {
		size_t len = strcspn(line, "\n");
		AUTO_TEXT char *path = text_format("%.*s", (int)len, line);
		if (path)
			print_line(stdout, 2, path);
		line += len + (line[len] == '\n');
	}
	print_blank(stdout);
}

// Set up when the options say so, or when a person who is there says yes to it.
static struct err *change(struct applications *as)
{
	const struct options *o = &as->cli->o;
	const bool offered = !o->set_up && as->cli->interactive && !o->json;
	bool yes = false;
	if (o->remove) {
		TRY(agree(as,
			  msg_new(N_("inkan's entries will be taken out of the browsers and of "
				     "p11-kit. Go on?")),
			  &yes));
		if (yes)
			take_back(as);
		say_changed(as);
		return NULL;
	}
	if ((!o->set_up && !offered) || to_do(as, o->set_up) == 0)
		return NULL;
	applications_plan(as, o->set_up);
	TRY(agree(as, msg_new(N_("Set this up?")), &yes));
	if (yes)
		set_up(as);
	say_changed(as);
	return yes ? look(as) : NULL;
}

// --- The end -----------------------------------------------------------------------------------------------------------

static json_t *paths_changed(const struct applications *as)
{
	json_t *list = json_array();
	const char *text = as->changed.len ? (const char *)as->changed.data : "";
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		json_array_append_new(list, json_stringn(line, len));
		line += len + (line[len] == '\n');
	}
	return list;
}

// Takes the error and leaves it in *r.
static void make_result(const struct applications *as, struct err *e, struct result *r)
{
	if (e) {
		result_of_error(e, NULL, r);
	} else {
		r->object = json_object();
		json_object_set_new(r->object, "event", json_string("result"));
		json_object_set_new(r->object, "outcome", json_string("verified"));
		json_object_set_new(r->object, "exit", json_integer(0));
	}
	json_object_set_new(r->object, "token", json_string(json_text(as->token, "uri")));
	json_object_set_new(r->object, "changed", paths_changed(as));
}

// A question that nobody answers ends it before anything was shown twice.
static struct err *applications(struct applications *as)
{
	TRY(look_at_token(as));
	TRY(look(as));
	const bool show_first = as->cli->interactive && !as->cli->o.json && !as->cli->o.remove;
	if (show_first)
		applications_show(as);
	size_t before = as->changed.len;
	TRY(change(as));
	if (as->cli->o.remove)
		return NULL;
	if (!show_first || as->changed.len != before)
		applications_show(as);
	return NULL;
}

static int end(struct applications *as, struct err *e)
{
	if (e)
		return cli_fail(as->cli, e, NULL);
	e = as->failed;
	as->failed = NULL;
	if (!e && !as->cli->o.remove)
		e = applications_verdict(as);
	struct result r = { 0 };
	make_result(as, e, &r);
	if (as->cli->o.json)
		print_json(stdout, r.object);
	if (r.err)
		print_err(stderr, r.err);
	int status = r.err ? (int)err_kind(r.err) : 0;
	result_free(&r);
	return status;
}

int run_applications(struct cli *cli)
{
	AUTO_SCREEN struct screen screen;
	screen_open(&screen, cli);
	struct applications as = { .cli = cli, .screen = &screen, .changed = BUF(CHANGED_MAX) };
	int status = end(&as, applications(&as));
	json_drop(as.token);
	apps_free(&as.apps);
	buf_free(&as.changed);
	err_free(as.failed);
	return status;
}
