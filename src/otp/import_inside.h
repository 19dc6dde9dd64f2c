// What the importers share. Only for src/otp/import*.c.
#pragma once

#include "otp/import.h"

// ASCII digits alone, at most `max`; false otherwise ("+1", "０", " 1" and what is larger).
bool import_number(const char *text, size_t len, uint64_t max, uint64_t *out);
// ERR_ANSWER tagged "import-too-large".
MUST struct err *import_size(size_t len, size_t max);
// An empty list that goes where `out` goes.
struct seeds import_begin(const struct seeds *out);
// Adds a seed that can be used (seed_check), of at most IMPORT_SEEDS_MAX.
MUST struct err *import_add(struct seeds *to, struct seed *s);
// The end of every import: there are seeds, and in a list no serial stands twice ("import-duplicate"). Then *made goes to *out.
MUST struct err *import_finish(struct seeds *made, struct seeds *out);
// A new string of these bytes: UTF-8 without control characters, at most SEED_TEXT_MAX. *good false (and *out untouched) where they are not; empty is null.
MUST struct err *import_words(const char *text, size_t len, bool *good, char **out);
// "2006-05-01T00:00:00Z" or with an offset (xs:dateTime), or a day alone: seconds since 1970, after it.
bool import_time(const char *text, int64_t *out);
