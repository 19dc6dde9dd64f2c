// What an enrolment tells its face. Private to the room.
#pragma once

#include "enroll/enrolment.h"

// All take the message, which may be null.
void say_step(const struct enrolment *e, enum step_state state, struct msg *words, int64_t seconds);
void say_failed(const struct enrolment *e, const struct err *why);
void say_note(const struct enrolment *e, struct msg *words);
void say_wait(const struct enrolment *e, struct msg *words, int64_t seconds, bool keypad);
bool said_stop(const struct enrolment *e);
// ERR_INTERRUPTED when the face says stop.
MUST struct err *go_on(const struct enrolment *e);
