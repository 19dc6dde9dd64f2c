// What a one-time password token shares with whoever judges its values: the secret, and how values are made of it.
//
// HOTP is RFC 4226, TOTP RFC 6238, OCRA-1 RFC 6287. A seed comes from a file (import.h) and lies sealed in the store (tokens.h).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"

enum seed_kind { SEED_HOTP, SEED_TOTP, SEED_OCRA };
enum seed_hash { SEED_SHA1, SEED_SHA256, SEED_SHA512 };

enum {
	SEED_DIGITS_MIN = 6,
	SEED_DIGITS_MAX = 8, // of HOTP and TOTP, as liboath has them; OCRA's stand in its suite
	SEED_SECRET_MAX = 128,
	SEED_SECRET_GOOD = 16, // RFC 4226 §4, R6: at least 128 bits
	SEED_SERIAL_MAX = 64,
	SEED_TEXT_MAX = 256, // of a name: issuer, maker, model, person
	SEED_STEP_MIN = 5,
	SEED_STEP_MAX = 3600,
	SEED_DRIFT_MAX = 100000, // steps that a file may say a clock is off
};
// RFC 6030 counts in 64 bits; beyond this one nothing can be looked ahead.
#define SEED_COUNTER_MAX ((uint64_t)INT64_MAX - 1000000)

struct seed {
	char *serial; // as it stands on the token: printable ASCII without blanks, at most SEED_SERIAL_MAX
	char *issuer; // null: not said
	char *maker;  // null: not said
	char *model;  // null: not said
	char *person; // whom the file assigns it to; null: nobody
	enum seed_kind kind;
	enum seed_hash hash;
	unsigned digits;
	unsigned step; // seconds, TOTP
	int64_t t0;    // TOTP: when the steps begin to be counted, seconds since 1970
	uint64_t
		counter; // the first that may be accepted: HOTP's next counter, TOTP's step (0: any)
	int64_t drift; // TOTP: steps that the token's clock is known to be ahead (negative: behind)
	char *suite;   // OCRA
	int64_t not_before, not_after; // when the file lets it be used; 0: not said
	struct secret *secret;
};
void seed_clear(struct seed *s); // wipes and frees what it holds

// A list, or a way to somewhere else: with `take` each seed goes there as soon as it is read and checked, and only `n` counts them, so that a large
// file needs no more memory than a small one. What was taken from a file that turns out to be wrong must be given up again (a transaction).
struct seeds {
	struct seed *list;
	size_t n, room;
	struct err *(*take)(void *ctx, const struct seed *s); // null: the list
	void *ctx;
};
void seeds_free(struct seeds *s);
static inline void seeds_cleanup(struct seeds *s)
{
	seeds_free(s);
}
#define AUTO_SEEDS __attribute__((cleanup(seeds_cleanup)))
// Takes what `s` holds, or hands it to list->take; `s` is empty afterwards, whatever came of it.
MUST struct err *seeds_add(struct seeds *list, struct seed *s);

// Whether it can be used: serial, digits, step, counter, secret not empty. ERR_ANSWER tagged "seed-wrong" says of which token and what.
// A short secret (under SEED_SECRET_GOOD) is no fault here: seed_is_weak.
MUST struct err *seed_check(const struct seed *s);
bool seed_is_weak(const struct seed *s);

const char *seed_kind_name(enum seed_kind kind); // "hotp", "totp", "ocra"
const char *seed_hash_name(enum seed_hash hash); // "sha1", "sha256", "sha512"
// Upper or lower case, with or without a hyphen ("HMAC-SHA256", "SHA-256", "sha256"); false for another.
bool seed_hash_by_name(const char *name, enum seed_hash *out);

// A secret as people and programs write it. ERR_ANSWER tagged "seed-wrong"; what was read is never shown.
// Base32 (RFC 4648 §6): either case, blanks and hyphens between, with its padding, without, or with too little of it.
MUST struct err *seed_from_base32(const char *text, size_t len, struct secret **out);
MUST struct err *seed_from_hex(const char *text, size_t len, struct secret **out);
MUST struct err *seed_from_base64(const char *text, size_t len, struct secret **out);
