// Which module and which token: every module that may be meant is asked, each in its own worker.
#include "cli/pick.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/lang.h"
#include "cli/faces.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/watching.h"
#include "journal/journal.h"
#include "pkcs11/module.h"
#include "worker/worker.h"

void listing_free(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		job_free(l->jobs[i]);
		if (l->results)
			result_free(&l->results[i]);
	}
	result_free(&l->readers);
	free(l->jobs);
	free(l->results);
	*l = (struct listing){ 0 };
}

static struct err *add_job(struct listing *l, const struct cli *cli, const char *module,
			   bool from_profile)
{
	struct job *j = calloc(1, sizeof(*j));
	if (!j)
		return err_no_memory();
	*j = (struct job){ .kind = JOB_LIST,
			   .module = text_copy(module),
			   .module_from_profile = from_profile };
	l->jobs[l->n++] = j;
	if (cli->o.token)
		j->token = text_copy(cli->o.token);
	return j->module && (j->token || !cli->o.token) ? NULL : err_no_memory();
}

static struct err *add_named(struct listing *l, const struct cli *cli, const char *module,
			     bool from_profile)
{
	l->jobs = calloc(1, sizeof(*l->jobs));
	return l->jobs ? add_job(l, cli, module, from_profile) : err_no_memory();
}

enum { MAX_FROM_PROFILES = 32 };

static bool is_among(const struct module_sources *all, const char *path)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->list[i].path, path))
			return true;
	return false;
}

// Modules that nobody registered and only a profile names: what was enrolled with them must be found without the profile, too.
static struct err *add_known(struct listing *l, const struct cli *cli,
			     const struct module_sources *all)
{
	AUTO(journal) struct journal *j = NULL;
	TRY(journal_open(&j));
	for (size_t i = 0; i < MAX_FROM_PROFILES; i++) {
		AUTO_TEXT char *path = NULL;
		TRY(journal_profile_module(j, i, &path));
		if (!path)
			break;
		if (!is_among(all, path) && access(path, F_OK) == 0)
			TRY(add_job(l, cli, path, true));
	}
	return NULL;
}

static struct err *add_all(struct listing *l, const struct cli *cli)
{
	__attribute__((cleanup(module_sources_cleanup))) struct module_sources all = { 0 };
	TRY(module_sources_all(&all));
	l->jobs = calloc(all.n + MAX_FROM_PROFILES + 1, sizeof(*l->jobs));
	if (!l->jobs)
		return err_no_memory();
	for (size_t i = 0; i < all.n; i++)
		TRY(add_job(l, cli, all.list[i].path, false));
	return add_known(l, cli, &all);
}

static const char *named_module(const struct cli *cli)
{
	if (cli->o.module)
		return cli->o.module;
	if (!cli->uri)
		return NULL;
	const char *path = token_uri_module_path(cli->uri);
	return path ? path : token_uri_module_name(cli->uri);
}

// All at once: the slowest decides how long it takes.
static struct err *run(struct listing *l, struct face *f, const struct job *readers)
{
	const struct job **jobs = calloc(l->n + 1, sizeof(*jobs));
	l->results = calloc(l->n + 1, sizeof(*l->results));
	if (!jobs || !l->results) {
		free(jobs);
		return err_no_memory();
	}
	for (size_t i = 0; i < l->n; i++)
		jobs[i] = l->jobs[i];
	jobs[l->n] = readers;
	worker_run_all(jobs, l->n + (readers != NULL), f, l->results);
	l->readers = l->results[l->n];
	l->results[l->n] = (struct result){ 0 };
	free(jobs);
	return NULL;
}

static struct err *make(struct cli *cli, const char *profile_module, struct face *f, bool brief,
			const struct job *readers, struct listing *out)
{
	AUTO_LISTING struct listing l = { 0 };
	const char *named = named_module(cli);
	if (named)
		TRY(add_named(&l, cli, named, profile_module && !strcmp(named, profile_module)));
	else if (profile_module)
		TRY(add_named(&l, cli, profile_module, true));
	else
		TRY(add_all(&l, cli));
	for (size_t i = 0; i < l.n; i++)
		l.jobs[i]->brief = brief;
	TRY(run(&l, f, readers));
	*out = l;
	l = (struct listing){ 0 };
	return NULL;
}

struct err *listing_make(struct cli *cli, const char *profile_module, struct face *f,
			 struct listing *out)
{
	return make(cli, profile_module, f, false, NULL, out);
}

struct err *listing_make_readers(struct cli *cli, struct face *f, struct listing *out)
{
	const struct job readers = { .kind = JOB_READERS };
	return make(cli, NULL, f, false, &readers, out);
}

// Which token is meant is told by who is there: whatever is on the token is looked at by the job itself.
static struct err *list_briefly(struct cli *cli, const char *profile_module, struct face *f,
				struct listing *out)
{
	return make(cli, profile_module, f, true, NULL, out);
}

void target_free(struct target *t)
{
	free(t->module);
	free(t->uri);
	*t = (struct target){ 0 };
}

static struct err *take(const struct seen *s, struct target *out)
{
	AUTO_TARGET struct target t = {
		.module = text_copy(s->module),
		.uri = text_copy(s->uri),
		.module_from_profile = s->from_profile,
	};
	if (!t.module || !t.uri)
		return err_no_memory();
	*out = t;
	t = (struct target){ 0 };
	return NULL;
}

