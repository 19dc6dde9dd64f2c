// Starting and ending a worker's process.
#include "worker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { EXEC_FAILED = 127, REAP_STEP_MS = 10 };

// In the child, between fork and exec: only calls that are safe there.
static void become_worker(int sock, bool keep_stderr) __attribute__((noreturn));
static void become_worker(int sock, bool keep_stderr)
{
	setsid();
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(sock, WORKER_FD) < 0)
		_exit(EXEC_FAILED);
	// dup2 onto itself would leave close-on-exec set.
	if (sock == WORKER_FD && fcntl(sock, F_SETFD, 0) != 0)
		_exit(EXEC_FAILED);
	for (int fd = 0; fd <= 2; fd++)
		if (!(fd == 2 && keep_stderr) && dup2(null, fd) < 0)
			_exit(EXEC_FAILED);
	if (close_range(WORKER_FD + 1, ~0U, 0) != 0)
		_exit(EXEC_FAILED);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	char name[] = "inkan", flag[] = "--worker";
	char *argv[] = { name, flag, NULL };
	execv("/proc/self/exe", argv);
	_exit(EXEC_FAILED);
}

struct err *spawn_worker(pid_t *pid, int *fd)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_errno("socketpair", NULL, errno);
	bool keep_stderr = log_level() != LOG_QUIET;
	pid_t child = fork();
	if (child == 0)
		become_worker(pair[1], keep_stderr);
	int errnum = errno;
	close(pair[1]);
	if (child < 0) {
		close(pair[0]);
		return err_errno("fork", NULL, errnum);
	}
	*pid = child;
	*fd = pair[0];
	return NULL;
}

static struct death look(pid_t pid, int flags)
{
	int status = 0;
	pid_t got;
	do
		got = waitpid(pid, &status, flags);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return (struct death){ .ended = false };
	if (got < 0) // somebody else has reaped it
		return (struct death){ .ended = true };
	if (WIFSIGNALED(status))
		return (struct death){ .ended = true, .status = -1, .signal = WTERMSIG(status) };
	return (struct death){ .ended = true, .status = WEXITSTATUS(status) };
}

// Woken by the end itself where the kernel can (Linux 5.3), else looks again after a while.
static void wait_for_end(int pidfd, int64_t ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	if (pidfd >= 0)
		poll(&p, 1, (int)ms);
	else
		clock_sleep_ms(ms < REAP_STEP_MS ? ms : REAP_STEP_MS);
}

struct death spawn_reap(pid_t pid, int64_t wait_ms)
{
	int64_t until = clock_monotonic_ms() + wait_ms;
	struct death d = look(pid, WNOHANG);
	int pidfd = d.ended ? -1 : pidfd_open(pid, 0);
	for (int64_t left; !d.ended && (left = until - clock_monotonic_ms()) > 0;) {
		wait_for_end(pidfd, left);
		d = look(pid, WNOHANG);
	}
	if (pidfd >= 0)
		close(pidfd);
	return d;
}

struct death spawn_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	return look(pid, 0);
}
