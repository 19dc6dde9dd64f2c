// PIN and PUK on the virtual card: what costs a try, what does not, what survives.
#include "bench.h"

static unsigned verify(struct bench *b, const char *pin)
{
	char command[64];
	snprintf(command, sizeof(command), "00200080 08 %s", pin);
	return bench_do(b, command);
}

static unsigned replace(struct bench *b, const char *head, const char *shown, const char *set)
{
	char command[80];
	snprintf(command, sizeof(command), "%s 10 %s %s", head, shown, set);
	return bench_do(b, command);
}
#define CHANGE_PIN "00240080"
#define CHANGE_PUK "00240081"
#define UNBLOCK	   "002c0080"
#define PIN_NEW	   "373737373737ffff"

static void test_a_question_for_tries_costs_none(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	CU_ASSERT_EQUAL(bench_do(&b, SELECT_PIV), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x63c3);
	CU_ASSERT_EQUAL(bench_do(&b, "0020008000"), 0x63c3);
	CU_ASSERT_EQUAL(verify(&b, PIN_RIGHT), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x9000);
	CU_ASSERT_EQUAL(b.card.counts.verify, 1);
	bench_close(&b);
}

static void test_a_wrong_pin_costs_one_try_and_the_right_one_gives_all_back(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(verify(&b, PIN_WRONG), 0x63c2);
	CU_ASSERT_EQUAL(verify(&b, PIN_WRONG), 0x63c1);
	CU_ASSERT_EQUAL(verify(&b, PIN_RIGHT), 0x9000);
	CU_ASSERT_EQUAL(verify(&b, PIN_WRONG), 0x63c2);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x63c2);
	bench_close(&b);
}

static void test_a_blocked_pin_refuses_the_right_one(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	verify(&b, PIN_WRONG);
	verify(&b, PIN_WRONG);
	CU_ASSERT_EQUAL(verify(&b, PIN_WRONG), 0x63c0);
	CU_ASSERT_EQUAL(verify(&b, PIN_RIGHT), 0x6983);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x6983);
	CU_ASSERT_EQUAL(replace(&b, CHANGE_PIN, PIN_RIGHT, PIN_NEW), 0x6983);
	bench_close(&b);
}

static void test_a_pin_of_another_length_costs_no_try(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080 06 313233343536"), 0x6a80);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080 09 313233343536ffffff"), 0x6a80);
	CU_ASSERT_EQUAL(bench_do(&b, "00200081 08" PUK_RIGHT), 0x6a88);
	CU_ASSERT_EQUAL(bench_do(&b, "00200180 08" PIN_RIGHT), 0x6a86);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x63c3);
	bench_close(&b);
}

static void test_counters_survive_removal_and_restart(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	verify(&b, PIN_WRONG);
	card_power(&b.card);
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x63c2);
	replace(&b, CHANGE_PUK, PUK_WRONG, PUK_WRONG);
	bench_restart(&b);
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x63c2);
	CU_ASSERT_EQUAL(piv_of(&b.card)->puk.tries, 2);
	bench_close(&b);
}

static void test_a_login_ends_with_power_and_with_a_selection(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	verify(&b, PIN_RIGHT);
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x63c3);
	verify(&b, PIN_RIGHT);
	CU_ASSERT_EQUAL(bench_do(&b, "00a4040008a000000527471117"), 0x9000);
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x63c3);
	verify(&b, PIN_RIGHT);
	card_power(&b.card);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x6d00); // nothing is selected
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x63c3);
	// An applet that is not there ends nothing.
	verify(&b, PIN_RIGHT);
	CU_ASSERT_EQUAL(bench_do(&b, "00a4040006d27600012401"), 0x6a82);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x9000);
	bench_close(&b);
}

static void test_the_pin_is_changed_by_whom_knows_it(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(replace(&b, CHANGE_PIN, PIN_WRONG, PIN_NEW), 0x63c2);
	CU_ASSERT_EQUAL(replace(&b, CHANGE_PIN, PIN_RIGHT, PIN_NEW), 0x9000);
	CU_ASSERT_EQUAL(verify(&b, PIN_NEW), 0x9000);
	CU_ASSERT_EQUAL(verify(&b, PIN_RIGHT), 0x63c2);
	// Too short, and one with padding inside: refused before anything is compared.
	CU_ASSERT_EQUAL(replace(&b, CHANGE_PIN, PIN_WRONG, "3132333435ffffff"), 0x6a80);
	CU_ASSERT_EQUAL(replace(&b, CHANGE_PIN, PIN_WRONG, "313233ff353637ff"), 0x6a80);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x63c2);
	CU_ASSERT_EQUAL(b.card.counts.change, 4);
	bench_restart(&b);
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(verify(&b, PIN_NEW), 0x9000);
	bench_close(&b);
}

