// What an enrolment asks. Private to the room.
#pragma once

#include "enroll/enrolment.h"

// One field of the role, judged and put into the answers; asked again while it does not fit and a person is there. Already
// answered: nothing is asked.
MUST struct err *ask_field(struct enrolment *e, const struct profile_field *f);
MUST struct err *ask_otp(struct enrolment *e);
// By the name that a CA's question gives.
MUST struct err *ask_named(struct enrolment *e, const char *field);
// Judges an answer that is there already (a file) and forgets it; what is missing is put on `missing` (comma-separated labels).
MUST struct err *ask_ahead(struct enrolment *e, const char *field, bool *missing);
// The token's PIN, judged by nobody yet.
MUST struct err *ask_pin(struct enrolment *e, const struct msg *again, struct secret **pin);
// --yes answers every consent. Takes the words. `name` as in face.h.
MUST struct err *ask_consent(struct enrolment *e, const char *name, struct msg *words, bool *yes);
