// Where a step stands among the others. Private to the room.
#pragma once

#include <stdbool.h>

#include "base/msg.h"

// "[ 3/12] Making the key on the token" in the present language, without the number unless counted; new string, null when
// memory is out.
char *step_line(const char *step, bool counted);
