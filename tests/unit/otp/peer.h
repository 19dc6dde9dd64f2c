// A RADIUS server that answers by a script, well or badly, in a thread of the test. It has its own idea of the protocol (RFC 2865, RFC 3579).
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "check.h"

enum { PEER_PACKET = 4096, PEER_REQUESTS = 16 };

enum move {
	MOVE_END,  // no more to this request (also what a request beyond the script gets)
	MOVE_GOOD, // an answer as it should be
	MOVE_WRONG_SECRET,
	MOVE_WRONG_RESPONSE,  // the Response Authenticator alone is wrong
	MOVE_WRONG_SIGNATURE, // the Message-Authenticator alone is wrong
	MOVE_UNSIGNED,	      // no Message-Authenticator
	MOVE_TWO_SIGNATURES,
	MOVE_OTHER_IDENTIFIER,
	MOVE_ELSEWHERE,		// from another port
	MOVE_SHORT,		// 19 bytes
	MOVE_LONGER_THAN_IT_IS, // says so
	MOVE_EMPTY_ATTRIBUTE,	// of length 0
	MOVE_CUT_ATTRIBUTE,	// longer than the packet
	MOVE_PADDED,		// good, with more behind its length
	MOVE_FLOOD,		// 2000 forged ones
	MOVE_WAIT,		// 700 ms
	MOVE_AWAIT_OTHER,	// until the peer that is awaited has a request
};

struct peer_answer {
	enum move move;
	uint8_t code;
	const uint8_t *more; // attributes before the Message-Authenticator, whole
	size_t more_len;
};

struct peer_script {
	const struct peer_answer
		*to[PEER_REQUESTS]; // for each request, ended by MOVE_END; null: silence
};

struct peer_request {
	uint8_t bytes[PEER_PACKET];
	size_t len;
	unsigned port; // it came from
	char password[129];
	char user[254];
	bool signed_first; // Message-Authenticator stands first and is right
	uint8_t state[254];
	size_t state_len;
	bool has_state;
};

struct peer {
	int fd, other, stop[2];
	unsigned port;
	char name[32];
	pthread_t thread;
	const struct peer_script *script;
	struct peer_request got[PEER_REQUESTS];
	atomic_uint n;
	const struct peer *awaited; // set before its first request; may be null
};

static const char peer_secret[] = "xyzzy5461-0123456789";

static inline void peer_md5(const void *const *parts, const size_t *lens, size_t n, uint8_t *out)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_DigestInit_ex(c, EVP_md5(), NULL);
	for (size_t i = 0; i < n; i++)
		EVP_DigestUpdate(c, parts[i], lens[i]);
	EVP_DigestFinal_ex(c, out, NULL);
	EVP_MD_CTX_free(c);
}

static inline void peer_hmac(const char *secret, const uint8_t *bytes, size_t len, uint8_t *out)
{
	unsigned n = 16;
	HMAC(EVP_md5(), secret, (int)strlen(secret), bytes, len, out, &n);
}

static inline void peer_unhide(struct peer_request *r, const uint8_t *value, size_t len)
{
	const uint8_t *before = r->bytes + 4;
	for (size_t at = 0; at < len && at < 128; at += 16) {
		uint8_t mask[16];
		const void *parts[] = { peer_secret, before };
		const size_t lens[] = { strlen(peer_secret), 16 };
		peer_md5(parts, lens, 2, mask);
		for (size_t i = 0; i < 16; i++)
			r->password[at + i] = (char)(value[at + i] ^ mask[i]);
		before = value + at;
	}
}

static inline void peer_read(struct peer_request *r)
{
	for (size_t at = 20; at + 2 <= r->len && r->bytes[at + 1] >= 2; at += r->bytes[at + 1]) {
		const uint8_t *value = r->bytes + at + 2;
		size_t len = r->bytes[at + 1] - 2u;
		if (r->bytes[at] == 80 && at == 20 && len == 16) {
			uint8_t copy[PEER_PACKET], mac[16];
			memcpy(copy, r->bytes, r->len);
			memset(copy + at + 2, 0, 16);
			peer_hmac(peer_secret, copy, r->len, mac);
			r->signed_first = memcmp(mac, value, 16) == 0;
		} else if (r->bytes[at] == 1) {
			memcpy(r->user, value, len);
		} else if (r->bytes[at] == 2) {
			peer_unhide(r, value, len);
		} else if (r->bytes[at] == 24) {
			r->has_state = true;
			r->state_len = len;
			memcpy(r->state, value, len);
		}
	}
}

static inline void peer_put(uint8_t *p, size_t *len, uint8_t type, const void *value, size_t n)
{
	p[(*len)++] = type;
	p[(*len)++] = (uint8_t)(n + 2);
	memcpy(p + *len, value, n);
	*len += n;
}

