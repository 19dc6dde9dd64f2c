// Counting and logging the calls, and going wrong at one of them.
#include "mock.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CALLS_MAX = 80 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char call[32];
	unsigned long n;
} counts[CALLS_MAX];

static unsigned long all; // calls of all functions

static unsigned long count(const char *call, unsigned long *overall)
{
	unsigned long n = 0;
	pthread_mutex_lock(&lock);
	*overall = ++all;
	for (size_t i = 0; i < CALLS_MAX; i++) {
		if (!counts[i].call[0])
			strncpy(counts[i].call, call, sizeof(counts[i].call) - 1);
		if (strcmp(counts[i].call, call) == 0) {
			n = ++counts[i].n;
			break;
		}
	}
	pthread_mutex_unlock(&lock);
	return n;
}

// One write each, so that lines of several processes do not mix: "PID C_Login 1 CKR_OK". Never an argument.
static void note(const struct visit *v, const char *what)
{
	const char *path = getenv("MOCK_LOG");
	int fd = path && *path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd < 0)
		return;
	dprintf(fd, "%ld %s %lu %s\n", (long)getpid(), v->call, v->number, what);
	close(fd);
}

static void pause_ms(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	nanosleep(&t, NULL);
}

// Says in a file that we are here, and goes on when somebody removes it.
static void stop_here(const struct fault *f)
{
	int fd = open(f->text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		_exit(99);
	dprintf(fd, "%ld\n", (long)getpid());
	close(fd);
	while (access(f->text, F_OK) == 0)
		pause_ms(10);
}

static void die_by(int signal_number)
{
	signal(signal_number, SIG_DFL); // a sanitizer's handler would turn it into an exit
	raise(signal_number);
	_exit(99);
}

// True when the call ends here with *rv.
static bool act(const struct fault *f, const struct visit *v, CK_RV *rv)
{
	static const char *const names[] = { "return", "hang", "sleep", "segfault", "abort",
					     "kill",   "exit", "print", "stop" };
	if (f->act != ACT_RETURN)
		note(v, names[f->act]);
	switch (f->act) {
	case ACT_RETURN:
		*rv = f->number;
		return true;
	case ACT_HANG:
		for (;;)
			pause();
	case ACT_SLEEP:
		pause_ms((long)f->number);
		return false;
	case ACT_SEGFAULT:
		die_by(SIGSEGV);
		return false;
	case ACT_ABORT:
		die_by(SIGABRT);
		return false;
	case ACT_KILL:
		// The parent first: it must not see this process die.
		if (f->number & KILL_PARENT)
			kill(getppid(), SIGKILL);
		if (f->number & KILL_SELF)
			die_by(SIGKILL);
		return false;
	case ACT_EXIT:
		_exit((int)f->number);
	case ACT_PRINT:
		dprintf((int)f->number, "%s\n", f->text);
		return false;
	case ACT_STOP:
		stop_here(f);
		return false;
	}
	return false;
}

static bool acts(const struct visit *v, bool after, CK_RV *rv)
{
	bool ends = false;
	for (size_t i = 0; i < plan.n_faults; i++) {
		const struct fault *f = &plan.faults[i];
		bool any = strcmp(f->call, "C_*") == 0;
		unsigned long n = any ? v->overall : v->number;
		bool here = f->after == after && n >= f->from && n <= f->to &&
			    (any || strcmp(f->call, v->call) == 0);
		if (here && act(f, v, rv))
			ends = true;
	}
	return ends;
}

bool faults_before(struct visit *v, CK_RV *rv)
{
	v->number = count(v->call, &v->overall);
	if (!acts(v, false, rv))
		return false;
	note(v, name_of_rv(*rv));
	return true;
}

CK_RV faults_after(const struct visit *v, CK_RV rv)
{
	(void)acts(v, true, &rv);
	note(v, name_of_rv(rv));
	return rv;
}

// With "across" the calls that other processes have logged already count too.
void faults_start(void)
{
	const char *path = getenv("MOCK_LOG");
	memset(counts, 0, sizeof(counts));
	FILE *f = plan.across && path ? fopen(path, "re") : NULL;
	char line[256], call[32];
	unsigned long overall = 0;
	all = 0;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d %31s %*d CKR", call) == 1 && strstr(line, " CKR_"))
			(void)count(call, &overall);
	if (f)
		fclose(f);
}
