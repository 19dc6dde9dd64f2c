// One process per token and job. The parent (a terminal, a script, a station) never loads a module.
//
// The parent starts this same program again (by exec of /proc/self/exe, "--worker", a socket pair as descriptor 3), sends the job, then
// events come out and questions in. A worker is its own session (no terminal: ^C reaches the parent only), its standard streams are /dev/null,
// it holds no core. Frames: docs/ARCHITECTURE.md. When it dies the parent says how ("worker-died", with the signal), and the journal stands.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "enroll/enroll.h"
#include "enroll/face.h"

// Parent: starts a worker for the job, hands its events and questions to the face, and waits for its end. The result is the worker's; when
// the worker died it is an ERR_TOKEN (crash, kill) or ERR_FAILED, tagged "worker-died", "worker-hangs" or "worker-talks-nonsense".
// When the face says stopped, the worker is asked to stop and given time to finish the call in hand. While a worker is busy the face's
// `stopped` is called some five times a second, so that a face may show there how the time passes. A worker that watches is never waited for
// and has no limit. Both callbacks of the face may run other jobs meanwhile: what a watching worker says waits in its socket. A worker that lists, or looks for a token (job->unlisted), has 20 seconds.
void worker_run(const struct job *j, struct face *f, struct result *out);

// A job in several modules at once, a worker each (JOB_LIST). results[i] belongs to jobs[i].
void worker_run_all(const struct job *const *jobs, size_t n, struct face *f,
		    struct result *results);

// Kills the workers of the worker_run that is under way, at its next turn: for the person who will not wait. Safe in a signal handler.
void worker_kill(void);

// Child: what main calls for "--worker". Returns the exit status.
int worker_main(void);
bool worker_wanted(int argc, char **argv); // "--worker", and descriptor 3 is a socket
