// The keypad on the screen: what is typed is not the PIN, and means it all the same.
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "cli/keypad.h"

static struct secret *secret_of(const char *text)
{
	struct secret *s = NULL;
	CHECK_OK(secret_from(text, strlen(text), &s));
	return s;
}

// The letters for a PIN.
static void type(const struct keypad *k, const char *pin, char *typed)
{
	for (const char *p = pin; *p; p++) {
		const char *key = memchr(k->keys, *p, k->n);
		CHECK_OR_END(key != NULL);
		memcpy(typed, k->codes[key - k->keys], k->code_len);
		typed += k->code_len;
	}
	*typed = '\0';
}

static void means(const struct keypad *k, const char *typed, const char *pin)
{
	AUTO(secret) struct secret *in = secret_of(typed);
	AUTO(secret) struct secret *out = NULL;
	CHECK_OK(keypad_read(k, in, &out));
	CU_ASSERT_STRING_EQUAL(secret_text(out), pin);
}

static void test_digits_have_a_letter_each(void)
{
	struct keypad k;
	CHECK_OK(keypad_make(true, &k));
	CU_ASSERT_EQUAL(k.n, 10);
	CU_ASSERT_EQUAL(k.code_len, 1);
	for (size_t i = 0; i < k.n; i++) {
		CU_ASSERT_TRUE(islower((unsigned char)k.codes[i][0]));
		for (size_t j = 0; j < i; j++) {
			CU_ASSERT_NOT_EQUAL(k.codes[i][0], k.codes[j][0]);
			CU_ASSERT_NOT_EQUAL(k.keys[i], k.keys[j]);
		}
	}
	char typed[16];
	type(&k, "70912653", typed);
	means(&k, typed, "70912653");
	for (char *p = typed; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	means(&k, typed, "70912653");
}

static void test_everything_has_two_letters_each(void)
{
	struct keypad k;
	CHECK_OK(keypad_make(false, &k));
	CU_ASSERT_EQUAL(k.n, KEYPAD_MAX_KEYS);
	for (size_t i = 0; i < k.n; i++)
		for (size_t j = 0; j < i; j++) {
			CU_ASSERT_NOT_EQUAL(memcmp(k.codes[i], k.codes[j], 2), 0);
			CU_ASSERT_NOT_EQUAL(k.keys[i], k.keys[j]);
		}
	char typed[32];
	type(&k, "aZ9!?~", typed);
	means(&k, typed, "aZ9!?~");
}

// Two keypads in a row are alike once in many millions.
static void test_each_keypad_is_another_one(void)
{
	struct keypad a, b;
	CHECK_OK(keypad_make(true, &a));
	CHECK_OK(keypad_make(true, &b));
	// NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c): both were zeroed whole
	CU_ASSERT_NOT_EQUAL(memcmp(&a, &b, sizeof(a)), 0);
	// Every digit comes to every place.
	bool seen[10][10] = { { false } };
	for (int round = 0; round < 400; round++) {
		CHECK_OK(keypad_make(true, &a));
		for (size_t i = 0; i < 10; i++)
			seen[i][a.keys[i] - '0'] = true;
	}
	for (size_t i = 0; i < 10; i++)
		for (size_t d = 0; d < 10; d++)
			CU_ASSERT_TRUE(seen[i][d]);
}

static void test_what_is_not_on_it_is_refused(void)
{
	static const char *const wrong[] = { "", "7", "70912653", "i", "あ" };
	struct keypad k;
	CHECK_OK(keypad_make(true, &k));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		AUTO(secret) struct secret *in = secret_of(wrong[i]);
		AUTO(secret) struct secret *out = NULL;
		CHECK_ERR(keypad_read(&k, in, &out), ERR_ANSWER);
		CU_ASSERT_PTR_NULL(out);
	}
	// Half a key.
	CHECK_OK(keypad_make(false, &k));
	AUTO(secret) struct secret *in = NULL;
	CHECK_OK(secret_from(k.codes[0], 1, &in));
	AUTO(secret) struct secret *out = NULL;
	CHECK_ERR(keypad_read(&k, in, &out), ERR_ANSWER);
}

static void test_a_question_mark_asks_for_it(void)
{
	static const struct {
		const char *typed;
		bool wanted;
	} table[] = {
		{ "?", true }, { "？", true }, { "??", false }, { "", false }, { "1234", false }
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO(secret) struct secret *s = secret_of(table[i].typed);
		CU_ASSERT_EQUAL(keypad_wanted(s), table[i].wanted);
	}
}

int main(void)
{
	return CHECK_MAIN(
		TEST(test_digits_have_a_letter_each), TEST(test_everything_has_two_letters_each),
		TEST(test_each_keypad_is_another_one), TEST(test_what_is_not_on_it_is_refused),
		TEST(test_a_question_mark_asks_for_it));
}
