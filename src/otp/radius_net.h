// Where RADIUS servers are, and one socket to one of them. Private to the room.
#pragma once

#include <sys/socket.h>

#include "otp/radius.h"

enum { RADIUS_PORT = 1812, RADIUS_HOST_MAX = 253, RADIUS_ADDRESSES_MAX = 4 };

struct radius_name {
	char host[RADIUS_HOST_MAX + 1]; // IPv6 without brackets
	char port[6];
};
// "host", "host:port", "address", "IPv6", "[IPv6]", "[IPv6]:port". False for anything else.
bool radius_name_read(const char *text, struct radius_name *out);

struct radius_address {
	struct sockaddr_storage at;
	socklen_t len;
	char shown[80]; // "192.0.2.1:1812", "[2001:db8::1]:1812"
};
void radius_address_show(struct radius_address *a);
// The first addresses of the name. ERR_NETWORK tagged "radius-name".
MUST struct err *radius_resolve(const struct radius_name *n,
				struct radius_address out[static RADIUS_ADDRESSES_MAX],
				size_t *n_out);

// A request on its way to one address, and what came of it.
struct radius_try {
	struct radius_address to;
	size_t place; // of the server's
	int fd;	      // a port of its own: repeats come from the same one (RFC 5080 §2.2.2)
	struct radius_request request;
	unsigned sent;
	bool unreachable; // the network says so
	unsigned flaws[RADIUS_FLAWS];
	unsigned elsewhere;	     // answers of other addresses
	struct radius_address other; // one of them
};
MUST struct err *radius_try_open(const struct radius_address *to, struct radius_try *t);
void radius_try_close(struct radius_try *t);
// Sends the same bytes once more. What the network says against it is kept in t->unreachable.
void radius_try_send(struct radius_try *t);
// The next datagram of the server that was asked; false: there is none now. Others are counted and dropped.
bool radius_try_receive(struct radius_try *t, uint8_t bytes[static RADIUS_PACKET_MAX], size_t *len);
