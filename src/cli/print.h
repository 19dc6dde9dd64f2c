// Printing for people: wrapped, in the chosen language, nothing that drives the terminal. Private to the room.
#pragma once

#include <stdio.h>

#include "base/err.h"
#include "base/msg.h"

enum { PRINT_COLUMNS = 80 };
// The terminal's width up to PRINT_COLUMNS; PRINT_COLUMNS when it is none.
size_t print_columns(FILE *f);

// A paragraph: the message, wrapped, indented. Takes it.
void print_msg(FILE *f, size_t indent, struct msg *m);
#define say(f, ...)	   print_msg((f), 0, msg_new(__VA_ARGS__))
#define say_in(f, in, ...) print_msg((f), (in), msg_new(__VA_ARGS__))
// Text that is in its language already; made safe.
void print_text(FILE *f, size_t indent, const char *text);
// One line that is never broken, so that it can be copied: a URI, a path.
void print_line(FILE *f, size_t indent, const char *text);
// "  label   value", the label padded to `width` columns; what does not fit on a line stands on the next.
void print_pair(FILE *f, size_t width, struct msg *label, const char *value);
// The whole of an error.
void print_err(FILE *f, const struct err *e);
void print_blank(FILE *f);
// One JSON object as a line, sent at once.
struct json_t;
void print_json(FILE *f, const struct json_t *j);
