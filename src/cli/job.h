// Running a job in a worker, behind the right face. Private to the room.
#pragma once

#include "cli/inside.h"
#include "cli/pick.h"
#include "enroll/enroll.h"

// A job with what the command line says about consents and waiting. The texts are copied; null ones stay null.
MUST struct err *job_make(const struct cli *cli, enum job_kind kind, const struct target *t,
			  struct job **out);
// Runs it to its end. The error is one that came before it ran.
MUST struct err *job_do(struct cli *cli, struct job *j, struct result *out);
// Runs it to its end, prints the end, and returns the exit status. `zone` as for finish.
int job_finish(struct cli *cli, struct job *j, const char *zone);
