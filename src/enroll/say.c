// What an enrolment tells its face.
#include "enroll/say.h"

static void tell(const struct enrolment *e, enum event_kind kind, enum step_state state,
		 struct msg *words, int64_t seconds, bool keypad)
{
	AUTO(msg) struct msg *owned = words;
	e->face->event(e->face->ctx, &(struct event){
					     .kind = kind,
					     .enrolment = e->record ? e->record->id : NULL,
					     .step = e->step,
					     .state = state,
					     .words = owned,
					     .seconds = seconds,
					     .keypad = keypad,
				     });
}

void say_step(const struct enrolment *e, enum step_state state, struct msg *words, int64_t seconds)
{
	tell(e, EVENT_STEP, state, words, seconds, false);
}

void say_failed(const struct enrolment *e, const struct err *why)
{
	e->face->event(e->face->ctx, &(struct event){
					     .kind = EVENT_STEP,
					     .enrolment = e->record ? e->record->id : NULL,
					     .step = e->step,
					     .state = STEP_FAILED,
					     .words = err_what(why),
					     .why = (int)err_kind(why),
				     });
}

void say_note(const struct enrolment *e, struct msg *words)
{
	tell(e, EVENT_NOTE, STEP_BEGUN, words, 0, false);
}

void say_wait(const struct enrolment *e, struct msg *words, int64_t seconds, bool keypad)
{
	tell(e, EVENT_WAIT, STEP_BEGUN, words, seconds, keypad);
}

bool said_stop(const struct enrolment *e)
{
	return e->face->stopped(e->face->ctx);
}

struct err *go_on(const struct enrolment *e)
{
	if (!said_stop(e))
		return NULL;
	return err_tag(err_new(ERR_INTERRUPTED, N_("Stopped as you asked.")), "stopped");
}
