// Text as people type and read it: folding of full-width forms, width on the terminal, safe showing.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"

// NFKC (full-width ASCII, digits and spaces become ASCII), for IDs and codes: UTF-8 in, new string out.
// ERR_ANSWER when the input is not UTF-8.
MUST struct err *text_fold(const char *in, char **out);
// The same for a secret code (a one-time password, a bank PIN; never a token PIN), and drops what people put between digits:
// white space, and '-' with its full-width and dash relatives when `drop_hyphens`. No copy is left behind.
MUST struct err *text_fold_secret(const struct secret *in, bool drop_hyphens, struct secret **out);

bool text_is_utf8(const char *s, size_t len);
bool text_is_ascii(const char *s, size_t len);	// 0x20 to 0x7e only
bool text_is_digits(const char *s, size_t len); // ASCII 0 to 9, at least one

// Columns on a terminal (East Asian wide and full-width characters are two; ambiguous ones are one).
size_t text_width(const char *utf8);
// Breaks at spaces, and between Japanese characters with the usual rules (no 。、）」 at the start of a line);
// each line at most `columns` wide and indented by `indent` spaces from the second on. ASCII words (options, paths,
// URIs) are never cut: one that is wider than a line stands on a line of its own and is the only thing wider than `columns`. New string, lines ended by \n; \n in the input starts a new line.
MUST struct err *text_wrap(const char *utf8, size_t columns, size_t indent, char **out);
// Pads with spaces to `columns`; longer text is cut with "…".
MUST struct err *text_pad(const char *utf8, size_t columns, char **out);

// For showing what came from outside: invalid UTF-8, control and bidirectional-override characters become U+FFFD, at most max
// bytes (cut at a character, with "…"). New string; null only when memory is out.
char *text_safe(const void *bytes, size_t len, size_t max);
// The same, and line breaks (\n) stay: for text of several lines.
char *text_safe_lines(const void *bytes, size_t len, size_t max);

// Lower-case hexadecimal, with `sep` between bytes unless it is 0. New string; null when memory is out.
char *text_hex(const void *bytes, size_t len, char sep);
// Whole even-length hex, upper or lower case, no separators. ERR_FAILED otherwise. *len is capacity in, length out.
MUST struct err *text_unhex(const char *hex, uint8_t *out, size_t *len);
