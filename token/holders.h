// Which programs use the smart card service now: for telling a person who may have the card.
//
// pcscd knows which of its clients holds a card and does not say. What can be found is who is connected to its socket: the kernel tells for each
// end the socket at the other end (sock_diag(7)), and /proc whose descriptors those are. Processes of other users stay unknown to who is not root.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

enum { HOLDERS_MAX = 16 };

struct holder {
	int64_t pid;
	char program[32]; // as in /proc/PID/comm, made safe
};
struct holders {
	struct holder list[HOLDERS_MAX];
	size_t n;
	size_t unknown; // connections whose process cannot be seen
	bool complete;	// the kernel told of all connections, and each one's process is known
};
// Without this process and its parent. Never fails: what cannot be found out is not there.
void holders_find(struct holders *out);
// "scdaemon (1234), firefox (99)"; new string, empty when none is known, null when memory is out.
char *holders_text(const struct holders *h);
