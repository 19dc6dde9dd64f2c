// Where the server listens.
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "practiceca/address.h"

union any_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static struct err *not_an_address(const char *text)
{
	return err_hint(
		err_new(ERR_USAGE, N_("%1 is not an address to listen at."), ARG_TEXT(text)),
		N_("Write it like 127.0.0.1:8443 or [::1]:8443; port 0 takes a free one."));
}

// Splits at the last ':'; a host with colons stands in brackets.
static bool split(const char *text, struct address *a)
{
	const char *colon = strrchr(text, ':');
	if (!colon || !text_is_digits(colon + 1, strlen(colon + 1)) || strlen(colon + 1) > 5)
		return false;
	long port = strtol(colon + 1, NULL, 10);
	size_t len = (size_t)(colon - text);
	if (len >= 2 && text[0] == '[' && colon[-1] == ']') {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len)) {
		return false;
	}
	if (port > 65535 || len == 0 || len >= sizeof a->host)
		return false;
	a->port = (uint16_t)port;
	memcpy(a->host, text, len);
	a->host[len] = '\0';
	return true;
}

static socklen_t to_socket_address(const struct address *a, union any_address *out)
{
	*out = (union any_address){ 0 };
	if (inet_pton(AF_INET, a->host, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(a->port);
		return sizeof out->v4;
	}
	if (inet_pton(AF_INET6, a->host, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(a->port);
		return sizeof out->v6;
	}
	return 0;
}

struct err *address_read(const char *text, struct address *out)
{
	struct address a = { 0 };
	union any_address where;
	if (!split(text, &a))
		return not_an_address(text);
	if (strcmp(a.host, "localhost") == 0)
		snprintf(a.host, sizeof a.host, "127.0.0.1");
	if (to_socket_address(&a, &where) == 0)
		return not_an_address(text);
	a.loopback = where.any.sa_family == AF_INET
			     ? ntohl(where.v4.sin_addr.s_addr) >> 24 == 127
			     : IN6_IS_ADDR_LOOPBACK(&where.v6.sin6_addr) != 0;
	*out = a;
	return NULL;
}

void address_text(const struct address *a, char out[static 80])
{
	bool v6 = strchr(a->host, ':') != NULL;
	snprintf(out, 80, "%s%s%s:%u", v6 ? "[" : "", a->host, v6 ? "]" : "", a->port);
}

static struct err *cannot_listen(const struct address *a, const char *call, int errnum)
{
	char text[80];
	address_text(a, text);
	struct err *e =
		err_new(ERR_NETWORK, N_("The practice CA cannot listen at %1."), ARG_TEXT(text));
	e = err_caused_by(e, err_errno(call, NULL, errnum));
	return err_hint(
		e, N_("Another program may listen there; choose another port with --listen, or "
		      "port 0 for a free one."));
}

struct err *address_listen(struct address *a, int *fd)
{
	union any_address where;
	socklen_t len = to_socket_address(a, &where);
	int on = 1;
	int got = socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (got < 0)
		return cannot_listen(a, "socket", errno);
	const char *call = NULL;
	if (setsockopt(got, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
		call = "setsockopt";
	else if (bind(got, &where.any, len))
		call = "bind";
	else if (listen(got, 128))
		call = "listen";
	else if (getsockname(got, &where.any, &len))
		call = "getsockname";
	if (call) {
		int failed = errno;
		close(got);
		return cannot_listen(a, call, failed);
	}
	a->port = ntohs(where.any.sa_family == AF_INET ? where.v4.sin_port : where.v6.sin6_port);
	*fd = got;
	return NULL;
}
