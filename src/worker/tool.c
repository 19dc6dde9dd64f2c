// Running an outside program.
#include "worker/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "worker/spawn.h"

enum { REST_MS = 1000, LOOK_MS = 50 };

static bool is_program(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

struct err *tool_find(const char *name, char **path)
{
	const char *dirs = getenv("PATH");
	*path = NULL;
	for (const char *p = dirs && *dirs ? dirs : "/usr/bin:/bin"; *p;) {
		size_t len = strcspn(p, ":");
		AUTO_TEXT char *at = text_format("%.*s/%s", (int)len, p, name);
		if (!at)
			return err_no_memory();
		// A relative directory would be another one wherever inkan is started.
		if (*at == '/' && is_program(at)) {
			*path = at;
			at = NULL;
			return NULL;
		}
		p += len + (p[len] == ':');
	}
	return NULL;
}

// In the child: only calls that are safe there. ctx: its words.
static void become_tool(const void *ctx, int out)
{
	// execv wants the words writable and leaves them as they are.
	char *const *argv = (char *const *)(uintptr_t)ctx;
	setsid();
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(out, STDERR_FILENO) < 0)
		_exit(SPAWN_FAILED);
	signal(SIGPIPE, SIG_DFL);
	spawn_exec(argv[0], argv, STDERR_FILENO + 1);
}

static struct err *spawn_tool(const char *const *argv, pid_t *pid, int *fd)
{
	int pair[2];
	if (pipe2(pair, O_CLOEXEC) != 0)
		return err_errno("pipe2", NULL, errno);
	TRY(spawn_child(pair[0], pair[1], become_tool, argv, pid));
	*fd = pair[0];
	return NULL;
}

static void keep(struct buf *out, const char *some, size_t n)
{
	size_t room = out->cap > out->len + 1 ? out->cap - out->len - 1 : 0;
	if (n > room)
		n = room;
	if (n)
		err_ignore(buf_put(out, some, n)); // what does not fit is dropped
}

// It stays to be reaped.
static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == pid;
}

// Until it closes its end or has ended: what a driver started may keep the other end open. False: not before `until`.
static bool listen_to(pid_t pid, int fd, int64_t until, struct buf *out)
{
	char some[4096];
	for (int64_t left; (left = until - clock_monotonic_ms()) > 0;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		bool last = has_ended(pid); // asked first: what it wrote is there by then
		int ready = poll(&p, 1, last ? 0 : (int)(left < LOOK_MS ? left : LOOK_MS));
		if (ready == 0 && last)
			return true;
		if (ready <= 0)
			continue;
		ssize_t n = read(fd, some, sizeof(some));
		if (n == 0 || (n < 0 && errno != EINTR))
			return true;
		if (n > 0)
			keep(out, some, (size_t)n);
	}
	return false;
}

static struct err *hangs(const char *name, int64_t limit_ms)
{
	return err_hint(err_tag(err_new(ERR_FAILED,
					N_("The program %1 did not end within %2 seconds and was "
					   "ended."),
					ARG_TEXT(name), ARG_NUM(limit_ms / 1000)),
				"tool-hangs"),
			N_("It loads the drivers (PKCS#11 modules) of this machine; `inkan doctor` "
			   "looks at them."));
}

struct err *tool_run(const char *const *argv, int64_t limit_ms, struct buf *out, int *status)
{
	pid_t pid = 0;
	int fd = -1;
	int64_t until = clock_monotonic_ms() + limit_ms;
	TRY(spawn_tool(argv, &pid, &fd));
	bool ended = listen_to(pid, fd, until, out);
	close(fd);
	struct death d = { 0 };
	if (ended)
		d = spawn_reap(pid, REST_MS);
	kill(-pid, SIGKILL); // and what it has started
	if (!d.ended) {
		spawn_kill(pid);
		return hangs(argv[0], limit_ms);
	}
	*status = d.status;
	return NULL;
}
