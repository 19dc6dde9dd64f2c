// Other programs, run by a test.
#pragma once

#include <sys/types.h>

// Runs argv[0] (found on PATH) with stdout into the file `out` (null: nowhere) and waits; its exit status, or -1.
int tool_run(const char *out, char *const argv[]);
// Starts it and does not wait.
pid_t tool_start(const char *out, char *const argv[]);
int tool_wait(pid_t pid);
