// Errors: chains, hints, calls, how they are shown and how they cross as JSON.
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/text.h"
#include "check.h"

static struct err *wrong_pin(void)
{
	struct err *e = err_new(ERR_PIN, "The PIN of %1 is wrong.", ARG_TEXT("card"));
	e = err_hint(e, "Type it again with care.");
	return err_tag(err_call(e, "C_Login", "CKR_PIN_INCORRECT", 0xa0), "pin-wrong");
}

static bool renders(const struct err *e, const char *wanted)
{
	AUTO_TEXT char *text = err_render(e);
	bool same = text && strcmp(text, wanted) == 0;
	if (!same)
		fprintf(stderr, "shown:\n%s\nwanted:\n%s\n", text ? text : "null", wanted);
	return same;
}

static void test_an_error_tells_what_it_was_given(void)
{
	AUTO(err) struct err *e = wrong_pin();
	CU_ASSERT_EQUAL(err_kind(e), ERR_PIN);
	CU_ASSERT_STRING_EQUAL(msg_id(err_what(e)), "The PIN of %1 is wrong.");
	CU_ASSERT_STRING_EQUAL(msg_id(err_next_step(e)), "Type it again with care.");
	CU_ASSERT_STRING_EQUAL(err_call_name(e), "C_Login");
	CU_ASSERT_STRING_EQUAL(err_code_name(e), "CKR_PIN_INCORRECT");
	CU_ASSERT_EQUAL(err_code(e), 0xa0);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "pin-wrong");
	CU_ASSERT_PTR_NULL(err_cause(e));
}

static void test_a_bare_error_has_no_names(void)
{
	AUTO(err) struct err *e = err_new(ERR_CA_REFUSED, "No.");
	CU_ASSERT_PTR_NULL(err_call_name(e));
	CU_ASSERT_PTR_NULL(err_code_name(e));
	CU_ASSERT_PTR_NULL(err_next_step(e));
	CU_ASSERT_STRING_EQUAL(err_slug(e), "");
	CU_ASSERT(renders(e, "No.\n"));
}

static void test_while_keeps_kind_tag_and_hint(void)
{
	AUTO(err) struct err *e = err_while(wrong_pin(), "The token could not be opened.");
	CU_ASSERT_EQUAL(err_kind(e), ERR_PIN);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "pin-wrong");
	CU_ASSERT_PTR_NULL(err_call_name(e));
	CU_ASSERT_STRING_EQUAL(msg_id(err_next_step(e)), "Type it again with care.");
	CU_ASSERT(err_has_code(e, "CKR_PIN_INCORRECT"));
	CU_ASSERT(!err_has_code(e, "CKR_PIN_LOCKED"));
	e = err_tag(e, "outer");
	CU_ASSERT(err_has_tag(e, "outer") && err_has_tag(e, "pin-wrong"));
	CU_ASSERT(!err_has_tag(e, "pin") && !err_has_tag(NULL, "pin-wrong"));
	e = err_tag(e, "pin-wrong");
	CU_ASSERT(renders(e, "The token could not be opened.\n"
			     "The PIN of card is wrong.\n"
			     "Type it again with care.\n"
			     "[pin-wrong] C_Login: CKR_PIN_INCORRECT (0xa0)\n"));
}

static void test_the_outer_hint_goes_first(void)
{
	AUTO(err) struct err *e = err_hint(err_while(wrong_pin(), "Outer."), "First this.");
	CU_ASSERT_STRING_EQUAL(msg_id(err_next_step(e)), "First this.");
	e = err_hint(e, "No, that.");
	CU_ASSERT_STRING_EQUAL(msg_id(err_next_step(e)), "No, that.");
}

static void test_a_second_cause_goes_to_the_end_of_the_chain(void)
{
	struct err *a = err_new(ERR_NETWORK, "a");
	AUTO(err) struct err *e = err_caused_by(a, err_new(ERR_FAILED, "b"));
	e = err_caused_by(e, err_new(ERR_FAILED, "c"));
	CU_ASSERT_EQUAL(err_kind(e), ERR_NETWORK);
	CU_ASSERT_STRING_EQUAL(msg_id(err_what(err_cause(err_cause(e)))), "c");
}

static void test_success_stays_success(void)
{
	CU_ASSERT_PTR_NULL(err_hint(NULL, "hint"));
	CU_ASSERT_PTR_NULL(err_call(NULL, "call", "code", 1));
	CU_ASSERT_PTR_NULL(err_while(NULL, "while"));
	CU_ASSERT_PTR_NULL(err_as(NULL, ERR_INTERRUPTED));
	CU_ASSERT_PTR_NULL(err_tag(NULL, "tag"));
	CU_ASSERT_PTR_NULL(err_caused_by(NULL, err_new(ERR_FAILED, "dropped")));
	err_free(NULL);
}

