// The ways to a certificate for tests/faults/killing.c: what each protocol's profile says, what a person answers, what it costs at the CA.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "desk.h"

enum way_kind { BY_EST, BY_PORTAL, BY_SCEP, BY_CMP, BY_FILE, WAYS };

// A run that is killed, and what finishes it.
struct stage {
	const char *command; // of inkan
	const char *again;
	int status;		// of a run that nobody kills
	int keys, certificates; // what the token then has more than before; -1: one pair in all
};

struct way {
	enum way_kind kind;
	struct desk *desk;
	char *answers, *request, *certificate; // files; the last two by file
	// A person of the role "user" with a one-time password token that counts, or with a secret for one certificate.
	char *contract_id, *user_id, *user_pin, *hotp, *secret;
	uint64_t counter; // the next value that the token shows
};

// What the CA has counted.
struct counted {
	int64_t issued, good, otps, failures; // good: of the issued ones those that are not revoked
};

// WAYS when there is none of that name.
enum way_kind way_named(const char *name);
// Opens the desk, too. Prints what is missing and gives false.
bool way_open(struct way *w, enum way_kind kind, struct desk *desk);
void way_close(struct way *w);
// Before a run from a state that was put back: what was used up is had anew.
bool way_anew(struct way *w);
// The answers of one process. A new value of the person's token each time.
bool way_answers(struct way *w);
// By file: a certificate for the request that is there.
bool way_issue(struct way *w);
// By file: whether the request is there, whole, and nothing beside it.
bool way_request_is_there(struct way *w);
// -1 in a field: the CA's book cannot be read.
struct counted way_count(struct way *w);
