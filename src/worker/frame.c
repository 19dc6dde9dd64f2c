// Frames: length, type, bytes.
#include "worker/frame.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/json.h"

static struct err *nonsense(void)
{
	return err_tag(
		err_new(ERR_FAILED, N_("The process that talks to the token sent something that "
				       "cannot be understood.")),
		"worker-talks-nonsense");
}

static void put_head(uint8_t head[FRAME_HEAD], enum frame_type type, size_t len)
{
	for (int i = 0; i < 4; i++)
		head[i] = (uint8_t)(len >> (8 * (3 - i)));
	head[4] = (uint8_t)type;
}

static size_t head_length(const uint8_t *head)
{
	size_t len = 0;
	for (int i = 0; i < 4; i++)
		len = len << 8 | head[i];
	return len;
}

static struct err *send_all(int fd, const void *bytes, size_t len, bool wait)
{
	const uint8_t *p = bytes;
	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno("send", NULL, errno);
		p += n;
		len -= (size_t)n;
	}
	return NULL;
}

static struct err *send_frame(int fd, enum frame_type type, const void *bytes, size_t len,
			      bool wait)
{
	uint8_t head[FRAME_HEAD];
	put_head(head, type, len);
	TRY(send_all(fd, head, sizeof(head), wait));
	return send_all(fd, bytes, len, wait);
}

struct err *frame_send_json(int fd, struct json_t *object, bool wait)
{
	AUTO(json) struct json_t *owned = object;
	AUTO_TEXT char *text = owned ? json_line(owned) : NULL;
	if (!text)
		return err_no_memory();
	size_t len = strlen(text);
	if (len > FRAME_MAX_JSON)
		return err_tag(err_new(ERR_FAILED,
				       N_("A message between two processes of inkan is too long.")),
			       "too-large");
	return send_frame(fd, FRAME_JSON, text, len, wait);
}

struct err *frame_send_secret(int fd, const struct secret *s, bool wait)
{
	return send_frame(fd, FRAME_SECRET, secret_bytes(s), secret_len(s), wait);
}

// Reads exactly len bytes; *gone when the peer went away before the last of them.
static struct err *read_all(int fd, void *bytes, size_t len, bool *gone)
{
	uint8_t *p = bytes;
	while (len > 0) {
		ssize_t n = recv(fd, p, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != ECONNRESET)
			return err_errno("recv", NULL, errno);
		if (n <= 0) {
			*gone = true;
			return NULL;
		}
		p += n;
		len -= (size_t)n;
	}
	return NULL;
}

static struct err *read_head(int fd, enum frame_type type, size_t cap, size_t *len, bool *gone)
{
	uint8_t head[FRAME_HEAD];
	TRY(read_all(fd, head, sizeof(head), gone));
	if (*gone)
		return NULL;
	if (head[4] != type || head_length(head) > cap)
		return nonsense();
	*len = head_length(head);
	return NULL;
}

struct err *frame_read_json(int fd, struct json_t **out)
{
	size_t len = 0;
	bool gone = false;
	TRY(read_head(fd, FRAME_JSON, FRAME_MAX_JSON, &len, &gone));
	AUTO_TEXT char *text = gone ? NULL : malloc(len + 1);
	if (!gone && !text)
		return err_no_memory();
	if (!gone)
		TRY(read_all(fd, text, len, &gone));
	if (gone) {
		*out = NULL;
		return NULL;
	}
	return json_read(text, len, FRAME_MAX_JSON, ERR_FAILED, "frame", out);
}

struct err *frame_read_secret(int fd, struct secret **out)
{
	size_t len = 0;
	bool gone = false;
	TRY(read_head(fd, FRAME_SECRET, SECRET_MAX, &len, &gone));
	AUTO(secret) struct secret *s = NULL;
	TRY(secret_new(len, &s));
	if (!gone)
		TRY(read_all(fd, secret_room(s), len, &gone));
	secret_set_len(s, len);
	*out = NULL;
	if (gone)
		return NULL;
	*out = s;
	s = NULL;
	return NULL;
}

void frame_reader_open(struct frame_reader *r)
{
	*r = (struct frame_reader){ .in = BUF(FRAME_MAX_JSON + FRAME_HEAD + 65536) };
}

void frame_reader_close(struct frame_reader *r)
{
	buf_free(&r->in);
}

// Moves what was not given out yet to the front.
static struct err *make_room(struct frame_reader *r)
{
	if (r->used == 0)
		return NULL;
	AUTO_BUF struct buf rest = BUF(r->in.cap);
	TRY(buf_put(&rest, r->in.data + r->used, r->in.len - r->used));
	buf_free(&r->in);
	r->in = rest;
	rest = (struct buf){ 0 };
	r->used = 0;
	return NULL;
}

struct err *frame_reader_fill(struct frame_reader *r, int fd)
{
	uint8_t some[16384];
	ssize_t n = recv(fd, some, sizeof(some), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NULL;
	if (n < 0 && errno != ECONNRESET)
		return err_errno("recv", NULL, errno);
	if (n <= 0) {
		r->ended = true;
		return NULL;
	}
	TRY(make_room(r));
	return buf_put(&r->in, some, (size_t)n);
}

struct err *frame_reader_next(struct frame_reader *r, struct json_t **out)
{
	*out = NULL;
	size_t have = r->in.len - r->used;
	if (have < FRAME_HEAD)
		return NULL;
	const uint8_t *head = r->in.data + r->used;
	size_t len = head_length(head);
	if (head[4] != FRAME_JSON || len > FRAME_MAX_JSON)
		return nonsense();
	if (have - FRAME_HEAD < len)
		return NULL;
	r->used += FRAME_HEAD + len;
	struct json_t *object = NULL;
	struct err *e =
		json_read(head + FRAME_HEAD, len, FRAME_MAX_JSON, ERR_FAILED, "frame", &object);
	if (!e && !json_is_object(object))
		e = nonsense();
	if (e) {
		json_drop(object);
		err_ignore(e); // what is wrong with it helps nobody
		return nonsense();
	}
	*out = object;
	return NULL;
}
