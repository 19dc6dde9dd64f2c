// Where the server listens.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct address {
	char host[64]; // numeric, without brackets
	uint16_t port;
	bool loopback;
};
// "127.0.0.1:8443", "[::1]:8443", "localhost:0" (127.0.0.1), ":8443" is refused. ERR_USAGE.
MUST struct err *address_read(const char *text, struct address *out);
// A listening socket; port 0 becomes the port that was free.
MUST struct err *address_listen(struct address *a, int *fd);
// "127.0.0.1:8443" or "[::1]:8443".
void address_text(const struct address *a, char out[static 80]);
