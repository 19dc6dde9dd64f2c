// The running line: how long, how long usually, and whether the token may be pulled.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "cli/running.h"
#include "cli/steps.h"

// A running line that writes to memory; as if a terminal were there.
struct seen {
	char *text;
	size_t size;
	FILE *f;
	struct running r;
};

static void look(struct seen *s, bool plain)
{
	*s = (struct seen){ 0 };
	s->f = open_memstream(&s->text, &s->size);
	running_open(&s->r, s->f, plain);
	s->r.tty = !plain;
	s->r.plain = plain;
}

static void seen_cleanup(struct seen *s)
{
	running_close(&s->r);
	fclose(s->f);
	free(s->text);
}
#define AUTO_LOOKED __attribute__((cleanup(seen_cleanup)))

// As if so many seconds had gone by.
static void pass(struct seen *s, int64_t seconds)
{
	s->r.began -= seconds * 1000;
	running_tick(&s->r);
	fflush(s->f);
}

static size_t count(const char *text, const char *words)
{
	size_t n = 0;
	for (const char *p = text; (p = strstr(p, words)); p += strlen(words))
		n++;
	return n;
}

static void test_plain_tells_every_ten_seconds_and_redraws_nothing(void)
{
	AUTO_LOOKED struct seen s;
	look(&s, true);
	running_begin(&s.r, "Making the key", 30);
	s.r.card = true;
	running_note(&s.r, text_copy("Leave the token in."));
	running_tick(&s.r);
	fflush(s.f);
	CU_ASSERT_EQUAL(s.size, 0);
	pass(&s, 3);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(s.text, "Making the key … 3 s (a card can take 30 seconds)\n"));
	CU_ASSERT_EQUAL(count(s.text, "Leave the token in."), 1);
	pass(&s, 5);
	CU_ASSERT_EQUAL(count(s.text, "Making the key"), 1);
	pass(&s, 5);
	CU_ASSERT_EQUAL(count(s.text, "Making the key"), 2);
	running_end(&s.r, "done");
	fflush(s.f);
	CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "Making the key … done (13."));
	CU_ASSERT_EQUAL(count(s.text, "Leave the token in."), 1);
	CU_ASSERT_PTR_NULL(strchr(s.text, '\r'));
	CU_ASSERT_PTR_NULL(strchr(s.text, '\x1b'));
}

static void test_a_quick_step_says_nothing_about_pulling(void)
{
	AUTO_LOOKED struct seen s;
	look(&s, false);
	running_begin(&s.r, "Signing", 5);
	running_note(&s.r, text_copy("Leave the token in."));
	pass(&s, 1);
	running_end(&s.r, "done");
	fflush(s.f);
	CU_ASSERT_PTR_NULL(strstr(s.text, "Leave the token in."));
	CU_ASSERT_PTR_NULL(strstr(s.text, "usually"));
}

static void test_a_long_one_tells_what_is_usual_and_the_note_once(void)
{
	AUTO_LOOKED struct seen s;
	look(&s, false);
	running_begin(&s.r, "Signing", 5);
	running_note(&s.r, text_copy("Leave the token in."));
	pass(&s, 4);
	pass(&s, 4);
	CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "Signing … 4 s (usually up to 5 seconds)"));
	CU_ASSERT_PTR_NOT_NULL(strstr(s.text, "Signing … 8 s (usually up to 5 seconds)"));
	CU_ASSERT_EQUAL(count(s.text, "Leave the token in."), 1);
}

// What a person took to answer is no time of the step's.
static void test_time_begins_anew_after_a_question(void)
{
	AUTO_LOOKED struct seen s;
	look(&s, true);
	running_begin(&s.r, "Preparing", 5);
	s.r.began -= 60000;
	running_disturb(&s.r);
	running_resume(&s.r);
	running_tick(&s.r);
	fflush(s.f);
	CU_ASSERT_EQUAL(s.size, 0);
}

static void test_every_step_says_whether_the_token_may_be_pulled(void)
{
	static const struct {
		const char *step;
		bool hold;
	} table[] = {
		{ "generate-key", true },
		{ "store-certificate", true },
		{ "retire-old", true },
		{ "clean-token", true },
		{ "a step of a later time", true },
		{ "wait", false },
		{ "submit", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO_TEXT char *words = step_pull_words(table[i].step);
		CU_ASSERT_EQUAL(strstr(words, "Leave the token in") != NULL, table[i].hold);
	}
}

static void test_steps_are_named_in_three_ways(void)
{
	AUTO_TEXT char *numbered = step_line("generate-key", STEP_NUMBERED);
	AUTO_TEXT char *words = step_line("generate-key", STEP_IN_WORDS);
	AUTO_TEXT char *alone = step_line("generate-key", STEP_NAME_ALONE);
	CU_ASSERT_STRING_EQUAL(numbered, "[ 3/12] Making the key on the token");
	CU_ASSERT_STRING_EQUAL(words, "Step 3 of 12: Making the key on the token");
	CU_ASSERT_STRING_EQUAL(alone, "Making the key on the token");
}

int main(void)
{
	return CHECK_MAIN(TEST(test_plain_tells_every_ten_seconds_and_redraws_nothing),
			  TEST(test_a_quick_step_says_nothing_about_pulling),
			  TEST(test_a_long_one_tells_what_is_usual_and_the_note_once),
			  TEST(test_time_begins_anew_after_a_question),
			  TEST(test_every_step_says_whether_the_token_may_be_pulled),
			  TEST(test_steps_are_named_in_three_ways));
}
