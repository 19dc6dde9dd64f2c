// EST's bodies: base64 that every server takes, and any shape of it taken.
#include "ca/est.h"
#include "check.h"

#include <string.h>

static void check_encoded(const char *bytes, size_t len, const char *want)
{
	AUTO_BUF struct buf out = { 0 };
	CHECK_OK_OR_END(est_encode(bytes, len, &out));
	CU_ASSERT_STRING_EQUAL((const char *)out.data, want);
}

static void test_lines_of_64_and_a_newline_at_the_end(void)
{
	// RFC 4648 §10.
	check_encoded("f", 1, "Zg==\n");
	check_encoded("foobar", 6, "Zm9vYmFy\n");
	char zeros[49] = { 0 };
	check_encoded(zeros, 48,
		      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
	check_encoded(zeros, 49,
		      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nAA==\n");
}

static void check_decoded(const char *text, const char *want)
{
	AUTO_BUF struct buf in = { 0 };
	AUTO_BUF struct buf out = { 0 };
	CHECK_OK(buf_puts(&in, text));
	CHECK_OK_OR_END(est_decode(&in, &out));
	CU_ASSERT(out.len == strlen(want) &&
		  (out.len == 0 || memcmp(out.data, want, out.len) == 0));
}

static void test_any_shape_is_taken(void)
{
	check_decoded("Zm9vYmFy", "foobar");
	check_decoded("Zm9v\r\nYmFy\r\n", "foobar");
	check_decoded("  Z m\t9v\n\n\nYmE=\n ", "fooba");
	check_decoded("Zm9vYg==", "foob");
	check_decoded("Zm9vYg=\n=\n", "foob");
	check_decoded("Zm9vYg", "foob"); // without padding
	check_decoded("", "");
	check_decoded("\n", "");
}

static void check_no_base64(const char *text)
{
	AUTO_BUF struct buf in = { 0 };
	AUTO_BUF struct buf out = { 0 };
	CHECK_OK(buf_puts(&in, text));
	CHECK_ERR(est_decode(&in, &out), ERR_CA_REFUSED);
	CU_ASSERT(out.len == 0);
}

static void test_what_is_no_base64_is_refused(void)
{
	check_no_base64("<html>");
	check_no_base64("Zm9v!mFy");
	check_no_base64("Z");
	check_no_base64("Zm9vY");
	check_no_base64("Zm9vYg===");
	check_no_base64("Zm9vYg=");
	check_no_base64("Zg==Zg==");
	check_no_base64("=");
	check_no_base64("Zm9v=");
	check_no_base64("Zm-_"); // base64url is another alphabet
	check_no_base64("\x80\x81");
}

static void test_it_comes_back(void)
{
	uint8_t bytes[300];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t len = 1; len <= sizeof(bytes); len++) {
		AUTO_BUF struct buf text = { 0 };
		AUTO_BUF struct buf back = { 0 };
		CHECK_OK(est_encode(bytes, len, &text));
		CHECK_OK(est_decode(&text, &back));
		CU_ASSERT(back.len == len && memcmp(back.data, bytes, len) == 0);
	}
}

int main(void)
{
	return CHECK_MAIN(TEST(test_lines_of_64_and_a_newline_at_the_end),
			  TEST(test_any_shape_is_taken), TEST(test_what_is_no_base64_is_refused),
			  TEST(test_it_comes_back));
}
