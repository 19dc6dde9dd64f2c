// PINs at rest: scrypt (RFC 7914) with a salt of its own, compared in constant time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

// r=8, p=1, and N=2^14 where there is one PIN to check or 2^13 where there are two: about 50 ms and 16 MB a login on a small machine.
// A PIN of digits cannot be made strong by a hash; this makes a stolen database slow to search, and no request cheap to try.
enum { PIN_COST_ALONE = 1 << 14, PIN_COST_OF_TWO = 1 << 13, PIN_SALT = 16, PIN_HASH = 32 };

struct pin_hash {
	int64_t cost; // N, kept with each hash so that it can be raised later
	uint8_t salt[PIN_SALT];
	uint8_t hash[PIN_HASH];
};

MUST struct err *pin_hash_make(const void *pin, size_t len, int64_t cost, struct pin_hash *out);
MUST struct err *pin_hash_check(const struct pin_hash *h, const void *pin, size_t len, bool *right);
// A hash that no PIN fits, for names that have no account: checking it costs the same time. The caller sets the cost.
MUST struct err *pin_hash_nobody(struct pin_hash *out);
