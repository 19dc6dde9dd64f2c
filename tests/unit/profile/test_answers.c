// Answers: what is forgiven, what is refused and in which words, and what templates become.
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "fixture.h"
#include "profile/answers.h"

static struct profile *practice;

static struct err *put(struct answers *a, const char *role, const char *field, const char *typed)
{
	const struct profile_role *r = profile_find_role(practice, role);
	AUTO(secret) struct secret *raw = NULL;
	TRY(secret_from(typed, strlen(typed), &raw));
	if (strcmp(field, "otp") == 0)
		return answers_put_otp(a, &r->otp, raw);
	return answers_put(a, profile_find_field(r, field), raw);
}

static void check_value(const struct answers *a, const char *field, const char *wanted)
{
	const struct secret *s = answers_get(a, field);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_STRING_EQUAL(secret_text(s), wanted);
}

static void test_full_width_spaces_and_hyphens_are_forgiven(void)
{
	static const char *const typed[] = {
		"1234567890",
		"１２３４５６７８９０",
		"12345-67890",
		" 1234 567 890 ",
		"１２３４５－６７８９０",
		"1234567890\n",
		"１２３４５　６７８９０",
	};
	AUTO(answers) struct answers *a = NULL;
	CHECK_OK_OR_END(answers_new(&a));
	for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
		CHECK_OK(put(a, "admin", "contract_id", typed[i]));
		check_value(a, "contract_id", "1234567890");
		answers_forget(a, "contract_id");
		CU_ASSERT_PTR_NULL(answers_get(a, "contract_id"));
	}
	CHECK_OK(put(a, "user", "user_id", "ｔａｎａｋａ０１"));
	check_value(a, "user_id", "tanaka01");
	CHECK_OK(put(a, "user", "otp", "１２３　４５６"));
	check_value(a, "otp", "123456");
	CHECK_OK(put(a, "user", "otp", "987-654"));
	check_value(a, "otp", "987654");
}

static void test_wrong_answers_are_refused_without_being_told(void)
{
	static const struct {
		const char *role, *field, *typed;
	} wrong[] = {
		{ "admin", "contract_id", "123456789" },
		{ "admin", "contract_id", "12345678901" },
		{ "admin", "contract_id", "12345678x0" },
		{ "admin", "contract_id", "" },
		{ "admin", "contract_pin", "p3w" },
		{ "admin", "contract_pin", "p3w!p3w!" },
		{ "admin", "contract_pin", "p3wp3wp3wp3w3" },
		{ "user", "user_id", "tana-ka/x" },
		{ "user", "user_id", "田中" },
		{ "user", "otp", "12345" },
		{ "user", "otp", "1234567" },
		{ "user", "otp", "12345a" },
		{ "user", "otp", "" },
	};
	AUTO(answers) struct answers *a = NULL;
	CHECK_OK_OR_END(answers_new(&a));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct err *e = put(a, wrong[i].role, wrong[i].field, wrong[i].typed);
		CU_ASSERT_PTR_NOT_NULL_FATAL(e);
		CU_ASSERT_EQUAL(err_kind(e), ERR_ANSWER);
		CU_ASSERT_PTR_NOT_NULL(err_next_step(e));
		AUTO_TEXT char *said = err_render(e);
		if (strlen(wrong[i].typed) > 2)
			CU_ASSERT_PTR_NULL(strstr(said, wrong[i].typed));
		CU_ASSERT_PTR_NULL(answers_get(a, wrong[i].field));
		err_ignore(e);
	}
}

static void test_refusal_says_what_is_wanted(void)
{
	AUTO(answers) struct answers *a = NULL;
	CHECK_OK_OR_END(answers_new(&a));
	struct err *e = put(a, "admin", "contract_id", "12");
	CU_ASSERT(err_says(e, "Contract ID: exactly 10 digits are wanted."));
	err_ignore(e);
	e = put(a, "user", "otp", "12");
	CU_ASSERT(err_says(e, "exactly 6 digits"));
	err_ignore(e);
	e = put(a, "user", "user_id", "123456789012345678901");
	CU_ASSERT(err_says(e, "User ID: at most 20 characters are allowed."));
	err_ignore(e);
}

static void test_invalid_utf8_and_control_characters_are_refused(void)
{
	AUTO(answers) struct answers *a = NULL;
	CHECK_OK_OR_END(answers_new(&a));
	CHECK_ERR(put(a, "user", "user_id", "ta\xff"), ERR_ANSWER);
	CHECK_ERR(put(a, "user", "user_id", "ta\x1b[2J"), ERR_ANSWER);
	CHECK_ERR(put(a, "user", "user_pin",
		      "12\x01"
		      "34"),
		  ERR_ANSWER);
}

static void test_wrong_answer_leaves_the_good_one(void)
{
	AUTO(answers) struct answers *a = NULL;
	CHECK_OK_OR_END(answers_new(&a));
	CHECK_OK(put(a, "user", "user_id", "tanaka"));
	CHECK_ERR(put(a, "user", "user_id", "!!"), ERR_ANSWER);
	check_value(a, "user_id", "tanaka");
	CHECK_OK(put(a, "user", "user_id", "suzuki"));
	check_value(a, "user_id", "suzuki");
}

static void check_filled(const struct answers *a, const char *template_text, const char *wanted)
{
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK_OR_END(answers_fill(a, practice, template_text, &s));
	CU_ASSERT_STRING_EQUAL(secret_text(s), wanted);
}

