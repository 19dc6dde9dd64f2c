// Enrolments that are not finished.
#include "cli/unfinished.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/prompt.h"
#include "profile/profile.h"

static const char *or_dash(const char *s)
{
	return s && *s ? s : "-";
}

char *unfinished_line(const struct record *r)
{
	char when[48];
	clock_shown(r->created, NULL, when);
	AUTO(msg)
	struct msg *m =
		msg_new(N_("%1  %2 (%3, %4), begun %5"), ARG_TEXT(or_dash(r->id)),
			ARG_TEXT(or_dash(r->common_name)), ARG_TEXT(or_dash(r->profile_name)),
			ARG_TEXT(or_dash(r->role)), ARG_TEXT(when));
	return msg_render(m);
}

static char *ids_of(const struct records *list)
{
	AUTO_BUF struct buf b = BUF(16384);
	for (size_t i = 0; i < list->n; i++)
		err_ignore(buf_printf(&b, "%s%s", i ? ", " : "", or_dash(list->list[i]->id)));
	return text_copy(b.data ? (const char *)b.data : "");
}

static struct err *list_hint(struct err *e, const struct records *list) MUST;
static struct err *list_hint(struct err *e, const struct records *list)
{
	if (list->n == 0)
		return err_hint(e, N_("No enrolment is unfinished."));
	AUTO_TEXT char *ids = ids_of(list);
	return err_hint(e, N_("Unfinished are: %1. inkan status tells more."),
			ARG_TEXT(ids ? ids : "?"));
}

struct err *unfinished_find(struct journal *j, const char *id, struct record **out)
{
	AUTO(record) struct record *r = NULL;
	TRY(journal_read(j, id, &r));
	if (r && r->state == ENROLMENT_OPEN) {
		*out = r;
		r = NULL;
		return NULL;
	}
	AUTO_RECORDS struct records list = { 0 };
	TRY(journal_unfinished(j, NULL, &list));
	struct err *e =
		r ? err_new(ERR_USAGE, N_("The enrolment %1 is finished already."), ARG_TEXT(id))
		  : err_new(ERR_USAGE, N_("There is no enrolment %1."), ARG_TEXT(id));
	return err_tag(list_hint(e, &list), "enrolment-unknown");
}

struct err *unfinished_several(const struct records *list)
{
	AUTO_TEXT char *ids = ids_of(list);
	return err_tag(err_hint(err_new(ERR_USAGE, N_("Several enrolments are unfinished: %1."),
					ARG_TEXT(ids ? ids : "?")),
				N_("Say which one: inkan resume ID. inkan status tells more.")),
		       "enrolment-several");
}

struct err *unfinished_job(const struct cli *cli, enum job_kind kind, const struct record *r,
			   struct job **out)
{
	const struct target t = {
		.module = r->module_path,
		.uri = r->token_uri,
		.module_from_profile = r->module_from_profile,
	};
	AUTO(job) struct job *job = NULL;
	TRY(job_make(cli, kind, &t, &job));
	job->enrolment = text_copy(r->id);
	job->profile = text_copy(r->profile_path);
	job->role = text_copy(r->role);
	if (!job->enrolment)
		return err_no_memory();
	*out = job;
	job = NULL;
	return NULL;
}

char *unfinished_zone(const struct record *r)
{
	AUTO(profile) struct profile *p = NULL;
	if (r->profile_path && *r->profile_path)
		err_ignore(
			profile_load(r->profile_path, &p)); // its faults are told by the job itself
	return p ? text_copy(p->window.zone) : NULL;
}

struct err *unfinished_ask(const struct records *list, size_t *choice)
{
	char **texts = calloc(list->n, sizeof(*texts));
	if (!texts)
		return err_no_memory();
	for (size_t i = 0; i < list->n; i++) {
		texts[i] = unfinished_line(list->list[i]);
		if (!texts[i])
			texts[i] = text_copy(list->list[i]->id);
	}
	bool stopped = false;
	struct err *e =
		prompt_choice(msg_new(N_("Several enrolments are unfinished. Which one?")),
			      (const char *const *)(const void *)texts, list->n, choice, &stopped);
	for (size_t i = 0; i < list->n; i++)
		free(texts[i]);
	free(texts);
	if (e)
		return e;
	return stopped ? err_tag(err_new(ERR_INTERRUPTED, N_("Stopped as you asked.")), "stopped")
		       : NULL;
}
