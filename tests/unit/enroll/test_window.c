// The window of a certificate, in calendar days of Tokyo, wherever the machine stands.
#include "enroll/window.h"

#include <stdlib.h>
#include <time.h>

#include "check.h"

enum { DAY = 86400 };
// 2027-01-31 14:59:59 UTC is the last second of 2027-01-31 in Tokyo.
static const int64_t last_second = 1801407599;

static char tokyo[] = "Asia/Tokyo";

static const struct profile_window bank = {
	.zone = tokyo,
	.renew_before_days = 30,
	.reacquire_days = 90,
	.after = AFTER_REACQUIRE,
};

static void expect(const struct profile_window *w, int64_t now, enum window wanted, int64_t days)
{
	enum window got = WINDOW_CLOSED;
	int64_t left = 0;
	CHECK_OK(window_of(w, last_second, now, &got, &left));
	CU_ASSERT_EQUAL(got, wanted);
	CU_ASSERT_EQUAL(left, days);
}

static void test_days_are_counted_at_midnight_of_the_zone(void)
{
	expect(&bank, last_second - 31 * DAY, WINDOW_EARLY, 31);
	expect(&bank, last_second - 31 * DAY + 1, WINDOW_OPEN, 30);
	expect(&bank, last_second, WINDOW_OPEN, 0);
	expect(&bank, last_second + 1, WINDOW_REACQUIRE, -1);
	expect(&bank, last_second + 90 * DAY, WINDOW_REACQUIRE, -90);
	expect(&bank, last_second + 90 * DAY + 1, WINDOW_CLOSED, -91);
}

static void test_the_machines_zone_does_not_matter(void)
{
	setenv("TZ", "Pacific/Honolulu", 1);
	tzset();
	test_days_are_counted_at_midnight_of_the_zone();
	unsetenv("TZ");
	tzset();
}

static void test_banks_differ_after_the_last_day(void)
{
	struct profile_window renews = bank;
	struct profile_window closes = bank;
	renews.after = AFTER_RENEW;
	closes.after = AFTER_CLOSED;
	expect(&renews, last_second + DAY, WINDOW_OPEN, -1);
	expect(&closes, last_second + DAY, WINDOW_CLOSED, -1);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_days_are_counted_at_midnight_of_the_zone),
			  TEST(test_the_machines_zone_does_not_matter),
			  TEST(test_banks_differ_after_the_last_day));
}
