// inkan doctor: what may be wrong with this machine, its tokens and its way to the CA. Private to the room.
//
// A finding is an error that nobody stopped at: its tag is its code (errors_table.c, docs/ERRORS.md), its hint says what to do. One file a family
// of findings: doctor_readers.c, doctor_modules.c, doctor_tokens.c, doctor_ca.c, doctor_state.c. None uses a PIN or changes anything; modules are
// loaded by listing workers only.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/faces.h"
#include "cli/inside.h"
#include "cli/pick.h"
#include "profile/profile.h"

enum severity {
	FINDING_NOTE,	 // good to know
	FINDING_WARNING, // works, but not for long or not in all cases
	FINDING_ERROR,	 // has to be mended; exit 1
};
const char *severity_name(enum severity s); // "note", "warning", "error"

enum family { FAMILY_READERS, FAMILY_DRIVERS, FAMILY_TOKENS, FAMILY_CA, FAMILY_STATE, N_FAMILIES };
const char *family_name(enum family f); // "readers", "drivers", "tokens", "ca", "state"

struct finding {
	enum family family;
	enum severity severity;
	struct err *err;
};

enum { MAX_FINDINGS = 256, DOCTOR_LISTINGS = 2 };

struct doctor {
	struct cli *cli;
	struct screen *screen;
	struct profile *profile; // null: none given, or it does not load
	struct listing listings
		[DOCTOR_LISTINGS]; // the registered modules (or the named one), with the readers; the profile's own
	struct err *unlisted; // why modules that the journal knows were not asked; null: they were
	size_t tokens;	      // how many were seen, without blank ones
	struct finding list[MAX_FINDINGS];
	size_t n;
};

// Takes the error; null is nothing. Over MAX_FINDINGS the last ones are dropped.
void doctor_find(struct doctor *d, enum family f, enum severity s, struct err *e);

void doctor_readers(struct doctor *d);
void doctor_modules(struct doctor *d);
void doctor_tokens(struct doctor *d);
void doctor_ca(struct doctor *d);
// The profile does not load because its anchors are missing or broken. Takes what was said of it.
struct err *doctor_no_trust(struct err *why) MUST;
void doctor_state(struct doctor *d);

// A program of this name is running (/proc/PID/comm).
bool doctor_runs(const char *program);

// What was found, for the help desk: a new file of mode 0600 with one JSON object. ERR_FAILED when it is there already or cannot be written.
MUST struct err *doctor_bundle(const struct doctor *d, const char *path, bool with_names);
