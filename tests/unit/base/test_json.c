// JSON in and out: compact, in order, capped, and silent about what it read.
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "check.h"

static struct err *reads(const char *text, json_t **out)
{
	return json_read(text, strlen(text), 1000, ERR_ANSWER, "answers.json", out);
}

static void test_a_line_is_compact_and_in_order(void)
{
	AUTO(json)
	json_t *j = json_pack("{s:s,s:[i,b],s:{s:n}}", "z", "印鑑/é", "a", 1, 1, "m", "x");
	AUTO_TEXT char *line = json_line(j);
	CU_ASSERT_STRING_EQUAL(line, "{\"z\":\"印鑑/é\",\"a\":[1,true],\"m\":{\"x\":null}}");
}

static void test_values_are_read_by_kind(void)
{
	AUTO(json) json_t *j = NULL;
	CHECK_OK_OR_END(reads("{\"s\":\"text\",\"n\":-5,\"t\":true,\"f\":false}", &j));
	CU_ASSERT_STRING_EQUAL(json_text(j, "s"), "text");
	CU_ASSERT_PTR_NULL(json_text(j, "n"));
	CU_ASSERT_PTR_NULL(json_text(j, "missing"));
	CU_ASSERT_EQUAL(json_number(j, "n", 7), -5);
	CU_ASSERT_EQUAL(json_number(j, "s", 7), 7);
	CU_ASSERT_EQUAL(json_number(j, "missing", 7), 7);
	CU_ASSERT(json_flag(j, "t", false));
	CU_ASSERT(!json_flag(j, "f", true));
	CU_ASSERT(json_flag(j, "missing", true));
	CU_ASSERT(!json_flag(j, "s", false));
	CU_ASSERT_PTR_NULL(json_text(NULL, "s"));
}

static void test_what_is_not_one_whole_value_is_refused(void)
{
	static const char *const bad[] = { "",
					   "{",
					   "7",
					   "\"text\"",
					   "{\"a\":1} x",
					   "{\"a\":1}{\"b\":2}",
					   "{\"a\":1,\"a\":2}",
					   "{'a':1}",
					   "{\"a\":\"\\u0000\"}",
					   "{\"a\":\"\xff\"}",
					   "{\"a\":1e999}" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		json_t *j = NULL;
		CHECK_ERR(reads(bad[i], &j), ERR_ANSWER);
		CU_ASSERT_PTR_NULL(j);
	}
}

static void test_more_than_the_cap_is_refused_unread(void)
{
	json_t *j = NULL;
	AUTO(err) struct err *e = json_read("{\"a\":1}", 7, 6, ERR_NETWORK, "the answer", &j);
	CHECK_OR_END(e != NULL);
	CU_ASSERT_EQUAL(err_kind(e), ERR_NETWORK);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "too-large");
	AUTO(json) json_t *fits = NULL;
	CHECK_OK(json_read("{\"a\":1}x", 7, 7, ERR_NETWORK, "the answer", &fits));
}

static void test_nesting_without_end_is_refused(void)
{
	static char deep[100000];
	memset(deep, '[', sizeof(deep));
	json_t *j = NULL;
	CHECK_ERR(json_read(deep, sizeof(deep), sizeof(deep), ERR_FAILED, "x", &j), ERR_FAILED);
}

static void test_the_place_is_named_and_the_input_is_not(void)
{
	json_t *j = NULL;
	AUTO(err) struct err *e = reads("{\"token_pin\":\n \"1234\" geheim9}", &j);
	CHECK_OR_END(e != NULL);
	AUTO_TEXT char *text = err_render(e);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "answers.json"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "line 2"));
	CU_ASSERT_PTR_NULL(strstr(text, "geheim9"));
	CU_ASSERT_PTR_NULL(strstr(text, "1234"));
}

// --wrap=wipe (CMakeLists.txt): what is about to be wiped is looked at first.
static bool wiped_the_pin;
void __real_wipe(void *p, size_t len);
void __wrap_wipe(void *p, size_t len);

void __wrap_wipe(void *p, size_t len)
{
	if (p && memmem(p, len, "geheim9", 7))
		wiped_the_pin = true;
	__real_wipe(p, len);
}

static void test_what_was_read_is_wiped_when_dropped(void)
{
	json_t *j = NULL;
	CHECK_OK_OR_END(reads("{\"token_pin\":\"geheim9\"}", &j));
	wiped_the_pin = false;
	json_drop(j);
	CU_ASSERT(wiped_the_pin);
}

static void test_what_the_reader_left_on_its_way_is_wiped(void)
{
	json_t *j = NULL;
	wiped_the_pin = false;
	CHECK_ERR(reads("{\"token_pin\":\"geheim9\",}", &j), ERR_ANSWER);
	CU_ASSERT(wiped_the_pin);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_line_is_compact_and_in_order),
			  TEST(test_values_are_read_by_kind),
			  TEST(test_what_is_not_one_whole_value_is_refused),
			  TEST(test_more_than_the_cap_is_refused_unread),
			  TEST(test_nesting_without_end_is_refused),
			  TEST(test_the_place_is_named_and_the_input_is_not),
			  TEST(test_what_was_read_is_wiped_when_dropped),
			  TEST(test_what_the_reader_left_on_its_way_is_wiped));
}
