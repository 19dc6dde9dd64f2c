// What inkan token show tells, in words. Private to the room.
#pragma once

#include "cli/inside.h"
#include "enroll/enroll.h"

// The end of the job: the result line, or the token in words; returns the exit status.
int token_show_print(struct cli *cli, const struct result *r);
