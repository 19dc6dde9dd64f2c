// A state directory of the fuzzer's own, in memory where there is some: the journal waits for the disk at every write.
#pragma once

#include "fuzz.h"
#include "scratch.h"

static char state_path[300]; // "…/inkan"

static struct scratch *state_scratch;

static inline void state_end(void)
{
	scratch_free(state_scratch);
}

static inline void state_begin(void)
{
	if (state_scratch)
		return;
	if (access("/dev/shm", W_OK | X_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	state_scratch = scratch_new();
	atexit(state_end);
	setenv("XDG_STATE_HOME", state_scratch->dir, 1);
	snprintf(state_path, sizeof(state_path), "%s/inkan", state_scratch->dir);
	MUST_HOLD(mkdir(state_path, 0700) == 0);
}