// Signed with `secret`; signatures: how many Message-Authenticators.
static inline size_t peer_make(const struct peer_request *r, const struct peer_answer *a,
			       const char *secret, unsigned signatures, uint8_t *p)
{
	size_t len = 20, signature = 0;
	p[0] = a->code;
	p[1] = (uint8_t)(r->bytes[1] + (a->move == MOVE_OTHER_IDENTIFIER));
	memcpy(p + 4, r->bytes + 4, 16);
	if (a->more_len > 0)
		memcpy(p + len, a->more, a->more_len);
	len += a->more_len;
	for (unsigned i = 0; i < signatures; i++) {
		signature = len + 2;
		peer_put(p, &len, 80, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	}
	if (a->move == MOVE_EMPTY_ATTRIBUTE || a->move == MOVE_CUT_ATTRIBUTE) {
		p[len++] = 18;
		p[len++] = a->move == MOVE_EMPTY_ATTRIBUTE ? 0 : 9;
	}
	p[2] = (uint8_t)(len >> 8);
	p[3] = (uint8_t)len;
	if (signature) {
		peer_hmac(secret, p, len, p + signature);
		p[signature] ^= a->move == MOVE_WRONG_SIGNATURE;
	}
	uint8_t response[16];
	const void *parts[] = { p, secret };
	const size_t lens[] = { len, strlen(secret) };
	peer_md5(parts, lens, 2, response);
	memcpy(p + 4, response, 16);
	p[4] ^= a->move == MOVE_WRONG_RESPONSE;
	return len;
}

static inline void peer_send(struct peer *p, const struct peer_request *r,
			     const struct peer_answer *a)
{
	uint8_t bytes[PEER_PACKET + 64];
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)r->port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bool wrong = a->move == MOVE_WRONG_SECRET || a->move == MOVE_FLOOD;
	unsigned signatures = a->move == MOVE_UNSIGNED ? 0 : a->move == MOVE_TWO_SIGNATURES ? 2 : 1;
	if (a->move == MOVE_WAIT) {
		nanosleep(&(struct timespec){ .tv_nsec = 700000000 }, NULL);
		return;
	}
	if (a->move == MOVE_AWAIT_OTHER) {
		for (int i = 0; i < 3000 && p->awaited->n == 0; i++)
			nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
		return;
	}
	size_t len = peer_make(r, a, wrong ? "another one" : peer_secret, signatures, bytes);
	if (a->move == MOVE_PADDED)
		memset(bytes + len, 0xff, 64);
	len += a->move == MOVE_PADDED ? 64 : 0;
	if (a->move == MOVE_SHORT)
		len = 19;
	if (a->move == MOVE_LONGER_THAN_IT_IS)
		bytes[3]++;
	for (unsigned i = 0; i < (a->move == MOVE_FLOOD ? 2000 : 1); i++)
		if (sendto(a->move == MOVE_ELSEWHERE ? p->other : p->fd, bytes, len, 0,
			   (struct sockaddr *)&to, sizeof(to)) < 0)
			return;
}

static inline void peer_take(struct peer *p)
{
	static const struct peer_answer nothing = { .move = MOVE_END };
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	unsigned n = p->n;
	if (n == PEER_REQUESTS)
		return;
	struct peer_request *r = &p->got[n];
	ssize_t len =
		recvfrom(p->fd, r->bytes, sizeof(r->bytes), 0, (struct sockaddr *)&from, &from_len);
	if (len < 20)
		return;
	r->len = (size_t)len;
	r->port = ntohs(from.sin_port);
	peer_read(r);
	p->n = n + 1;
	const struct peer_answer *a = p->script->to[n] ? p->script->to[n] : &nothing;
	for (; a->move != MOVE_END; a++)
		peer_send(p, r, a);
}

static inline void *peer_work(void *arg)
{
	struct peer *p = arg;
	for (;;) {
		struct pollfd f[] = { { .fd = p->fd, .events = POLLIN },
				      { .fd = p->stop[0], .events = POLLIN } };
		if (poll(f, 2, -1) < 0 || f[1].revents)
			return NULL;
		if (f[0].revents)
			peer_take(p);
	}
}

static inline int peer_socket(unsigned *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		abort();
	*port = ntohs(a.sin_port);
	return fd;
}

static inline struct peer *peer_start(const struct peer_script *script)
{
	struct peer *p = calloc(1, sizeof(*p));
	unsigned ignored = 0;
	if (!p || pipe(p->stop) != 0)
		abort();
	p->fd = peer_socket(&p->port);
	p->other = peer_socket(&ignored);
	p->script = script;
	snprintf(p->name, sizeof(p->name), "127.0.0.1:%u", p->port);
	if (pthread_create(&p->thread, NULL, peer_work, p) != 0)
		abort();
	return p;
}

static inline void peer_free(struct peer *p)
{
	if (!p)
		return;
	close(p->stop[1]);
	pthread_join(p->thread, NULL);
	close(p->stop[0]);
	close(p->fd);
	close(p->other);
	free(p);
}
DEFINE_CLEANUP(peer, struct peer, peer_free)
