// Base64 (RFC 4648 §4), strict; with the white space that RFC 8951 §3.1 allows in EST bodies.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

// Nothing but the alphabet, full groups, padding in its place, unused bits zero. *len is capacity in, length out.
bool base64_read(const char *text, size_t text_len, void *out, size_t *len);
// The same with blanks, tabs and line ends anywhere; *good says whether it was base64 and not empty.
MUST struct err *base64_read_body(const void *text, size_t text_len, bool *good, struct buf *out);
// Lines of 64 characters, each ended by CR LF.
MUST struct err *base64_write_body(const void *bytes, size_t len, struct buf *out);
