// One-time passwords judged with liboath.
#include <liboath/oath.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/text.h"
#include "practiceca/openssl_error.h"
#include "practiceca/otp.h"

static struct err *oath_error(const char *call, int rc)
{
	struct err *e = err_new(ERR_FAILED, N_("The library for one-time passwords failed: %1"),
				ARG_TEXT(oath_strerror(rc)));
	return err_call(e, call, oath_strerror_name(rc), (uint64_t)(unsigned)-rc);
}

static int same_in_constant_time(void *given, const char *wanted)
{
	return CRYPTO_memcmp(given, wanted, OTP_DIGITS) == 0 ? 0 : 1;
}

bool otp_range(const struct otp_key *k, int64_t now, unsigned look_ahead, uint64_t *first,
	       uint64_t *last)
{
	*first = k->next;
	*last = k->next + look_ahead;
	if (k->kind == OTP_TOTP) {
		// TOTP is HOTP over time steps (RFC 6238 §4.2); steps that were used are behind k->next.
		uint64_t step = (uint64_t)now / OTP_STEP;
		uint64_t earliest = step > 0 ? step - 1 : 0;
		*first = earliest > k->next ? earliest : k->next;
		*last = step + 1;
	}
	return *first <= *last;
}

struct err *otp_value(const struct otp_key *k, uint64_t n, char out[static OTP_DIGITS + 1])
{
	int rc = oath_hotp_generate((const char *)k->secret, k->len, n, OTP_DIGITS, false,
				    OATH_HOTP_DYNAMIC_TRUNCATION, out);
	return rc == OATH_OK ? NULL : oath_error("oath_hotp_generate", rc);
}

struct err *otp_judge(const struct otp_key *k, const char *otp, int64_t now, unsigned look_ahead,
		      bool *right, uint64_t *next_after)
{
	uint64_t first = 0, last = 0;
	*right = false;
	if (strlen(otp) != OTP_DIGITS || !text_is_digits(otp, OTP_DIGITS) ||
	    !otp_range(k, now, look_ahead, &first, &last))
		return NULL;
	char given[OTP_DIGITS + 1];
	memcpy(given, otp, sizeof given);
	int rc = oath_hotp_validate_callback((const char *)k->secret, k->len, first,
					     (size_t)(last - first), OTP_DIGITS,
					     same_in_constant_time, given);
	wipe(given, sizeof given);
	if (rc == OATH_INVALID_OTP)
		return NULL;
	if (rc < 0)
		return oath_error("oath_hotp_validate_callback", rc);
	*right = true;
	*next_after = first + (uint64_t)rc + 1;
	return NULL;
}

struct err *otp_secret_read(const char *base32, struct otp_key *k)
{
	char *bytes = NULL;
	size_t len = 0;
	int rc = oath_base32_decode(base32, strlen(base32), &bytes, &len);
	bool fits = rc == OATH_OK && len >= OTP_SECRET_MIN && len <= OTP_SECRET_MAX;
	if (fits) {
		memcpy(k->secret, bytes, len);
		k->len = len;
	}
	if (bytes)
		wipe(bytes, len);
	free(bytes);
	if (!fits)
		return err_new(
			ERR_ANSWER,
			N_("The secret for one-time passwords must be %1 to %2 bytes in base32."),
			ARG_NUM(OTP_SECRET_MIN), ARG_NUM(OTP_SECRET_MAX));
	return NULL;
}

struct err *otp_secret_make(struct otp_key *k)
{
	if (RAND_priv_bytes(k->secret, OTP_SECRET_MADE) != 1)
		return openssl_error("RAND_priv_bytes");
	k->len = OTP_SECRET_MADE;
	return NULL;
}

struct err *otp_secret_text(const struct otp_key *k, char **out)
{
	char *text = NULL;
	size_t len = 0;
	int rc = oath_base32_encode((const char *)k->secret, k->len, &text, &len);
	if (rc != OATH_OK)
		return oath_error("oath_base32_encode", rc);
	text[strcspn(text, "=")] = '\0';
	*out = text;
	return NULL;
}
