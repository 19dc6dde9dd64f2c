// Where the security officer's PIN (or a card's management key) that inkan sets is kept. Private to the room.
//
// Whatever the custody: the PIN is durable before the token gets it. Shown: the person has typed it back. Escrowed: the file and its directory are
// synced. Derived: the master secret and the serial number make it again. A run that is cut off before the token changed leaves the PIN that
// held before, and at most an entry too many in the escrow; one that is cut off after it leaves a PIN that is kept already. Nothing is locked out.
#pragma once

#include "enroll/enrolment.h"
#include "profile/profile.h"
#include "token/life.h"

enum kept_secret { KEPT_SO_PIN, KEPT_MANAGEMENT };
struct keeping {
	enum kept_secret what;
	struct card_secrets is; // of a management key: its length and kind
	enum so_custody how;
	const char *label; // what the token is or will be called; borrowed
	char stamp[40]; // of the entry in the escrow; two tokens may be initialised in one second
};
// What --custody and the profile say; SO_SHOW when they say nothing. ERR_USAGE, ERR_PROFILE where a custody lacks what it needs.
MUST struct err *custody_choose(struct enrolment *e, struct keeping *out);
// The same for the management key of a card that is so: --custody, the profile's management_key, or what holds for the SO PIN.
MUST struct err *custody_of_management(struct enrolment *e, const struct card_secrets *is,
				       struct keeping *out);
// A new SO PIN (or management key) for the token as it is now, kept as the custody says. With SO_TYPED it is asked for; `old` is then the one it must differ from (may be null).
MUST struct err *custody_make(struct enrolment *e, struct keeping *c, const struct secret *old,
			      struct secret **out);
// The token has it: the escrow is told which of its entries holds. An entry that nobody says this of may hold or not.
MUST struct err *custody_done(struct enrolment *e, const struct keeping *c);
// The SO PIN of this token where it can be made again (SO_DERIVE); *out null where it cannot.
MUST struct err *custody_again(struct enrolment *e, enum so_custody c, struct secret **out);
// The management key of this card where the profile derives it; *out null where it does not.
MUST struct err *custody_management_again(struct enrolment *e, struct secret **out);
