// Frames on the socket between a terminal and its worker. Private to the room.
//
// A frame is its length (u32, big-endian, of what follows the type), its type (one byte), and that many bytes. To the worker
// go 'J' (one JSON object) and 'S' (the bytes of a secret); from the worker only 'J'. A secret follows the 'J' that announces it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

struct json_t;

enum frame_type { FRAME_JSON = 'J', FRAME_SECRET = 'S' };
enum {
	FRAME_HEAD = 5,
	FRAME_MAX_JSON = 4 << 20, // a listing of many tokens is the longest
};

// Sends one frame, whole. `wait` false: a peer that does not read is an error instead of a wait. Takes the object.
MUST struct err *frame_send_json(int fd, struct json_t *object, bool wait);
MUST struct err *frame_send_secret(int fd, const struct secret *s, bool wait);

// The worker's side: reads one frame, waiting for the rest of it once it began. *out null: the peer is gone.
// A frame of another type, or too long, is an ERR_FAILED.
MUST struct err *frame_read_json(int fd, struct json_t **out);
// Straight into a new secret; *out null: the peer is gone.
MUST struct err *frame_read_secret(int fd, struct secret **out);

// The parent's side, which trusts nothing that comes: takes what is there, gives whole objects.
struct frame_reader {
	struct buf in;
	size_t used; // bytes of `in` that were given out
	bool ended;  // the peer is gone
};
void frame_reader_open(struct frame_reader *r);
void frame_reader_close(struct frame_reader *r);
// Reads once what the socket has, without waiting.
MUST struct err *frame_reader_fill(struct frame_reader *r, int fd);
// The next whole object; null when there is none yet. ERR_FAILED for what is no frame, too long, or no JSON object.
MUST struct err *frame_reader_next(struct frame_reader *r, struct json_t **out);
