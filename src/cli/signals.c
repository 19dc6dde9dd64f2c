// What the person does with ^C and ^Z.
#include "cli/signals.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>

#include "base/attr.h"
#include "worker/worker.h"

enum { PATIENCE = 3 };

static volatile sig_atomic_t stops, suspend;
static volatile sig_atomic_t wake;
static struct sigaction suspend_before;

static void on_stop(int sig)
{
	(void)sig;
	if (stops < PATIENCE)
		stops = stops + 1;
	if (stops == PATIENCE)
		worker_kill();
}

static void on_suspend(int sig)
{
	(void)sig;
	suspend = 1;
}

static const int stop_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

void signals_install(void)
{
	struct sigaction stop = { .sa_handler = on_stop };
	sigemptyset(&stop.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(stop_signals); i++) {
		struct sigaction was;
		// Who started us with ^C or hang-up ignored (nohup) meant it.
		if (sigaction(stop_signals[i], NULL, &was) == 0 && was.sa_handler != SIG_IGN)
			sigaction(stop_signals[i], &stop, NULL);
	}
}

static void on_wake(int sig)
{
	(void)sig;
	wake = 1;
}

void signals_wake(bool on)
{
	struct sigaction a = { .sa_handler = on ? on_wake : SIG_DFL };
	sigemptyset(&a.sa_mask);
	sigaction(SIGURG, &a, NULL);
}

bool signals_woken(void)
{
	bool woken = wake;
	wake = 0;
	return woken;
}

int signals_count(void)
{
	return stops;
}

void signals_forget(void)
{
	stops = 0;
}

void signals_hold(sigset_t *before)
{
	sigset_t held;
	sigemptyset(&held);
	for (size_t i = 0; i < ARRAY_LEN(stop_signals); i++)
		sigaddset(&held, stop_signals[i]);
	sigaddset(&held, SIGTSTP);
	sigprocmask(SIG_BLOCK, &held, before);
	struct sigaction stop = { .sa_handler = on_suspend };
	sigemptyset(&stop.sa_mask);
	// A shell without jobs has it ignored; nobody would continue us there.
	if (sigaction(SIGTSTP, NULL, &suspend_before) == 0 && suspend_before.sa_handler != SIG_IGN)
		sigaction(SIGTSTP, &stop, NULL);
}

void signals_release(const sigset_t *before)
{
	sigaction(SIGTSTP, &suspend_before, NULL);
	sigprocmask(SIG_SETMASK, before, NULL);
}

enum signals_waited signals_wait(int fd, const sigset_t *before, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec limit = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	int n = ppoll(&p, 1, ms < 0 ? NULL : &limit, before);
	if (n < 0 && errno == EINTR)
		return SIGNALS_CAME;
	return n == 0 ? SIGNALS_TIME_OVER : SIGNALS_READABLE;
}

bool signals_suspend(void)
{
	if (!suspend)
		return false;
	suspend = 0;
	raise(SIGSTOP);
	return true;
}
