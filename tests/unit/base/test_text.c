// Width, wrapping, padding, safe showing and hexadecimal.
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "check.h"

static bool same(const char *got, const char *wanted)
{
	bool is = got && strcmp(got, wanted) == 0;
	if (!is)
		fprintf(stderr, "got <%s>, wanted <%s>\n", got ? got : "null", wanted);
	return is;
}

static bool wraps(const char *text, size_t columns, size_t indent, const char *wanted)
{
	AUTO_TEXT char *got = NULL;
	CHECK_OK(text_wrap(text, columns, indent, &got));
	return same(got, wanted);
}

static bool pads(const char *text, size_t columns, const char *wanted)
{
	AUTO_TEXT char *got = NULL;
	CHECK_OK(text_pad(text, columns, &got));
	return same(got, wanted);
}

static bool safe(const char *text, size_t max, const char *wanted)
{
	AUTO_TEXT char *got = text_safe(text, strlen(text), max);
	return same(got, wanted);
}

static void test_what_text_is_made_of(void)
{
	CU_ASSERT(text_is_utf8("印鑑", 6));
	CU_ASSERT(!text_is_utf8("印鑑", 5));
	CU_ASSERT(!text_is_utf8("\xc0\x80", 2));     // an overlong zero
	CU_ASSERT(!text_is_utf8("\xed\xa0\x80", 3)); // a surrogate
	CU_ASSERT(text_is_ascii("PIN 0~", 6));
	CU_ASSERT(!text_is_ascii("a\n", 2));
	CU_ASSERT(!text_is_ascii("\xff", 1));
	CU_ASSERT(!text_is_ascii("a\x7f", 2));
	CU_ASSERT(text_is_digits("0123456789", 10));
	CU_ASSERT(!text_is_digits("", 0));
	CU_ASSERT(!text_is_digits("12a", 3));
	CU_ASSERT(!text_is_digits("１", 3));
}

static void test_width_counts_columns(void)
{
	CU_ASSERT_EQUAL(text_width(""), 0);
	CU_ASSERT_EQUAL(text_width("inkan"), 5);
	CU_ASSERT_EQUAL(text_width("印鑑"), 4);
	CU_ASSERT_EQUAL(text_width("Ａ１"), 4);	 // full-width
	CU_ASSERT_EQUAL(text_width("ｱｲ"), 2);	 // half-width katakana
	CU_ASSERT_EQUAL(text_width("①※…—α"), 5); // ambiguous: narrow
	CU_ASSERT_EQUAL(text_width("が"), 2);	 // か and a combining mark
	CU_ASSERT_EQUAL(text_width("a\x1b"
				   "b"),
			2); // a control character takes none
}

static void test_wraps_english_at_spaces(void)
{
	CU_ASSERT(wraps("", 10, 0, ""));
	CU_ASSERT(wraps("one two three", 20, 0, "one two three\n"));
	CU_ASSERT(wraps("one two three", 7, 0, "one two\nthree\n"));
	CU_ASSERT(wraps("one two three", 8, 0, "one two\nthree\n"));
	CU_ASSERT(wraps("one two three", 10, 2, "one two\n  three\n"));
	CU_ASSERT(wraps("first\n\nsecond\n", 20, 0, "first\n\nsecond\n"));
	CU_ASSERT(wraps("a  b", 20, 0, "a  b\n"));
	CU_ASSERT(wraps("ends in space   ", 20, 0, "ends in space\n"));
	// Without a width, or nothing but spaces: what comes next still stays within the line.
	CU_ASSERT(wraps("\u200b          one", 8, 0, "\u200bone\n"));
	CU_ASSERT(wraps("          one", 8, 0, "one\n"));
	CU_ASSERT(wraps("  one", 8, 0, "  one\n"));
	// A control character does not make spaces part of a word that must stay whole.
	CU_ASSERT(
		wraps("\r                     \x17", 20, 4, "\r                    \n     \x17\n"));
}

static void test_wraps_japanese_anywhere_but_before_a_full_stop(void)
{
	// Ten columns are five characters, and 。 may not begin a line.
	CU_ASSERT(wraps("あいうえおかきくけこ", 10, 0, "あいうえお\nかきくけこ\n"));
	CU_ASSERT(wraps("あいうえお。かき", 10, 0, "あいうえ\nお。かき\n"));
	CU_ASSERT(wraps("あいうえ、おかき", 8, 0, "あいう\nえ、おか\nき\n"));
	CU_ASSERT(wraps("あいう「えお」か", 8, 0, "あいう\n「えお」\nか\n"));
	CU_ASSERT(wraps("あいうえおっと", 10, 0, "あいうえ\nおっと\n"));
	CU_ASSERT(wraps("あいうえおかき", 10, 2, "あいうえお\n  かき\n"));
}

static void test_wraps_mixed_text_and_keeps_words_to_copy_whole(void)
{
	CU_ASSERT(wraps("次にinkan resumeを実行", 12, 0, "次にinkan\nresumeを実行\n"));
	CU_ASSERT(wraps("use --last-try now", 10, 0, "use\n--last-try\nnow\n"));
	CU_ASSERT(wraps("see /etc/inkan/a.yaml", 18, 0, "see\n/etc/inkan/a.yaml\n"));
}

static void test_a_word_wider_than_a_line_stays_whole_on_its_own(void)
{
	CU_ASSERT(wraps("abcdefghij", 4, 0, "abcdefghij\n"));
	CU_ASSERT(wraps("x abcdefghij y", 6, 2, "x\n  abcdefghij\n  y\n"));
	CU_ASSERT(wraps("鍵は abcdefghij です", 6, 0, "鍵は\nabcdefghij\nです\n"));
}

