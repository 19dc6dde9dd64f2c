// Messages: arguments, what is made safe, and the way through JSON, from hostile senders too.
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/msg.h"
#include "check.h"

// The rendered message equals `wanted`; takes the message.
static bool shows(struct msg *m, const char *wanted)
{
	AUTO_TEXT char *text = msg_render(m);
	msg_free(m);
	bool same = text && strcmp(text, wanted) == 0;
	if (!same)
		fprintf(stderr, "shown: <%s>, wanted: <%s>\n", text ? text : "null", wanted);
	return same;
}

static void test_arguments_take_their_places(void)
{
	CU_ASSERT(shows(msg_new("plain"), "plain"));
	CU_ASSERT(shows(msg_new("%2 before %1", ARG_TEXT("a"), ARG_NUM(-7)), "-7 before a"));
	CU_ASSERT(shows(msg_new("%1%1", ARG_TEXT("x")), "xx"));
	CU_ASSERT(shows(msg_new("%1 of %2, 100%", ARG_NUM(1)), "1 of %2, 100%"));
	CU_ASSERT(shows(msg_new("%0 %% %s %1", ARG_TEXT("%1")), "%0 %% %s %1"));
	CU_ASSERT(shows(msg_new("[%1]", ARG_TEXT(NULL)), "[]"));
	CU_ASSERT(shows(msg_new("%9", ARG_NUM(1), ARG_NUM(2), ARG_NUM(3), ARG_NUM(4), ARG_NUM(5),
				ARG_NUM(6), ARG_NUM(7), ARG_NUM(8), ARG_NUM(9)),
			"9"));
}

static void test_numbers_of_every_size(void)
{
	char out[24];
	CU_ASSERT_STRING_EQUAL(msg_number(out, INT64_MIN), "-9223372036854775808");
	CU_ASSERT_STRING_EQUAL(msg_number(out, INT64_MAX), "9223372036854775807");
}

static void test_arguments_cannot_drive_a_terminal(void)
{
	CU_ASSERT(shows(msg_new("<%1>", ARG_TEXT("a\x1b[2Jb\r\nc")), "<a\uFFFD[2Jb\uFFFD\uFFFDc>"));
	CU_ASSERT(shows(msg_new("<%1>", ARG_TEXT("\u202Eevil\xc2\x9b")), "<\uFFFDevil\uFFFD>"));
	struct text2 two = { .en = (char[]){ "line\nline\x07" }, .ja = NULL };
	CU_ASSERT(shows(msg_new("%1", ARG_BOTH(two)), "line\nline\uFFFD"));
}

static void test_bytes_that_are_not_utf8_are_replaced(void)
{
	CU_ASSERT(shows(msg_new("%1", ARG_TEXT("a\xff\xfe"
					       "b\xc3")),
			"a\uFFFD\uFFFDb\uFFFD"));
}

static void test_long_texts_are_cut_at_a_character(void)
{
	char longer[MSG_MAX_TEXT + 10];
	memset(longer, 'a', sizeof(longer));
	memcpy(longer + MSG_MAX_TEXT - 1, "\xe3\x81\x82",
	       3); // あ begins at the last byte that fits
	longer[sizeof(longer) - 1] = 0;
	AUTO(msg) struct msg *m = msg_new("%1", ARG_TEXT(longer));
	AUTO_TEXT char *text = msg_render(m);
	CHECK_OR_END(text != NULL);
	CU_ASSERT_EQUAL(strlen(text), MSG_MAX_TEXT - 1);
}

static void test_texts_are_copied(void)
{
	char text[] = "before";
	AUTO(msg) struct msg *m = msg_new("%1", ARG_TEXT(text));
	AUTO(msg) struct msg *copy = msg_copy(m);
	memcpy(text, "after!", 6);
	msg_free(m);
	m = NULL;
	AUTO_TEXT char *shown = msg_render(copy);
	CU_ASSERT_STRING_EQUAL(shown, "before");
	CU_ASSERT_PTR_NULL(msg_copy(NULL));
	CU_ASSERT_STRING_EQUAL(msg_id(copy), "%1");
}

