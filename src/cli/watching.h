// Waiting for readers, cards and tokens: what `inkan token list --watch`, --wait and the guide share. Private to the room.
//
// A worker watches the readers (JOB_WATCH), so that what happens there is looked at at once. Modules without readers tell nobody: they are looked at
// again every LOOK_ALONE_MS where no reader is there (or no pcscd), and every LOOK_BESIDE_MS beside readers. SIGURG asks for a look at
// once (udev/README.md).
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "cli/faces.h"

enum { LOOK_ALONE_MS = 2000, LOOK_BESIDE_MS = 10000 };

struct watching {
	struct screen *screen; // its running line is ticked
	bool enter;	       // Enter ends it (the guide)
	void *ctx;
	// What the worker tells (data of EVENT_READER, see enroll/readers.h), the first look too; may be null.
	void (*event)(void *ctx, const struct json_t *data);
	// Something may have changed, and once at the beginning. *done ends the watching.
	struct err *(*look)(void *ctx, bool *done);
	// out
	bool entered; // Enter ended it
};
// Until look says done or fails, or Enter; ERR_INTERRUPTED tagged "stopped" on ^C.
MUST struct err *watching_run(struct watching *w);
