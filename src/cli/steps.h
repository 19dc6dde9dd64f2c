// Where a step stands among the others. Private to the room.
#pragma once

#include "base/msg.h"

// "[ 3/12] Making the key on the token" in the present language; new string, null when memory is out.
char *step_line(const char *step);
