// Instants as text, and calendar days where the institution is, whatever zone the machine is in.
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "check.h"

enum { HOUR = 3600, DAY = 86400 };

static bool local(int64_t t, const char *zone, const char *wanted)
{
	char out[48] = "";
	CHECK_OK(clock_local(t, zone, out));
	if (strcmp(out, wanted) != 0)
		fprintf(stderr, "got <%s>, wanted <%s>\n", out, wanted);
	return strcmp(out, wanted) == 0;
}

static int64_t day_of(int64_t t, const char *zone)
{
	int64_t day = INT64_MIN;
	CHECK_OK(clock_day(t, zone, &day));
	return day;
}

static void test_utc_text(void)
{
	char out[24];
	clock_utc(0, out);
	CU_ASSERT_STRING_EQUAL(out, "1970-01-01T00:00:00Z");
	clock_utc(1795323780, out);
	CU_ASSERT_STRING_EQUAL(out, "2026-11-22T05:03:00Z");
	clock_utc(-1, out);
	CU_ASSERT_STRING_EQUAL(out, "1969-12-31T23:59:59Z");
	clock_utc(INT64_MAX, out); // no such year: something, and no overrun
	CU_ASSERT(strlen(out) < sizeof(out));
}

static void test_local_text_names_the_zone(void)
{
	CU_ASSERT(local(1795323780, "Asia/Tokyo", "2026-11-22 14:03 JST"));
	CU_ASSERT(local(1795323780, "UTC", "2026-11-22 05:03 UTC"));
	CU_ASSERT(local(1795323780, "America/New_York", "2026-11-22 00:03 EST"));
	CU_ASSERT(local(1795323780, "Asia/Kolkata", "2026-11-22 10:33 IST"));
}

static void test_the_day_begins_at_midnight_of_the_zone(void)
{
	// 2026-11-21T15:00:00Z is midnight in Tokyo.
	int64_t midnight = 1795273200;
	CU_ASSERT_EQUAL(day_of(midnight, "Asia/Tokyo"), 20779);
	CU_ASSERT_EQUAL(day_of(midnight - 1, "Asia/Tokyo"), 20778);
	CU_ASSERT_EQUAL(day_of(midnight, "UTC"), 20778);
	CU_ASSERT_EQUAL(day_of(0, "UTC"), 0);
	CU_ASSERT_EQUAL(day_of(-1, "UTC"), -1);
	CU_ASSERT_EQUAL(day_of(-1, "Asia/Tokyo"), 0);
}

static void test_the_machines_zone_does_not_matter(void)
{
	CU_ASSERT_EQUAL(setenv("TZ", "Pacific/Kiritimati", 1), 0); // UTC+14
	CU_ASSERT_EQUAL(day_of(1795273199, "Asia/Tokyo"), 20778);
	CU_ASSERT(local(1795323780, "Asia/Tokyo", "2026-11-22 14:03 JST"));
	CU_ASSERT(local(1795323780, NULL, "2026-11-22 19:03 +14"));
	CU_ASSERT_EQUAL(day_of(1795323780 + 5 * HOUR, NULL), 20780);
	CU_ASSERT_STRING_EQUAL(getenv("TZ"), "Pacific/Kiritimati");
	CU_ASSERT_EQUAL(setenv("TZ", "Asia/Tokyo", 1), 0);
	CU_ASSERT(local(1795323780, NULL, "2026-11-22 14:03 JST")); // follows a change
}

static void test_a_person_is_always_told_a_time(void)
{
	char out[48];
	setenv("TZ", "Pacific/Kiritimati", 1);
	clock_shown(1795323780, "Asia/Tokyo", out);
	CU_ASSERT_STRING_EQUAL(out, "2026-11-22 14:03 JST");
	clock_shown(1795323780, NULL, out);
	CU_ASSERT_STRING_EQUAL(out, "2026-11-22 19:03 +14");
	clock_shown(1795323780, "No/Such", out);
	CU_ASSERT_STRING_EQUAL(out, "2026-11-22 19:03 +14");
}

