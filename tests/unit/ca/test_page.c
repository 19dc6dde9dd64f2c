// Web pages as plain text.
#include "ca/page.h"

#include <string.h>

#include "check.h"

static void check_words(const char *html, const char *want)
{
	AUTO_BUF struct buf b = BUF(65536);
	CHECK_OK(page_words(html, strlen(html), NULL, &b));
	const char *got = b.data ? (const char *)b.data : "";
	if (strcmp(got, want) != 0)
		fprintf(stderr, "got:\n%s\nwant:\n%s\n", got, want);
	CU_ASSERT_STRING_EQUAL(got, want);
}

static void test_blocks_are_lines_and_blanks_are_one(void)
{
	check_words("<html><body><h1> Good \n morning</h1><p>a  <b>b</b>c</p><ul><li>1<li>2</ul>",
		    "Good morning\na bc\n1\n2\n");
	check_words("<table><tr><td>who</td><td>hana</td></tr><tr><td>until</td><td>2027</td></tr>",
		    "who hana\nuntil 2027\n");
	check_words("<pre>one\ntwo</pre>", "one\ntwo\n");
}

static void test_what_nobody_reads_is_left_out(void)
{
	check_words("<head><title>t</title><style>p{}</style></head><body><script>alert(1)</script>"
		    "<!-- no -->seen<select><option>x</select></body>",
		    "seen");
}

static void test_japanese_by_what_the_page_says(void)
{
	check_words("<meta charset=\"utf-8\"><p>契約者番号</p>", "契約者番号\n");
	check_words("<meta http-equiv=\"Content-Type\" content=\"text/html; "
		    "charset=Shift_JIS\"><p>\x83\x65\x83\x58\x83\x67</p>",
		    "テスト\n");
}

static void test_a_terminal_is_not_commanded(void)
{
	AUTO_BUF struct buf b = BUF(65536);
	static const char html[] = "<p>a\x1b[2Jb&#27;]0;x&#7;c</p>";
	CHECK_OK(page_words(html, sizeof(html) - 1, "UTF-8", &b));
	CU_ASSERT(b.data && !memchr(b.data, 0x1b, b.len) && !memchr(b.data, 7, b.len));
}

static void test_garbage_does_no_harm(void)
{
	char deep[20001];
	memset(deep, 0, sizeof(deep));
	for (size_t i = 0; i + 3 < sizeof(deep); i += 3)
		memcpy(deep + i, "<b>", 3);
	AUTO_BUF struct buf b = BUF(65536);
	CHECK_OK(page_words(deep, strlen(deep), NULL, &b));
	CHECK_OK(page_words("\xff\xfe\x00<", 4, NULL, &b));
	CHECK_OK(page_words("", 0, NULL, &b));
	check_words("no html at all", "no html at all\n");
}

int main(void)
{
	return CHECK_MAIN(TEST(test_blocks_are_lines_and_blanks_are_one),
			  TEST(test_what_nobody_reads_is_left_out),
			  TEST(test_japanese_by_what_the_page_says),
			  TEST(test_a_terminal_is_not_commanded), TEST(test_garbage_does_no_harm));
}
