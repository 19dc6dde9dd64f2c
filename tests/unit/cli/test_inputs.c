// Answers given ahead of time: what is read from a file, and what is refused.
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "check.h"
#include "cli/inputs.h"

static struct err *scan(struct inputs *in, const char *text)
{
	return inputs_scan(in, (const uint8_t *)text, strlen(text));
}

static bool is(const struct inputs *in, const char *name, const char *value)
{
	const struct secret *s = inputs_get(in, name);
	return s && secret_len(s) == strlen(value) &&
	       !memcmp(secret_bytes(s), value, strlen(value));
}

static void test_texts_are_read(void)
{
	AUTO(inputs) struct inputs *in = NULL;
	CHECK_OK_OR_END(inputs_new(&in));
	CHECK_OK(scan(in, "\xef\xbb\xbf { \"contract_id\" : \"0123\",\r\n\t\"otp\":\"１２３\", "
			  "\"empty\":\"\" }\n"));
	CU_ASSERT(is(in, "contract_id", "0123"));
	CU_ASSERT(is(in, "otp", "１２３"));
	CU_ASSERT(is(in, "empty", ""));
	CU_ASSERT_PTR_NULL(inputs_get(in, "token_pin"));
	inputs_drop(in, "otp");
	CU_ASSERT_PTR_NULL(inputs_get(in, "otp"));
}

static void test_what_was_given_is_refilled_but_the_one_time_password(void)
{
	AUTO(inputs) struct inputs *in = NULL;
	AUTO(inputs) struct inputs *again = NULL;
	CHECK_OK_OR_END(inputs_new(&in));
	CHECK_OK_OR_END(inputs_new(&again));
	CHECK_OK(scan(in,
		      "{\"token_pin\":\"1\",\"otp\":\"2\",\"user_id\":\"3\",\"user_pin\":\"4\"}"));
	CHECK_OK(scan(again,
		      "{\"token_pin\":\"5\",\"otp\":\"6\",\"user_id\":\"7\",\"other\":\"8\"}"));
	inputs_drop(in, "token_pin");
	inputs_drop(in, "otp");
	inputs_drop(in, "user_pin");
	inputs_refill(in, again);
	CU_ASSERT(is(in, "token_pin", "5"));
	CU_ASSERT(is(in, "user_id", "3"));
	CU_ASSERT_PTR_NULL(inputs_get(in, "otp"));
	CU_ASSERT_PTR_NULL(inputs_get(in, "user_pin"));
	CU_ASSERT_PTR_NULL(inputs_get(in, "other"));
}

static void test_escapes_are_read(void)
{
	AUTO(inputs) struct inputs *in = NULL;
	CHECK_OK_OR_END(inputs_new(&in));
	CHECK_OK(scan(
		in,
		"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"b\":\"\\u00e9\\u5370\\uD83D\\uDE00x\"}"));
	CU_ASSERT(is(in, "a", "\"\\/\b\f\n\r\t"));
	CU_ASSERT(is(in, "b", "é印😀x"));
}

static void test_an_empty_object_is_no_fault(void)
{
	AUTO(inputs) struct inputs *in = NULL;
	CHECK_OK_OR_END(inputs_new(&in));
	CHECK_OK(scan(in, "{}"));
	CHECK_OK(scan(in, " {\n} "));
}

static void test_what_is_no_flat_object_of_texts_is_refused(void)
{
	static const char *const bad[] = {
		"",
		"[]",
		"\"a\"",
		"{",
		"{\"a\"",
		"{\"a\":",
		"{\"a\":\"b\"",
		"{\"a\":\"b\",}",
		"{\"a\" \"b\"}",
		"{a:\"b\"}",
		"{\"a\":123}",
		"{\"a\":-1}",
		"{\"a\":null}",
		"{\"a\":true}",
		"{\"a\":{}}",
		"{\"a\":[\"b\"]}",
		"{\"a\":\"b\"} x",
		"{\"a\":\"b\"}{}",
		"{\"a\":\"b\nc\"}",
		"{\"a\":\"b\\x\"}",
		"{\"a\":\"\\u12\"}",
		"{\"a\":\"\\u0000\"}",
		"{\"a\":\"\\ud800\"}",
		"{\"a\":\"\\ud800\\u0041\"}",
		"{\"a\":\"\\udc00\"}",
		"{\"\":\"b\"}",
		"{\"a\":\"\xff\"}",
		"{\"a\":\"\xc0\x80\"}",
		"{\"a\":\"b\",\"a\":\"c\"}",
		"{\"a\":\"\\",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO(inputs) struct inputs *in = NULL;
		CHECK_OK_OR_END(inputs_new(&in));
		CHECK_ERR(scan(in, bad[i]), ERR_ANSWER);
	}
}

