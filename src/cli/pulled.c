// A token that was pulled: the same one is asked for, waited for, and the enrolment goes on.
#include "cli/pulled.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "cli/print.h"
#include "cli/watching.h"
#include "worker/worker.h"

static bool is_resumable(const struct result *r)
{
	return json_text(r->object, "enrolment") && json_flag(r->object, "resumable", false);
}

bool pulled(const struct cli *cli, const struct job *j, const struct result *r)
{
	if (!r->err || !cli->interactive || cli->o.no_wait ||
	    !json_flag(r->object, "pulled", false))
		return false;
	return j->kind == JOB_ENROLL || j->kind == JOB_RENEW || j->kind == JOB_RESUME ||
	       j->kind == JOB_VERIFY;
}

struct waiting {
	struct screen *screen;
	const struct job *job;	  // a listing of exactly this token
	const struct job *others; // of all tokens of its module
	bool card_in;		  // a card was put in since the last look
};

static void on_event(void *ctx, const struct json_t *data)
{
	struct waiting *w = ctx;
	const char *change = json_text(data, "change");
	if (change && (!strcmp(change, "card-in") || !strcmp(change, "card-swapped")))
		w->card_in = true;
}

static void say_other(struct waiting *w)
{
	struct result r = { 0 };
	worker_run(w->others, &w->screen->face, &r);
	const json_t *list = json_object_get(r.object, "tokens");
	for (size_t i = 0; !r.err && i < json_array_size(list); i++) {
		const char *uri = json_text(json_array_get(list, i), "uri");
		running_break(&w->screen->running);
		say(stderr, N_("This is another token, and nothing is done with it:"));
		print_line(stderr, 2, uri ? uri : "-");
		say(stderr, N_("Please take it out and put the same token back."));
	}
	err_free(r.err);
	r.err = NULL;
	result_free(&r);
}

static struct err *look(void *ctx, bool *done)
{
	struct waiting *w = ctx;
	struct result r = { 0 };
	worker_run(w->job, &w->screen->face, &r);
	struct err *e = r.err && err_kind(r.err) == ERR_INTERRUPTED ? r.err : NULL;
	if (e)
		r.err = NULL;
	*done = json_array_size(json_object_get(r.object, "tokens")) > 0;
	result_free(&r);
	if (!e && !*done && w->card_in && w->job->module && !w->screen->cli->o.json)
		say_other(w);
	w->card_in = false;
	return e;
}

static struct err *left_for_later(const struct result *r, struct err *e)
{
	if (is_resumable(r))
		return err_hint(e, N_("Nothing is lost: `inkan resume %1` goes on from here."),
				ARG_TEXT(json_text(r->object, "enrolment")));
	return err_hint(e, N_("Nothing was begun; the token is as it was."));
}

struct err *wait_for_this(struct cli *cli, const struct job *j, const char *uri, const char *words)
{
	AUTO_SCREEN struct screen screen;
	const struct job listing = { .kind = JOB_LIST,
				     .module = j->module,
				     .module_from_profile = j->module_from_profile,
				     .token = (char *)(uintptr_t)uri };
	struct job others = listing;
	others.token = NULL;
	screen_open(&screen, cli);
	struct waiting w = { .screen = &screen, .job = &listing, .others = &others };
	struct watching watching = {
		.screen = &screen, .ctx = &w, .event = on_event, .look = look
	};
	if (!cli->o.json)
		running_begin(&screen.running, words, 0);
	struct err *e = watching_run(&watching);
	if (e)
		running_drop(&screen.running);
	else
		running_end(&screen.running, lang_text(N_("done")));
	return e;
}

static struct err *go_on_with(const struct job *j, const struct result *r, const char *uri,
			      struct job **out)
{
	AUTO(job) struct job *next = calloc(1, sizeof(*next));
	if (!next)
		return err_no_memory();
	*next = *j;
	bool resumes = is_resumable(r);
	next->kind = resumes ? JOB_RESUME : j->kind;
	next->module = text_copy(j->module);
	next->token = text_copy(uri);
	next->unlisted = false;
	next->profile = text_copy(j->profile);
	next->role = text_copy(j->role);
	next->out = text_copy(j->out);
	next->answer = text_copy(j->answer);
	next->label = text_copy(j->label);
	next->object = text_copy(j->object);
	next->reason = text_copy(j->reason);
	next->custody = text_copy(j->custody);
	next->change = text_copy(j->change);
	next->ra_certificate = text_copy(j->ra_certificate);
	next->ra_token = text_copy(j->ra_token);
	next->ra_reader = text_copy(j->ra_reader);
	next->vouch = text_copy(j->vouch);
	next->enrolment = text_copy(resumes ? json_text(r->object, "enrolment") : j->enrolment);
	if (!next->module || !next->token)
		return err_no_memory();
	*out = next;
	next = NULL;
	return NULL;
}

struct err *pulled_again(struct cli *cli, const struct job *j, const struct result *r,
			 struct job **out)
{
	// Exactly this token: its URI has its serial number.
	const char *uri = json_text(r->object, "token");
	if (!uri)
		uri = j->token;
	print_blank(stderr);
	if (err_has_tag(r->err, "pcsc-ended"))
		say(stderr, N_("The smart card service (pcscd) ended. inkan goes on when it runs "
			       "again and sees the same token."));
	else
		say(stderr, N_("The token was taken out. Please put the same token back, and inkan "
			       "goes on."));
	print_line(stderr, 2, uri);
	say(stderr, N_("^C leaves it for later."));
	struct err *e = wait_for_this(cli, j, uri, lang_text(N_("Waiting for the same token")));
	if (e)
		return left_for_later(r, e);
	cli_inputs_again(cli);
	return go_on_with(j, r, uri, out);
}
