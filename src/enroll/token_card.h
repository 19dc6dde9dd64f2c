// The life of a token whose PUK and management key are managed by commands to the card (struct card_life). Private to the room.
//
// No session may be open with the token at each call; none is left open.
#pragma once

#include "enroll/token_custody.h"
#include "enroll/token_job.h"
#include "token/pcsc.h"

// How long another program that has the card is waited for; says who it is.
struct pcsc_patience card_patience(struct enrolment *e);
// What the card says of its secrets; tells the person how many tries the PUK has, where that is known and not all.
MUST struct err *card_look(struct enrolment *e, struct card_secrets *out);
// After what the module did not do itself: it is begun anew, for it remembers what the PIN was like when it first saw the card (ykcs11 goes on
// calling a PIN locked that was unblocked).
MUST struct err *card_renew(struct enrolment *e);
// Asks for the management key that holds; one that the card says is the maker's need not be typed.
MUST struct err *card_ask_management(struct enrolment *e, const struct card_secrets *is,
				     struct secret **out);
// A new one, typed (twice by a person); `old` is the one it must differ from (may be null).
MUST struct err *card_ask_new_management(struct enrolment *e, const struct card_secrets *is,
					 const struct secret *old, struct secret **out);
// Whether it is one for this card: ERR_PIN tagged "management-key-form", or for a new one "pin-same", "pin-factory".
MUST struct err *card_management_fits(const struct enrolment *e, unsigned length,
				      const struct secret *key);
// ERR_PIN tagged "not-the-makers" for the maker's where the card says that it has another.
MUST struct err *card_management_possible(const struct enrolment *e, const struct card_secrets *is,
					  const struct secret *key);

// --- token_change.c

// The job's `change` instead of the PIN alone.
void token_change_run(const struct job *j, struct face *f, struct result *out);
