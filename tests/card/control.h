// The control socket: a line in, a line out ("ok …" or "error …"). README.md lists the commands. Private to tests/card.
#pragma once

#include <poll.h>

#include "reader.h"

#define CONTROL_CLIENTS 8

struct control {
	int listener; // -1: none
	struct {
		int fd;
		struct bytes in;
	} client[CONTROL_CLIENTS];
};

void control_open(struct control *c, const char *path);
void control_close(struct control *c, const char *path);
size_t control_poll(const struct control *c, struct pollfd *fds); // how many were filled in
void control_work(struct control *c, struct reader *r, const struct pollfd *fds, size_t n);

// What one command does, and says: the words after "ok", or false and why not.
struct said {
	char text[256];
};
bool control_do(struct reader *r, char *line, struct said *said);

// The other end: sends one line, prints the answer's words. The status for exit.
int control_ask(const char *path, const char *line);