static void test_no_wrapped_line_is_too_wide(void)
{
	const char *text = "利用者の証明書は、発行の日から一年間有効です。期限の30日前から、"
			   "https://www.example.jp/very/long/path/to/renewal/page で更新できます。"
			   "Then run `inkan renew --profile practice --role user` と入力します。";
	for (size_t columns = 64; columns < 90; columns++) { // the address alone has 53
		AUTO_TEXT char *got = NULL;
		CHECK_OK_OR_END(text_wrap(text, columns, columns > 10 ? 4 : 0, &got));
		for (char *p = got; *p;) {
			size_t n = strcspn(p, "\n");
			p[n] = 0;
			CU_ASSERT(text_width(p) <= columns);
			CU_ASSERT(n == 0 || p[n - 1] != ' ');
			p += n + 1;
		}
	}
}

static void test_pads_and_cuts_to_columns(void)
{
	CU_ASSERT(pads("ab", 4, "ab  "));
	CU_ASSERT(pads("", 2, "  "));
	CU_ASSERT(pads("abcd", 4, "abcd"));
	CU_ASSERT(pads("abcde", 4, "abc…"));
	CU_ASSERT(pads("印鑑", 6, "印鑑  "));
	CU_ASSERT(pads("印鑑証明", 6, "印鑑… "));
	CU_ASSERT(pads("abc", 0, ""));
}

static void test_shows_outside_text_safely(void)
{
	CU_ASSERT(safe("plain 印鑑", 100, "plain 印鑑"));
	CU_ASSERT(safe("a\x1b[31mb\x7f\n\t", 100, "a\uFFFD[31mb\uFFFD\uFFFD\uFFFD"));
	CU_ASSERT(safe("\xc2\x9b"
		       "2J",
		       100, "\uFFFD2J")); // the C1 form of ESC [
	CU_ASSERT(safe("a\xff\xc3", 100, "a\uFFFD\uFFFD"));
	CU_ASSERT(safe("\u202Eab\u2066\u200F", 100, "\uFFFDab\uFFFD\uFFFD"));
	AUTO_TEXT char *zero = text_safe("a\0b", 3, 100);
	CU_ASSERT(same(zero, "a\uFFFDb"));
	AUTO_TEXT char *lines = text_safe_lines("a\nb\r", 4, 100);
	CU_ASSERT(same(lines, "a\nb\uFFFD"));
	AUTO_TEXT char *nothing = text_safe(NULL, 0, 10);
	CU_ASSERT(same(nothing, ""));
}

static void test_long_outside_text_is_cut_at_a_character(void)
{
	CU_ASSERT(safe("abcdefgh", 8, "abcdefgh"));
	CU_ASSERT(safe("abcdefghi", 8, "abcde…"));
	CU_ASSERT(safe("あいう", 9, "あいう"));
	CU_ASSERT(safe("あいう", 8, "あ…"));
	CU_ASSERT(safe("あいう", 7, "あ…"));
	CU_ASSERT(safe("abcd", 3, "…"));
	CU_ASSERT(safe("abcd", 2, ""));
	CU_ASSERT(safe("\xff\xff\xff", 8, "\uFFFD…"));
	CU_ASSERT(safe("a", 0, ""));
}

static void test_hexadecimal_there_and_back(void)
{
	AUTO_TEXT char *plain = text_hex("\x00\xab\xff", 3, 0);
	AUTO_TEXT char *colons = text_hex("\x00\xab\xff", 3, ':');
	AUTO_TEXT char *none = text_hex("", 0, ':');
	CU_ASSERT(same(plain, "00abff"));
	CU_ASSERT(same(colons, "00:ab:ff"));
	CU_ASSERT(same(none, ""));
	uint8_t out[4] = { 9, 9, 9, 9 };
	size_t len = sizeof(out);
	CHECK_OK(text_unhex("00AbfF", out, &len));
	CU_ASSERT_EQUAL(len, 3);
	CU_ASSERT_EQUAL(memcmp(out, "\x00\xab\xff\x09", 4), 0);
}

static void test_what_is_no_hexadecimal_is_refused(void)
{
	static const char *const bad[] = { "abc", "0g", "0x", "00:11", " 00", "0011223344" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		uint8_t out[4] = { 9, 9, 9, 9 };
		size_t len = sizeof(out);
		CHECK_ERR(text_unhex(bad[i], out, &len), ERR_FAILED);
		CU_ASSERT_EQUAL(len, 4);
		CU_ASSERT_EQUAL(memcmp(out, "\x09\x09\x09\x09", 4), 0);
	}
}

int main(void)
{
	return CHECK_MAIN(TEST(test_what_text_is_made_of), TEST(test_width_counts_columns),
			  TEST(test_wraps_english_at_spaces),
			  TEST(test_wraps_japanese_anywhere_but_before_a_full_stop),
			  TEST(test_wraps_mixed_text_and_keeps_words_to_copy_whole),
			  TEST(test_a_word_wider_than_a_line_stays_whole_on_its_own),
			  TEST(test_no_wrapped_line_is_too_wide),
			  TEST(test_pads_and_cuts_to_columns), TEST(test_shows_outside_text_safely),
			  TEST(test_long_outside_text_is_cut_at_a_character),
			  TEST(test_hexadecimal_there_and_back),
			  TEST(test_what_is_no_hexadecimal_is_refused));
}
