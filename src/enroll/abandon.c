// abandon: the person gives an enrolment up; what it made on the token goes.
#include "enroll/ask.h"
#include "enroll/management.h"
#include "enroll/prepare.h"
#include "enroll/result.h"
#include "enroll/run.h"
#include "enroll/say.h"

static struct err *unchanged(const struct enrolment *e)
{
	return err_hint(
		err_tag(err_new(ERR_INTERRUPTED, N_("Nothing was changed.")), "consent-refused"),
		N_("`inkan resume %1` finishes the enrolment."), ARG_TEXT(e->record->id));
}

static struct err *agree(struct enrolment *e)
{
	bool yes = false;
	struct msg *words =
		e->record->mark >= MARK_STORE_BEGUN
			? msg_new(N_("The enrolment %1 for %2 will be given up: its key AND its "
				     "certificate will be removed from the "
				     "token %3. Give it up?"),
				  ARG_TEXT(e->record->id), ARG_TEXT(e->record->common_name),
				  ARG_TEXT(e->token.label))
			: msg_new(N_("The enrolment %1 for %2 will be given up, and its key "
				     "removed from the token %3. Give it up?"),
				  ARG_TEXT(e->record->id), ARG_TEXT(e->record->common_name),
				  ARG_TEXT(e->token.label));
	TRY(ask_consent(e, "abandon", words, &yes));
	return yes ? NULL : unchanged(e);
}

// Once the old pair is on its way out, the new one is perhaps the only one that works.
static struct err *too_late(const struct enrolment *e)
{
	return err_hint(err_tag(err_new(ERR_USAGE,
					N_("The enrolment %1 cannot be given up any more: its "
					   "certificate is on the token and works, and the old one "
					   "is being removed."),
					ARG_TEXT(e->record->id)),
				"enrolment-works"),
			N_("`inkan resume %1` ends it."), ARG_TEXT(e->record->id));
}

// The token is lost, broken or was initialised anew: only a person can know that, so --yes does not say it.
static struct err *agree_without_token(struct enrolment *e, struct err *absent)
{
	bool yes = false;
	if (!err_has_tag(absent, "token-absent") || !e->face->interactive || e->job->yes)
		return absent;
	err_ignore(absent);
	TRY(ask_consent(e, "abandon",
			msg_new(N_("The token of the enrolment %1 for %2 is not there, so nothing "
				   "can be removed from it. If it is only not put in, say no and "
				   "put it in. Is it lost, broken or initialised anew, and shall "
				   "the enrolment be given up without it?"),
				ARG_TEXT(e->record->id), ARG_TEXT(e->record->common_name)),
			&yes));
	return yes ? NULL : unchanged(e);
}

static struct err *clean_token(struct enrolment *e, bool *stays)
{
	struct key_id id = { 0 };
	if (!e->record->key_id)
		return NULL;
	TRY(key_id_from_hex(e->record->key_id, &id));
	TRY(pair_remove(e, &id, e->record->sha256, stays));
	if (*stays)
		say_key_stays(e, &id);
	if (in_slot(e))
		return NULL;
	TRY(enrolment_clear_stray(e));
	enrolment_clear_fragments(e);
	return NULL;
}

static struct err *step_clean(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, 0);
	bool stays = false;
	if (e->session) {
		TRY(open_login(e));
		TRY(clean_token(e, &stays));
	}
	if (e->record->submits > 0)
		say_note(e, msg_new(N_("The certificate authority may have issued a certificate "
				       "for the removed key. Tell it, so that "
				       "it can be revoked.")));
	return enrolment_close(e, ENROLMENT_ABANDONED,
			       stays ? "abandoned, key left in its slot" : "abandoned");
}

static struct err *step_begin(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(journal_open(&e->journal));
	TRY(abandon_record(e, e->job->enrolment));
	struct err *err = open_token(e, "abandon");
	if (err)
		return agree_without_token(e, err);
	TRY(record_again(e));
	return e->record->mark >= MARK_RETIRE_BEGUN ? too_late(e) : agree(e);
}

void abandon_run(const struct job *j, struct face *f, struct result *out)
{
	static const struct step steps[] = {
		{ "prepare", step_begin, MARK_DONE },
		{ "clean-token", step_clean, MARK_DONE },
	};
	__attribute__((cleanup(enrolment_end))) struct enrolment e = { .job = j, .face = f };
	struct err *err = NULL;
	for (size_t i = 0; i < ARRAY_LEN(steps) && !err; i++)
		err = enrolment_step(&e, &steps[i]);
	out->object = result_to_json(err ? outcome_of(err) : "abandoned", &e, err);
	out->err = err;
}
