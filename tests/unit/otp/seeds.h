// Seeds of the RFCs, for tests.
#pragma once

#include <string.h>

#include "check.h"
#include "otp/seed.h"

#define RFC_SECRET "1234567890"
static const char rfc_secret[] =
	RFC_SECRET RFC_SECRET RFC_SECRET RFC_SECRET RFC_SECRET RFC_SECRET "1234";

static inline struct seed seed_of(const char *serial, enum seed_kind kind, enum seed_hash hash,
				  unsigned digits, size_t secret_length)
{
	struct seed s = { .serial = strdup(serial),
			  .kind = kind,
			  .hash = hash,
			  .digits = digits,
			  .step = kind == SEED_TOTP ? 30 : 0 };
	CHECK_OK(secret_from(rfc_secret, secret_length, &s.secret));
	return s;
}
static inline struct seed seed_hotp(const char *serial)
{
	return seed_of(serial, SEED_HOTP, SEED_SHA1, 6, 20);
}
static inline struct seed seed_totp(const char *serial)
{
	return seed_of(serial, SEED_TOTP, SEED_SHA1, 6, 20);
}
static inline struct secret *typed(const char *value)
{
	struct secret *s = NULL;
	CHECK_OK(secret_from(value, strlen(value), &s));
	return s;
}
