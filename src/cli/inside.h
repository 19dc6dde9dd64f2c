// What a running command holds. Private to the room.
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "pkcs11/slot.h"

struct cli {
	struct options o;
	bool interactive;      // a person is there: standard input and error are terminals
	bool plain;	       // nothing on the screen is changed once it stands there
	bool wizard;	       // every screen is explained, and everything is asked
	bool any_token;	       // the command also works on tokens that are blank, or make no keys
	bool keypad_told;      // that there is one on the screen for PINs
	struct token_uri *uri; // --token; null: not given
	struct vouching *vouching; // --on-behalf; null: not given
	struct inputs *inputs; // --answers and pin-source; never null once a command runs that asks
};

// Reads --token, --answers and the pin-source.
MUST struct err *cli_inputs(struct cli *cli);
// What was given to the worker is read from its file once more, for a worker that begins anew; what came through standard input cannot be.
// A file that is gone by now is no error: the person is asked.
void cli_inputs_again(struct cli *cli);
// Reports an error that ended a command: on standard error, and as the result line where the command has --json. Takes the
// error, returns the exit status. The enrolment's id may be null.
int cli_fail(struct cli *cli, struct err *e, const char *enrolment);
