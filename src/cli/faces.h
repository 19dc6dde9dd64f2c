// The faces of a worker's events: for people, and for programs. Private to the room.
#pragma once

#include <stdio.h>

#include "cli/inside.h"
#include "cli/running.h"
#include "enroll/face.h"

// One of them, as --json says. It lives as long as this struct.
struct screen {
	struct cli *cli;
	struct face face;
	struct running running; // plain only
	FILE *out;		// --json only: where the objects go
	int stops_told;
	char *waited_for; // off a terminal: what was said last about waiting
};
void screen_open(struct screen *s, struct cli *cli);
void screen_close(struct screen *s);
static inline void screen_cleanup(struct screen *s)
{
	screen_close(s);
}
#define AUTO_SCREEN __attribute__((cleanup(screen_cleanup)))

// Private to the faces.
void face_plain(struct screen *s);
void face_json(struct screen *s);
MUST struct err *screen_ask(void *ctx, const struct question *q, struct answer *out);
bool screen_stopped(void *ctx);

// An event as the public contract has it: its message as English text, the same in every language. New object.
struct json_t *json_event(const struct event *e);
