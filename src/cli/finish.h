// The end of a job, for people or programs. Private to the room.
#pragma once

#include "cli/inside.h"
#include "enroll/enroll.h"

// Prints the result and its error, and returns the exit status. `zone`: the institution's time zone for dates; null: the machine's.
int finish(struct cli *cli, const struct result *r, const char *zone);
// "2026-11-22T05:03:00Z" as a time; -1 when it is none.
int64_t finish_time(const char *utc);
