// Folding of what input methods type, for IDs and for secret codes.
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "check.h"
#include "sanitized.h"

static bool folds(const char *in, const char *wanted)
{
	AUTO_TEXT char *got = NULL;
	CHECK_OK(text_fold(in, &got));
	bool is = got && strcmp(got, wanted) == 0;
	if (!is)
		fprintf(stderr, "got <%s>, wanted <%s>\n", got ? got : "null", wanted);
	return is;
}

static bool folds_secret(const char *in, bool drop_hyphens, const char *wanted)
{
	AUTO(secret) struct secret *from = NULL;
	AUTO(secret) struct secret *got = NULL;
	CHECK_OK(secret_from(in, strlen(in), &from));
	CHECK_OK(text_fold_secret(from, drop_hyphens, &got));
	bool is = got && strcmp(secret_text(got), wanted) == 0;
	if (!is)
		fprintf(stderr, "got <%s>, wanted <%s>\n", secret_text(got), wanted);
	return is;
}

static void test_full_width_becomes_ascii(void)
{
	CU_ASSERT(folds("０１２３４５６７８９", "0123456789"));
	CU_ASSERT(folds("Ａｂｃ－１２３", "Abc-123"));
	CU_ASSERT(folds("a　b", "a b"));
	CU_ASSERT(folds("①", "1"));
	CU_ASSERT(folds("ﾃｽﾄﾊﾟ", "テストパ"));
	CU_ASSERT(folds("契約者", "契約者"));
	CU_ASSERT(folds("", ""));
	CU_ASSERT(folds("plain-ID 7", "plain-ID 7"));
}

static void test_what_is_not_utf8_is_refused(void)
{
	char *out = NULL;
	CHECK_ERR(text_fold("a\xff", &out), ERR_ANSWER);
	CU_ASSERT_PTR_NULL(out);
	AUTO(secret) struct secret *in = NULL;
	AUTO(secret) struct secret *folded = NULL;
	CHECK_OK_OR_END(secret_from("1\xe3\x81", 3, &in));
	CHECK_ERR(text_fold_secret(in, true, &folded), ERR_ANSWER);
	CU_ASSERT_PTR_NULL(folded);
}

static void test_secret_codes_fold_the_same_way(void)
{
	CU_ASSERT(folds_secret("１２３４５６", false, "123456"));
	CU_ASSERT(folds_secret("Ｐａｓｓ＃９", false, "Pass#9"));
	CU_ASSERT(folds_secret("①②", false, "12"));
	CU_ASSERT(folds_secret("𝟙𝟚𝟛", false, "123")); // mathematical digits
	CU_ASSERT(folds_secret("㈱", false, "(株)"));
	CU_ASSERT(folds_secret("あ", false, "あ"));
	CU_ASSERT(folds_secret("", true, ""));
}

static void test_every_full_width_form_folds_in_secrets_as_in_ids(void)
{
	for (unsigned c = 0xff01; c <= 0xff5e; c++) {
		char in[4] = { (char)0xef, (char)(0x80 | (c >> 6 & 0x3f)),
			       (char)(0x80 | (c & 0x3f)), 0 };
		char wanted[2] = { (char)(c - 0xff01 + '!'), 0 };
		CU_ASSERT(folds(in, wanted));
		CU_ASSERT(folds_secret(in, false, wanted));
	}
}

static void test_white_space_in_codes_is_dropped(void)
{
	CU_ASSERT(folds_secret(" 123 456\t\r\n", false, "123456"));
	CU_ASSERT(folds_secret("１２３　４５６", false, "123456"));
	CU_ASSERT(folds_secret("123\u00A0456\u2009\u200B\uFEFF", false, "123456"));
}

static void test_hyphens_and_their_relatives_are_dropped_on_demand(void)
{
	CU_ASSERT(folds_secret("123-456", false, "123-456"));
	CU_ASSERT(folds_secret("１２３－４５６", false, "123-456"));
	static const char *const relatives[] = { "-", "－", "‐", "‑", "‒",  "–",  "—", "―",
						 "−", "ー", "ｰ", "─", "﹣", "﹘", "⁻" };
	for (size_t i = 0; i < ARRAY_LEN(relatives); i++) {
		AUTO_TEXT char *in = text_format("123%s456", relatives[i]);
		CU_ASSERT(folds_secret(in, true, "123456"));
	}
}

static void test_a_code_that_grows_still_fits(void)
{
	// U+FDFA is 3 bytes and folds to 18 characters, three of them spaces.
	CU_ASSERT(folds_secret("\uFDFA", false, "صلىاللهعليهوسلم"));
}

// Whether the bytes are anywhere in the heap, freed memory included. Its address range is from /proc/self/maps.
static bool in_heap(const uint8_t *bytes, size_t len)
{
	char line[1024];
	bool found = false;
	FILE *f = fopen("/proc/self/maps", "re");
	while (f && fgets(line, sizeof(line), f)) {
		char *end;
		uintptr_t from = strtoul(line, &end, 16);
		if (!strstr(line, "[heap]") || *end != '-')
			continue;
		uintptr_t to = strtoul(end + 1, NULL, 16);
		found = found || memmem((const void *)from, to - from, bytes, len);
	}
	if (f)
		fclose(f);
	return found;
}

// free() overwrites the first bytes of what it takes back, so the end of a long code is looked for. Where a sanitizer
// keeps its own heap this sees nothing, which the copy made on purpose at the end tells.
static void test_folding_a_secret_leaves_no_copy_in_the_heap(void)
{
	AUTO(secret) struct secret *in = NULL;
	AUTO(secret) struct secret *out = NULL;
	CHECK_OK_OR_END(secret_new(300, &in));
	for (unsigned i = 0; i < 100; i++) {
		uint8_t digit[3] = { 0xef, 0xbc, (uint8_t)(0x90 + i * 7 % 10) }; // ０ to ９
		CHECK_OK(secret_append(in, digit, sizeof(digit)));
	}
	CHECK_OK_OR_END(text_fold_secret(in, true, &out));
	CU_ASSERT_EQUAL(secret_len(out), 100);
	CU_ASSERT(!in_heap(secret_bytes(out) + 32, 60));
	CU_ASSERT(!in_heap(secret_bytes(in) + 96, 180));
	free(text_copy(secret_text(out)));
	CU_ASSERT(SANITIZED || in_heap(secret_bytes(out) + 32, 60));
}

int main(void)
{
	return CHECK_MAIN(TEST(test_full_width_becomes_ascii),
			  TEST(test_what_is_not_utf8_is_refused),
			  TEST(test_secret_codes_fold_the_same_way),
			  TEST(test_every_full_width_form_folds_in_secrets_as_in_ids),
			  TEST(test_white_space_in_codes_is_dropped),
			  TEST(test_hyphens_and_their_relatives_are_dropped_on_demand),
			  TEST(test_a_code_that_grows_still_fits),
			  TEST(test_folding_a_secret_leaves_no_copy_in_the_heap));
}
