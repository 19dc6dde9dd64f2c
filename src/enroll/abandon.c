// abandon: the person gives an enrolment up; what it made on the token goes.
#include "enroll/ask.h"
#include "enroll/prepare.h"
#include "enroll/result.h"
#include "enroll/run.h"
#include "enroll/say.h"
#include "pkcs11/certobj.h"

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
	if (yes)
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_INTERRUPTED, N_("Nothing was changed.")), "consent-refused"),
		N_("`inkan resume %1` finishes the enrolment."), ARG_TEXT(e->record->id));
}

static struct err *clean_token(struct enrolment *e)
{
	struct key_id id = { 0 };
	if (!e->record->key_id)
		return NULL;
	TRY(key_id_from_hex(e->record->key_id, &id));
	TRY(certobj_destroy(e->session, &id, NULL, NULL));
	TRY(keypair_find(e->session, &id, &e->key));
	return e->key ? keypair_destroy(e->session, e->key) : NULL;
}

static struct err *step_clean(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(open_login(e));
	TRY(clean_token(e));
	if (e->record->submits > 0)
		say_note(e, msg_new(N_("The certificate authority may have issued a certificate "
				       "for the removed key. Tell it, so that "
				       "it can be revoked.")));
	return enrolment_close(e, ENROLMENT_ABANDONED, "abandoned");
}

static struct err *step_begin(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(journal_open(&e->journal));
	TRY(abandon_record(e, e->job->enrolment));
	TRY(open_token(e, "abandon"));
	return agree(e);
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
