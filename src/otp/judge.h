// Whether a value is right, and what that makes of the token's state. Pure: no clock, no file (tokens.h keeps the state).
//
// A counter or time step that was accepted, and every one before it, is never accepted again (RFC 4226 §7.2, RFC 6238 §5.2).
#pragma once

#include "otp/value.h"

// Of HOTP, counters; of TOTP, time steps.
struct judge_rules {
	unsigned look_ahead; // HOTP: how many beyond the next (RFC 4226 §7.2, s)
	unsigned resync;     // HOTP: how far values in a row are looked for (RFC 4226 §7.4)
	unsigned steps;	     // TOTP: either way of where the token's clock is believed to be
	// TOTP: how many steps its clock may be off, learned with each value; values in a row are looked for so far.
	unsigned drift_max;
	unsigned lock_after; // wrong values in a row until it is locked; 0: never
	// Seconds to wait after the first wrong value; doubled by each, up to delay_max (RFC 4226 §7.3). 0: none.
	unsigned delay, delay_max;
};
extern const struct judge_rules judge_usual;

struct judge_state {
	uint64_t next;	    // the first counter or step that may be accepted
	int64_t drift;	    // TOTP: steps that the token's clock is ahead (negative: behind)
	unsigned failures;  // in a row
	int64_t wait_until; // no value is looked at before; 0: now
	bool locked;
};

enum judgement {
	JUDGED_RIGHT,
	JUDGED_WRONG,
	JUDGED_USED,	// it was right once, and is no more; counts as a wrong one
	JUDGED_WAIT,	// too soon after a wrong one: not looked at, nothing is counted
	JUDGED_LOCKED,	// not looked at
	JUDGED_OUTSIDE, // the seed is not good yet, or no more: not looked at
};

// `io` is the state before, and afterwards the state to be kept (unchanged where the value was not looked at).
MUST struct err *judge(const struct seed *s, const struct judge_rules *r,
		       const struct secret *typed, int64_t now, struct judge_state *io,
		       enum judgement *out);
// Two or three values, one after the other, found in a row within r->resync: the state follows them and failures are forgotten; a lock stays,
// for an administrator to undo. JUDGED_WRONG counts once. ERR_ANSWER for another number of values.
MUST struct err *judge_resync(const struct seed *s, const struct judge_rules *r,
			      const struct secret *const *typed, size_t n, int64_t now,
			      struct judge_state *io, enum judgement *out);