static void test_the_kind_can_change(void)
{
	AUTO(err) struct err *e = err_as(wrong_pin(), ERR_INTERRUPTED);
	CU_ASSERT_EQUAL(err_kind(e), ERR_INTERRUPTED);
	CU_ASSERT(err_has_code(e, "CKR_PIN_INCORRECT"));
}

static void test_out_of_memory_needs_none_and_is_never_changed(void)
{
	struct err *e = err_no_memory();
	e = err_hint(e, "hint");
	e = err_as(err_call(err_tag(e, "other"), "malloc", "ENOMEM", ENOMEM), ERR_POLICY);
	e = err_caused_by(e, wrong_pin());
	CU_ASSERT_EQUAL(err_kind(e), ERR_FAILED);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "no-memory");
	CU_ASSERT(renders(e, "There is not enough memory.\n[no-memory]\n"));
	err_free(e);
	AUTO(err) struct err *outer = err_while(err_no_memory(), "Reading.");
	outer = err_caused_by(outer, wrong_pin());
	CU_ASSERT_PTR_NULL(err_cause(err_cause(outer)));
}

static void test_errno_is_told_in_words_and_by_name(void)
{
	AUTO(err) struct err *e = err_errno("open", "/x", EACCES);
	CU_ASSERT_EQUAL(err_kind(e), ERR_FAILED);
	CU_ASSERT(renders(e, "/x cannot be used: you are not allowed to use it.\n"
			     "open: EACCES (0xd)\n"));
	AUTO(err) struct err *rare = err_errno("poll", NULL, EXDEV);
	CU_ASSERT(renders(rare, "The system refused a call: Invalid cross-device link.\n"
				"poll: EXDEV (0x12)\n"));
}

static void test_long_sentences_are_wrapped(void)
{
	AUTO(err)
	struct err *e = err_new(
		ERR_FAILED, "This sentence goes on and on until it is longer than what fits in the "
			    "eighty columns of a terminal, and so it is broken.");
	AUTO_TEXT char *text = err_render(e);
	CHECK_OR_END(text != NULL);
	size_t lines = 0;
	for (const char *p = text; *p; p += strcspn(p, "\n") + 1, lines++)
		CU_ASSERT(strcspn(p, "\n") <= 80);
	CU_ASSERT_EQUAL(lines, 2);
}

static void test_json_round_trip(void)
{
	AUTO(err) struct err *e = err_while(wrong_pin(), "Opening %1.", ARG_TEXT("it"));
	AUTO(json) json_t *j = err_to_json(e);
	AUTO_TEXT char *line = json_line(j);
	CU_ASSERT_STRING_EQUAL(
		line,
		"{\"kind\":7,\"what\":{\"id\":\"Opening %1.\",\"args\":[\"it\"]},"
		"\"tag\":\"pin-wrong\",\"cause\":{\"kind\":7,\"what\":{\"id\":\"The PIN of %1 is "
		"wrong.\","
		"\"args\":[\"card\"]},\"hint\":{\"id\":\"Type it again with care.\",\"args\":[]},"
		"\"call\":\"C_Login\",\"code_name\":\"CKR_PIN_INCORRECT\",\"code\":160,"
		"\"tag\":\"pin-wrong\"}}");
	AUTO(err) struct err *back = err_from_json(j);
	AUTO(json) json_t *again = err_to_json(back);
	CU_ASSERT(json_equal(j, again));
	CU_ASSERT_PTR_NULL(err_to_json(NULL));
}

static void test_a_librarys_own_words_survive_json(void)
{
	char words[400];
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = 0;
	AUTO(err) struct err *e = err_call(err_new(ERR_NETWORK, "cut"), "libcurl", words, 7);
	AUTO(err) struct err *ja = err_call(err_new(ERR_NETWORK, "cut"), "libcurl", "接続", 7);
	json_t *j = err_to_json(e);
	json_t *k = err_to_json(ja);
	AUTO(err) struct err *back = err_from_json(j);
	AUTO(err) struct err *back_ja = err_from_json(k);
	CU_ASSERT_EQUAL(err_kind(back), ERR_NETWORK);
	CU_ASSERT(strlen(err_code_name(back)) > 200);
	CU_ASSERT_STRING_EQUAL(err_code_name(back_ja), "??????");
	json_decref(j);
	json_decref(k);
}

static void test_a_large_code_survives_json(void)
{
	AUTO(err) struct err *e = err_call(err_new(ERR_TOKEN, "x"), "C_Sign", NULL, UINT64_MAX);
	AUTO(json) json_t *j = err_to_json(e);
	AUTO(err) struct err *back = err_from_json(j);
	CU_ASSERT_EQUAL(err_code(back), UINT64_MAX);
	CU_ASSERT(renders(back, "x\nC_Sign: 0xffffffffffffffff\n"));
}

