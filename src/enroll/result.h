// The public result object of a job. Private to the room.
#pragma once

#include "enroll/enroll.h"
#include "enroll/enrolment.h"
#include "x509/cert.h"

struct json_t *certificate_to_json(const struct cert *c);
// {"event":"result","outcome":…,"exit":N,…}; err may be null.
struct json_t *result_to_json(const char *outcome, const struct enrolment *e,
			      const struct err *err);
// The outcome's word for an error: pending, refused, interrupted, failed.
const char *outcome_of(const struct err *err);
