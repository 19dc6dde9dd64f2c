// What an enrolment asks. Private to the room.
#pragma once

#include "enroll/enrolment.h"

// Any question with a typed answer. *value is null where nobody is there to answer; ERR_INTERRUPTED tagged "stopped" when the person stops.
MUST struct err *ask_question(struct enrolment *e, const struct question *q, struct secret **value);

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
// A secret of the token: `ask` puts the question (`again`: what was wrong with the last one, may be null), `fits` judges the answer without the
// token, so that no try is spent. Asked again while it does not fit and a person is there. `first` (may be null) is said with the first question.
struct secret_ask {
	const void *ctx; // handed to both
	struct err *(*ask)(struct enrolment *e, const void *ctx, const struct msg *again,
			   struct secret **out);
	struct err *(*fits)(const struct enrolment *e, const void *ctx, const struct secret *value);
};
MUST struct err *ask_fitting(struct enrolment *e, const struct secret_ask *how,
			     const struct msg *first, struct secret **out);
// --yes answers every consent. Takes the words. `name` as in face.h.
MUST struct err *ask_consent(struct enrolment *e, const char *name, struct msg *words, bool *yes);
