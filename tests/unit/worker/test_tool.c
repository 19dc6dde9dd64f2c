// Outside programs: what they say, how they end, and that they end.
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/scratch.h"
#include "worker/tool.h"

static void test_takes_what_it_says_and_its_status(void)
{
	static const char *const argv[] = { "/bin/sh", "-c", "echo out; echo err >&2; cat; exit 7",
					    NULL };
	AUTO_BUF struct buf said = BUF(1024);
	int status = 0;
	CHECK_OK(tool_run(argv, 20000, &said, &status));
	CU_ASSERT_EQUAL(status, 7);
	CU_ASSERT(said.data && !strcmp((const char *)said.data, "out\nerr\n"));
}

static void test_words_are_no_shell(void)
{
	static const char *const argv[] = { "/bin/echo", "$(id); `id`", NULL };
	AUTO_BUF struct buf said = BUF(1024);
	int status = -1;
	CHECK_OK(tool_run(argv, 20000, &said, &status));
	CU_ASSERT(said.data && !strcmp((const char *)said.data, "$(id); `id`\n"));
}

static void test_what_is_too_much_is_dropped(void)
{
	static const char *const argv[] = { "/usr/bin/head", "-c", "300000", "/dev/zero", NULL };
	AUTO_BUF struct buf said = BUF(5000);
	int status = -1;
	CHECK_OK(tool_run(argv, 20000, &said, &status));
	CU_ASSERT_EQUAL(status, 0);
	CU_ASSERT(said.len > 4000 && said.len <= 5000);
}

// A driver that never answers: the program and what it had started are gone.
static void test_one_that_hangs_is_ended_with_all_that_it_started(void)
{
	static const char *const argv[] = { "/bin/sh", "-c", "sleep 600 & echo $!; wait", NULL };
	AUTO_BUF struct buf said = BUF(1024);
	int status = 0;
	int64_t began = clock_monotonic_ms();
	AUTO(err) struct err *e = tool_run(argv, 500, &said, &status);
	CU_ASSERT(e && err_has_tag(e, "tool-hangs"));
	CU_ASSERT(clock_monotonic_ms() - began < 10000);
	long child = said.data ? strtol((const char *)said.data, NULL, 10) : 0;
	CU_ASSERT_FATAL(child > 0);
	// init, or whoever is the parent now, may need a moment to bury it.
	int gone = 0;
	for (int i = 0; i < 500 && !gone; i++) {
		AUTO_TEXT char *path = text_format("/proc/%ld/stat", child);
		AUTO_BUF struct buf stat = BUF(4096);
		struct err *none = buf_read_file(path, 4096, &stat);
		gone = none != NULL || strstr((const char *)stat.data, ") Z") != NULL;
		err_ignore(none);
		if (!gone)
			clock_sleep_ms(10);
	}
	CU_ASSERT(gone);
}

static void test_one_that_a_signal_ends_has_no_status(void)
{
	static const char *const argv[] = { "/bin/sh", "-c", "kill -9 $$", NULL };
	AUTO_BUF struct buf said = BUF(1024);
	int status = 0;
	CHECK_OK(tool_run(argv, 20000, &said, &status));
	CU_ASSERT_EQUAL(status, -1);
}

static void test_is_found_along_the_path_but_not_where_one_stands(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *tool = scratch_file(s, "a-tool", "#!/bin/sh\n", 0700);
	AUTO_TEXT char *plain = scratch_file(s, "no-tool", "", 0600);
	AUTO_TEXT char *path = text_format("relative:/nowhere::%s", s->dir);
	AUTO_TEXT char *found = NULL;
	AUTO_TEXT char *none = NULL;
	CU_ASSERT_FATAL(tool && plain && path && setenv("PATH", path, 1) == 0);
	CHECK_OK(tool_find("a-tool", &found));
	CU_ASSERT(found && !strcmp(found, tool));
	CHECK_OK(tool_find("no-tool", &none));
	CU_ASSERT_PTR_NULL(none);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_takes_what_it_says_and_its_status),
			  TEST(test_words_are_no_shell), TEST(test_what_is_too_much_is_dropped),
			  TEST(test_one_that_hangs_is_ended_with_all_that_it_started),
			  TEST(test_one_that_a_signal_ends_has_no_status),
			  TEST(test_is_found_along_the_path_but_not_where_one_stands));
}
