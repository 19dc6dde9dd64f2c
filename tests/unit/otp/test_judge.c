// Windows, drift, resynchronisation, delays and the lock (RFC 4226 §7, RFC 6238 §5 and §6).
#include "otp/judge.h"

#include "seeds.h"

static struct judge_rules rules(void)
{
	struct judge_rules r = judge_usual;
	r.delay = 0;
	return r;
}

static enum judgement judged_with(const struct seed *s, const struct judge_rules *r,
				  const char *value, int64_t now, struct judge_state *st)
{
	AUTO(secret) struct secret *t = typed(value);
	enum judgement j = JUDGED_LOCKED;
	CHECK_OK(judge(s, r, t, now, st, &j));
	return j;
}
static enum judgement judged(const struct seed *s, const char *value, int64_t now,
			     struct judge_state *st)
{
	struct judge_rules r = rules();
	return judged_with(s, &r, value, now, st);
}

// What the token shows at a counter.
static const char *shows(const struct seed *s, uint64_t n)
{
	static char value[VALUE_MAX + 1];
	CHECK_OK(seed_value(s, n, value));
	return value;
}

static void test_a_counter_is_good_once_and_those_before_it_never(void)
{
	struct seed s = seed_hotp("A1");
	struct judge_state st = { 0 };
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 0), 0, &st), JUDGED_RIGHT);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 0), 0, &st), JUDGED_USED);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 4), 0, &st), JUDGED_RIGHT);
	CU_ASSERT_EQUAL(st.next, 5);
	CU_ASSERT_EQUAL(st.failures, 0);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 3), 0, &st), JUDGED_USED);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 4), 0, &st), JUDGED_USED);
	CU_ASSERT_EQUAL(st.next, 5);
	CU_ASSERT_EQUAL(st.failures, 2);
	seed_clear(&s);
}

static void test_the_look_ahead_ends(void)
{
	struct seed s = seed_hotp("A1");
	struct judge_state st = { 0 };
	struct judge_rules r = rules();
	CU_ASSERT_EQUAL(judged(&s, shows(&s, r.look_ahead + 1), 0, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, r.look_ahead), 0, &st), JUDGED_RIGHT);
	seed_clear(&s);
}

static void test_a_time_step_is_good_once_and_one_either_way(void)
{
	struct seed s = seed_totp("A1");
	struct judge_state st = { 0 };
	const int64_t now = 1000 * 30;
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 998), now, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 1002), now, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 999), now, &st), JUDGED_RIGHT);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 999), now, &st), JUDGED_USED);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 1000), now, &st), JUDGED_RIGHT);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 999), now, &st), JUDGED_USED);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 1000), now, &st), JUDGED_USED);
	seed_clear(&s);
}

static void test_a_clock_that_is_set_back_brings_no_value_back(void)
{
	struct seed s = seed_totp("A1");
	struct judge_state st = { 0 };
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 1000), 1000 * 30, &st), JUDGED_RIGHT);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 990), 990 * 30, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 1000), 1000 * 30, &st), JUDGED_USED);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 1001), 1001 * 30, &st), JUDGED_RIGHT);
	seed_clear(&s);
}

// A token whose clock goes slow by a step in each thousand.
static void test_drift_is_learned(void)
{
	struct seed s = seed_totp("A1");
	struct judge_state st = { 0 };
	for (int i = 0; i < 60; i++) {
		uint64_t step = 10000 + 1000 * (uint64_t)i;
		CU_ASSERT_EQUAL(judged(&s, shows(&s, step - (uint64_t)i), (int64_t)step * 30, &st),
				JUDGED_RIGHT);
	}
	CU_ASSERT_EQUAL(st.drift, -59);
	// And no further than is allowed.
	struct judge_rules r = rules();
	r.drift_max = 60;
	uint64_t step = 100000;
	CU_ASSERT_EQUAL(judged_with(&s, &r, shows(&s, step - 60), (int64_t)step * 30, &st),
			JUDGED_RIGHT);
	step += 1000;
	CU_ASSERT_EQUAL(judged_with(&s, &r, shows(&s, step - 61), (int64_t)step * 30, &st),
			JUDGED_RIGHT);
	CU_ASSERT_EQUAL(st.drift, -60);
	step += 1000;
	CU_ASSERT_EQUAL(judged_with(&s, &r, shows(&s, step - 62), (int64_t)step * 30, &st),
			JUDGED_WRONG);
	seed_clear(&s);
}

static enum judgement in_a_row(const struct seed *s, uint64_t a, uint64_t b, int64_t now,
			       struct judge_state *st)
{
	struct judge_rules r = rules();
	AUTO(secret) struct secret *one = typed(shows(s, a));
	AUTO(secret) struct secret *two = typed(shows(s, b));
	const struct secret *both[] = { one, two };
	enum judgement j = JUDGED_LOCKED;
	CHECK_OK(judge_resync(s, &r, both, 2, now, st, &j));
	return j;
}

