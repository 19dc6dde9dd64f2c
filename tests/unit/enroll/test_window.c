// The window of a certificate, in calendar days of Tokyo, wherever the machine stands.
#include "enroll/window.h"

#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
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

static const char *const machines[] = { "UTC", "Pacific/Honolulu", "Asia/Tokyo" };

// Each test in each zone that a machine may stand in.
static void in_each_zone(void (*test)(void))
{
	for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
		setenv("TZ", machines[i], 1);
		tzset();
		test();
	}
	unsetenv("TZ");
	tzset();
}

static void expect(const struct profile_window *w, int64_t now, enum window wanted, int64_t days)
{
	enum window got = WINDOW_CLOSED;
	int64_t left = 0;
	CHECK_OK(window_of(w, last_second, now, &got, &left));
	CU_ASSERT_EQUAL(got, wanted);
	CU_ASSERT_EQUAL(left, days);
}

// The whole of the calendar day in Tokyo that is so many days from the last one: its first second, its noon, and its last.
static void expect_day(const struct profile_window *w, int64_t day, enum window wanted)
{
	int64_t end = last_second + day * DAY;
	expect(w, end - DAY + 1, wanted, -day);
	expect(w, end - DAY / 2, wanted, -day);
	expect(w, end, wanted, -day);
}

static void bank_days(void)
{
	expect_day(&bank, -31, WINDOW_EARLY);
	expect_day(&bank, -30, WINDOW_OPEN);
	expect_day(&bank, -1, WINDOW_OPEN);
	expect_day(&bank, 0, WINDOW_OPEN);
	expect_day(&bank, 1, WINDOW_REACQUIRE);
	expect_day(&bank, 90, WINDOW_REACQUIRE);
	expect_day(&bank, 91, WINDOW_CLOSED);
}

static void test_days_are_counted_at_midnight_of_the_zone(void)
{
	in_each_zone(bank_days);
}

// A certificate that ends at noon is counted by its day all the same.
static void noon_days(void)
{
	enum window got = WINDOW_CLOSED;
	int64_t left = 0, noon = last_second - DAY / 2;
	CHECK_OK(window_of(&bank, noon, noon + DAY / 2, &got, &left)); // expired, on its last day
	CU_ASSERT(got == WINDOW_OPEN && left == 0);
	CHECK_OK(window_of(&bank, noon, last_second + 1, &got, &left));
	CU_ASSERT(got == WINDOW_REACQUIRE && left == -1);
	CHECK_OK(window_of(&bank, noon, last_second - 31 * DAY + 1, &got, &left));
	CU_ASSERT(got == WINDOW_OPEN && left == 30);
}

static void test_the_hour_of_the_end_does_not_matter(void)
{
	in_each_zone(noon_days);
}

static void other_banks(void)
{
	struct profile_window w = bank;
	w.after = AFTER_RENEW;
	expect_day(&w, 0, WINDOW_OPEN);
	expect_day(&w, 1, WINDOW_OPEN);
	expect_day(&w, 90, WINDOW_OPEN);
	expect_day(&w, 91, WINDOW_CLOSED);
	w.reacquire_days = 0;
	static const enum after_expiry nothing[] = { AFTER_COUNTER, AFTER_ADMINISTRATOR,
						     AFTER_CLOSED };
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
		w.after = nothing[i];
		expect_day(&w, -31, WINDOW_EARLY);
		expect_day(&w, 0, WINDOW_OPEN);
		expect_day(&w, 1, WINDOW_CLOSED);
	}
	w = bank;
	w.renew_before_days = 0;
	expect_day(&w, -1, WINDOW_EARLY);
	expect_day(&w, 0, WINDOW_OPEN);
}

static void test_banks_differ_after_the_last_day(void)
{
	in_each_zone(other_banks);
}

static void expect_pickup(unsigned days, int64_t now, bool passed, int64_t left)
{
	struct profile_window w = bank;
	bool is = !passed;
	int64_t got = 12345;
	w.pickup_days = days;
	CHECK_OK(pickup_of(&w, last_second, now, &is, &got));
	CU_ASSERT_EQUAL(is, passed);
	CU_ASSERT_EQUAL(got, left);
}

static void pickup_days(void)
{
	expect_pickup(80, last_second, false, 80);
	expect_pickup(80, last_second + 1, false, 79);
	expect_pickup(80, last_second + 80 * DAY, false, 0);
	expect_pickup(80, last_second + 80 * DAY + 1, true, -1);
	expect_pickup(0, last_second + 4000 * DAY, false, 0);
}

static void test_what_is_not_picked_up_has_its_days_too(void)
{
	in_each_zone(pickup_days);
}

static void says(const struct profile_window *w, const char *wanted)
{
	AUTO(msg) struct msg *m = window_closed_words(w);
	AUTO_TEXT char *text = msg_render_english(m);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_STRING_EQUAL(text, wanted);
}

static void test_what_to_do_later_is_said(void)
{
	struct profile_window w = bank;
	char own[] = "Write to us.", eigen[] = "書いてください。";
	w.after = AFTER_COUNTER;
	says(&w, "Apply at the counter of your branch.");
	w.after = AFTER_ADMINISTRATOR;
	says(&w, "Ask the administrator of your firm, who has it reissued.");
	w.after = AFTER_CLOSED;
	says(&w, "Ask your administrator, or your branch.");
	w.closed = (struct text2){ .en = own, .ja = eigen };
	says(&w, "Write to us.");
}

int main(void)
{
	return CHECK_MAIN(TEST(test_days_are_counted_at_midnight_of_the_zone),
			  TEST(test_the_hour_of_the_end_does_not_matter),
			  TEST(test_banks_differ_after_the_last_day),
			  TEST(test_what_is_not_picked_up_has_its_days_too),
			  TEST(test_what_to_do_later_is_said));
}
