// The ways of tests/faults/answers.c: how a server of tests/server plays each protocol's CA, and what comes of each bad answer.
#pragma once

#include <stddef.h>

enum after {
	AS_SENT,  // the key waits for resume, and nothing on the token has changed
	AS_FIRST, // the certificate is refused: the token is as it was before the enrolment
	ENROLLED,
};

struct answer_case {
	const char *
		script; // of the answer; \f in front of bytes that are the whole answer, up to the end
	int status;
	const char *tag;
	enum after after;
};

// In the texts @ is the place where one case's CA lives.
struct answer_way {
	const char *name;
	const char *role,
		*ca; // lines of the profile below the role and below ca; null: the practice bank's own
	const char *before; // rules of what goes before the request
	const char *asks;   // the rule of the request itself
	const char *header; // of its answer, unless the case has one
	const char *later;  // rules of what follows; may be empty
	const char *good;
	int good_bytes; // fewer than the good answer has
	const struct answer_case *cases;
	size_t n_cases;
};

extern const struct answer_way answer_ways[];
extern const size_t n_answer_ways;
