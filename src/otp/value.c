// Values with liboath, compared in constant time.
#include "otp/value.h"

#include <liboath/oath.h>
#include <openssl/crypto.h>
#include <string.h>

#include "base/text.h"

static struct err *oath_error(const char *call, int rc)
{
	struct err *e =
		err_tag(err_new(ERR_FAILED, N_("The library for one-time passwords failed.")),
			"otp-library");
	return err_call(e, call, oath_strerror_name(rc), (uint64_t)(unsigned)-rc);
}

// liboath takes a time and divides it by the step; with a step of one second the counter is the time.
static int generate(const struct seed *s, uint64_t counter, char *out)
{
	const char *secret = (const char *)secret_bytes(s->secret);
	size_t len = secret_len(s->secret);
	if (s->hash == SEED_SHA1)
		return oath_hotp_generate(secret, len, counter, s->digits, false,
					  OATH_HOTP_DYNAMIC_TRUNCATION, out);
	int flags = s->hash == SEED_SHA256 ? OATH_TOTP_HMAC_SHA256 : OATH_TOTP_HMAC_SHA512;
	return oath_totp_generate2(secret, len, (time_t)counter, 1, 0, s->digits, flags, out);
}

struct err *seed_value(const struct seed *s, uint64_t counter, char out[static VALUE_MAX + 1])
{
	char value[VALUE_MAX + 1] = "";
	int rc = generate(s, counter, value);
	if (rc != OATH_OK)
		return oath_error("oath_totp_generate2", rc);
	memcpy(out, value, sizeof(value));
	wipe(value, sizeof(value));
	return NULL;
}

static bool has_the_form(const struct seed *s, const struct secret *typed)
{
	return secret_len(typed) == s->digits &&
	       text_is_digits((const char *)secret_bytes(typed), secret_len(typed));
}

// All of them are computed, so that the time tells nothing of where it was found.
struct err *seed_find(const struct seed *s, const struct secret *typed, uint64_t first,
		      uint64_t last, bool *found, uint64_t *counter)
{
	char value[VALUE_MAX + 1];
	struct err *e = NULL;
	*found = false;
	if (!has_the_form(s, typed) || first > last || last > SEED_COUNTER_MAX)
		return NULL;
	for (uint64_t n = first; n <= last && !e; n++) {
		e = seed_value(s, n, value);
		bool same = !e && CRYPTO_memcmp(value, secret_bytes(typed), s->digits) == 0;
		if (same && !*found) {
			*found = true;
			*counter = n;
		}
	}
	wipe(value, sizeof(value));
	return e;
}

uint64_t seed_step_at(const struct seed *s, int64_t now)
{
	return now <= s->t0 || !s->step ? 0 : (uint64_t)(now - s->t0) / s->step;
}
