// Revocation: the reasons, the log, and the CRL (RFC 5280 §5).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "practiceca/authority.h"
#include "practiceca/database.h"
#include "practiceca/pin_hash.h"

enum { SERIAL_HEX_MAX = 40 }; // 20 bytes (RFC 5280 §4.1.2.2)

// The reason's number in RFC 5280 §5.3.1 by its name there; false for what it does not know, and for removeFromCRL, which is no reason
// to revoke.
bool crl_reason(const char *name, int *number);
// Hexadecimal in either case, with colons between bytes or not, as openssl and `issued` show it, to how the log has it; false for
// anything else.
bool crl_serial(const char *text, char out[static SERIAL_HEX_MAX + 1]);

// Into the log, for ever. ERR_ANSWER when no such certificate was issued, or when it is revoked already.
MUST struct err *crl_revoke(struct store *s, const char *serial, const char *reason, int64_t now);

// What the log keeps of the request's revocationChallenge; untouched where there was none.
MUST struct err *crl_revocation_challenge(struct store *s, const char *serial,
					  struct pin_hash *out);

// The CRL in DER: the newest one while it is less than a day old and nothing was revoked since, else a new one with the next number
// (RFC 5280 §5.2.3), good for a week.
MUST struct err *crl_answer(struct database *d, const struct authority *a, int64_t now,
			    struct buf *out);
