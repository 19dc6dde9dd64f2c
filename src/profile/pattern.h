// Patterns of fields: POSIX extended regular expressions, matched whole.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Whether it compiles and is tame: no back references, and repetitions that cannot multiply without end.
bool pattern_is_fine(const char *pattern);
// How many characters the shortest text that fits has, at least. Of a pattern that is fine.
size_t pattern_shortest(const char *pattern);
bool pattern_matches(const char *pattern, const char *text);
