// OCRA-1 (RFC 6287): what a token answers to a challenge.
//
// A suite says how an answer is made: OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1 is HMAC-SHA256 shown with 8 digits, over a counter, a
// challenge of up to 8 digits and the SHA-1 of a PIN. Its text is part of what the MAC covers, so it is kept as it was given.
#pragma once

#include "otp/seed.h"

enum {
	OCRA_SUITE_MAX = 64,	 // bytes of its text; the longest that §6 allows is shorter
	OCRA_CHALLENGE_MAX = 64, // characters, xx of QFxx
	OCRA_SESSION_MAX = 999,	 // bytes, nnn of Snnn
	OCRA_ANSWER_MAX = 128,	 // characters: SHA-512 without truncation, in hexadecimal
};

enum ocra_format { OCRA_ALPHANUMERIC, OCRA_NUMERIC, OCRA_HEXADECIMAL };

// §6: OCRA-1:HOTP-<hash>-<t>:[C-]Q<F><xx>[-P<hash>][-S<nnn>][-T<G>]
struct ocra_suite {
	char text[OCRA_SUITE_MAX + 1];
	enum seed_hash hash;
	unsigned digits; // 4 to 10; 0: the whole MAC, in hexadecimal
	bool counter;
	enum ocra_format format;
	unsigned length; // of a challenge at most, 4 to 64
	bool pin;
	enum seed_hash pin_hash;
	unsigned session; // bytes; 0: none
	unsigned
		step; // seconds; 0: no time (1S to 59S, 1M to 59M, 1H to 48H; 0H, a slip of table 3, is refused)
};

// Exactly as §6 writes it, upper case; Q, P, S and T alone stand for QN08, PSHA1, S064 and T1M. ERR_ANSWER tagged "ocra-suite" names the part
// that is wrong.
MUST struct err *ocra_parse(const char *text, struct ocra_suite *out);

// What an answer is made of. What the suite does not use must be left out; what it uses must be there.
struct ocra_input {
	uint64_t counter;
	// Mutual challenge and response (§7.2), signature (§7.3): `second` follows `first`; null: there is none.
	const char *first, *second;
	const struct secret *pin; // as the person knows it: it is hashed here
	const uint8_t *session;
	size_t session_len; // shorter than the suite says: zeros go in front, as in the reference implementation
	int64_t at; // seconds since 1970; 0: none
};

// New secret: the digits, or lower-case hexadecimal. ERR_ANSWER tagged "ocra-input" says what is missing, too long or of another form.
MUST struct err *ocra_answer(const struct ocra_suite *s, const struct secret *key,
			     const struct ocra_input *in, struct secret **out);

// How far an answer may be from where it is expected.
struct ocra_window {
	unsigned counters; // beyond in->counter
	unsigned steps;	   // of time, either way of in->at
};
// Whether `typed` is the answer to it: *right, and then at which counter and time step (0 where the suite has none). Everything in the window is
// looked at, in constant time. Hexadecimal may be typed in either case.
MUST struct err *ocra_check(const struct ocra_suite *s, const struct secret *key,
			    const struct ocra_input *in, const struct ocra_window *w,
			    const struct secret *typed, bool *right, uint64_t *counter,
			    uint64_t *step);

// A new random challenge of the suite's form and full length (§6.3; RFC 4086).
MUST struct err *ocra_challenge(const struct ocra_suite *s,
				char out[static OCRA_CHALLENGE_MAX + 1]);
