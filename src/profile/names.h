// Names: of roles, fields and models, of profiles, of evidence.
#pragma once

#include <stdbool.h>

// 1 to 32 lower-case ASCII letters, digits, '_' and '-', a letter first.
bool name_is_plain(const char *name);
// 1 to 32 lower-case ASCII letters, digits and '-', a letter or digit first: the name of a profile, never a path.
bool name_is_profile(const char *name);
