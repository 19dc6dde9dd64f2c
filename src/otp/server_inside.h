// What the two kinds of servers share: the conversation. Private to the room.
#pragma once

#include "base/buf.h"
#include "otp/radius_net.h"
#include "otp/server.h"

struct http;

// One that judges: by its protocol one part or the other.
struct server_place {
	char *shown; // as the terms name it
	struct radius_name name;
	char *url;
	struct http *http; // null until it is needed
};

struct otp_challenge {
	bool there;
	char *user;
	size_t place;
	struct radius_address at; // RADIUS: of the place's addresses
	struct radius_state state;
	char *transaction; // validate
};

struct otp_server {
	enum otp_server_protocol protocol;
	struct server_place places[OTP_SERVERS_MAX];
	size_t n_places;
	size_t first; // the one that answered last
	unsigned seconds, tries;
	struct secret *shared;
	char *nas, *realm;
	bool unsigned_answers;
	struct buf anchors;
	bool (*stop)(void *ctx);
	void *stop_ctx;
	struct otp_challenge challenge;
};

struct err *otp_server_wrong(struct msg *what) MUST;
struct err *otp_stopped(void) MUST;

// The place's part of the terms. ERR_PROFILE tagged "otp-server-wrong".
MUST struct err *validate_place(const char *server, struct server_place *p);

// A challenge of this user's is answered, or there is none.
MUST struct err *radius_ask(struct otp_server *s, const char *user, const struct secret *value,
			    struct otp_reply *out);
MUST struct err *validate_ask(struct otp_server *s, const char *user, const struct secret *value,
			      struct otp_reply *out);
