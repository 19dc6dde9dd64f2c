// What the jobs of a token's life share: show, init, pin, unblock, label, wipe. Private to the room.
#pragma once

#include "enroll/enrolment.h"
#include "enroll/result.h"
#include "pkcs11/objlist.h"
#include "token/life.h"

struct json_t;

// --- token_job.c: beginning and end

// Finds the token, takes its lease, reads its flags anew. `step` is the first step.
MUST struct err *token_begin(struct enrolment *e, const char *what, const char *step);
// Ends the present step and begins the next.
void token_step(struct enrolment *e, const char *step);
// Ends the job: its last step, its result. Takes the error, and frees what the enrolment holds. *extra (may be null) is put into
// the result's object, and taken.
void token_end(struct enrolment *e, const char *outcome, struct json_t *extra, struct err *err,
	       struct result *out);
// With the PIN that was just set: logs in, and out, once. It is the right one, so that no try can be lost.
MUST struct err *token_check_login(struct enrolment *e, const struct secret *pin);
// "ok", "low", "final", "locked", "not-set": as the public contract has it.
const char *pin_state_name(const struct token_info *t);
// Looks at the reader's keypad: tells the person what to type there.
void token_say_keypad(const struct enrolment *e, struct msg *words);
struct err *token_declined(void) MUST; // the person said no: nothing was changed

// --- token_secrets.c: what is asked

// A PIN that is in use: "token_pin" or "so_pin". Asked again while it cannot be right and a person is there. `not_makers`: the card says that it is
// not the maker's, which is then refused (ERR_PIN tagged "not-the-makers").
MUST struct err *token_ask_pin(struct enrolment *e, enum pin_name name, bool not_makers,
			       struct secret **out);
struct err *token_not_the_makers(const struct enrolment *e, enum pin_name name);
// A new one, "new_pin" or "new_so_pin": typed twice by a person, taken once from the answers. `old` may be null.
MUST struct err *token_ask_new_pin(struct enrolment *e, enum pin_name name,
				   const struct secret *old, struct secret **out);
// Whether the answers given ahead of time hold this. Nobody is asked.
MUST struct err *token_has_answer(struct enrolment *e, const char *field, bool *has);
// The second confirmation of what cannot be undone: the token's label or serial number, typed ("confirm").
MUST struct err *token_confirm(struct enrolment *e);
// A label of at most 32 ASCII characters: the job's own, or "label".
MUST struct err *token_ask_label(struct enrolment *e, char **out);

// --- token_change.c

// ERR_TOKEN tagged "token-cannot-manage" where there is no PUK, or none that the module takes: before one is asked for.
MUST struct err *token_takes_puk(const struct enrolment *e);

// --- token_challenge.c

// token unblock --challenge: who has the administrator's key answers from afar.
MUST struct err *unblock_by_challenge(struct enrolment *e);

// --- token_things.c: what is on it

enum maker { MADE_BY_OTHERS, MADE_BY_INKAN };
struct thing {
	const struct object *object;
	enum maker maker;
	char enrolment[16]; // id; "" by others
	int64_t days_left;  // of a certificate: calendar days, in
	char *zone;	    // the institution's zone; null: not known, the machine's
	bool chosen;	    // to be wiped
};
struct things {
	struct object_list objects;
	struct thing *list; // one an object
	size_t n;
};
void things_free(struct things *t);
static inline void things_cleanup(struct things *t)
{
	things_free(t);
}
#define AUTO_THINGS __attribute__((cleanup(things_cleanup)))
// Reads the token and asks the journal. An object is inkan's when the journal has its CKA_ID and nothing speaks against it: where that is no
// random one (a card's slot number) it must be the certificate that this machine got for that slot, or the key of that certificate.
MUST struct err *things_read(struct enrolment *e, struct things *out);
// "private key \"alpha\" (CKA_ID 0f…)": for naming what will be lost. New message.
struct msg *thing_words(const struct thing *t);
struct json_t *thing_to_json(const struct thing *t);
