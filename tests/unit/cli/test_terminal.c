// A person at a terminal: what is shown, what ^C, ^D and ^Z do, and how the terminal is left.
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "cli/signals.h"
#include "cli/terminal.h"

enum { READ_MS = 5000, LINE = 4096 };

// What the child tells by its exit status.
enum { GOT_RIGHT = 40, GOT_OTHER = 41, GOT_STOP = 42, GOT_ERROR = 43, LEFT_SILENT = 44 };

static int child(bool echo)
{
	signals_install();
	struct termios before, after;
	tcgetattr(STDIN_FILENO, &before);
	AUTO(secret) struct secret *typed = NULL;
	struct err *e = terminal_line("PIN: ", echo, &typed);
	tcgetattr(STDIN_FILENO, &after);
	if (before.c_lflag != after.c_lflag)
		return LEFT_SILENT;
	if (e) {
		err_free(e);
		return GOT_ERROR;
	}
	if (!typed)
		return GOT_STOP;
	return !strcmp(secret_text(typed), "1234") ? GOT_RIGHT : GOT_OTHER;
}

struct person {
	pid_t pid;
	int fd;
	char seen[LINE];
	size_t len;
};

static void sit_down(struct person *p, bool echo)
{
	*p = (struct person){ 0 };
	p->pid = forkpty(&p->fd, NULL, NULL, NULL);
	CU_ASSERT_FATAL(p->pid >= 0);
	if (p->pid == 0)
		_exit(child(echo));
}

// Reads until the text was seen that often, or the time is over.
static bool await_text(struct person *p, const char *text, int times)
{
	int64_t until = clock_monotonic_ms() + READ_MS;
	for (;;) {
		int n = 0;
		for (const char *s = strstr(p->seen, text); s; s = strstr(s + 1, text))
			n++;
		if (n >= times)
			return true;
		struct pollfd fd = { .fd = p->fd, .events = POLLIN };
		if (clock_monotonic_ms() > until || poll(&fd, 1, 100) < 0)
			return false;
		ssize_t got = fd.revents
				      ? read(p->fd, p->seen + p->len, sizeof(p->seen) - 1 - p->len)
				      : 0;
		if (got < 0)
			return false;
		p->len += (size_t)got;
	}
}

static void type(const struct person *p, const char *keys)
{
	CU_ASSERT(write(p->fd, keys, strlen(keys)) == (ssize_t)strlen(keys));
}

// Reads what is left and returns the exit status; -1 when a signal ended it.
static int stand_up(struct person *p)
{
	int status = 0;
	(void)await_text(p, "never shown", 1);
	CU_ASSERT(waitpid(p->pid, &status, 0) == p->pid);
	close(p->fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_a_secret_is_not_shown(void)
{
	struct person p;
	sit_down(&p, false);
	CU_ASSERT(await_text(&p, "PIN: ", 1));
	type(&p, "1234\n");
	CU_ASSERT(stand_up(&p) == GOT_RIGHT);
	CU_ASSERT_PTR_NULL(strstr(p.seen, "1234"));
}

static void test_other_answers_are_shown(void)
{
	struct person p;
	sit_down(&p, true);
	CU_ASSERT(await_text(&p, "PIN: ", 1));
	type(&p, "1299\177\17734\n"); // two characters taken back
	CU_ASSERT(stand_up(&p) == GOT_RIGHT);
	CU_ASSERT_PTR_NOT_NULL(strstr(p.seen, "12"));
}

static void test_control_c_and_d_stop(void)
{
	static const char *const keys[] = { "\003", "12\003", "\004" };
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct person p;
		sit_down(&p, false);
		CU_ASSERT(await_text(&p, "PIN: ", 1));
		type(&p, keys[i]);
		CU_ASSERT(stand_up(&p) == GOT_STOP);
	}
}

static void test_a_request_to_end_stops(void)
{
	struct person p;
	sit_down(&p, false);
	CU_ASSERT(await_text(&p, "PIN: ", 1));
	CU_ASSERT(kill(p.pid, SIGTERM) == 0);
	CU_ASSERT(stand_up(&p) == GOT_STOP);
}

static void test_a_line_without_end_is_refused(void)
{
	struct person p;
	sit_down(&p, false);
	CU_ASSERT(await_text(&p, "PIN: ", 1));
	char many[TERMINAL_MAX_LINE + 3];
	memset(many, '7', sizeof(many) - 2);
	many[sizeof(many) - 2] = '\n';
	many[sizeof(many) - 1] = 0;
	type(&p, many);
	CU_ASSERT(stand_up(&p) == GOT_ERROR);
}

static bool silent(int fd)
{
	struct termios t;
	return tcgetattr(fd, &t) == 0 && !(t.c_lflag & ECHO);
}

static void test_control_z_gives_the_echo_back_and_asks_again(void)
{
	struct person p;
	sit_down(&p, false);
	CU_ASSERT(await_text(&p, "PIN: ", 1));
	CU_ASSERT(silent(p.fd));
	type(&p, "99\032");
	int status = 0;
	CU_ASSERT(waitpid(p.pid, &status, WUNTRACED) == p.pid);
	CU_ASSERT(WIFSTOPPED(status));
	CU_ASSERT_FALSE(silent(p.fd));
	CU_ASSERT(kill(p.pid, SIGCONT) == 0);
	CU_ASSERT(await_text(&p, "PIN: ", 2));
	CU_ASSERT(silent(p.fd));
	type(&p, "1234\n");
	CU_ASSERT(stand_up(&p) == GOT_RIGHT);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_secret_is_not_shown), TEST(test_other_answers_are_shown),
			  TEST(test_control_c_and_d_stop), TEST(test_a_request_to_end_stops),
			  TEST(test_a_line_without_end_is_refused),
			  TEST(test_control_z_gives_the_echo_back_and_asks_again));
}
