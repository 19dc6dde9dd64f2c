// A PSKC file from any bytes, with the key and the passphrase of RFC 6030's examples at hand: what is accepted can be used, and is read the same again.
#include "otp_seeds.h"

// A passphrase that is stretched for seconds is no finding.
static bool is_slow(const uint8_t *data, size_t size)
{
	size_t digits = 0;
	for (size_t i = 0; i < size; i++) {
		digits = data[i] >= '0' && data[i] <= '9' ? digits + 1 : 0;
		if (digits == 5 && memmem(data, size, "IterationCount", 14))
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct secret *key, *passphrase;
	if (!key)
		MUST_HOLD(
			!secret_from(
				"\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12",
				16, &key) &&
			!secret_from("qwerty", 6, &passphrase));
	if (is_slow(data, size))
		return 0;
	const struct import_keys keys = { key, passphrase };
	AUTO_SEEDS struct seeds s = { 0 }, again = { 0 };
	bool fine = fuzz_fine(import_pskc(data, size, &keys, &s));
	MUST_HOLD(fine || s.n == 0);
	if (!fine)
		return 0;
	seeds_must_hold(&s);
	MUST_HOLD(fuzz_fine(import_pskc(data, size, &keys, &again)) && again.n == s.n);
	for (size_t i = 0; i < s.n; i++)
		MUST_HOLD(same_seed(&s.list[i], &again.list[i]));
	size_t counted = 0;
	AUTO_SEEDS struct seeds handed = { .take = count_seed, .ctx = &counted };
	MUST_HOLD(fuzz_fine(import_pskc(data, size, &keys, &handed)) && counted == s.n);
	return 0;
}
