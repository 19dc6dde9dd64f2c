// The beginning and the end of the jobs of a token's life.
#include "enroll/token_job.h"

#include <jansson.h>

#include "base/json.h"
#include "enroll/ask.h"
#include "enroll/say.h"

struct err *token_begin(struct enrolment *e, const char *what, const char *step)
{
	if (e->job->unlisted)
		TRY(find_token(e));
	e->step = step;
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(take_token(e, what));
	// What was read before the lease was ours may be old by now.
	return slot_refresh(e->module, &e->token);
}

void token_step(struct enrolment *e, const char *step)
{
	say_step(e, STEP_DONE, NULL, 0);
	e->step = step;
	say_step(e, STEP_BEGUN, NULL, 0);
}

void token_end(struct enrolment *e, const char *outcome, struct json_t *extra, struct err *err,
	       struct result *out)
{
	if (err && e->step)
		say_failed(e, err);
	else if (!err)
		say_step(e, STEP_DONE, NULL, 0);
	out->object = result_to_json(err ? outcome_of(err) : outcome, e, err);
	if (extra) {
		json_object_update(out->object, extra);
		json_decref(extra);
	}
	out->err = err;
	enrolment_end(e);
}

static struct err *session_for(struct enrolment *e)
{
	if (e->session)
		return session_renew(e->session, false);
	return session_open(e->module, &e->token, true, &e->session);
}

struct err *token_check_login(struct enrolment *e, const struct secret *pin)
{
	if (e->token.pin_pad)
		return NULL; // it would have to be typed once more, and might be mistyped
	TRY(session_for(e));
	struct err *err = session_login(e->session, pin, true);
	if (!err)
		err = session_logout(e->session);
	return err ? err_while(err,
			       N_("The new PIN was set, but the token %1 does not open with "
				  "it."),
			       ARG_TEXT(e->token.label))
		   : NULL;
}

const char *pin_state_name(const struct token_info *t)
{
	static const char *const words[] = {
		[TRIES_GOOD] = "ok",
		[TRIES_LOW] = "low",
		[TRIES_FINAL] = "final",
		[TRIES_LOCKED] = "locked",
	};
	if (!t->user_pin_initialised)
		return "not-set";
	return (size_t)t->tries < ARRAY_LEN(words) ? words[t->tries] : "unknown";
}

void token_say_keypad(const struct enrolment *e, struct msg *words)
{
	say_wait(e, words, -1, true);
}

struct err *token_declined(void)
{
	return err_hint(
		err_tag(err_new(ERR_INTERRUPTED, N_("Nothing was changed.")), "consent-refused"),
		N_("The token is as it was."));
}
