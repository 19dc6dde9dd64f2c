// The capped byte buffer, reading a file into it, and strings that are formatted or copied.
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

enum { FIRST_ROOM = 256, READ_STEP = 65536 };

static size_t cap_of(const struct buf *b)
{
	return b->cap ? b->cap : BUF_DEFAULT_CAP;
}

static struct err *too_large(size_t cap)
{
	return err_tag(err_new(ERR_FAILED, N_("This is more data than the limit of %1 bytes."),
			       ARG_NUM(cap)),
		       "too-large");
}

// Room for `more` bytes and the zero after them. Never realloc, which leaves the old bytes in the heap.
static struct err *make_room(struct buf *b, size_t more)
{
	size_t cap = cap_of(b);
	if (b->len > cap || more > cap - b->len)
		return too_large(cap);
	size_t need = b->len + more + 1;
	if (need <= b->room)
		return NULL;
	size_t room = b->room ? b->room : FIRST_ROOM;
	while (room < need)
		room *= 2;
	if (room > cap + 1)
		room = cap + 1;
	uint8_t *data = malloc(room);
	if (!data)
		return err_no_memory();
	if (b->data) {
		memcpy(data, b->data, b->len);
		wipe(b->data, b->room);
		free(b->data);
	}
	data[b->len] = 0;
	b->data = data;
	b->room = room;
	return NULL;
}

struct err *buf_put(struct buf *b, const void *bytes, size_t len)
{
	TRY(make_room(b, len));
	if (len > 0)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = 0;
	return NULL;
}

struct err *buf_puts(struct buf *b, const char *text)
{
	return buf_put(b, text, strlen(text));
}

struct err *buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return err_errno("vsnprintf", NULL, errno);
	TRY(make_room(b, (size_t)len));
	va_start(args, format);
	vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
	return NULL;
}

struct err *buf_copy(const struct buf *b, struct buf *out)
{
	AUTO_BUF struct buf copy = BUF(b->cap);
	if (b->data)
		TRY(buf_put(&copy, b->data, b->len));
	buf_free(out);
	*out = copy;
	copy = (struct buf){ 0 };
	return NULL;
}

void buf_reset(struct buf *b)
{
	if (!b || !b->data)
		return;
	wipe(b->data, b->room);
	b->len = 0;
}

void buf_free(struct buf *b)
{
	if (!b)
		return;
	if (b->data)
		wipe(b->data, b->room);
	free(b->data);
	*b = BUF(b->cap);
}

static struct err *read_all(int fd, const char *path, struct buf *b)
{
	for (;;) {
		size_t left = cap_of(b) - b->len;
		size_t step = left < READ_STEP ? left + 1 : READ_STEP;
		AUTO_BUF struct buf piece = BUF(step);
		TRY(make_room(&piece, step));
		ssize_t n = read(fd, piece.data, step);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno("read", path, errno);
		if (n == 0)
			return NULL;
		TRY(buf_put(b, piece.data, (size_t)n));
	}
}

struct err *buf_read_file(const char *path, size_t cap, struct buf *out)
{
	// O_NONBLOCK: opening a FIFO must not hang before it can be refused.
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_errno("open", path, errno);
	struct stat st;
	AUTO_BUF struct buf b = BUF(cap);
	struct err *e = NULL;
	if (fstat(fd, &st) != 0)
		e = err_errno("fstat", path, errno);
	else if (!S_ISREG(st.st_mode))
		e = err_new(ERR_FAILED, N_("%1 cannot be used: %2."), ARG_TEXT(path),
			    ARG_ID(N_("it is not a regular file")));
	else
		e = read_all(fd, path, &b);
	close(fd);
	if (e)
		return err_while(e, N_("The file %1 cannot be read."), ARG_TEXT(path));
	buf_free(out);
	*out = b;
	b = (struct buf){ 0 };
	return NULL;
}

void text_cleanup(char **s)
{
	free(*s);
	*s = NULL;
}

char *text_format(const char *format, ...)
{
	char *out = NULL;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&out, format, args);
	va_end(args);
	return len < 0 ? NULL : out;
}

char *text_copy(const char *s)
{
	return s ? strdup(s) : NULL;
}
