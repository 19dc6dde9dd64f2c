// A web page as plain text, for showing it in a terminal. Parsed, never executed; nothing that it names is loaded.
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

// The words of an HTML page, a line for each block, without scripts, styles and forms' own words; safe for a terminal. `charset` as the server
// said it, or null. Appends nothing for what is no HTML.
MUST struct err *page_words(const void *html, size_t len, const char *charset, struct buf *out);
