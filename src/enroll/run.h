// The jobs, each in a file of its own. Private to the room.
#pragma once

#include "enroll/enroll.h"

void run_enrolment(const struct job *j, struct face *f, struct result *out); // enroll, resume
void run_abandon(const struct job *j, struct face *f, struct result *out);
void run_verify(const struct job *j, struct face *f, struct result *out);
void run_list(const struct job *j, struct face *f, struct result *out);
