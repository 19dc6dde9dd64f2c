// What is said when a worker ended without a result. Private to the room.
#pragma once

#include "base/err.h"
#include "worker/spawn.h"

struct err *death_error(struct death d, const char *enrolment) MUST;
// It was killed because it did nothing for so many seconds, or was asked to stop and did not.
struct err *hang_error(const char *module, int64_t seconds, const char *enrolment) MUST;
// The person did not want to wait.
struct err *killed_error(const char *enrolment) MUST;
// Adds what to do about an enrolment that stands in the journal (null: nothing) to an error.
struct err *death_hint(struct err *e, const char *enrolment) MUST;
