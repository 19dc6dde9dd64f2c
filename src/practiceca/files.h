// The practice CA's directory: small files, private, replaced whole or not at all.
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

// Made 0700 when it is missing (its parent exists). ERR_FAILED when it is no directory of ours.
MUST struct err *files_make_directory(const char *dir);
// DIR/NAME written beside, synced, and moved into place; mode 0600 or 0644.
MUST struct err *files_write(const char *dir, const char *name, bool private, const void *bytes,
			     size_t len);
// *there false and out untouched when it is missing.
MUST struct err *files_read(const char *dir, const char *name, size_t cap, bool *there,
			    struct buf *out);
// A secret in the first line of a private file; null for no path. ERR_ANSWER where it holds none, or more than so many bytes.
MUST struct err *files_first_line(const char *path, size_t most, struct secret **out);
// Holds DIR/lock while the CA's keys are made; released with files_unlock, or by the death of the process.
MUST struct err *files_lock(const char *dir, int *fd);
void files_unlock(int fd);
