// One token, one owner.
#include "token/lease.h"

#include <signal.h>

#include "softhsm.h"

static char dir[64];

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/inkan-test-XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(dir) != NULL);
	setenv("XDG_STATE_HOME", dir, 1);
}

static void end(void)
{
	softhsm_remove(dir);
	unsetenv("XDG_STATE_HOME");
}

static struct token_info token(const char *label)
{
	struct token_info t = { 0 };
	snprintf(t.label, sizeof(t.label), "%s", label);
	memset(t.raw_label, ' ', sizeof(t.raw_label));
	memcpy(t.raw_label, label, strlen(label));
	memset(t.raw_serial, ' ', sizeof(t.raw_serial));
	memcpy(t.raw_serial, "123", 3);
	return t;
}

static void check_tag(struct err *e, enum err_kind kind, const char *tag)
{
	CU_ASSERT_PTR_NOT_NULL(e);
	CU_ASSERT_EQUAL(e ? (int)err_kind(e) : 0, (int)kind);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", tag);
	err_free(e);
}

static void test_the_second_one_is_told_who_has_it(void)
{
	begin();
	struct token_info t = token("alpha");
	AUTO(lease) struct lease *first = NULL;
	AUTO(lease) struct lease *second = NULL;
	CHECK_OK(lease_take(&t, "enroll", 0, NULL, NULL, &first));
	struct err *e = lease_take(&t, "status", 0, NULL, NULL, &second);
	AUTO_TEXT char *text = e ? err_render(e) : NULL;
	char pid[32];
	snprintf(pid, sizeof(pid), "process %ld (enroll)", (long)getpid());
	CU_ASSERT(text && strstr(text, pid));
	check_tag(e, ERR_TOKEN, "token-busy");
	// Giving up does not wipe out who has it.
	struct err *third = lease_take(&t, "status", 0, NULL, NULL, &second);
	AUTO_TEXT char *still = third ? err_render(third) : NULL;
	CU_ASSERT(still && strstr(still, pid));
	check_tag(third, ERR_TOKEN, "token-busy");
	lease_drop(first);
	first = NULL;
	CHECK_OK(lease_take(&t, "status", 0, NULL, NULL, &second));
	end();
}

static void test_tokens_with_equal_serials_are_told_apart_by_label(void)
{
	begin();
	struct token_info a = token("alpha"), b = token("alpha two");
	AUTO(lease) struct lease *first = NULL;
	AUTO(lease) struct lease *second = NULL;
	CHECK_OK(lease_take(&a, "enroll", 0, NULL, NULL, &first));
	CHECK_OK(lease_take(&b, "enroll", 0, NULL, NULL, &second));
	end();
}

// A module shows 64 bytes of a reader's name, the stand-in's readers differ behind them.
static void test_tokens_in_two_readers_with_long_names_do_not_wait_for_each_other(void)
{
	begin();
	struct token_info a = token("alpha"), b = token("alpha two");
	AUTO(lease) struct lease *first = NULL;
	AUTO(lease) struct lease *second = NULL;
	a.removable = b.removable = true;
	memset(a.slot_description, 'x', sizeof a.slot_description - 1);
	memset(b.slot_description, 'x', sizeof b.slot_description - 1);
	setenv("STAND_IN_NAME", a.slot_description, 1);
	setenv("STAND_IN_READERS", "1", 1);
	CHECK_OK(lease_take(&a, "enroll", 0, NULL, NULL, &first));
	check_tag(lease_take(&b, "enroll", 0, NULL, NULL, &second), ERR_TOKEN, "token-busy");
	lease_drop(first);
	first = NULL;
	setenv("STAND_IN_READERS", "2", 1);
	CHECK_OK(lease_take(&a, "enroll", 0, NULL, NULL, &first));
	CHECK_OK(lease_take(&b, "enroll", 0, NULL, NULL, &second));
	end();
}

struct watched {
	struct lease_holder who;
	unsigned calls, stop_at;
	pid_t kill_at_first;
};

static bool watch(void *ctx, const struct lease_holder *who)
{
	struct watched *w = ctx;
	w->who = *who;
	if (w->calls++ == 0 && w->kill_at_first)
		kill(w->kill_at_first, SIGKILL);
	return w->stop_at && w->calls >= w->stop_at;
}

// A child that holds the lease until it is killed.
static pid_t holder(const struct token_info *t)
{
	int ready[2];
	char byte = 0;
	CU_ASSERT_FATAL(pipe(ready) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct lease *l = NULL;
		struct err *e = lease_take(t, "resume", 0, NULL, NULL, &l);
		if (e || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	CU_ASSERT_FATAL(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return pid;
}

static void test_a_killed_holder_leaves_the_lease_to_the_one_who_waits(void)
{
	begin();
	struct token_info t = token("alpha");
	pid_t pid = holder(&t);
	struct watched w = { .kill_at_first = pid };
	AUTO(lease) struct lease *l = NULL;
	CHECK_OK(lease_take(&t, "enroll", 10000, watch, &w, &l));
	CU_ASSERT_EQUAL(w.calls, 1);
	CU_ASSERT_EQUAL(w.who.pid, pid);
	CU_ASSERT_STRING_EQUAL(w.who.what, "resume");
	CU_ASSERT(w.who.since > 1600000000);
	int status = 0;
	waitpid(pid, &status, 0);
	end();
}

static void test_waiting_can_be_stopped_and_ends_by_itself(void)
{
	begin();
	struct token_info t = token("alpha");
	pid_t pid = holder(&t);
	struct watched w = { .stop_at = 2 };
	AUTO(lease) struct lease *l = NULL;
	check_tag(lease_take(&t, "enroll", 60000, watch, &w, &l), ERR_INTERRUPTED, "lease-stopped");
	CU_ASSERT_EQUAL(w.calls, 2);
	check_tag(lease_take(&t, "enroll", 300, NULL, NULL, &l), ERR_TOKEN, "token-busy");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	end();
}

static void test_a_state_path_that_is_no_directory_is_said(void)
{
	begin();
	char path[96];
	snprintf(path, sizeof(path), "%s/file", dir);
	softhsm_write(path, "x");
	setenv("XDG_STATE_HOME", path, 1);
	struct token_info t = token("alpha");
	AUTO(lease) struct lease *l = NULL;
	CHECK_ERR(lease_take(&t, "enroll", 0, NULL, NULL, &l), ERR_FAILED);
	end();
}

int main(void)
{
	return CHECK_MAIN(
		TEST(test_the_second_one_is_told_who_has_it),
		TEST(test_tokens_in_two_readers_with_long_names_do_not_wait_for_each_other),
		TEST(test_tokens_with_equal_serials_are_told_apart_by_label),
		TEST(test_a_killed_holder_leaves_the_lease_to_the_one_who_waits),
		TEST(test_waiting_can_be_stopped_and_ends_by_itself),
		TEST(test_a_state_path_that_is_no_directory_is_said));
}