static void test_two_values_in_a_row_bring_a_counter_back(void)
{
	struct seed s = seed_hotp("A1");
	struct judge_state st = { 0 };
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 60), 0, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(in_a_row(&s, 60, 62, 0, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(st.failures, 2);
	CU_ASSERT_EQUAL(in_a_row(&s, 60, 61, 0, &st), JUDGED_RIGHT);
	CU_ASSERT_EQUAL(st.next, 62);
	CU_ASSERT_EQUAL(st.failures, 0);
	// Spent ones bring nothing back, and neither do those too far away.
	CU_ASSERT_EQUAL(in_a_row(&s, 60, 61, 0, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(in_a_row(&s, 62 + 101, 62 + 102, 0, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(st.next, 62);
	seed_clear(&s);
}

static void test_two_values_in_a_row_tell_a_clock(void)
{
	struct seed s = seed_totp("A1");
	struct judge_state st = { 0 };
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 950), 1000 * 30, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(in_a_row(&s, 950, 951, 1000 * 30, &st), JUDGED_RIGHT);
	CU_ASSERT_EQUAL(st.drift, -49);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 952), 1001 * 30, &st), JUDGED_RIGHT);
	seed_clear(&s);
}

static void test_one_value_or_four_are_no_row(void)
{
	struct seed s = seed_hotp("A1");
	struct judge_rules r = rules();
	struct judge_state st = { 0 };
	enum judgement j;
	AUTO(secret) struct secret *one = typed(shows(&s, 0));
	const struct secret *row[] = { one, one, one, one };
	CHECK_ERR(judge_resync(&s, &r, row, 1, 0, &st, &j), ERR_ANSWER);
	CHECK_ERR(judge_resync(&s, &r, row, 4, 0, &st, &j), ERR_ANSWER);
	seed_clear(&s);
}

static void test_the_wait_doubles_and_what_comes_early_is_not_looked_at(void)
{
	struct seed s = seed_hotp("A1");
	struct judge_rules r = judge_usual;
	struct judge_state st = { 0 };
	int64_t now = 1000;
	r.delay_max = 6;
	CU_ASSERT_EQUAL(judged_with(&s, &r, "000000", now, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(st.wait_until, now + 1);
	CU_ASSERT_EQUAL(judged_with(&s, &r, shows(&s, 0), now, &st), JUDGED_WAIT);
	CU_ASSERT_EQUAL(st.failures, 1);
	CU_ASSERT_EQUAL(st.next, 0);
	now += 1;
	CU_ASSERT_EQUAL(judged_with(&s, &r, "000000", now, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(st.wait_until, now + 2);
	now += 2;
	CU_ASSERT_EQUAL(judged_with(&s, &r, "000000", now, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(st.wait_until, now + 4);
	now += 4;
	CU_ASSERT_EQUAL(judged_with(&s, &r, "000000", now, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(st.wait_until, now + 6);
	// A clock that is set back by a day does not lock anybody out for a day.
	CU_ASSERT_EQUAL(judged_with(&s, &r, shows(&s, 0), now - 86400, &st), JUDGED_RIGHT);
	CU_ASSERT_EQUAL(st.wait_until, 0);
	seed_clear(&s);
}

static void test_it_locks_and_then_nothing_is_right(void)
{
	struct seed s = seed_hotp("A1");
	struct judge_rules r = rules();
	struct judge_state st = { 0 };
	r.lock_after = 3;
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(judged_with(&s, &r, "000000", 0, &st), JUDGED_WRONG);
	CU_ASSERT(st.locked);
	CU_ASSERT_EQUAL(judged_with(&s, &r, shows(&s, 0), 0, &st), JUDGED_LOCKED);
	CU_ASSERT_EQUAL(st.next, 0);
	// Values in a row tell where its counter is, and leave the lock to an administrator.
	CU_ASSERT_EQUAL(in_a_row(&s, 1, 2, 0, &st), JUDGED_RIGHT);
	CU_ASSERT(st.locked && st.next == 3);
	seed_clear(&s);
}

static void test_before_and_after_its_days_nothing_is_looked_at(void)
{
	struct seed s = seed_hotp("A1");
	struct judge_state st = { 0 };
	s.not_before = 1000;
	s.not_after = 2000;
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 0), 999, &st), JUDGED_OUTSIDE);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 0), 2001, &st), JUDGED_OUTSIDE);
	CU_ASSERT_EQUAL(judged(&s, shows(&s, 0), 2000, &st), JUDGED_RIGHT);
	seed_clear(&s);
}

static void test_the_last_counters_are_refused_and_do_not_begin_anew(void)
{
	struct seed s = seed_hotp("A1");
	struct judge_state st = { .next = SEED_COUNTER_MAX };
	CU_ASSERT_EQUAL(judged(&s, shows(&s, SEED_COUNTER_MAX), 0, &st), JUDGED_WRONG);
	CU_ASSERT_EQUAL(st.next, SEED_COUNTER_MAX);
	seed_clear(&s);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_counter_is_good_once_and_those_before_it_never),
			  TEST(test_the_look_ahead_ends),
			  TEST(test_a_time_step_is_good_once_and_one_either_way),
			  TEST(test_a_clock_that_is_set_back_brings_no_value_back),
			  TEST(test_drift_is_learned),
			  TEST(test_two_values_in_a_row_bring_a_counter_back),
			  TEST(test_two_values_in_a_row_tell_a_clock),
			  TEST(test_one_value_or_four_are_no_row),
			  TEST(test_the_wait_doubles_and_what_comes_early_is_not_looked_at),
			  TEST(test_it_locks_and_then_nothing_is_right),
			  TEST(test_before_and_after_its_days_nothing_is_looked_at),
			  TEST(test_the_last_counters_are_refused_and_do_not_begin_anew));
}
