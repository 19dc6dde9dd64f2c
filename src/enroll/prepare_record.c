// Which record an enrolment writes: a new one, or that of an earlier run.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "enroll/ask.h"
#include "enroll/on_behalf.h"
#include "enroll/prepare.h"
#include "enroll/say.h"
#include "pkcs11/certobj.h"

static bool same_text(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

// Whether the field says something of the person whose enrolment it is.
static bool is_persons(const struct enrolment *e, const struct record *r, const char *field)
{
	return !r->vouched_by || !on_behalf_is_agents(e->role, field);
}

struct err *record_fields(struct enrolment *e)
{
	const struct record *r = e->record;
	AUTO(json) json_t *fields = NULL;
	if (!r->fields)
		return NULL;
	TRY(json_read(r->fields, strlen(r->fields), 65536, ERR_FAILED, "journal", &fields));
	const char *name = NULL;
	json_t *value = NULL;
	json_object_foreach(fields, name, value)
	{
		const char *text = json_string_value(value);
		if (text && is_persons(e, r, name))
			TRY(answers_put_known(e->answers, name, text));
	}
	return NULL;
}

// A profile that changed since may want another name or other uses: the request kept is none of its. One that the CA has in its hands
// stays what it is.
static struct err *look_at_profile(struct enrolment *e, struct record *r)
{
	if (same_text(r->profile_fingerprint, e->profile->fingerprint))
		return NULL;
	if (r->mark < MARK_WAITING)
		buf_reset(&r->request);
	free(r->profile_fingerprint);
	r->profile_fingerprint = text_copy(e->profile->fingerprint);
	return r->profile_fingerprint ? NULL : err_no_memory();
}

static struct err *take_up(struct enrolment *e, struct record *r)
{
	record_free(e->record);
	e->record = r;
	TRY(look_at_profile(e, r));
	e->resumed = true;
	e->written = true;
	free(e->common_name);
	e->common_name = text_copy(r->common_name);
	return record_fields(e);
}

struct err *take_up_record(struct enrolment *e, struct record **r)
{
	struct record *taken = *r;
	*r = NULL;
	return take_up(e, taken);
}

static struct err *read_open(struct enrolment *e, const char *id, struct record **out)
{
	AUTO(record) struct record *r = NULL;
	TRY(journal_read(e->journal, id, &r));
	if (!r)
		return err_hint(err_tag(err_new(ERR_USAGE, N_("There is no enrolment called %1."),
						ARG_TEXT(id)),
					"enrolment-unknown"),
				N_("`inkan status` shows the unfinished ones."));
	if (r->state != ENROLMENT_OPEN)
		return err_tag(err_new(ERR_USAGE, N_("The enrolment %1 is finished already."),
				       ARG_TEXT(id)),
			       "enrolment-finished");
	*out = r;
	r = NULL;
	return NULL;
}

struct err *abandon_record(struct enrolment *e, const char *id)
{
	TRY(read_open(e, id, &e->record));
	e->written = true;
	return NULL;
}

struct err *record_again(struct enrolment *e)
{
	struct record *now = NULL;
	TRY(read_open(e, e->record->id, &now));
	record_free(e->record);
	e->record = now;
	return e->profile ? look_at_profile(e, now) : NULL;
}

struct err *resume_record(struct enrolment *e, const char *id)
{
	AUTO(record) struct record *r = NULL;
	TRY(read_open(e, id, &r));
	TRY(open_profile(e, e->job->profile ? e->job->profile : r->profile_path));
	TRY(open_role(e, r->role));
	return take_up_record(e, &r);
}

// True when an answer that is there already differs from what the record remembers: another person's enrolment.
static struct err *is_other_person(struct enrolment *e, const struct record *r, bool *other)
{
	AUTO(json) json_t *fields = NULL;
	*other = false;
	if (!r->fields)
		return NULL;
	TRY(json_read(r->fields, strlen(r->fields), 65536, ERR_FAILED, "journal", &fields));
	for (size_t i = 0; i < e->role->n_fields && !*other; i++) {
		const struct profile_field *f = &e->role->fields[i];
		const char *known = json_text(fields, f->name);
		if (f->secret || !known || !is_persons(e, r, f->name))
			continue;
		struct question q = {
			.kind = ASK_TEXT, .name = f->name, .label = f->label, .check_only = true
		};
		struct answer a = { 0 };
		TRY(e->face->ask(e->face->ctx, &q, &a));
		AUTO(secret) struct secret *value = a.value;
		if (a.state != ANSWER_GIVEN || !value)
			continue;
		TRY(answers_put(e->answers, f, value));
		*other = strcmp(secret_text(answers_get(e->answers, f->name)), known) != 0;
		answers_forget(e->answers, f->name);
	}
	return NULL;
}

static struct err *fits_this_run(struct enrolment *e, const struct record *r, bool *fits)
{
	bool other = false;
	*fits = r->profile_path && r->role && !strcmp(r->profile_path, e->profile->path) &&
		!strcmp(r->role, e->role->name);
	if (!*fits)
		return NULL;
	TRY(is_other_person(e, r, &other));
	*fits = !other;
	return NULL;
}

struct err *ask_to_resume(struct enrolment *e, const struct record *r, bool *yes)
{
	return ask_consent(e, "resume",
			   msg_new(N_("An unfinished enrolment, %1 for %2, is on this token. "
				      "Finish it instead of beginning "
				      "a new one?"),
				   ARG_TEXT(r->id),
				   ARG_TEXT(r->common_name ? r->common_name : r->role)),
			   yes);
}

struct err *offer_unfinished(struct enrolment *e)
{
	AUTO_RECORDS struct records open = { 0 };
	if (e->job->anew)
		return NULL;
	TRY(journal_unfinished(e->journal, e->token_uri, &open));
	for (size_t i = 0; i < open.n; i++) {
		bool fits = false;
		bool yes = false;
		TRY(fits_this_run(e, open.list[i], &fits));
		if (fits)
			TRY(ask_to_resume(e, open.list[i], &yes));
		if (!yes) {
			say_note(e, msg_new(N_("The enrolment %1 on this token is unfinished. "
					       "`inkan resume %1` finishes it, "
					       "`inkan abandon %1` cleans up after it."),
					    ARG_TEXT(open.list[i]->id)));
			continue;
		}
		return take_up_record(e, &open.list[i]);
	}
	return NULL;
}

struct err *new_record(struct enrolment *e)
{
	struct record *r = calloc(1, sizeof *r);
	char id[16];
	e->record = r;
	if (!r)
		return err_no_memory();
	TRY(journal_room(e->journal));
	TRY(journal_new_id(e->journal, id));
	r->id = text_copy(id);
	r->profile_name = text_copy(e->profile->name);
	r->profile_path = text_copy(e->profile->path);
	r->profile_fingerprint = text_copy(e->profile->fingerprint);
	r->role = text_copy(e->role->name);
	r->token_uri = text_copy(e->token_uri);
	r->module_path = text_copy(module_path(e->module));
	r->module_from_profile = e->job->module_from_profile;
	return NULL;
}

static struct err *made_for_the_same(struct enrolment *e, const struct certobj *c, bool *same)
{
	AUTO(record) struct record *made = NULL;
	*same = false;
	if (!c->cert || !same_text(cert_common_name(c->cert), e->common_name))
		return NULL;
	TRY(journal_by_certificate(e->journal, cert_sha256(c->cert), &made));
	// What an unfinished enrolment made is its own business: resume or abandon.
	*same = made && made->state == ENROLMENT_DONE &&
		same_text(made->profile_name, e->profile->name) &&
		same_text(made->role, e->role->name) && !same_text(made->id, e->record->id);
	return NULL;
}

struct err *find_old_pair(struct enrolment *e)
{
	AUTO_CERTOBJS struct certobj_list list = { 0 };
	TRY(certobj_list(e->session, &list));
	for (size_t i = 0; i < list.n; i++) {
		bool same = false;
		TRY(made_for_the_same(e, &list.list[i], &same));
		if (!same)
			continue;
		free(e->record->old_key_id);
		free(e->record->old_sha256);
		e->record->old_key_id = key_id_hex(&list.list[i].id);
		e->record->old_sha256 = text_copy(cert_sha256(list.list[i].cert));
	}
	return NULL;
}
