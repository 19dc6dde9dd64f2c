// Where profiles are looked for by name.
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

enum { PROFILE_DIRS = 3 };

// $XDG_CONFIG_HOME/inkan/profiles, /etc/inkan/profiles, the installed ones (those of the source tree for a program that runs from its build
// tree). Free with dirs_free. An entry is null where there is none (no home).
struct profile_dirs {
	char *dir[PROFILE_DIRS];
};
MUST struct err *dirs_find(struct profile_dirs *out);
void dirs_free(struct profile_dirs *d);
static inline void dirs_cleanup(struct profile_dirs *d)
{
	dirs_free(d);
}
#define AUTO_DIRS __attribute__((cleanup(dirs_cleanup)))
