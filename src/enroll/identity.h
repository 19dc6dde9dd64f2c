// CHUID and CCC of a PIV card in an enrolment. Private to the room.
#pragma once

#include "enroll/enrolment.h"

struct json_t;

// Says before the person agrees what Windows will make of the card.
void identity_tell_ahead(const struct enrolment *e);
// After the certificate is stored, with the management key of that: writes them as the profile says, tells what came of it, and notes it for the
// result. The user is logged in afterwards, and e->key found again.
MUST struct err *identity_write(struct enrolment *e);
struct json_t *identity_to_json(const struct card_identity_done *d);
