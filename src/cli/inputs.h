// Answers given ahead of time: --answers and the URI's pin-source. Private to the room.
//
// A flat JSON object of strings, read straight into secrets: no JSON library sees it, and the bytes it came in are wiped.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"

enum { INPUTS_MAX_FILE = 64 * 1024, INPUTS_MAX_ENTRIES = 64, INPUTS_MAX_NAME = 64 };

struct inputs;

MUST struct err *inputs_new(struct inputs **out);
void inputs_free(struct inputs *in); // wipes
DEFINE_CLEANUP(inputs, struct inputs, inputs_free)

// A file of mode 0600 that is ours, or "-": the whole of standard input. ERR_ANSWER for anything wrong with it; what stands in it
// is never repeated.
MUST struct err *inputs_read(struct inputs *in, const char *path);
// From bytes; they are the caller's to wipe.
MUST struct err *inputs_scan(struct inputs *in, const uint8_t *bytes, size_t len);
// The first line of a pin-source file, as token_pin unless that is there.
MUST struct err *inputs_read_pin(struct inputs *in, const char *path);

// Null when there is none. Borrowed.
const struct secret *inputs_get(const struct inputs *in, const char *name);
void inputs_drop(struct inputs *in, const char *name); // wipes one: a spent one-time password

// What was dropped is there again, taken from another reading of the same answers; a one-time password is spent and stays away.
void inputs_refill(struct inputs *in, struct inputs *again);

// Takes the value. ERR_ANSWER when the name is there already or there are too many. Private to inputs*.c.
MUST struct err *inputs_put(struct inputs *in, const char *name, struct secret *value);
