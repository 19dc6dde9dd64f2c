// What a maker delivers a token with - PIN, PUK, management key, which everybody can look up - in an enrolment, as the profile says
// (token.factory_secrets). Private to the room.
//
// Replaced before a key is made, and kept as the profile's custody says before the card changes: cut off anywhere, the card has the maker's, or one
// that is kept already, and the next run finds out which from the card.
#pragma once

#include "enroll/enrolment.h"
#include "profile/profile.h"

// What the profile wants of this job: FACTORY_WARN where there is no profile.
enum factory_policy factory_policy(const struct enrolment *e);
// Whether this job may change them: an enrolment.
bool factory_replaces(const struct enrolment *e);

// Asks a card what it has of its maker's, before a session with it is open, where the profile does not only warn. ERR_PIN tagged
// "management-key-factory", "puk-factory" where it refuses. A card that cannot be asked says nothing.
MUST struct err *factory_look(struct enrolment *e);
// The same where the profile is known only by what is on the token: the session, in which nobody is logged in, is closed and opened anew.
MUST struct err *factory_look_late(struct enrolment *e);
// ERR_PIN tagged "not-the-makers" for the maker's PIN where the card said that it has another: given to it, it would cost a try.
MUST struct err *factory_pin_possible(const struct enrolment *e, const struct secret *pin);
// Whether the card said that its management key is not the maker's.
bool factory_management_another(const struct enrolment *e);
// e->pin is the maker's and was not given to the token: warned of, refused (ERR_PIN tagged "pin-factory"), or replaced; then e->pin is the new one.
MUST struct err *factory_pin_judge(struct enrolment *e);
// Replaces what the card said is the maker's, but for the PIN. The user is logged in, before and after.
MUST struct err *factory_replace(struct enrolment *e);
// e->management is the maker's, of a card that did not say so: warned of, refused, or replaced. The manager is logged in, before and after.
MUST struct err *factory_management_judge(struct enrolment *e);