static struct err *ask_which(const struct seen_list *l, struct target *out)
{
	char **texts = calloc(l->n, sizeof(*texts));
	if (!texts)
		return err_no_memory();
	for (size_t i = 0; i < l->n; i++) {
		AUTO_TEXT char *name = seen_name(l, i);
		const char *label = l->list[i].label;
		if (!*label)
			label = l->list[i].blank ? lang_text(N_("blank")) : "-";
		texts[i] = text_format("%s  (%s)", label, name ? name : "?");
		if (!texts[i])
			texts[i] = text_copy("?");
	}
	size_t choice = 0;
	bool stopped = false;
	struct err *e =
		prompt_choice(msg_new(N_("Several tokens are here. Which one?")),
			      (const char *const *)(const void *)texts, l->n, &choice, &stopped);
	for (size_t i = 0; i < l->n; i++)
		free(texts[i]);
	free(texts);
	if (e)
		return e;
	if (stopped)
		return err_tag(err_new(ERR_INTERRUPTED, N_("Stopped as you asked.")), "stopped");
	return take(&l->list[choice], out);
}

// The first error among the listings, taken out of them; null when all could be listed.
static struct err *first_error(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct err *e = l->results[i].err;
		l->results[i].err = NULL;
		if (e)
			return e;
	}
	return NULL;
}

// Takes `why`: what kept a module from being listed, or null.
static struct err *choose(struct cli *cli, struct seen_list *all, struct err *why,
			  struct target *out)
{
	size_t usable = 0;
	for (size_t i = 0; i < all->n; i++)
		usable += all->list[i].usable;
	// Who names a token means it, whatever it can do; who names none means one that works.
	const bool only_usable = !cli->o.token && !cli->any_token;
	if (all->n == 0 || (only_usable && usable == 0))
		return seen_none(cli->o.token, all, why);
	err_ignore(why);
	if (only_usable)
		seen_keep_usable(all);
	if (all->n == 1)
		return take(&all->list[0], out);
	return cli->interactive ? ask_which(all, out) : seen_several(all);
}

// The error is the whole answer: the person stopped it, or the one module that was meant does not work.
static bool is_whole_answer(const struct err *why, const struct listing *l)
{
	return why && (l->n == 1 || err_kind(why) == ERR_INTERRUPTED);
}

struct waiting {
	struct cli *cli;
	struct screen *screen;
	const char *profile_module;
	struct target *found; // the one that is here; nothing while there are several
};

static struct err *add_seen(struct listing *l, struct seen_list *seen)
{
	for (size_t i = 0; i < l->n; i++) {
		struct err *e = l->results[i].err;
		// A module that fails now may do better when its token is there; one that cannot be loaded at all will not.
		if (e &&
		    (err_kind(e) == ERR_INTERRUPTED || (l->n == 1 && err_kind(e) == ERR_PROFILE))) {
			l->results[i].err = NULL;
			return e;
		}
		if (l->results[i].object)
			TRY(seen_add(seen, l->results[i].object, l->jobs[i]));
	}
	return NULL;
}

// A token that can be used, and that fits what --token says, is here.
static struct err *look_for_one(void *ctx, bool *done)
{
	const struct waiting *w = ctx;
	AUTO_LISTING struct listing l = { 0 };
	AUTO_SEEN struct seen_list seen = { 0 };
	TRY(list_briefly(w->cli, w->profile_module, &w->screen->face, &l));
	TRY(add_seen(&l, &seen));
	seen_keep_usable(&seen);
	*done = seen.n > 0;
	return seen.n == 1 ? take(&seen.list[0], w->found) : NULL;
}

// Until one is there; *out stays empty when several are, so that the person can be asked.
static struct err *wait_for_token(struct cli *cli, const char *profile_module, struct target *out)
{
	AUTO_SCREEN struct screen screen;
	screen_open(&screen, cli);
	struct waiting w = {
		.cli = cli, .screen = &screen, .profile_module = profile_module, .found = out
	};
	struct watching watching = { .screen = &screen, .ctx = &w, .look = look_for_one };
	if (!cli->o.json)
		running_begin(&screen.running, lang_text(N_("Waiting for the token")), 0);
	struct err *e = watching_run(&watching);
	if (e)
		running_drop(&screen.running);
	else
		running_end(&screen.running, lang_text(N_("done")));
	return e;
}

struct err *name_token(struct cli *cli, const char *profile_module, struct target *out)
{
	AUTO_TARGET struct target waited = { 0 };
	if (cli->o.wait)
		TRY(wait_for_token(cli, profile_module, &waited));
	if (waited.uri) {
		*out = waited;
		waited = (struct target){ 0 };
		return NULL;
	}
	const char *named = named_module(cli);
	const char *module = named ? named : profile_module;
	if (!cli->o.token || !module)
		return pick_token(cli, profile_module, out);
	AUTO_TARGET struct target t = {
		.module = text_copy(module),
		.uri = text_copy(cli->o.token),
		.module_from_profile = profile_module && !strcmp(module, profile_module),
		.unlisted = true,
	};
	if (!t.module || !t.uri)
		return err_no_memory();
	*out = t;
	t = (struct target){ 0 };
	return NULL;
}

struct err *pick_token(struct cli *cli, const char *profile_module, struct target *out)
{
	AUTO_SCREEN struct screen screen;
	screen_open(&screen, cli);
	AUTO_LISTING struct listing l = { 0 };
	TRY(list_briefly(cli, profile_module, &screen.face, &l));
	struct err *why = first_error(&l);
	if (is_whole_answer(why, &l))
		return why;
	AUTO_SEEN struct seen_list seen = { 0 };
	for (size_t i = 0; i < l.n; i++) {
		struct err *e = l.results[i].object
					? seen_add(&seen, l.results[i].object, l.jobs[i])
					: NULL;
		if (e) {
			err_free(why);
			return e;
		}
	}
	return choose(cli, &seen, why, out);
}
