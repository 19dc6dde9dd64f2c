// How a step is shown to people. Private to the room.
#pragma once

// "[ 3/12] Making the key on the token", "Step 3 of 12: Making the key on the token", or the name alone, in the present language.
// New string, null when memory is out.
enum step_style { STEP_NUMBERED, STEP_IN_WORDS, STEP_NAME_ALONE };
char *step_line(const char *step, enum step_style style);
// How many seconds it takes at most where nothing is wrong; 0 not known.
int step_usual(const char *step);
// Whether the token may be pulled while the step is under way, in words. New string; null when memory is out.
char *step_pull_words(const char *step);
