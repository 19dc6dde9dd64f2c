// A token that was pulled in the middle of a job. Private to the room.
#pragma once

#include "cli/faces.h"
#include "cli/inside.h"
#include "enroll/enroll.h"

// Until exactly the job's token (its URI) is there, through the job's module. ERR_INTERRUPTED on ^C. `words`: what the person sees meanwhile.
MUST struct err *wait_for_this(struct cli *cli, const struct job *j, const char *uri,
			       const char *words);

// True when the job ended because its token is gone, and a person is there who can put it back.
bool pulled(const struct cli *cli, const struct job *j, const struct result *r);
// Asks for the same token and waits for it; then *out is the job that goes on: the enrolment resumed, or the same again where nothing was begun.
// ERR_INTERRUPTED on ^C, with what is left in the journal.
MUST struct err *pulled_again(struct cli *cli, const struct job *j, const struct result *r,
			      struct job **out);
