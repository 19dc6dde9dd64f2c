// The value that a token shows at a counter: RFC 4226 §5.3, over time steps for TOTP (RFC 6238 §4.2).
#pragma once

#include "otp/seed.h"

enum { VALUE_MAX = 16 };

// HOTP and TOTP (counter: the time step). Wipe it.
MUST struct err *seed_value(const struct seed *s, uint64_t counter, char out[static VALUE_MAX + 1]);
// The first counter in first..last whose value is `typed` (ASCII digits); *found false: none. Every comparison takes as long as any other.
MUST struct err *seed_find(const struct seed *s, const struct secret *typed, uint64_t first,
			   uint64_t last, bool *found, uint64_t *counter);
// The step at `now`; 0 before t0.
uint64_t seed_step_at(const struct seed *s, int64_t now);
