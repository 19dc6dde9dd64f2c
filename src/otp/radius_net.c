// Names, addresses, sockets: UDP with one port for each request.
#include "otp/radius_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool read_port(const char *text, char out[static 6])
{
	unsigned value = 0;
	size_t n = strlen(text);
	if (n == 0 || n > 5 || strspn(text, "0123456789") != n)
		return false;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	if (value == 0 || value > 65535)
		return false;
	memcpy(out, text, n + 1);
	return true;
}

static bool read_host(const char *text, size_t len, struct radius_name *out)
{
	static const char usual[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.-_:%";
	if (len == 0 || len > RADIUS_HOST_MAX || strspn(text, usual) < len)
		return false;
	memcpy(out->host, text, len);
	out->host[len] = '\0';
	return true;
}

bool radius_name_read(const char *text, struct radius_name *out)
{
	struct radius_name n = { .port = "1812" };
	const char *colon = strchr(text, ':'), *end = text[0] == '[' ? strchr(text, ']') : NULL;
	bool good = false;
	if (text[0] == '[') {
		good = end && memchr(text, ':', (size_t)(end - text)) &&
		       read_host(text + 1, (size_t)(end - text) - 1, &n) &&
		       (end[1] == '\0' || (end[1] == ':' && read_port(end + 2, n.port)));
	} else if (colon && strchr(colon + 1, ':')) {
		good = read_host(text, strlen(text), &n);
	} else if (colon) {
		good = read_host(text, (size_t)(colon - text), &n) && read_port(colon + 1, n.port);
	} else {
		good = read_host(text, strlen(text), &n);
	}
	if (good)
		*out = n;
	return good;
}

void radius_address_show(struct radius_address *a)
{
	char host[INET6_ADDRSTRLEN + 20] = "?", port[8] = "?";
	const struct sockaddr *at = (const struct sockaddr *)&a->at;
	if (getnameinfo(at, a->len, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(host, sizeof(host), "?");
	snprintf(a->shown, sizeof(a->shown), strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

static struct err *not_found(const struct radius_name *n, int code)
{
	const char *words = code == EAI_SYSTEM ? strerrordesc_np(errno) : gai_strerror(code);
	struct err *e = err_new(ERR_NETWORK, N_("The RADIUS server's name %1 was not found."),
				ARG_TEXT(n->host));
	e = err_call(err_tag(e, "radius-name"), "getaddrinfo", words ? words : "?",
		     (uint64_t)(code < 0 ? -code : code));
	return err_hint(
		e, N_("Check the network connection and the name of the server in the profile."));
}

struct err *radius_resolve(const struct radius_name *n,
			   struct radius_address out[static RADIUS_ADDRESSES_MAX], size_t *n_out)
{
	const struct addrinfo wanted = { .ai_family = AF_UNSPEC,
					 .ai_socktype = SOCK_DGRAM,
					 .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG };
	struct addrinfo *list = NULL, numeric = wanted;
	// An address of ours is taken as it stands, also where the machine has no other of its kind (loopback).
	numeric.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST;
	int code = getaddrinfo(n->host, n->port, &numeric, &list);
	if (code != 0)
		code = getaddrinfo(n->host, n->port, &wanted, &list);
	if (code != 0)
		return not_found(n, code);
	size_t got = 0;
	for (const struct addrinfo *a = list; a && got < RADIUS_ADDRESSES_MAX; a = a->ai_next) {
		if (a->ai_addrlen > sizeof(out[got].at))
			continue;
		out[got] = (struct radius_address){ .len = a->ai_addrlen };
		memcpy(&out[got].at, a->ai_addr, a->ai_addrlen);
		radius_address_show(&out[got]);
		got++;
	}
	freeaddrinfo(list);
	*n_out = got;
	return got > 0 ? NULL : not_found(n, EAI_NONAME);
}

// Not connected, so that answers of another address can be told of; ICMP's errors come through the queue for them.
struct err *radius_try_open(const struct radius_address *to, struct radius_try *t)
{
	int on = 1, family = to->at.ss_family;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_as(err_errno("socket", NULL, errno), ERR_NETWORK);
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
	else
		(void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	t->to = *to;
	t->fd = fd;
	return NULL;
}

void radius_try_close(struct radius_try *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	radius_request_wipe(&t->request);
}

static bool says_unreachable(int errnum)
{
	switch (errnum) {
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EADDRNOTAVAIL:
	case EACCES:
	case EPERM:
	case EPROTO:
	case ENOPROTOOPT:
		return true;
	default:
		return false;
	}
}

// Empties the queue of ICMP's errors; they were about a datagram of this socket, which has one addressee.
static void drain_errors(struct radius_try *t)
{
	char control[512];
	for (unsigned i = 0; i < 64; i++) {
		struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
		if (recvmsg(t->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
	}
}

void radius_try_send(struct radius_try *t)
{
	const struct sockaddr *to = (const struct sockaddr *)&t->to.at;
	t->sent++;
	for (unsigned i = 0; i < 2; i++) {
		// An error that waited from before is told once, and nothing is sent then.
		if (sendto(t->fd, t->request.bytes, t->request.len, 0, to, t->to.len) >= 0)
			return;
		int why = errno;
		drain_errors(t);
		if (says_unreachable(why))
			t->unreachable = true;
		if (!says_unreachable(why) && why != EINTR)
			return; // a full queue: as if it had been lost on the way
	}
}

static bool same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET) {
		const struct sockaddr_in *x = (const void *)a, *y = (const void *)b;
		return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
	}
	const struct sockaddr_in6 *x = (const void *)a, *y = (const void *)b;
	return x->sin6_port == y->sin6_port &&
	       memcmp(&x->sin6_addr, &y->sin6_addr, sizeof(x->sin6_addr)) == 0 &&
	       (y->sin6_scope_id == 0 || x->sin6_scope_id == y->sin6_scope_id);
}

bool radius_try_receive(struct radius_try *t, uint8_t bytes[static RADIUS_PACKET_MAX], size_t *len)
{
	// So many at most in one go: whoever floods us does not keep us from looking at the clock.
	for (unsigned i = 0; i < 64; i++) {
		struct radius_address from = { .len = sizeof(from.at) };
		ssize_t n = recvfrom(t->fd, bytes, RADIUS_PACKET_MAX, 0,
				     (struct sockaddr *)&from.at, &from.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int why = errno;
			drain_errors(t);
			if (says_unreachable(why))
				t->unreachable = true;
			return false;
		}
		if (same_address(&from.at, &t->to.at)) {
			*len = (size_t)n;
			return true;
		}
		t->elsewhere++;
		radius_address_show(&from);
		t->other = from;
	}
	return false;
}
