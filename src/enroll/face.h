// What an enrolment says and asks, whoever listens: the terminal, --json, the station's table.
//
// Rooms above give a face; the enrolment calls it. Inside a worker the face writes frames to the parent (src/worker).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/msg.h"
#include "base/secret.h"

struct json_t;

enum event_kind {
	EVENT_STEP,   // a step began, is done, failed, or is skipped
	EVENT_NOTE,   // something the person should know
	EVENT_WAIT,   // waiting for something: the CA, another process, the key
	EVENT_READER, // JOB_WATCH: a reader or card came or went
};
enum step_state { STEP_BEGUN, STEP_DONE, STEP_FAILED, STEP_SKIPPED };

struct event {
	enum event_kind kind;
	const char *enrolment;	 // id; null before there is one
	const char *step;	 // "generate-key"
	enum step_state state;	 // EVENT_STEP
	const struct msg *words; // may be null; what to show besides the step's name
	int64_t seconds; // EVENT_WAIT: how long still, -1 unknown; EVENT_STEP begun: how long it can take, 0 unknown, -1 no time at all
	bool keypad;	 // the person should look at the reader's keypad now
	const struct json_t *data; // EVENT_READER: see enroll/readers.h
	int why; // STEP_FAILED: the error's kind (enum err_kind); ERR_PENDING and ERR_INTERRUPTED are no failures; 0 otherwise
};

enum question_kind {
	ASK_TEXT,    // a field that is not secret
	ASK_SECRET,  // a field that is secret
	ASK_OTP,     // the one-time password
	ASK_PIN,     // the token's PIN
	ASK_CONSENT, // yes or no
	ASK_CHOICE,  // one of `choices`
	ASK_VOUCH,   // a signature of the RA's key, which is on another token; given as a secret
	ASK_SHOWN, // a secret that is made where the person is, shown there once, typed back, and then given: it goes towards the token only
};

struct question {
	enum question_kind kind;
	const char *
		name; // the field; "otp"; "token_pin"; "management_key"; for a consent "profile", "key", "store", "resume", "abandon", "retire", "management"; for a choice "token"
	struct text2 label, help; // from the profile; empty for our own
	const struct msg *words;  // our own words: what is asked; the consent's text
	const struct msg *
		again; // why it is asked again: what was wrong with the last answer; null the first time
	bool echo;   // shown while typed
	bool keypad; // an on-screen keypad may be offered
	const struct msg *const *choices;
	size_t n_choices;
	unsigned make_length; // ASK_SHOWN: how many characters, and of which
	const char *make_from;
	const char *vouch; // ASK_VOUCH: what is to be signed (enroll/vouch.h)
	bool check_only; // only for judging ahead of time: answer from a file, or ANSWER_MISSING, but do not bother a person
};

enum answer_state {
	ANSWER_GIVEN,
	ANSWER_MISSING, // nobody there to ask and not among the answers
	ANSWER_STOPPED, // ^C, or the parent is gone
};

struct answer {
	enum answer_state state;
	struct secret *value; // every typed value travels as a secret; owned by the receiver
	bool yes;	      // ASK_CONSENT
	size_t choice;	      // ASK_CHOICE
};

struct face {
	void *ctx;
	bool interactive; // a person is there: a wrong answer may be asked again
	// A face that is gone is no error of the enrolment: event returns nothing.
	void (*event)(void *ctx, const struct event *e);
	MUST struct err *(*ask)(void *ctx, const struct question *q, struct answer *out);
	bool (*stopped)(void *ctx); // ^C or the parent gone: finish the call in hand, journal, stop
};

// Events and questions as JSON objects (for frames), and back. In the JSON, "words" is a message's JSON.
struct json_t *event_to_json(const struct event *e);
struct json_t *question_to_json(const struct question *q);
// Parsed ones own what they point to; free with the functions below.
MUST struct err *event_from_json(const struct json_t *j, struct event **out);
void event_free(struct event *e);
DEFINE_CLEANUP(event, struct event, event_free)
MUST struct err *question_from_json(const struct json_t *j, struct question **out);
void question_free(struct question *q);
DEFINE_CLEANUP(question, struct question, question_free)
const char *step_state_name(enum step_state s);
// A step's name for people ("making the key"), as a message id; the name itself when unknown.
const char *step_words(const char *step);
