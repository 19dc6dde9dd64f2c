// Enrolments that are not finished. Private to the room.
#pragma once

#include "cli/inside.h"
#include "cli/job.h"
#include "journal/journal.h"

// "k7qf-3m2x  0123456781283 (practice, user), begun 2026-11-22 14:03 JST" in the present language; new string.
char *unfinished_line(const struct record *r);
// The record of an id; ERR_USAGE with the unfinished ones when there is none, or when it is finished already.
MUST struct err *unfinished_find(struct journal *j, const char *id, struct record **out);
// ERR_USAGE with the list.
struct err *unfinished_several(const struct records *list) MUST;
// Asks which of several. ERR_INTERRUPTED on ^C.
MUST struct err *unfinished_ask(const struct records *list, size_t *choice);
// A job for the record: its module, its token, its id.
MUST struct err *unfinished_job(const struct cli *cli, enum job_kind kind, const struct record *r,
				struct job **out);
// The time zone of the record's profile; null when it does not load. New string.
char *unfinished_zone(const struct record *r);
