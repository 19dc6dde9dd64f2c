// A practice bank of the test's own: a SoftHSM token, a practice CA on loopback, an account, a profile.
#pragma once

#include <stdbool.h>

#include "scratch.h"

struct bank {
	struct scratch *place;
	int ca;	       // its pid; 0: none
	char *profile; // path
	char *contract_id, *confirm_pin, *contract_pin;
	char *pin;	    // of the token
	char *token;	    // URI
	const char *module; // what the profile names; null: SoftHSM
};

extern bool bank_by_scep; // set before it is opened: the profile speaks SCEP with the same CA

// Prints what is missing and gives false: the test cannot go on then. Sets SOFTHSM2_CONF and XDG_STATE_HOME for this process.
bool bank_open(struct bank *b);
bool bank_open_with(
	struct bank *b,
	const char *module); // the profile names another module, which stands before SoftHSM
void bank_close(struct bank *b);
// A state directory and a token without keys, as at the start.
bool bank_fresh(struct bank *b);
// How many certificates the CA has issued so far; -1 when it does not say.
int bank_issued(const struct bank *b);
