// What errors mean and what to do about them, by their codes (the tags of base/err.h). Private to the room.
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

enum { ERROR_MAX_CODES = 12 };

struct error_row {
	const char *codes[ERROR_MAX_CODES]; // that mean the same, up to a null
	const char *meaning;		    // message id: what it means for the person
	const char *todo; // message id: what to do, where the error has no hint of its own
};
extern const struct error_row error_rows[], error_rows_otp[];
extern const size_t n_error_rows, n_error_rows_otp;

// Null when the code is not in the table.
const struct error_row *error_find(const char *code);
// What happened, what it means, what to do now, and the code.
void error_print(FILE *f, const struct err *e);
