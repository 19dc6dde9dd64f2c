// The commands and their options as one table: what is parsed is what --help shows.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { OPTIONS_MAX = 64 };

struct option_row {
	const char *name;    // "listen"
	const char *arg;     // "ADDRESS:PORT"; null for a flag
	const char *summary; // N_()
};

struct given;

struct command {
	const char *name;    // "account add"
	const char *example; // the usual call, in full
	const char *summary; // N_()
	const struct option_row *options;
	size_t n_options;
	struct err *(*run)(const struct given *g);
};

// What the command line said; texts are those of argv.
struct given {
	const struct command *command;
	const char *values
		[OPTIONS_MAX]; // by place in the command's options; "" for a flag that stands; null when not given
	bool help;
};

// argv after the command's words. ERR_USAGE for what the command does not know, for a value too few or twice the same option.
MUST struct err *options_parse(const struct command *c, int argc, char **argv, struct given *out);
const char *given_text(const struct given *g, const char *name); // null when not given
bool given_flag(const struct given *g, const char *name);
// ERR_USAGE when it is missing.
MUST struct err *given_needed(const struct given *g, const char *name, const char **out);
// A whole number from low to high; `otherwise` when it is not given.
MUST struct err *given_number(const struct given *g, const char *name, int64_t low, int64_t high,
			      int64_t otherwise, int64_t *out);

// Print to stdout, 80 columns.
void options_help(const struct command *c);
void options_top_help(const struct command *const *commands, size_t n);
