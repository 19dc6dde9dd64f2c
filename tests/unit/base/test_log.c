// The log: off by default, one safe English line a message.
#include <string.h>
#include <unistd.h>

#include "base/lang.h"
#include "base/log.h"
#include "check.h"
#include "scratch.h"

struct logged {
	int fd;
	char *path;
};

static struct logged begin(const struct scratch *s, enum log_level level)
{
	struct logged l = { .path = scratch_file(s, "log", "", 0600) };
	l.fd = open(l.path, O_WRONLY | O_APPEND | O_CLOEXEC);
	log_open(level, l.fd);
	return l;
}

// What was written, without the time (21 bytes) of each line, in `out`.
static void end(struct logged *l, struct buf *out)
{
	AUTO_BUF struct buf all = { 0 };
	log_open(LOG_QUIET, -1);
	close(l->fd);
	CHECK_OK_OR_END(buf_read_file(l->path, 65536, &all));
	text_cleanup(&l->path);
	for (char *p = (char *)all.data; p && *p; p += strcspn(p, "\n") + 1) {
		CU_ASSERT(strcspn(p, "\n") > 21 && p[4] == '-' && p[10] == 'T' && p[19] == 'Z');
		CHECK_OK(buf_put(out, p + 21, strcspn(p + 21, "\n") + 1));
	}
}

static void test_off_by_default(void)
{
	CU_ASSERT_EQUAL(log_level(), LOG_QUIET);
	log_info("base", "nobody hears this");
	log_open(LOG_DEBUG, -1);
	CU_ASSERT_EQUAL(log_level(), LOG_QUIET);
}

static void test_lines_up_to_the_level_are_written(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_BUF struct buf out = { 0 };
	struct logged l = begin(s, LOG_INFO);
	CU_ASSERT_EQUAL(log_level(), LOG_INFO);
	log_info("token", "%1 tries left", ARG_NUM(2));
	log_debug("token", "too fine");
	end(&l, &out);
	CHECK_OR_END(out.data != NULL);
	CU_ASSERT_STRING_EQUAL((char *)out.data, "token: 2 tries left\n");
}

static void test_a_line_stays_one_line(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_BUF struct buf out = { 0 };
	struct logged l = begin(s, LOG_DEBUG);
	log_debug("http", "server: %1", ARG_TEXT("a\n2026-01-01T00:00:00Z http: forged\x1b[2J"));
	end(&l, &out);
	CHECK_OR_END(out.data != NULL);
	CU_ASSERT_STRING_EQUAL((char *)out.data,
			       "http: server: a\uFFFD2026-01-01T00:00:00Z http: forged\uFFFD[2J\n");
}

static void test_errors_are_logged_with_causes_and_codes_in_english(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_BUF struct buf out = { 0 };
	CHECK_OK(lang_set("ja"));
	AUTO(err)
	struct err *e = err_while(err_errno("open", "/x", 2), "There is not enough memory.");
	struct logged l = begin(s, LOG_INFO);
	log_err(LOG_INFO, "base", e);
	log_err(LOG_DEBUG, "base", e);
	end(&l, &out);
	CHECK_OK(lang_set("en"));
	CHECK_OR_END(out.data != NULL);
	CU_ASSERT_STRING_EQUAL(
		(char *)out.data,
		"base: error: There is not enough memory.\n"
		"base: because: /x cannot be used: it does not exist. [open: ENOENT 0x2]\n");
}

int main(void)
{
	return CHECK_MAIN(TEST(test_off_by_default), TEST(test_lines_up_to_the_level_are_written),
			  TEST(test_a_line_stays_one_line),
			  TEST(test_errors_are_logged_with_causes_and_codes_in_english));
}
