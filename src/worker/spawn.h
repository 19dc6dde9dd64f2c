// Starting and ending a worker's process. Private to the room.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"

enum { WORKER_FD = 3 }; // the worker's end of the socket pair, in the worker

// A child that `become` makes something else of, at once, with `theirs`: it ends in spawn_exec. Here `theirs` is closed, and after an error `ours`,
// too.
MUST struct err *spawn_child(int ours, int theirs, void (*become)(const void *ctx, int theirs),
			     const void *ctx, pid_t *pid);
// In the child, between fork and exec: no signal is held back, and every descriptor from `from` on is closed.
void spawn_exec(const char *path, char *const *argv, unsigned from) __attribute__((noreturn));
enum { SPAWN_FAILED = 127 }; // its exit status where it did not become anything

// This same program again, as "--worker", in a session of its own: descriptor 3 is its socket, everything else is closed or
// /dev/null (standard error stays open while the log is on). *fd is our end.
MUST struct err *spawn_worker(pid_t *pid, int *fd);

// How a process ended.
struct death {
	bool ended; // false: still there
	int status; // exit status; -1 when a signal ended it
	int signal; // 0 when none
};
// Waits up to wait_ms for the process to end.
struct death spawn_reap(pid_t pid, int64_t wait_ms);
// SIGKILL, and waits.
struct death spawn_kill(pid_t pid);