static void test_json_round_trip(void)
{
	struct text2 both = { .en = (char[]){ "Press 1" }, .ja = (char[]){ "1を押す" } };
	struct text2 english = { .en = (char[]){ "only" }, .ja = NULL };
	AUTO(msg)
	struct msg *m = msg_new("%1 %2 %3 %4", ARG_TEXT("\"q\"\n\\"), ARG_ID("it is busy"),
				ARG_BOTH(both), ARG_BOTH(english));
	AUTO(json) json_t *j = msg_to_json(m);
	AUTO_TEXT char *line = json_line(j);
	CU_ASSERT_STRING_EQUAL(line,
			       "{\"id\":\"%1 %2 %3 %4\",\"args\":[\"\\\"q\\\"\\n\\\\\","
			       "{\"id\":\"it is busy\"},{\"en\":\"Press 1\",\"ja\":\"1を押す\"},"
			       "{\"en\":\"only\"}]}");
	AUTO(msg) struct msg *back = msg_from_json(j);
	AUTO(json) json_t *again = msg_to_json(back);
	CU_ASSERT(json_equal(j, again));
	CU_ASSERT_PTR_NULL(msg_to_json(NULL));
}

static bool refused(const char *text)
{
	AUTO(json) json_t *j = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	AUTO(msg) struct msg *m = msg_from_json(j);
	if (!j || m)
		fprintf(stderr, "%s: %s\n", j ? "accepted" : "no JSON", text);
	return j && !m;
}

static void test_other_shapes_are_refused(void)
{
	CU_ASSERT(refused("[]"));
	CU_ASSERT(refused("\"text\""));
	CU_ASSERT(refused("{}"));
	CU_ASSERT(refused("{\"id\":\"a\"}"));
	CU_ASSERT(refused("{\"id\":1,\"args\":[]}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":{}}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":[],\"more\":1}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":[1]}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":[null]}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":[[]]}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":[{}]}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":[{\"id\":\"b\",\"en\":\"c\"}]}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":[{\"ja\":\"c\"}]}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":[{\"en\":\"c\",\"ja\":1}]}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":[{\"en\":\"c\",\"x\":\"y\"}]}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":[\"b\\u0000c\"]}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":[1,2,3,4,5,6,7,8,9,10]}"));
	CU_ASSERT(refused("{\"id\":\"a\",\"args\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\","
			  "\"8\",\"9\",\"10\"]}"));
	CU_ASSERT_PTR_NULL(msg_from_json(NULL));
}

static void test_a_text_over_the_limit_is_refused(void)
{
	static char longer[MSG_MAX_TEXT + 2];
	memset(longer, 'a', MSG_MAX_TEXT + 1);
	AUTO(json) json_t *id = json_pack("{s:s,s:[]}", "id", longer, "args");
	AUTO(json) json_t *arg = json_pack("{s:s,s:[s]}", "id", "%1", "args", longer);
	CU_ASSERT_PTR_NULL(msg_from_json(id));
	CU_ASSERT_PTR_NULL(msg_from_json(arg));
	longer[MSG_MAX_TEXT] = 0;
	AUTO(json) json_t *fits = json_pack("{s:s,s:[s]}", "id", "%1", "args", longer);
	AUTO(msg) struct msg *m = msg_from_json(fits);
	CU_ASSERT_PTR_NOT_NULL(m);
}

static void test_an_id_from_outside_cannot_drive_a_terminal(void)
{
	AUTO(json) json_t *j = json_pack("{s:s,s:[s]}", "id", "\x1b]0;x\x07%1", "args", "a");
	CU_ASSERT(shows(msg_from_json(j), "\uFFFD]0;x\uFFFDa"));
}

static void test_the_message_without_memory_outlives_its_free(void)
{
	struct msg *m = msg_no_memory();
	msg_free(m);
	CU_ASSERT(shows(m, "There is not enough memory."));
	CU_ASSERT(shows(msg_copy(m), "There is not enough memory."));
}

int main(void)
{
	return CHECK_MAIN(TEST(test_arguments_take_their_places), TEST(test_numbers_of_every_size),
			  TEST(test_arguments_cannot_drive_a_terminal),
			  TEST(test_bytes_that_are_not_utf8_are_replaced),
			  TEST(test_long_texts_are_cut_at_a_character), TEST(test_texts_are_copied),
			  TEST(test_json_round_trip), TEST(test_other_shapes_are_refused),
			  TEST(test_a_text_over_the_limit_is_refused),
			  TEST(test_an_id_from_outside_cannot_drive_a_terminal),
			  TEST(test_the_message_without_memory_outlives_its_free));
}
