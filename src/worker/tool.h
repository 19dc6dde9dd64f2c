// Running an outside program (modutil): no shell, no terminal, and no end later than its limit.
//
// Whatever it loads (modutil loads every registered PKCS#11 module) stays in its process.
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

// Where the program is, along PATH. *path is null when it is not there. New string.
MUST struct err *tool_find(const char *name, char **path);
// argv[0] is the program's path; argv ends with null. Standard input is empty; what it writes to standard output and error comes together in
// `out`, what is over its cap is dropped. *status: the exit status, -1 when a signal ended it. ERR_FAILED tagged "tool-hangs" when the limit
// ended it and all that it had started.
MUST struct err *tool_run(const char *const *argv, int64_t limit_ms, struct buf *out, int *status);
