// Hardening, the state directory, and which files are trusted.
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/proc.h"
#include "check.h"
#include "sanitized.h"
#include "scratch.h"

// Runs in a child, since hardening cannot be taken back; true when it returned true.
static bool in_child(bool (*run)(const char *), const char *arg)
{
	pid_t child = fork();
	if (child == 0)
		_exit(run(arg) ? 0 : 1);
	int status = -1;
	return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Fails with this kind and says this.
static bool says(struct err *e, enum err_kind kind, const char *words)
{
	AUTO(err) struct err *held = e;
	AUTO_TEXT char *text = held ? err_render(held) : NULL;
	// Paths are long: the words may be on two lines.
	for (char *p = text; p && *p; p++)
		if (*p == '\n')
			*p = ' ';
	bool so = text && err_kind(held) == kind && strstr(text, words);
	if (!so)
		fprintf(stderr, "said <%s>, wanted <%s>\n", text ? text : "nothing", words);
	return so;
}

static bool hardens(const char *unused)
{
	(void)unused;
	struct rlimit core = { 1 << 20, 1 << 20 };
	setrlimit(RLIMIT_CORE, &core);
	struct err *e = proc_harden();
	struct sigaction pipe_action;
	mode_t mask = umask(0);
	bool dumpable_off =
		prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 || (SANITIZED && geteuid() != 0);
	return !e && getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 &&
	       core.rlim_max == 0 && dumpable_off && mask == 077 &&
	       sigaction(SIGPIPE, NULL, &pipe_action) == 0 && pipe_action.sa_handler == SIG_IGN;
}

static void test_hardening_turns_core_dumps_off(void)
{
	CU_ASSERT(in_child(hardens, NULL));
}

// A secret opened as descriptor 2 would be where messages go.
static bool closed_descriptors_are_filled(const char *path)
{
	close(0);
	close(1);
	close(2);
	struct err *e = proc_harden();
	struct stat null_device, st;
	bool filled = !e && stat("/dev/null", &null_device) == 0;
	for (int fd = 0; filled && fd <= 2; fd++)
		filled = fstat(fd, &st) == 0 && st.st_rdev == null_device.st_rdev;
	int next = open(path, O_RDONLY | O_CLOEXEC);
	return filled && next > 2 && close(next) == 0;
}

static void test_closed_standard_descriptors_are_filled(void)
{
	CU_ASSERT(in_child(closed_descriptors_are_filled, "/etc/passwd"));
}

static bool dies_of_a_signal_without_core(const char *dir)
{
	struct err *e = proc_harden();
	if (e || chdir(dir) != 0)
		return false;
	pid_t child = fork();
	if (child == 0) {
		signal(SIGQUIT, SIG_DFL);
		raise(SIGQUIT);
		_exit(0);
	}
	int status = 0;
	return waitpid(child, &status, 0) == child && WIFSIGNALED(status) && !WCOREDUMP(status);
}

static void test_a_crash_leaves_no_core(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	CU_ASSERT(in_child(dies_of_a_signal_without_core, s->dir));
}

static void test_the_state_directory_is_made_for_us_alone(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *home = scratch_path(s, "a/b");
	AUTO_TEXT char *wanted = scratch_path(s, "a/b/inkan");
	setenv("XDG_STATE_HOME", home, 1);
	AUTO_TEXT char *dir = NULL;
	AUTO_TEXT char *again = NULL;
	AUTO_TEXT char *below = NULL;
	CHECK_OK_OR_END(proc_state_dir(&dir));
	CU_ASSERT_STRING_EQUAL(dir, wanted);
	struct stat st;
	CU_ASSERT(stat(dir, &st) == 0 && (st.st_mode & 07777) == 0700);
	CU_ASSERT(stat(home, &st) == 0 && (st.st_mode & 07777) == 0700);
	CU_ASSERT_EQUAL(chmod(dir, 0777), 0);
	CHECK_OK(proc_state_dir(&again));
	CU_ASSERT(stat(dir, &st) == 0 && (st.st_mode & 07777) == 0700); // made strict again
	CHECK_OK_OR_END(proc_state_subdir("leases", &below));
	CU_ASSERT(strstr(below, "/a/b/inkan/leases") && stat(below, &st) == 0 &&
		  S_ISDIR(st.st_mode));
}

static void test_without_xdg_the_state_is_under_home(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *wanted = scratch_path(s, ".local/state/inkan");
	setenv("HOME", s->dir, 1);
	unsetenv("XDG_STATE_HOME");
	AUTO_TEXT char *dir = NULL;
	CHECK_OK(proc_state_dir(&dir));
	CU_ASSERT(dir && strcmp(dir, wanted) == 0);
	setenv("XDG_STATE_HOME", "relative", 1); // the specification says: ignore it
	AUTO_TEXT char *again = NULL;
	CHECK_OK(proc_state_dir(&again));
	CU_ASSERT(again && strcmp(again, wanted) == 0);
}

static void test_a_state_path_that_is_no_directory_is_named(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *file = scratch_file(s, "inkan", "", 0600);
	char *out = NULL;
	setenv("XDG_STATE_HOME", s->dir, 1);
	CU_ASSERT(says(proc_state_dir(&out), ERR_FAILED, "it is not a directory"));
	setenv("XDG_STATE_HOME", file, 1); // a file further up
	CU_ASSERT(says(proc_state_dir(&out), ERR_FAILED, "not a directory"));
	setenv("XDG_STATE_HOME", "/proc", 1);
	CU_ASSERT(says(proc_state_dir(&out), ERR_FAILED, "/proc/inkan"));
	CU_ASSERT_PTR_NULL(out);
}

static void test_a_file_that_only_we_can_change_is_trusted(void)
{
	AUTO(scratch) struct scratch *s = scratch_new(); // below the sticky /tmp
	AUTO_TEXT char *file = scratch_file(s, "f", "x", 0644);
	AUTO_TEXT char *link = scratch_path(s, "link");
	CU_ASSERT_EQUAL(symlink("f", link), 0);
	AUTO_TEXT char *real = NULL;
	AUTO_TEXT char *by_link = NULL;
	AUTO_TEXT char *system_file = NULL;
	CHECK_OK(proc_trusted_file(file, &real));
	CHECK_OK(proc_trusted_file(link, &by_link));
	CU_ASSERT(real && by_link && strcmp(real, by_link) == 0 && strstr(real, "/f"));
	CHECK_OK(proc_trusted_file("/etc/passwd", &system_file));
	CU_ASSERT(system_file && strcmp(system_file, "/etc/passwd") == 0);
}

static void test_a_file_that_others_can_change_is_refused(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *group = scratch_file(s, "group", "x", 0664);
	AUTO_TEXT char *world = scratch_file(s, "world", "x", 0606);
	AUTO_TEXT char *link = scratch_path(s, "link");
	CU_ASSERT_EQUAL(symlink("group", link), 0);
	char *real = NULL;
	CU_ASSERT(says(proc_trusted_file(group, &real), ERR_PROFILE, "others can write to it"));
	CU_ASSERT(says(proc_trusted_file(world, &real), ERR_PROFILE, "others can write to it"));
	CU_ASSERT(says(proc_trusted_file(link, &real), ERR_PROFILE, "others can write to it"));
	CU_ASSERT_PTR_NULL(real);
}

static void test_a_loose_directory_above_is_refused(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *loose = scratch_path(s, "loose");
	AUTO_TEXT char *strict = scratch_path(s, "loose/strict");
	CU_ASSERT(mkdir(loose, 0700) == 0 && mkdir(strict, 0700) == 0);
	AUTO_TEXT char *file = scratch_file(s, "loose/strict/f", "x", 0600);
	AUTO_TEXT char *link = scratch_path(s, "link");
	CU_ASSERT_EQUAL(symlink("loose/strict/f", link), 0);
	AUTO_TEXT char *fine = NULL;
	CHECK_OK(proc_trusted_file(file, &fine));
	CU_ASSERT_EQUAL(chmod(loose, 0777), 0);
	char *real = NULL;
	CU_ASSERT(says(proc_trusted_file(file, &real), ERR_PROFILE, "others can write to it"));
	CU_ASSERT(says(proc_trusted_file(link, &real), ERR_PROFILE, "others can write to it"));
	CU_ASSERT_EQUAL(chmod(loose, 01777), 0);
	AUTO_TEXT char *sticky = NULL;
	CHECK_OK(proc_trusted_file(file, &sticky));
}

static void test_a_file_of_somebody_else_is_refused(void)
{
	if (geteuid() != 0) {
		// Only root can give files away; without it, root's own private file is the other's.
		CHECK_ERR(proc_private_file("/etc/passwd"), ERR_ANSWER);
		return;
	}
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *file = scratch_file(s, "f", "x", 0600);
	CU_ASSERT_EQUAL(chown(file, 65534, 65534), 0);
	char *real = NULL;
	CU_ASSERT(says(proc_trusted_file(file, &real), ERR_PROFILE, "belongs to another user"));
	CU_ASSERT(says(proc_private_file(file), ERR_ANSWER, "belongs to another user"));
	CU_ASSERT_EQUAL(chown(file, 0, 0), 0);
	CU_ASSERT_EQUAL(chown(s->dir, 65534, 65534), 0);
	CU_ASSERT(says(proc_trusted_file(file, &real), ERR_PROFILE, "belongs to another user"));
}

static void test_what_is_no_file_is_refused(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *missing = scratch_path(s, "missing");
	char *real = NULL;
	CU_ASSERT(says(proc_trusted_file(s->dir, &real), ERR_PROFILE, "not a regular file"));
	CU_ASSERT(says(proc_trusted_file("/dev/null", &real), ERR_PROFILE, "not a regular file"));
	CU_ASSERT(says(proc_trusted_file(missing, &real), ERR_PROFILE, "does not exist"));
	CU_ASSERT(says(proc_private_file("/dev/null"), ERR_ANSWER, "not a regular file"));
	CU_ASSERT(says(proc_private_file(missing), ERR_ANSWER, "does not exist"));
}

static void test_a_file_with_secrets_is_ours_alone(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *fine = scratch_file(s, "fine", "x", 0600);
	AUTO_TEXT char *readable = scratch_file(s, "readable", "x", 0640);
	AUTO_TEXT char *listed = scratch_file(s, "listed", "x", 0604);
	CHECK_OK(proc_private_file(fine));
	CU_ASSERT(says(proc_private_file(readable), ERR_ANSWER, "others can read or write it"));
	CU_ASSERT(says(proc_private_file(listed), ERR_ANSWER, "chmod 600"));
}

static bool holds(const char *path, const char *text)
{
	AUTO_BUF struct buf b = BUF(100);
	struct err *e = buf_read_file(path, 100, &b);
	bool same = !e && b.len == strlen(text) && !memcmp(b.data, text, b.len);
	err_ignore(e);
	return same;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void test_nothing_that_is_there_is_touched(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *path = scratch_path(s, "request");
	AUTO_TEXT char *usual = text_format("%s.k7qf.new", path);
	AUTO_TEXT char *made = NULL, *again = NULL, *other = NULL;
	CHECK_OK(proc_write_beside(path, "k7qf", 0644, "one two", 7, &made));
	CU_ASSERT_STRING_EQUAL(made, usual);
	CU_ASSERT_TRUE(holds(usual, "one two"));
	// What a run that died had begun to write is written anew.
	put(usual, "one");
	CHECK_OK(proc_write_beside(path, "k7qf", 0644, "one two", 7, &again));
	CU_ASSERT_STRING_EQUAL(again, usual);
	// Anything else stays.
	put(usual, "mine");
	CHECK_OK(proc_write_beside(path, "k7qf", 0644, "one two", 7, &other));
	CU_ASSERT_STRING_NOT_EQUAL(other, usual);
	CU_ASSERT_TRUE(holds(usual, "mine") && holds(other, "one two"));
	unlink(usual);
	CU_ASSERT_EQUAL(symlink(other, usual), 0);
	free(again);
	CHECK_OK(proc_write_beside(path, "k7qf", 0644, "one two", 7, &again));
	CU_ASSERT_STRING_NOT_EQUAL(again, usual);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_hardening_turns_core_dumps_off),
			  TEST(test_closed_standard_descriptors_are_filled),
			  TEST(test_a_crash_leaves_no_core),
			  TEST(test_the_state_directory_is_made_for_us_alone),
			  TEST(test_without_xdg_the_state_is_under_home),
			  TEST(test_a_state_path_that_is_no_directory_is_named),
			  TEST(test_a_file_that_only_we_can_change_is_trusted),
			  TEST(test_a_file_that_others_can_change_is_refused),
			  TEST(test_a_loose_directory_above_is_refused),
			  TEST(test_a_file_of_somebody_else_is_refused),
			  TEST(test_what_is_no_file_is_refused),
			  TEST(test_a_file_with_secrets_is_ours_alone),
			  TEST(test_nothing_that_is_there_is_touched));
}
