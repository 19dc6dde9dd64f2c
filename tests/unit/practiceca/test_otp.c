// One-time passwords against the tables of RFC 4226 and RFC 6238; PIN hashes; the last moment of a certificate.
#include "check.h"

#include <string.h>

#include "practiceca/issue.h"
#include "practiceca/otp.h"
#include "practiceca/pin_hash.h"

// The secret of both RFCs: "12345678901234567890".
static struct otp_key rfc_key(enum otp_kind kind, uint64_t next)
{
	struct otp_key k = { .kind = kind, .next = next };
	CHECK_OK(otp_secret_read("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", &k));
	CU_ASSERT(k.len == 20 && memcmp(k.secret, "12345678901234567890", 20) == 0);
	return k;
}

static bool right(const struct otp_key *k, const char *otp, int64_t now, uint64_t *next)
{
	bool good = false;
	CHECK_OK(otp_judge(k, otp, now, 5, &good, next));
	return good;
}

static void test_hotp_by_rfc_4226(void)
{
	static const char *const values[] = { "755224", "287082", "359152", "969429", "338314",
					      "254676", "287922", "162583", "399871", "520489" };
	struct otp_key k = rfc_key(OTP_HOTP, 0);
	uint64_t next = 0;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		CU_ASSERT_EQUAL(right(&k, values[i], 0, &next), i <= 5);
		if (i <= 5)
			CU_ASSERT_EQUAL(next, i + 1);
	}
	k.next = 5;
	CU_ASSERT_FALSE(right(&k, values[4], 0, &next));
	CU_ASSERT(right(&k, values[5], 0, &next));
	CU_ASSERT_FALSE(right(&k, "75522", 0, &next));
	CU_ASSERT_FALSE(right(&k, "7552244", 0, &next));
	CU_ASSERT_FALSE(right(&k, "25467x", 0, &next));
	CU_ASSERT_FALSE(right(&k, "", 0, &next));
}

// RFC 6238 appendix B, the last six of the eight digits.
static void test_totp_by_rfc_6238(void)
{
	static const struct {
		int64_t at;
		const char *otp;
	} rows[] = {
		{ 59, "287082" },	  { 1111111109, "081804" }, { 1111111111, "050471" },
		{ 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" },
	};
	struct otp_key k = rfc_key(OTP_TOTP, 0);
	uint64_t next = 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t at = rows[i].at;
		CU_ASSERT(right(&k, rows[i].otp, at, &next));
		CU_ASSERT_EQUAL(next, (uint64_t)at / 30 + 1);
		CU_ASSERT(right(&k, rows[i].otp, at + 30, &next));
		CU_ASSERT(right(&k, rows[i].otp, at - 30, &next));
		CU_ASSERT_FALSE(right(&k, rows[i].otp, at + 60, &next));
		CU_ASSERT_FALSE(right(&k, rows[i].otp, at - 60, &next));
		struct otp_key spent = k;
		spent.next = (uint64_t)at / 30 + 1;
		CU_ASSERT_FALSE(right(&spent, rows[i].otp, at, &next));
		spent.next = (uint64_t)at / 30 + 9; // a clock that was far ahead
		CU_ASSERT_FALSE(right(&spent, rows[i].otp, at, &next));
	}
}

static void test_secrets_have_bounds(void)
{
	struct otp_key k = { 0 };
	char *text = NULL;
	CHECK_ERR(otp_secret_read("", &k), ERR_ANSWER);
	CHECK_ERR(otp_secret_read("GEZDGNBV", &k), ERR_ANSWER);
	CHECK_ERR(otp_secret_read("not base32!", &k), ERR_ANSWER);
	CHECK_OK(otp_secret_make(&k));
	CHECK_OK_OR_END(otp_secret_text(&k, &text));
	CU_ASSERT_EQUAL(strlen(text), 32);
	struct otp_key back = { 0 };
	CHECK_OK(otp_secret_read(text, &back));
	CU_ASSERT(back.len == k.len && memcmp(back.secret, k.secret, k.len) == 0);
	wipe_free_text(text);
}

static void test_pin_hashes(void)
{
	struct pin_hash a, b, nobody;
	bool good = false;
	CHECK_OK(pin_hash_make("123456", 6, PIN_COST_ALONE, &a));
	CHECK_OK(pin_hash_make("123456", 6, PIN_COST_OF_TWO, &b));
	CHECK_OK(pin_hash_nobody(&nobody));
	CU_ASSERT(memcmp(a.hash, b.hash, PIN_HASH) != 0);
	CHECK_OK(pin_hash_check(&a, "123456", 6, &good));
	CU_ASSERT(good);
	CHECK_OK(pin_hash_check(&a, "123457", 6, &good));
	CU_ASSERT_FALSE(good);
	CHECK_OK(pin_hash_check(&a, "", 0, &good));
	CU_ASSERT_FALSE(good);
	CHECK_OK(pin_hash_check(&nobody, "", 0, &good));
	CU_ASSERT_FALSE(good);
}

// 2026-11-22 23:59:59 and 2026-11-23 00:00:00 in Tokyo.
static void test_the_last_day_is_whole_in_tokyo(void)
{
	CU_ASSERT_EQUAL(issue_last_moment(1795359599), 1795359599 + 365 * 86400);
	CU_ASSERT_EQUAL(issue_last_moment(1795359600), 1795359599 + 366 * 86400);
	CU_ASSERT_EQUAL(issue_last_moment(1795359600 + 86399), 1795359599 + 366 * 86400);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_hotp_by_rfc_4226), TEST(test_totp_by_rfc_6238),
			  TEST(test_secrets_have_bounds), TEST(test_pin_hashes),
			  TEST(test_the_last_day_is_whole_in_tokyo));
}
