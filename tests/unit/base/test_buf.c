// The capped buffer and reading a file into it.
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "check.h"
#include "scratch.h"

static void test_grows_and_stays_terminated(void)
{
	AUTO_BUF struct buf b = { 0 };
	CU_ASSERT_PTR_NULL(b.data);
	for (int i = 0; i < 1000; i++)
		CHECK_OK(buf_put(&b, "abc", 3));
	CU_ASSERT_EQUAL(b.len, 3000);
	CU_ASSERT_EQUAL(strlen((char *)b.data), 3000);
	CU_ASSERT_EQUAL(memcmp(b.data + 2997, "abc", 4), 0);
}

static void test_over_the_cap_is_refused_unchanged(void)
{
	AUTO_BUF struct buf b = BUF(10);
	CHECK_OK(buf_puts(&b, "12345678"));
	struct err *e = buf_puts(&b, "901");
	CHECK_OR_END(e != NULL);
	CU_ASSERT_EQUAL(err_kind(e), ERR_FAILED);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "too-large");
	err_free(e);
	CU_ASSERT_STRING_EQUAL((char *)b.data, "12345678");
	CHECK_ERR(buf_printf(&b, "%d", 123), ERR_FAILED);
	CU_ASSERT_STRING_EQUAL((char *)b.data, "12345678");
	CHECK_OK(buf_printf(&b, "%d", 90));
	CU_ASSERT_STRING_EQUAL((char *)b.data, "1234567890");
	CHECK_ERR(buf_put(&b, "x", SIZE_MAX), ERR_FAILED);
	CU_ASSERT_EQUAL(b.len, 10);
}

static void test_the_default_cap_holds(void)
{
	AUTO_BUF struct buf b = { 0 };
	static const char block[1 << 16];
	for (int i = 0; i < 16; i++)
		CHECK_OK(buf_put(&b, block, sizeof(block)));
	CHECK_ERR(buf_put(&b, "x", 1), ERR_FAILED);
	CU_ASSERT_EQUAL(b.len, BUF_DEFAULT_CAP);
}

static void test_reset_wipes_what_was_held(void)
{
	AUTO_BUF struct buf b = BUF(100);
	CHECK_OK_OR_END(buf_puts(&b, "secret words"));
	const uint8_t *data = b.data;
	buf_reset(&b);
	CU_ASSERT_EQUAL(b.len, 0);
	CU_ASSERT_PTR_EQUAL(b.data, data);
	static const uint8_t zero[12];
	CU_ASSERT_EQUAL(memcmp(data, zero, sizeof(zero)), 0);
	buf_free(&b);
	CU_ASSERT_EQUAL(b.cap, 100);
	CHECK_OK(buf_puts(&b, "usable again"));
}

static void test_a_copy_is_apart(void)
{
	AUTO_BUF struct buf a = BUF(50);
	AUTO_BUF struct buf b = { 0 };
	CHECK_OK(buf_puts(&b, "old"));
	CHECK_OK(buf_put(&a, "a\0b", 3));
	CHECK_OK(buf_copy(&a, &b));
	CHECK_OK(buf_puts(&a, "more"));
	CU_ASSERT_EQUAL(b.len, 3);
	CU_ASSERT_EQUAL(memcmp(b.data, "a\0b", 4), 0);
	CU_ASSERT_EQUAL(b.cap, 50);
}

static void test_reads_a_file_whole(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *path = scratch_file(s, "f", "one\ntwo\n", 0600);
	AUTO_BUF struct buf b = { 0 };
	CHECK_OK(buf_read_file(path, 8, &b));
	CU_ASSERT_STRING_EQUAL((char *)b.data, "one\ntwo\n");
}

static void test_a_file_over_the_cap_leaves_the_buffer(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *path = scratch_file(s, "f", "123456789", 0600);
	AUTO_BUF struct buf b = { 0 };
	CHECK_OK(buf_puts(&b, "kept"));
	struct err *e = buf_read_file(path, 8, &b);
	CHECK_OR_END(e != NULL);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "too-large");
	err_free(e);
	CU_ASSERT_STRING_EQUAL((char *)b.data, "kept");
}

static void test_only_regular_files_are_read(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *fifo = scratch_path(s, "fifo");
	AUTO_BUF struct buf b = { 0 };
	CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
	CHECK_ERR(buf_read_file(fifo, 100, &b), ERR_FAILED); // and does not hang
	CHECK_ERR(buf_read_file("/dev/zero", 100, &b), ERR_FAILED);
	CHECK_ERR(buf_read_file(s->dir, 100, &b), ERR_FAILED);
}

static void test_a_missing_file_is_named_with_its_reason(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *path = scratch_path(s, "no such file");
	AUTO_BUF struct buf b = { 0 };
	AUTO(err) struct err *e = buf_read_file(path, 100, &b);
	CHECK_OR_END(e != NULL);
	CU_ASSERT(err_has_code(e, "ENOENT"));
	AUTO_TEXT char *text = err_render(e);
	CHECK_OR_END(text != NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "it does not exist"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "open: ENOENT (0x2)"));
	CU_ASSERT_PTR_NULL(b.data);
}

static void test_strings_are_formatted_and_copied(void)
{
	AUTO_TEXT char *s = text_format("%s-%d", "a", 7);
	CU_ASSERT_STRING_EQUAL(s, "a-7");
	AUTO_TEXT char *copy = text_copy(s);
	CU_ASSERT_STRING_EQUAL(copy, "a-7");
	CU_ASSERT_PTR_NULL(text_copy(NULL));
}

int main(void)
{
	return CHECK_MAIN(TEST(test_grows_and_stays_terminated),
			  TEST(test_over_the_cap_is_refused_unchanged),
			  TEST(test_the_default_cap_holds), TEST(test_reset_wipes_what_was_held),
			  TEST(test_a_copy_is_apart), TEST(test_reads_a_file_whole),
			  TEST(test_a_file_over_the_cap_leaves_the_buffer),
			  TEST(test_only_regular_files_are_read),
			  TEST(test_a_missing_file_is_named_with_its_reason),
			  TEST(test_strings_are_formatted_and_copied));
}
