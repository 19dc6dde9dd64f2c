// An enrolment from its first step to its receipt.
#include "enroll/run.h"

#include <jansson.h>

#include "enroll/result.h"
#include "enroll/say.h"

static const struct step steps[] = {
	{ "prepare", step_prepare, MARK_DONE },
	{ "consent-key", step_consent_key, MARK_DONE },
	{ "generate-key", step_generate_key, MARK_DONE },
	{ "prove-key", step_prove_key, MARK_DONE },
	{ "sign-request", step_sign_request, MARK_WAITING },
	{ "authenticate", step_authenticate, MARK_SUBMIT_BEGUN },
	{ "submit", step_submit, MARK_SUBMIT_BEGUN },
	{ "wait", step_wait, MARK_WAITING },
	{ "check-certificate", step_check_certificate, MARK_STORE_BEGUN },
	{ "consent-store", step_consent_store, MARK_ISSUED },
	{ "store-certificate", step_store_certificate, MARK_STORE_BEGUN },
	{ "verify-token", step_verify_token, MARK_STORE_BEGUN },
	{ "confirm", step_confirm, MARK_VERIFIED },
	{ "login", step_login, MARK_VERIFIED },
	{ "retire-old", step_retire_old, MARK_RETIRE_BEGUN },
	{ "receipt", step_receipt, MARK_DONE },
};

// What a stop or a missing answer means once something was begun: the person can go on later.
static struct err *explain(const struct enrolment *e, struct err *err)
{
	if (err_kind(err) != ERR_INTERRUPTED || err_next_step(err))
		return err;
	if (e->written && e->record->state == ENROLMENT_OPEN)
		return err_hint(err, N_("Nothing is lost: `inkan resume %1` goes on from here."),
				ARG_TEXT(e->record->id));
	if (e->replaced)
		return err_hint(err,
				N_("No key was made. What was replaced of the maker's (PIN, PUK, "
				   "management key) stays as it is now."));
	return err_hint(err, N_("Nothing was begun; the token is as it was."));
}

void enrolment_run(const struct job *j, struct face *f, struct result *out)
{
	__attribute__((cleanup(enrolment_end))) struct enrolment e = { .job = j, .face = f };
	struct err *err = j->unlisted ? find_token(&e) : NULL;
	for (size_t i = 0; i < ARRAY_LEN(steps) && !err; i++)
		err = enrolment_step(&e, &steps[i]);
	if (err)
		err = explain(&e, err);
	out->object = result_to_json(err	      ? outcome_of(err)
				     : takes_name(&e) ? "renewed"
						      : "enrolled",
				     &e, err);
	if (e.login)
		json_object_set(out->object, "login", e.login);
	out->err = err;
}