static void test_templates_of_both_roles(void)
{
	AUTO(answers) struct answers *a = NULL, *u = NULL;
	const struct profile_role *admin = profile_find_role(practice, "admin");
	const struct profile_role *user = profile_find_role(practice, "user");
	CHECK_OK_OR_END(answers_new(&a));
	CHECK_OK_OR_END(answers_new(&u));
	CHECK_OK(put(a, "admin", "contract_id", "1234567890"));
	CHECK_OK(put(a, "admin", "contract_pin", "first1"));
	CHECK_OK(put(a, "admin", "confirm_pin", "second2"));
	check_filled(a, admin->user_name, "1234567890");
	check_filled(a, admin->password, "first1:second2");
	CHECK_OK(answers_put_known(u, "contract_id", "1234567890"));
	CHECK_OK(put(u, "user", "user_id", "tanaka"));
	CHECK_OK(put(u, "user", "user_pin", "4321"));
	CHECK_OK(put(u, "user", "otp", "123456"));
	check_filled(u, user->user_name, "1234567890/tanaka");
	check_filled(u, user->password, "4321:123456");
	check_filled(u, "{{x} {institution_code}}", "{x} 1283}");
	AUTO_TEXT char *cn = NULL;
	CHECK_OK_OR_END(answers_fill_text(u, practice, user, user->common_name, &cn));
	CU_ASSERT_STRING_EQUAL(cn, "1234567890tanaka1283");
}

static void test_missing_unknown_and_secret_names(void)
{
	AUTO(answers) struct answers *a = NULL;
	AUTO(secret) struct secret *s = NULL;
	AUTO_TEXT char *text = NULL;
	const struct profile_role *user = profile_find_role(practice, "user");
	CHECK_OK_OR_END(answers_new(&a));
	struct err *e = answers_fill(a, practice, "{user_id}", &s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(err_kind(e), ERR_ANSWER);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "answer-missing");
	CU_ASSERT(err_says(e, "User ID: this answer is missing."));
	err_ignore(e);
	CHECK_ERR(answers_fill(a, practice, "{otp}", &s), ERR_ANSWER);
	CHECK_ERR(answers_fill(a, practice, "{nobody}", &s), ERR_PROFILE);
	CHECK_ERR(answers_fill(a, practice, "{broken", &s), ERR_PROFILE);
	CHECK_OK(put(a, "user", "user_pin", "4321"));
	CHECK_OK(put(a, "user", "otp", "123456"));
	CHECK_ERR(answers_fill_text(a, practice, user, "x{user_pin}", &text), ERR_PROFILE);
	CHECK_ERR(answers_fill_text(a, practice, user, "x{otp}", &text), ERR_PROFILE);
	CU_ASSERT_PTR_NULL(s);
	CU_ASSERT_PTR_NULL(text);
}

static void test_secrets_are_forgotten_and_the_rest_stays(void)
{
	AUTO(answers) struct answers *a = NULL;
	CHECK_OK_OR_END(answers_new(&a));
	CHECK_OK(put(a, "user", "contract_id", "1234567890"));
	CHECK_OK(put(a, "user", "user_id", "tanaka"));
	CHECK_OK(put(a, "user", "user_pin", "4321"));
	CHECK_OK(put(a, "user", "otp", "123456"));
	answers_forget_secrets(a, profile_find_role(practice, "user"));
	CU_ASSERT_PTR_NULL(answers_get(a, "user_pin"));
	CU_ASSERT_PTR_NULL(answers_get(a, "otp"));
	check_value(a, "contract_id", "1234567890");
	check_value(a, "user_id", "tanaka");
	answers_forget(a, "otp");
}

static void test_too_much_for_a_secret_is_refused(void)
{
	AUTO(answers) struct answers *a = NULL;
	AUTO(secret) struct secret *s = NULL;
	AUTO_BUF struct buf many = BUF(1 << 16);
	CHECK_OK_OR_END(answers_new(&a));
	CHECK_OK(answers_put_known(a, "user_id", "twelve-bytes"));
	for (size_t i = 0; i < 400; i++)
		CHECK_OK(buf_puts(&many, "{user_id}"));
	CHECK_ERR(answers_fill(a, practice, (const char *)many.data, &s), ERR_ANSWER);
	char name[] = "field-00";
	for (int i = 0; i < 31; i++) {
		name[6] = (char)('0' + i / 10);
		name[7] = (char)('0' + i % 10);
		CHECK_OK(answers_put_known(a, name, "x"));
	}
	CHECK_ERR(answers_put_known(a, "one-more", "x"), ERR_ANSWER);
}

static void test_uses(void)
{
	CU_ASSERT(template_uses("{user_pin}:{otp}", "otp"));
	CU_ASSERT(!template_uses("{user_pin}:{otp}", "user"));
	CU_ASSERT(!template_uses("{{otp}", "otp"));
	CU_ASSERT(!template_uses(NULL, "otp"));
	CU_ASSERT(!template_uses("otp", "otp"));
}

int main(void)
{
	fixture_begin();
	err_ignore(fixture_parse(NULL, NULL, &practice));
	int rc = !practice;
	if (practice)
		rc = CHECK_MAIN(TEST(test_full_width_spaces_and_hyphens_are_forgiven),
				TEST(test_wrong_answers_are_refused_without_being_told),
				TEST(test_refusal_says_what_is_wanted),
				TEST(test_invalid_utf8_and_control_characters_are_refused),
				TEST(test_wrong_answer_leaves_the_good_one),
				TEST(test_templates_of_both_roles),
				TEST(test_missing_unknown_and_secret_names),
				TEST(test_secrets_are_forgotten_and_the_rest_stays),
				TEST(test_too_much_for_a_secret_is_refused), TEST(test_uses));
	profile_free(practice);
	fixture_end();
	return rc;
}