static void test_a_chain_too_deep_is_cut_on_the_way_out(void)
{
	AUTO(err) struct err *e = err_new(ERR_FAILED, "deepest");
	for (int i = 0; i < 40; i++)
		e = err_while(e, "level");
	AUTO(json) json_t *j = err_to_json(e);
	size_t depth = 0;
	for (const json_t *p = j; p; p = json_object_get(p, "cause"))
		depth++;
	CU_ASSERT_EQUAL(depth, 16);
	AUTO(err) struct err *back = err_from_json(j);
	CU_ASSERT_STRING_EQUAL(err_slug(back), "");
}

// Reads as the error that says the report was unreadable.
static bool unreadable(const char *text)
{
	AUTO(json) json_t *j = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	AUTO(err) struct err *e = err_from_json(j);
	bool so = j && err_kind(e) == ERR_FAILED && strcmp(err_slug(e), "bad-report") == 0;
	if (!so)
		fprintf(stderr, "%s: %s\n", j ? "accepted" : "no JSON", text);
	return so;
}

#define WHAT "\"what\":{\"id\":\"x\",\"args\":[]}"

static void test_hostile_reports_become_an_error_of_their_own(void)
{
	CU_ASSERT(unreadable("{}"));
	CU_ASSERT(unreadable("[]"));
	CU_ASSERT(unreadable("7"));
	CU_ASSERT(unreadable("{\"kind\":7}"));
	CU_ASSERT(unreadable("{\"kind\":0," WHAT "}"));
	CU_ASSERT(unreadable("{\"kind\":12," WHAT "}"));
	CU_ASSERT(unreadable("{\"kind\":\"7\"," WHAT "}"));
	CU_ASSERT(unreadable("{\"kind\":7,\"what\":\"x\"}"));
	CU_ASSERT(unreadable("{\"kind\":7," WHAT ",\"hint\":7}"));
	CU_ASSERT(unreadable("{\"kind\":7," WHAT ",\"tag\":\"Not A Slug\"}"));
	CU_ASSERT(unreadable("{\"kind\":7," WHAT ",\"call\":\"\\u001b[2J\"}"));
	CU_ASSERT(unreadable("{\"kind\":7," WHAT ",\"call\":\"a\\u0000b\"}"));
	CU_ASSERT(unreadable("{\"kind\":7," WHAT ",\"call\":\"a\",\"code\":\"1\"}"));
	CU_ASSERT(unreadable("{\"kind\":7," WHAT ",\"cause\":{}}"));
	CU_ASSERT(unreadable("{\"kind\":7," WHAT ",\"cause\":null}"));
	AUTO(err) struct err *none = err_from_json(NULL);
	CU_ASSERT_STRING_EQUAL(err_slug(none), "bad-report");
}

static void test_a_name_too_long_and_a_chain_too_deep_are_refused(void)
{
	char name[100];
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	AUTO_TEXT char *text = text_format("{\"kind\":7," WHAT ",\"call\":\"%s\"}", name);
	CU_ASSERT(unreadable(text));
	AUTO_BUF struct buf b = { 0 };
	for (int i = 0; i < 17; i++)
		CHECK_OK(buf_puts(&b, "{\"kind\":7," WHAT ",\"cause\":"));
	CHECK_OK(buf_puts(&b, "{\"kind\":7," WHAT "}"));
	for (int i = 0; i < 17; i++)
		CHECK_OK(buf_puts(&b, "}"));
	CU_ASSERT(unreadable((char *)b.data));
}

static struct err *passes_on(struct err *e)
{
	TRY(e);
	return err_new(ERR_USAGE, "went on");
}

static void test_try_returns_the_first_error(void)
{
	AUTO(err) struct err *e = passes_on(wrong_pin());
	CU_ASSERT_EQUAL(err_kind(e), ERR_PIN);
	AUTO(err) struct err *fine = passes_on(NULL);
	CU_ASSERT_EQUAL(err_kind(fine), ERR_USAGE);
}

int main(void)
{
	return CHECK_MAIN(
		TEST(test_an_error_tells_what_it_was_given), TEST(test_a_bare_error_has_no_names),
		TEST(test_while_keeps_kind_tag_and_hint), TEST(test_the_outer_hint_goes_first),
		TEST(test_a_second_cause_goes_to_the_end_of_the_chain),
		TEST(test_success_stays_success), TEST(test_the_kind_can_change),
		TEST(test_out_of_memory_needs_none_and_is_never_changed),
		TEST(test_errno_is_told_in_words_and_by_name),
		TEST(test_long_sentences_are_wrapped), TEST(test_json_round_trip),
		TEST(test_a_librarys_own_words_survive_json), TEST(test_a_large_code_survives_json),
		TEST(test_a_chain_too_deep_is_cut_on_the_way_out),
		TEST(test_hostile_reports_become_an_error_of_their_own),
		TEST(test_a_name_too_long_and_a_chain_too_deep_are_refused),
		TEST(test_try_returns_the_first_error));
}