static void test_summer_time_in_the_table_and_far_after_it(void)
{
	CU_ASSERT(local(1782864000, "Europe/Berlin", "2026-07-01 02:00 CEST"));
	// 2050, past every table: the rule at the end of the file.
	CU_ASSERT(local(2540332800, "Europe/Berlin", "2050-07-02 02:00 CEST"));
	CU_ASSERT(local(2524608000, "Europe/Berlin", "2050-01-01 01:00 CET"));
	// 2050-03-27 01:00 UTC, the last Sunday of March.
	CU_ASSERT(local(2531955599, "Europe/Berlin", "2050-03-27 01:59 CET"));
	CU_ASSERT(local(2531955600, "Europe/Berlin", "2050-03-27 03:00 CEST"));
	// The southern summer spans the new year.
	CU_ASSERT(local(2524608000, "Australia/Sydney", "2050-01-01 11:00 AEDT"));
	CU_ASSERT(local(2540332800, "Australia/Sydney", "2050-07-02 10:00 AEST"));
	CU_ASSERT(local(2524608000, "Asia/Tokyo", "2050-01-01 09:00 JST"));
}

// The C library is the judge, every 17 days over two centuries.
static void test_agrees_with_the_c_library(void)
{
	static const char *const zones[] = { "Asia/Tokyo",	  "Europe/London",
					     "America/Sao_Paulo", "Pacific/Auckland",
					     "America/St_Johns",  "Australia/Lord_Howe",
					     "Africa/Casablanca", "Etc/GMT+5" };
	for (size_t z = 0; z < ARRAY_LEN(zones); z++) {
		setenv("TZ", zones[z], 1);
		tzset();
		unsigned differ = 0;
		for (int64_t t = -3155673600; t < 3155760000; t += 17 * DAY + 1234) {
			time_t at = (time_t)t;
			struct tm tm;
			char wanted[48], got[48] = "";
			localtime_r(&at, &tm);
			strftime(wanted, sizeof(wanted), "%Y-%m-%d %H:%M %Z", &tm);
			CHECK_OK_OR_END(clock_local(t, zones[z], got));
			if (strcmp(got, wanted) != 0 && differ++ < 3)
				fprintf(stderr, "%s %lld: got <%s>, the C library <%s>\n", zones[z],
					(long long)t, got, wanted);
		}
		CU_ASSERT_EQUAL(differ, 0);
	}
}

static void test_unknown_zones_are_refused(void)
{
	static const char *const bad[] = { "Asia/Tokio",      "",      "/etc/localtime",
					   "../zoneinfo/UTC", "Asia",  "tzdata.zi",
					   "zone.tab",	      "JST-9", "Asia/Tokyo\n" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char out[48] = "untouched";
		CHECK_ERR(clock_local(0, bad[i], out), ERR_PROFILE);
		CU_ASSERT_STRING_EQUAL(out, "untouched");
		int64_t day = 77;
		CHECK_ERR(clock_day(0, bad[i], &day), ERR_PROFILE);
		CU_ASSERT_EQUAL(day, 77);
	}
}

static void test_waiting_takes_its_time(void)
{
	int64_t before = clock_monotonic_ms();
	clock_sleep_ms(30);
	clock_sleep_ms(-5);
	int64_t took = clock_monotonic_ms() - before;
	CU_ASSERT(took >= 29 && took < 10000);
	CU_ASSERT(clock_now() > 1700000000);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_utc_text), TEST(test_local_text_names_the_zone),
			  TEST(test_the_day_begins_at_midnight_of_the_zone),
			  TEST(test_the_machines_zone_does_not_matter),
			  TEST(test_a_person_is_always_told_a_time),
			  TEST(test_summer_time_in_the_table_and_far_after_it),
			  TEST(test_agrees_with_the_c_library),
			  TEST(test_unknown_zones_are_refused), TEST(test_waiting_takes_its_time));
}
