// A desk for the tests of tests/faults: a practice bank whose token stands behind the mock module, enrolments run in forked
// processes, and states of token and journal that can be kept and put back.
#pragma once

#include <stdbool.h>

#include "enroll/bank.h"
#include "enroll/enroll.h"
#include "journal/journal.h"

struct desk {
	struct bank bank;
	char *mock;	 // the module that the profile names
	char *plan;	 // what the mock reads at each loading (MOCK_PLAN)
	char *log;	 // what it writes (MOCK_LOG)
	char *said;	 // what the last run said
	bool leak_found; // a sanitizer's word about a run
};

// How a run ended.
struct ending {
	int status; // the exit status; -1: a signal
	char tag[64];
	char message[400];
	bool advice;	// a hint, or a code that the help desk can look up
	int wrong_pins; // calls of C_Login that the token did not take
	bool pin_again; // C_Login was called once more after such a call
};

// Prints what is missing and gives false.
bool desk_open(struct desk *d);
void desk_close(struct desk *d);

// Token and journal as they are now, under a name; and as they were.
bool desk_keep(struct desk *d, const char *name);
bool desk_put_back(struct desk *d, const char *name);

// Runs one job in a process of its own with the mock's plan ("" for none).
void desk_enroll(struct desk *d, const char *plan, struct ending *out);
void desk_resume(struct desk *d, const char *id, const char *plan, struct ending *out);

// The one record that is open; null when none is. More than one is a failure of the test.
struct record *desk_unfinished(void);

struct holdings {
	int private_keys, public_keys, certificates;
};
// What an independent program sees on the token; all -1 when it cannot look.
void desk_look(struct desk *d, struct holdings *out);
