// A directory with profiles and anchors to try, and the practice profile as text to be changed.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "profile/profile.h"

// A certificate block: its bytes are not judged by this room.
extern const char fixture_pem[];

// A new directory, 0700; removed with all that is in it by fixture_end.
const char *fixture_begin(void);
void fixture_end(void);
// Writes a file into it, and returns its path (static, one at a time).
const char *fixture_write(const char *name, const char *text, unsigned mode);
// profiles/NAME.yaml of the source tree with `from` replaced by `to` (everywhere; null: as it is). To be freed.
char *fixture_profile(const char *name, const char *from, const char *to);
// Parses the practice profile, changed like this, in the directory, which holds practice-ca.pem.
struct err *fixture_parse(const char *from, const char *to, struct profile **out);
// The number of the line in which the text stands first; 0 for none.
unsigned fixture_line(const char *yaml, const char *text);
// Whether an error or one of its causes says this (in English); and how many causes it has.
bool err_says(const struct err *e, const char *text);
size_t err_depth(const struct err *e);

// The practice profile with `from` replaced by `to`: the fault stands in the line that holds `at`, on the path, and says this.
struct wrong {
	const char *from, *to, *at, *path, *says;
};
void check_all(const char *profile, const struct wrong *list, size_t n);
