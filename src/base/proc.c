// What a process does to itself before it holds a secret.
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define LEAK_CHECKED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAK_CHECKED 1
#endif
#endif
#ifndef LEAK_CHECKED
#define LEAK_CHECKED 0
#endif

// A file opened later must not land on descriptor 0, 1 or 2, where somebody would read or print it.
static struct err *open_standard(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		// The lowest free descriptor is this one: those below it are open.
		if (open("/dev/null", O_RDWR) != fd)
			return err_errno("open", "/dev/null", errno);
	}
	return NULL;
}

struct err *proc_harden(void)
{
	struct rlimit none = { 0 };
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return err_errno("setrlimit", NULL, errno);
	// The leak check of a sanitizer build attaches to its own process, which only root may do once this is set.
	bool leave = LEAK_CHECKED && geteuid() != 0;
	if (!leave && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_errno("prctl", NULL, errno);
	umask(077);
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	if (sigaction(SIGPIPE, &ignore, NULL) != 0)
		return err_errno("sigaction", NULL, errno);
	return open_standard();
}
