// What a server says to /validate/check: two bytes for the status, then the body.
#include "fuzz.h"

#include "base/text.h"
#include "otp/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	int status = 100 + (data[0] << 8 | data[1]) % 500;
	AUTO_VALIDATE_ANSWER struct validate_answer a = { 0 };
	if (!fuzz_fine(validate_read("https://pi.example", status, data + 2, size - 2, &a)))
		return 0;
	MUST_HOLD(status == 200);
	MUST_HOLD(a.words && text_is_utf8(a.words, strlen(a.words)));
	MUST_HOLD((a.verdict == OTP_CHALLENGED) == (a.transaction != NULL));
	MUST_HOLD(!a.transaction || strlen(a.transaction) <= VALIDATE_TRANSACTION_MAX);
	// Its own words are there, whatever stands around them.
	MUST_HOLD(memmem(data, size, "true", 4));
	MUST_HOLD(a.verdict == OTP_ACCEPTED || memmem(data, size, "false", 5));
	return 0;
}
