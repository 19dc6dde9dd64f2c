// An OCRA suite, and below it a challenge: a suite that is taken makes answers of its length, which are right, and others are not.
#include "fuzz.h"

#include "otp/ocra.h"

static void check_suite(const struct ocra_suite *s)
{
	MUST_HOLD(s->digits == 0 || (s->digits >= 4 && s->digits <= 10));
	MUST_HOLD(s->length >= 4 && s->length <= OCRA_CHALLENGE_MAX);
	MUST_HOLD(s->session <= OCRA_SESSION_MAX && s->step <= 48 * 3600);
	char challenge[OCRA_CHALLENGE_MAX + 1];
	MUST_HOLD(fuzz_fine(ocra_challenge(s, challenge)));
	MUST_HOLD(strlen(challenge) == s->length);
}

static void check_answer(const struct ocra_suite *s, const char *challenge, const char *second)
{
	static const uint8_t session[OCRA_SESSION_MAX] = "a session";
	AUTO(secret) struct secret *key = NULL, *pin = NULL, *answer = NULL;
	bool right = false;
	uint64_t counter = 0, step = 0;
	MUST_HOLD(fuzz_fine(secret_from("12345678901234567890", 20, &key)));
	MUST_HOLD(fuzz_fine(secret_from("1234", 4, &pin)));
	struct ocra_input in = { .counter = s->counter ? 7 : 0,
				 .first = challenge,
				 .second = second,
				 .pin = s->pin ? pin : NULL,
				 .session = s->session ? session : NULL,
				 .session_len = s->session,
				 .at = s->step ? 1206446790 : 0 };
	if (!fuzz_fine(ocra_answer(s, key, &in, &answer)))
		return;
	size_t mac = s->hash == SEED_SHA1 ? 20 : s->hash == SEED_SHA256 ? 32 : 64;
	MUST_HOLD(secret_len(answer) == (s->digits ? s->digits : 2 * mac));
	const struct ocra_window w = { 0 };
	MUST_HOLD(fuzz_fine(ocra_check(s, key, &in, &w, answer, &right, &counter, &step)));
	MUST_HOLD(right && counter == in.counter);
	secret_room(answer)[0] ^= 1;
	MUST_HOLD(fuzz_fine(ocra_check(s, key, &in, &w, answer, &right, &counter, &step)));
	MUST_HOLD(!right);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_TEXT char *text = fuzz_text(data, size);
	struct ocra_suite s = { 0 };
	char *challenge = strchr(text, '\n'), *second = NULL;
	if (challenge) {
		*challenge++ = '\0';
		second = strchr(challenge, '\n');
	}
	if (second)
		*second++ = '\0';
	if (!fuzz_fine(ocra_parse(text, &s)))
		return 0;
	MUST_HOLD(strcmp(s.text, text) == 0);
	check_suite(&s);
	check_answer(&s, challenge ? challenge : "0000", second);
	return 0;
}
