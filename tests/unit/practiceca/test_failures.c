// Failures are counted by name; strangers are forgotten first when there are too many, accounts never.
#include "check.h"

#include <string.h>

#include "practiceca/accounts.h"
#include "practiceca/database.h"
#include "scratch.h"

static int64_t count_of(struct store *s, const char *name)
{
	int64_t n = -1;
	CHECK_OK(failures_count(s, name, &n));
	return n;
}

static void test_strangers_do_not_fill_the_disk(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO(database) struct database *d = NULL;
	CHECK_OK_OR_END(database_open(place->dir, &d));
	struct store *s = database_take(d);
	struct account a = { .otp.kind = OTP_TOTP, .otp.len = 20 };
	CHECK_OK(holder_make("1234567890", "taro", &a.holder));
	CHECK_OK(account_add(s, &a, 1));
	CHECK_ERR(account_add(s, &a, 1), ERR_ANSWER);
	CHECK_OK_OR_END(store_begin(s)); // one sync for all of them
	CHECK_OK(failures_add(s, "1234567890/taro", 1));
	for (int i = 0; i < 10010; i++) {
		char name[16];
		snprintf(name, sizeof name, "20%08d", i);
		CHECK_OK_OR_END(failures_add(s, name, 2 + i));
	}
	CU_ASSERT_EQUAL(count_of(s, "1234567890/taro"), 1);
	CU_ASSERT_EQUAL(count_of(s, "2000000000"), 0);
	CU_ASSERT_EQUAL(count_of(s, "2000010009"), 1);
	CHECK_OK(failures_add(s, "1234567890/taro", 99999));
	CU_ASSERT_EQUAL(count_of(s, "1234567890/taro"), 2);
	CHECK_OK(failures_clear(s, "1234567890/taro"));
	CU_ASSERT_EQUAL(count_of(s, "1234567890/taro"), 0);
	database_give(d);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_strangers_do_not_fill_the_disk));
}
