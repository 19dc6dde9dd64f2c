// One line from the person at the terminal. Private to the room.
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"

enum { TERMINAL_MAX_LINE = 1024 };

// Prints the prompt on standard error and reads one line from standard input straight into a secret; with `echo` false nothing
// typed is shown. The terminal is as before on every way out, and while ^Z holds us. *out null: ^C, or the end of input.
// ERR_ANSWER for a line over TERMINAL_MAX_LINE.
MUST struct err *terminal_line(const char *prompt, bool echo, struct secret **out);

// Waits so many milliseconds, or until Enter is pressed; what was typed before it is dropped. PAUSE_STOPPED: ^C, or the end of input.
enum terminal_pause { PAUSE_OVER, PAUSE_ENTER, PAUSE_STOPPED };
enum terminal_pause terminal_pause(int ms);