static void test_a_number_is_told_to_be_a_text(void)
{
	AUTO(inputs) struct inputs *in = NULL;
	CHECK_OK_OR_END(inputs_new(&in));
	AUTO(err) struct err *e = scan(in, "{\n\"user_pin\": 998877 }");
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	AUTO_TEXT char *text = err_render(e);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "number"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "line 2"));
	CU_ASSERT_PTR_NULL(strstr(text, "9988"));
}

static void test_sizes_have_a_cap(void)
{
	AUTO_BUF struct buf b = BUF(1 << 20);
	CHECK_OK(buf_puts(&b, "{\"a\":\""));
	for (int i = 0; i < SECRET_MAX + 1; i++)
		CHECK_OK(buf_puts(&b, "x"));
	CHECK_OK(buf_puts(&b, "\"}"));
	AUTO(inputs) struct inputs *in = NULL;
	CHECK_OK_OR_END(inputs_new(&in));
	CHECK_ERR(inputs_scan(in, b.data, b.len), ERR_ANSWER);
	buf_reset(&b);
	CHECK_OK(buf_puts(&b, "{\"a0\":\"\""));
	for (int i = 1; i <= INPUTS_MAX_ENTRIES; i++)
		CHECK_OK(buf_printf(&b, ",\"a%d\":\"\"", i));
	CHECK_OK(buf_puts(&b, "}"));
	AUTO(inputs) struct inputs *many = NULL;
	CHECK_OK_OR_END(inputs_new(&many));
	CHECK_ERR(inputs_scan(many, b.data, b.len), ERR_ANSWER);
}

static char dir[] = "/tmp/inkan-inputs-XXXXXX";

static char *write_file(const char *name, const char *text, size_t len, mode_t mode)
{
	char *path = text_format("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT(write(fd, text, len) == (ssize_t)len);
	CU_ASSERT(fchmod(fd, mode) == 0);
	close(fd);
	return path;
}

static void test_only_a_private_file_is_read(void)
{
	static const char text[] = "{\"token_pin\":\"1234\"}";
	AUTO_TEXT char *open_to_all = write_file("open", text, strlen(text), 0644);
	AUTO_TEXT char *ours = write_file("ours", text, strlen(text), 0600);
	AUTO(inputs) struct inputs *in = NULL;
	CHECK_OK_OR_END(inputs_new(&in));
	CHECK_ERR(inputs_read(in, open_to_all), ERR_ANSWER);
	CHECK_ERR(inputs_read(in, "/dev/null"), ERR_ANSWER);
	CHECK_ERR(inputs_read(in, "/nonexistent/answers"), ERR_ANSWER);
	CU_ASSERT_PTR_NULL(inputs_get(in, "token_pin"));
	CHECK_OK(inputs_read(in, ours));
	CU_ASSERT(is(in, "token_pin", "1234"));
	unlink(open_to_all);
	unlink(ours);
}

static void test_a_file_over_the_cap_is_refused(void)
{
	static char big[INPUTS_MAX_FILE + 1];
	memset(big, ' ', sizeof(big));
	AUTO_TEXT char *path = write_file("big", big, sizeof(big), 0600);
	AUTO(inputs) struct inputs *in = NULL;
	CHECK_OK_OR_END(inputs_new(&in));
	AUTO(err) struct err *e = inputs_read(in, path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "too-large");
	unlink(path);
}

static void test_a_pin_source_gives_its_first_line(void)
{
	AUTO_TEXT char *path = write_file("pin", "987654\r\nsecond\n", 15, 0600);
	AUTO_TEXT char *none = write_file("none", "\n1234\n", 6, 0600);
	AUTO(inputs) struct inputs *in = NULL, *other = NULL;
	CHECK_OK_OR_END(inputs_new(&in));
	CHECK_OK_OR_END(inputs_new(&other));
	CHECK_ERR(inputs_read_pin(in, none), ERR_ANSWER);
	CHECK_OK(inputs_read_pin(in, path));
	CU_ASSERT(is(in, "token_pin", "987654"));
	CHECK_OK(scan(other, "{\"token_pin\":\"1111\"}"));
	CHECK_OK(inputs_read_pin(other, path));
	CU_ASSERT(is(other, "token_pin", "1111"));
	unlink(path);
	unlink(none);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	int rc = CHECK_MAIN(TEST(test_texts_are_read),
			    TEST(test_what_was_given_is_refilled_but_the_one_time_password),
			    TEST(test_escapes_are_read), TEST(test_an_empty_object_is_no_fault),
			    TEST(test_what_is_no_flat_object_of_texts_is_refused),
			    TEST(test_a_number_is_told_to_be_a_text), TEST(test_sizes_have_a_cap),
			    TEST(test_only_a_private_file_is_read),
			    TEST(test_a_file_over_the_cap_is_refused),
			    TEST(test_a_pin_source_gives_its_first_line));
	rmdir(dir);
	return rc;
}
