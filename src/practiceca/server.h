// HTTPS and HTTP in front of est.h: libmicrohttpd with GnuTLS, a pool of threads, sizes and times capped.
#pragma once

#include "base/err.h"
#include "practiceca/est.h"

struct server;
typedef struct err *server_answer(const struct service *s, const struct call *c,
				  struct answer *out);
struct served {
	server_answer *answer; // routes_answer, page_answer
	bool plain;	       // without TLS
};
// Over TLS clients are asked for a certificate of this CA and need not have one. Takes the listening socket. The service is borrowed until server_stop. Signals should be blocked before (its threads inherit that).
MUST struct err *server_start(const struct service *s, const struct served *what, int listen_fd,
			      struct server **out);
void server_stop(struct server *s); // answers in the making are finished
DEFINE_CLEANUP(server, struct server, server_stop)
