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

enum { REAP_STEP_MS = 10 };

void spawn_exec(const char *path, char *const *argv, unsigned from)
{
	sigset_t none;
	sigemptyset(&none);
	if (close_range(from, ~0U, 0) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0)
		execv(path, argv);
	_exit(SPAWN_FAILED);
}

struct err *spawn_child(int ours, int theirs, void (*become)(const void *ctx, int theirs),
			const void *ctx, pid_t *pid)
{
	pid_t child = fork();
	if (child == 0) {
		become(ctx, theirs);
		_exit(SPAWN_FAILED);
	}
	int errnum = errno;
	close(theirs);
	if (child < 0) {
		close(ours);
		return err_errno("fork", NULL, errnum);
	}
	*pid = child;
	return NULL;
}

// In the child: only calls that are safe there. ctx: whether it keeps its standard error.
static void become_worker(const void *ctx, int sock)
{
	const bool *keep_stderr = ctx;
	setsid();
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(sock, WORKER_FD) < 0)
		_exit(SPAWN_FAILED);
	// dup2 onto itself would leave close-on-exec set.
	if (sock == WORKER_FD && fcntl(sock, F_SETFD, 0) != 0)
		_exit(SPAWN_FAILED);
	for (int fd = 0; fd <= 2; fd++)
		if (!(fd == 2 && *keep_stderr) && dup2(null, fd) < 0)
			_exit(SPAWN_FAILED);
	char name[] = "inkan", flag[] = "--worker";
	char *argv[] = { name, flag, NULL };
	spawn_exec("/proc/self/exe", argv, WORKER_FD + 1);
}

struct err *spawn_worker(pid_t *pid, int *fd)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_errno("socketpair", NULL, errno);
	bool keep_stderr = log_level() != LOG_QUIET;
	TRY(spawn_child(pair[0], pair[1], become_worker, &keep_stderr, pid));
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
