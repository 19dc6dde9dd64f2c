// A client of the byte server, and one call of it.
#pragma once

#include "byteserver.h"
#include "check.h"
#include "http/http.h"

// Terms for the server, with the usual bounds; hosts must live as long.
static inline struct http *client_open(const struct byteserver *b, const char *host,
				       unsigned answer_seconds)
{
	char place[64];
	snprintf(place, sizeof(place), "%s:%u", host, b->port);
	const char *hosts[] = { place };
	struct http_terms t = { .hosts = hosts,
				.n_hosts = 1,
				.anchors_pem = b->anchors.data,
				.anchors_len = b->anchors.len,
				.connect_seconds = 5,
				.answer_seconds = answer_seconds,
				.max_body = 65536 };
	struct http *h = NULL;
	struct err *e = http_open(&t, &h);
	CU_ASSERT_PTR_NULL_FATAL(e);
	return h;
}

struct client_call {
	const char *method, *host, *path, *body;
	const struct secret *user, *password;
	bool once;
};

static inline struct err *client_do(const struct byteserver *b, struct http *h,
				    struct client_call c, struct http_answer *a, bool *sent)
{
	char url[256];
	snprintf(url, sizeof(url), "https://%s:%u%s", c.host ? c.host : "127.0.0.1", b->port,
		 c.path);
	struct http_header headers[] = { { "Content-Type", "application/pkcs10" } };
	struct http_call call = { .method = c.method ? c.method : "GET",
				  .url = url,
				  .headers = headers,
				  .n_headers = c.body ? 1 : 0,
				  .body = c.body,
				  .body_len = c.body ? strlen(c.body) : 0,
				  .user = c.user,
				  .password = c.password,
				  .once = c.once };
	return http_do(h, &call, a, sent);
}