static void test_the_puk_unblocks_and_blocks_itself(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	for (int i = 0; i < 3; i++)
		verify(&b, PIN_WRONG);
	CU_ASSERT_EQUAL(replace(&b, UNBLOCK, PUK_WRONG, PIN_NEW), 0x63c2);
	CU_ASSERT_EQUAL(replace(&b, UNBLOCK, PUK_RIGHT, PIN_NEW), 0x9000);
	CU_ASSERT_EQUAL(verify(&b, PIN_NEW), 0x9000);
	CU_ASSERT_EQUAL(replace(&b, CHANGE_PUK, PUK_WRONG, PUK_WRONG), 0x63c2);
	CU_ASSERT_EQUAL(replace(&b, CHANGE_PUK, PUK_WRONG, PUK_WRONG), 0x63c1);
	CU_ASSERT_EQUAL(replace(&b, UNBLOCK, PUK_WRONG, PIN_NEW), 0x63c0);
	CU_ASSERT_EQUAL(replace(&b, UNBLOCK, PUK_RIGHT, PIN_NEW), 0x6983);
	CU_ASSERT_EQUAL(b.card.counts.unblock, 4);
	bench_close(&b);
}

static void test_tries_are_set_by_whom_knows_both(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	replace(&b, CHANGE_PIN, PIN_RIGHT, PIN_NEW);
	CU_ASSERT_EQUAL(bench_do(&b, "00fa0804"), 0x6982);
	verify(&b, PIN_NEW);
	CU_ASSERT_EQUAL(bench_do(&b, "00fa0804"), 0x6982);
	CU_ASSERT_EQUAL(bench_manage(&b), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00fa0804"), 0x9000);
	// The secrets are the factory's again, and nobody is logged in.
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x63c8);
	CU_ASSERT_EQUAL(verify(&b, PIN_WRONG), 0x63c7);
	CU_ASSERT_EQUAL(verify(&b, PIN_RIGHT), 0x9000);
	CU_ASSERT_EQUAL(piv_of(&b.card)->puk.tries, 4);
	bench_close(&b);
}

static void test_reset_wants_both_blocked_and_leaves_f9(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	bench_manage(&b);
	CU_ASSERT_EQUAL(bench_do(&b, "0047009a 05 ac03800111 00"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00db3fff 09 5c035fc102 53023030"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00fb0000"), 0x6985);
	for (int i = 0; i < 3; i++)
		verify(&b, PIN_WRONG);
	CU_ASSERT_EQUAL(bench_do(&b, "00fb0000"), 0x6985);
	for (int i = 0; i < 3; i++)
		replace(&b, CHANGE_PUK, PUK_WRONG, PUK_WRONG);
	CU_ASSERT_EQUAL(bench_do(&b, "00fb0000"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00200080"), 0x63c3);
	CU_ASSERT_EQUAL(bench_do(&b, "00f7009a 00"), 0x6a88);
	CU_ASSERT_EQUAL(bench_do(&b, "00cb3fff 05 5c035fc102 00"), 0x6a82);
	CU_ASSERT_EQUAL(bench_do(&b, "00cb3fff 05 5c035fff01 00") >> 8, 0x61);
	CU_ASSERT_EQUAL(bench_do(&b, "0047009a 05 ac03800111 00"), 0x6982);
	bench_close(&b);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_question_for_tries_costs_none),
			  TEST(test_a_wrong_pin_costs_one_try_and_the_right_one_gives_all_back),
			  TEST(test_a_blocked_pin_refuses_the_right_one),
			  TEST(test_a_pin_of_another_length_costs_no_try),
			  TEST(test_counters_survive_removal_and_restart),
			  TEST(test_a_login_ends_with_power_and_with_a_selection),
			  TEST(test_the_pin_is_changed_by_whom_knows_it),
			  TEST(test_the_puk_unblocks_and_blocks_itself),
			  TEST(test_tries_are_set_by_whom_knows_both),
			  TEST(test_reset_wants_both_blocked_and_leaves_f9));
}
