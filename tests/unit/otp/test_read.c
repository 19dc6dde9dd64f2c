// What is said when a one-time password is asked for, over clock values that were chosen.
#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "check.h"
#include "otp/read.h"

static char en_press[] = "Press button 1.", ja_press[] = "ボタン「1」を押してください。";
static char en_open[] = "Open the app.";
static char fob[] = "fob", app[] = "app";
static struct profile_otp_model models[] = {
	{ .name = fob, .instruction = { en_press, ja_press } },
	{ .name = app, .instruction = { en_open, NULL } },
};

static struct profile_otp otp_of(enum otp_kind kind)
{
	return (struct profile_otp){
		.kind = kind, .length = 6, .step = 30, .models = models, .n_models = 2
	};
}

static void test_seconds_left_of_the_step(void)
{
	struct profile_otp totp = otp_of(OTP_TOTP);
	// RFC 6238 appendix B: T = 1111111109 / 30 = 37037036, which ends at 1111111110.
	struct otp_moment m = otp_moment_at(&totp, 1111111109, OTP_MARGIN_SECONDS);
	CU_ASSERT(m.timed);
	CU_ASSERT_EQUAL(m.left, 1);
	CU_ASSERT(m.wait);
	CU_ASSERT_EQUAL(m.next, 1111111110);
	m = otp_moment_at(&totp, 1111111110, OTP_MARGIN_SECONDS);
	CU_ASSERT_EQUAL(m.left, 30);
	CU_ASSERT(!m.wait);
	CU_ASSERT_EQUAL(m.next, 1111111140);
	m = otp_moment_at(&totp, 0, OTP_MARGIN_SECONDS);
	CU_ASSERT_EQUAL(m.left, 30);
}

static void test_waits_only_below_the_margin(void)
{
	struct profile_otp totp = otp_of(OTP_TOTP);
	CU_ASSERT(!otp_moment_at(&totp, 60 + 30 - OTP_MARGIN_SECONDS, OTP_MARGIN_SECONDS).wait);
	CU_ASSERT(otp_moment_at(&totp, 61 + 30 - OTP_MARGIN_SECONDS, OTP_MARGIN_SECONDS).wait);
	CU_ASSERT(!otp_moment_at(&totp, 89, 0).wait);
}

static void test_margin_longer_than_a_step_never_waits(void)
{
	struct profile_otp totp = otp_of(OTP_TOTP);
	for (int64_t t = 0; t < 30; t++) {
		CU_ASSERT(!otp_moment_at(&totp, t, 30).wait);
		CU_ASSERT(!otp_moment_at(&totp, t, 300).wait);
	}
}

static void test_waiting_leads_to_a_fresh_value(void)
{
	struct profile_otp totp = otp_of(OTP_TOTP);
	for (unsigned step = 10; step <= 90; step += 10) {
		totp.step = step;
		for (int64_t t = 1700000000; t < 1700000000 + 2 * (int64_t)step; t++) {
			struct otp_moment m = otp_moment_at(&totp, t, OTP_MARGIN_SECONDS);
			CU_ASSERT(m.left >= 1 && m.left <= step);
			struct otp_moment later = otp_moment_at(&totp, m.next, OTP_MARGIN_SECONDS);
			CU_ASSERT_EQUAL(later.left, step);
			CU_ASSERT(!later.wait);
		}
	}
}

static void test_clock_before_1970_gives_no_nonsense(void)
{
	struct profile_otp totp = otp_of(OTP_TOTP);
	struct otp_moment m = otp_moment_at(&totp, -1, OTP_MARGIN_SECONDS);
	CU_ASSERT_EQUAL(m.left, 1);
	CU_ASSERT_EQUAL(m.next, 0);
}

static void test_counter_values_have_no_moment(void)
{
	struct profile_otp hotp = otp_of(OTP_HOTP), other = otp_of(OTP_OTHER);
	struct otp_moment m = otp_moment_at(&hotp, 1111111109, OTP_MARGIN_SECONDS);
	CU_ASSERT(!m.timed);
	CU_ASSERT(!m.wait);
	CU_ASSERT_PTR_NULL(otp_moment_words(&m));
	m = otp_moment_at(&other, 1111111109, OTP_MARGIN_SECONDS);
	CU_ASSERT(!m.timed);
	struct profile_otp broken = otp_of(OTP_TOTP);
	broken.step = 0;
	CU_ASSERT(!otp_moment_at(&broken, 1, OTP_MARGIN_SECONDS).timed);
}

static void test_model_by_name_or_the_usual_one(void)
{
	struct profile_otp totp = otp_of(OTP_TOTP), none = otp_of(OTP_NONE);
	CU_ASSERT_PTR_EQUAL(otp_find_model(&totp, "app"), &models[1]);
	CU_ASSERT_PTR_EQUAL(otp_find_model(&totp, NULL), &models[0]);
	CU_ASSERT_PTR_EQUAL(otp_find_model(&totp, "unheard-of"), &models[0]);
	CU_ASSERT_PTR_NULL(otp_find_model(&none, NULL));
	CU_ASSERT_PTR_NULL(otp_instruction(&none, NULL));
}

static void check_words(struct msg *m, const char *wanted)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	AUTO_TEXT char *text = msg_render(m);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, wanted));
	msg_free(m);
}

static void test_words_in_both_languages(void)
{
	struct profile_otp totp = otp_of(OTP_TOTP);
	struct otp_moment now = otp_moment_at(&totp, 1111111092, OTP_MARGIN_SECONDS);
	struct otp_moment late = otp_moment_at(&totp, 1111111107, OTP_MARGIN_SECONDS);
	CHECK_OK(lang_set("en"));
	check_words(otp_instruction(&totp, "fob"), "Press button 1.");
	check_words(otp_moment_words(&now), "changes in 18 s");
	check_words(otp_moment_words(&late), "comes in 3 s");
	CHECK_OK(lang_set("ja"));
	check_words(otp_instruction(&totp, "fob"), "ボタン「1」");
	check_words(otp_instruction(&totp, "app"), "Open the app.");
	check_words(otp_moment_words(&now), "あと18秒で変わります");
	check_words(otp_moment_words(&late), "あと3秒で新しい番号");
	CHECK_OK(lang_set("en"));
}

int main(void)
{
	return CHECK_MAIN(
		TEST(test_seconds_left_of_the_step), TEST(test_waits_only_below_the_margin),
		TEST(test_margin_longer_than_a_step_never_waits),
		TEST(test_waiting_leads_to_a_fresh_value),
		TEST(test_clock_before_1970_gives_no_nonsense),
		TEST(test_counter_values_have_no_moment), TEST(test_model_by_name_or_the_usual_one),
		TEST(test_words_in_both_languages));
}
