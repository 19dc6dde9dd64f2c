// What a process does to itself before it holds a secret, and the paths it may write.
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"

// No core dumps (RLIMIT_CORE 0 and PR_SET_DUMPABLE 0, which also refuses ptrace by the same user), umask 077, SIGPIPE
// ignored, standard descriptors open. Called first thing in main.
MUST struct err *proc_harden(void);

// $XDG_STATE_HOME/inkan, or ~/.local/state/inkan: made 0700 if missing (its parents too). ERR_FAILED with path and reason when it
// is not a directory of ours or cannot be written. New string.
MUST struct err *proc_state_dir(char **out);
// A directory below it, made 0700 if missing.
MUST struct err *proc_state_subdir(const char *name, char **out);

// Writes all of it to the open file and syncs it. ERR_FAILED with the path and the reason.
MUST struct err *proc_write_all(int fd, const char *path, const void *bytes, size_t len);

// A new file beside `path`, in the same directory, written and synced; to be renamed into place, or unlinked. Its name ends in `.OWN.new`, or is
// one that nothing had where that is taken. Nothing that is there already is touched, but for what an earlier call that was cut off had written of
// the same bytes under the same name. No file is left on failure. New string.
MUST struct err *proc_write_beside(const char *path, const char *own, mode_t mode,
				   const void *bytes, size_t len, char **beside);

// The names in a directory, synced: what was made or renamed in it is there after a power cut. File systems that cannot do it are forgiven.
MUST struct err *proc_sync_dir(const char *dir);

// A file that decides where secrets go, or that code is loaded from: regular, owned by root or by us, not writable by group or
// others, and so is every directory on its resolved path (sticky ones like /tmp may be world-writable). *real gets the resolved
// path. ERR_PROFILE names the path and what is wrong.
MUST struct err *proc_trusted_file(const char *path, char **real);
// The same of a directory that is there already or will be made; of what is not there yet the parts above it count.
MUST struct err *proc_trusted_dir(const char *path, char **real);
// A file that holds secrets: regular, ours, no access for group or others. ERR_ANSWER otherwise.
MUST struct err *proc_private_file(const char *path);
