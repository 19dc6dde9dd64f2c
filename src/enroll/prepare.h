// Parts of the step prepare. Private to the room.
#pragma once

#include "enroll/enrolment.h"

// Takes up the record of an earlier run, and its profile, role and fields.
MUST struct err *resume_record(struct enrolment *e, const char *id);
// The record alone, for giving it up: a profile that is gone must not stand in the way.
MUST struct err *abandon_record(struct enrolment *e, const char *id);
// An unfinished enrolment on this token for the same profile, role and person: offered, and taken up when wanted.
MUST struct err *offer_unfinished(struct enrolment *e);
// Parts of it, for a renewal. take_up_record takes the record.
MUST struct err *ask_to_resume(struct enrolment *e, const struct record *r, bool *yes);
MUST struct err *take_up_record(struct enrolment *e, struct record **r);
// The answers that the record remembers.
MUST struct err *record_fields(struct enrolment *e);
// A record for a new enrolment; nothing is written yet.
MUST struct err *new_record(struct enrolment *e);
// The conversation with the profile's CA, as the record has it. Nothing where it is open already; sends nothing.
MUST struct err *open_ca(struct enrolment *e);
// The same by another word than the record's: `by` (may be null) is the certificate that signs, on_behalf that an RA vouches.
MUST struct err *open_ca_by(struct enrolment *e, const struct cert *by, bool on_behalf);
// The pair on the token that this enrolment will follow: made by this machine for the same profile, role and CN.
MUST struct err *find_old_pair(struct enrolment *e);
// The record as it stands now that the token is ours: while we waited for it, another inkan may have finished the enrolment.
MUST struct err *record_again(struct enrolment *e);
