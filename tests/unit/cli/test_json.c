// The lines of --json: the same bytes in every language.
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "check.h"
#include "cli/faces.h"
#include "worker/worker.h"

static void check_event(const struct event *e, const char *wanted)
{
	static const char *const languages[] = { "en", "ja" };
	for (size_t i = 0; i < ARRAY_LEN(languages); i++) {
		CHECK_OK(lang_set(languages[i]));
		AUTO(json) struct json_t *j = json_event(e);
		AUTO_TEXT char *line = json_line(j);
		CU_ASSERT_STRING_EQUAL(line, wanted);
	}
	CHECK_OK(lang_set("en"));
}

static void test_a_step_is_one_compact_line(void)
{
	struct event e = { .kind = EVENT_STEP,
			   .enrolment = "k7qf-3m2x",
			   .step = "generate-key",
			   .state = STEP_BEGUN };
	check_event(&e, "{\"event\":\"step\",\"enrolment\":\"k7qf-3m2x\",\"step\":\"generate-key\","
			"\"state\":\"begun\"}");
	e.state = STEP_SKIPPED;
	check_event(&e, "{\"event\":\"step\",\"enrolment\":\"k7qf-3m2x\",\"step\":\"generate-key\","
			"\"state\":\"skipped\"}");
}

static void test_words_are_english_text(void)
{
	AUTO(msg) struct msg *m = msg_new(N_("There is no command %1."), ARG_TEXT("印鑑"));
	struct event e = { .kind = EVENT_NOTE, .step = "prepare", .words = m };
	check_event(
		&e,
		"{\"event\":\"note\",\"step\":\"prepare\",\"text\":\"There is no command 印鑑.\"}");
}

static void test_an_error_s_result_has_its_words_in_english(void)
{
	struct result r = { 0 };
	CHECK_OK(lang_set("ja"));
	result_of_error(err_tag(err_new(ERR_TOKEN, N_("No token was found.")), "token-none"),
			"k7qf-3m2x", &r);
	AUTO_TEXT char *line = json_line(r.object);
	CU_ASSERT_STRING_EQUAL(
		line, "{\"event\":\"result\",\"outcome\":\"failed\",\"exit\":6,\"enrolment\":"
		      "\"k7qf-3m2x\","
		      "\"error\":{\"tag\":\"token-none\",\"message\":\"No token was found.\"}}");
	CHECK_OK(lang_set("en"));
	result_free(&r);
}

static void test_outcomes_follow_the_kind(void)
{
	static const struct {
		enum err_kind kind;
		const char *outcome;
	} table[] = {
		{ ERR_FAILED, "failed" },	    { ERR_PENDING, "pending" },
		{ ERR_CA_REFUSED, "refused" },	    { ERR_POLICY, "refused" },
		{ ERR_INTERRUPTED, "interrupted" }, { ERR_PIN, "failed" },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct result r = { 0 };
		result_of_error(err_new(table[i].kind, N_("No token was found.")), NULL, &r);
		CU_ASSERT_STRING_EQUAL(json_text(r.object, "outcome"), table[i].outcome);
		CU_ASSERT(json_number(r.object, "exit", 0) == (int64_t)table[i].kind);
		result_free(&r);
	}
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_step_is_one_compact_line), TEST(test_words_are_english_text),
			  TEST(test_an_error_s_result_has_its_words_in_english),
			  TEST(test_outcomes_follow_the_kind));
}
