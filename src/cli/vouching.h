// Enrolling on behalf of another: the RA's token stands beside the person's, and its worker signs what the enrolment's worker asks for. Private to the
// room.
#pragma once

#include "cli/inside.h"
#include "cli/pick.h"
#include "enroll/enroll.h"

struct vouching;

// Looks at the token that --on-behalf names: its certificate goes into the job, and cli->vouching answers ASK_VOUCH from now on. Nothing without that
// option. The RA's PIN is asked for with the first signature (ra_pin among the answers), kept until the end of the command, and tried once.
MUST struct err *vouching_begin(struct cli *cli, const char *profile_module, struct job *job);
// An answer to ASK_VOUCH. Where nobody vouches it is missing.
MUST struct err *vouching_answer(struct cli *cli, const struct question *q, struct answer *out);
// The end of an enrolment that got no signature of the RA's says why.
void vouching_explain(struct cli *cli, struct result *r);
void vouching_free(struct vouching *v); // wipes
