// The maker's attestation on its way to the CA, as the profile says. Private to the room.
#pragma once

#include "enroll/enrolment.h"

// After it was judged: gets the certificates ready that go with the request, or writes the file.
MUST struct err *attested_keep(struct enrolment *e);
// Into the request's attributes, where the profile wants it there or the protocol has no other place. Appends to out.
MUST struct err *attested_attributes(const struct enrolment *e, struct buf *out);
// An enrolment that came to nothing leaves no file.
void attested_forget(const struct enrolment *e);
