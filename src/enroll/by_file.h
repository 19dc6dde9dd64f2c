// An enrolment whose request and certificate are carried as files (protocol file). Private to the room.
#pragma once

#include "enroll/enrolment.h"

// Before anything is asked: the job fits the profile's protocol. ERR_USAGE tagged "not-by-file".
MUST struct err *by_file_fits(const struct enrolment *e);
// Where the request of a new enrolment will go, before the key is made: --out, or a file named after the enrolment in the present directory. What
// is there is replaced only after a yes. Nothing for other protocols. ERR_USAGE tagged "file-unwritable", ERR_INTERRUPTED "consent-refused".
MUST struct err *by_file_choose(struct enrolment *e);
// The place goes into the record with the first mark, so that a run that dies before the request is written is resumed with it.
MUST struct err *by_file_remember(struct enrolment *e);
// ERR_PENDING with what to do next, where the answer is to come as a file and this job brings none; null otherwise. The request is written again where
// its file is gone.
MUST struct err *by_file_awaits(struct enrolment *e);
// Says where the request is now.
void by_file_tell(struct enrolment *e);
// The file that was brought is refused: the token is as it was, and the enrolment goes on waiting. Takes the reason and gives it back.
MUST struct err *by_file_refused(struct enrolment *e, struct err *why);
