// The values of RFC 4226 (Appendix D) and RFC 6238 (Appendix B).
#include "otp/value.h"

#include "seeds.h"

static const char *const hotp[] = { "755224", "287082", "359152", "969429", "338314",
				    "254676", "287922", "162583", "399871", "520489" };

static void test_hotp(void)
{
	struct seed s = seed_hotp("A1");
	for (uint64_t n = 0; n < ARRAY_LEN(hotp); n++) {
		char value[VALUE_MAX + 1];
		CHECK_OK(seed_value(&s, n, value));
		CU_ASSERT_STRING_EQUAL(value, hotp[n]);
	}
	seed_clear(&s);
}

struct timed {
	int64_t at;
	const char *sha1, *sha256, *sha512;
};
static const struct timed totp[] = {
	{ 59, "94287082", "46119246", "90693936" },
	{ 1111111109, "07081804", "68084774", "25091201" },
	{ 1111111111, "14050471", "67062674", "99943326" },
	{ 1234567890, "89005924", "91819424", "93441116" },
	{ 2000000000, "69279037", "90698825", "38618901" },
	{ 20000000000, "65353130", "77737706", "47863826" },
};

static void check_at(enum seed_hash hash, size_t secret_length, int64_t at, const char *wanted)
{
	struct seed s = seed_of("A1", SEED_TOTP, hash, 8, secret_length);
	char value[VALUE_MAX + 1];
	CHECK_OK(seed_value(&s, seed_step_at(&s, at), value));
	CU_ASSERT_STRING_EQUAL(value, wanted);
	seed_clear(&s);
}

static void test_totp(void)
{
	for (size_t i = 0; i < ARRAY_LEN(totp); i++) {
		check_at(SEED_SHA1, 20, totp[i].at, totp[i].sha1);
		check_at(SEED_SHA256, 32, totp[i].at, totp[i].sha256);
		check_at(SEED_SHA512, 64, totp[i].at, totp[i].sha512);
	}
}

static void check_found(const struct seed *s, const char *value, uint64_t first, uint64_t last,
			int64_t wanted)
{
	AUTO(secret) struct secret *t = typed(value);
	bool found = false;
	uint64_t at = 99;
	CHECK_OK(seed_find(s, t, first, last, &found, &at));
	CU_ASSERT_EQUAL(found, wanted >= 0);
	if (wanted >= 0)
		CU_ASSERT_EQUAL(at, (uint64_t)wanted);
}

static void test_a_value_is_found_where_it_is(void)
{
	struct seed s = seed_hotp("A1");
	check_found(&s, hotp[7], 0, 9, 7);
	check_found(&s, hotp[7], 7, 7, 7);
	check_found(&s, hotp[7], 0, 6, -1);
	check_found(&s, hotp[7], 8, 100, -1);
	check_found(&s, hotp[7], 9, 3, -1);
	seed_clear(&s);
}

static void test_what_is_no_value_is_not_found(void)
{
	static const char *const others[] = { "",	"75522",	"7552240",
					      "75522a", "７５５２２４", "755 24",
					      " 55224" };
	struct seed s = seed_hotp("A1");
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		check_found(&s, others[i], 0, 9, -1);
	// No window reaches so far that counters begin anew.
	check_found(&s, hotp[0], UINT64_MAX - 3, UINT64_MAX, -1);
	check_found(&s, hotp[0], SEED_COUNTER_MAX, (uint64_t)INT64_MAX, -1);
	seed_clear(&s);
}

static void test_steps_begin_at_t0(void)
{
	struct seed s = seed_totp("A1");
	CU_ASSERT_EQUAL(seed_step_at(&s, 59), 1);
	CU_ASSERT_EQUAL(seed_step_at(&s, -5), 0);
	s.t0 = 100;
	CU_ASSERT_EQUAL(seed_step_at(&s, 159), 1);
	CU_ASSERT_EQUAL(seed_step_at(&s, 99), 0);
	seed_clear(&s);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_hotp), TEST(test_totp), TEST(test_a_value_is_found_where_it_is),
			  TEST(test_what_is_no_value_is_not_found), TEST(test_steps_begin_at_t0));
}
