// A growing byte buffer with a cap, for everything that comes from outside.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

// Zero-initialise, or BUF(cap). A cap of 0 is BUF_DEFAULT_CAP. `data` is always followed by a zero byte once
// anything was put in; it is null while empty.
struct buf {
	uint8_t *data;
	size_t len;
	size_t room;
	size_t cap;
};

enum { BUF_DEFAULT_CAP = 1 << 20 };
#define BUF(limit) ((struct buf){ .cap = (limit) })

// Over the cap: ERR_FAILED tagged "too-large", buffer unchanged.
MUST struct err *buf_put(struct buf *b, const void *bytes, size_t len);
MUST struct err *buf_puts(struct buf *b, const char *text);
MUST struct err *buf_printf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
MUST struct err *buf_copy(const struct buf *b, struct buf *out);
void buf_reset(struct buf *b); // empties; wipes what it held
void buf_free(struct buf *b);  // wipes and frees; b is usable again
static inline void buf_cleanup(struct buf *b)
{
	buf_free(b);
}
// AUTO_BUF struct buf b = BUF(65536);
#define AUTO_BUF __attribute__((cleanup(buf_cleanup)))

// Read a whole regular file (no device, no FIFO), at most `cap` bytes. ERR_FAILED with path and reason.
MUST struct err *buf_read_file(const char *path, size_t cap, struct buf *out);

// A malloc'd string that frees itself: AUTO_TEXT char *s = NULL;
void text_cleanup(char **s);
#define AUTO_TEXT __attribute__((cleanup(text_cleanup)))
// Formats into a new string; null when memory is out. Never for secrets.
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_copy(const char *s); // null in, null out
