// How a step is shown to people. Private to the room.
#pragma once

#include <stdbool.h>

// "[ 3/12] Making the key on the token"; plain: "Step 3 of 12: Making the key on the token". New string.
char *step_line(const char *step, bool plain);
// How many seconds it takes at most where nothing is wrong; 0 not known.
int step_usual(const char *step);
// Whether the token may be pulled while the step is under way, in words. New string; null when memory is out.
char *step_pull_words(const char *step);
