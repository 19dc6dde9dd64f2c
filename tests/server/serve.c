// One connection: requests in, scripted answers out.
#include "server.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_HEAD = 65536, MAX_BODY = 4 << 20 };

struct link {
	int fd;
	SSL *tls; // null: plain
};

struct request {
	char method[8], path[256], cookie[256];
	char authorization[2048]; // empty: none
	size_t length;
	struct bytes body;
};

static int link_read(struct link *l, void *to, size_t len)
{
	return l->tls ? SSL_read(l->tls, to, (int)len) : (int)read(l->fd, to, len);
}

static bool link_write(struct link *l, const void *from, size_t len)
{
	const unsigned char *p = from;
	while (len > 0) {
		int n = l->tls ? SSL_write(l->tls, p, len > 16384 ? 16384 : (int)len)
			       : (int)write(l->fd, p, len);
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static void nap(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	nanosleep(&t, NULL);
}

static void read_header(struct request *r, const char *line)
{
	if (strncasecmp(line, "Authorization:", 14) == 0)
		snprintf(r->authorization, sizeof(r->authorization), "%s",
			 line + 14 + strspn(line + 14, " "));
	else if (strncasecmp(line, "Content-Length:", 15) == 0)
		r->length = strtoul(line + 15, NULL, 10);
	else if (strncasecmp(line, "Cookie:", 7) == 0)
		snprintf(r->cookie, sizeof(r->cookie), "%s", line + 7 + strspn(line + 7, " "));
}

// One line without its end; -1 when the peer is gone.
static int read_line(struct link *l, char *line, size_t room)
{
	size_t len = 0;
	for (char c = 0; c != '\n';) {
		if (link_read(l, &c, 1) != 1)
			return -1;
		if (len + 1 < room && c != '\n' && c != '\r')
			line[len++] = c;
	}
	line[len] = '\0';
	return (int)len;
}

static bool read_request(struct link *l, struct request *r)
{
	char line[4096];
	if (read_line(l, line, sizeof(line)) < 0 ||
	    sscanf(line, "%7s %255s", r->method, r->path) != 2)
		return false;
	int len = 0;
	size_t head = 0;
	while ((len = read_line(l, line, sizeof(line))) > 0 && (head += (size_t)len) < MAX_HEAD)
		read_header(r, line);
	if (len != 0 || r->length > MAX_BODY)
		return false;
	while (r->body.len < r->length) {
		unsigned char block[4096];
		size_t want = r->length - r->body.len;
		int n = link_read(l, block, want < sizeof(block) ? want : sizeof(block));
		if (n <= 0)
			return false;
		bytes_put(&r->body, block, (size_t)n);
	}
	return true;
}

static void log_request(struct server *s, const struct request *r, unsigned connection)
{
	static unsigned count;
	unsigned char hash[32] = { 0 };
	EVP_Digest(r->body.data ? r->body.data : (const unsigned char *)"", r->body.len, hash, NULL,
		   EVP_sha256(), NULL);
	pthread_mutex_lock(&s->lock);
	count++;
	if (s->log) {
		fprintf(s->log,
			"%u connection=%u %s %s authorization=%s cookie=%s length=%zu sha256=",
			count, connection, r->method, r->path, r->authorization[0] ? "yes" : "no",
			r->cookie[0] ? r->cookie : "-", r->body.len);
		for (size_t i = 0; i < sizeof(hash); i++)
			fprintf(s->log, "%02x", hash[i]);
		fputc('\n', s->log);
		fflush(s->log);
	}
	pthread_mutex_unlock(&s->lock);
}

// The body that the rule wants; false: the request was no good (400).
static bool make_body(struct server *s, const struct rule *rule, const struct request *r,
		      struct bytes *body)
{
	struct bytes der = { 0 };
	bool fine = true;
	if (rule->scep[0])
		return scep(&s->pki, rule->scep, &r->body, body);
	if (rule->cmp[0])
		return cmp(&s->pki, rule->cmp, &r->body, body);
	if (rule->scep_ca)
		scep_ca(&s->pki, body);
	if (rule->scep_ca)
		return true;
	if (rule->cacerts)
		issue_cacerts(&s->pki, &der);
	else if (rule->issue[0])
		fine = issue(&s->pki, rule->issue, &r->body, &der);
	if (der.len > 0)
		bytes_base64(body, der.data, der.len, rule->shape);
	else if (fine)
		bytes_put(body, rule->body.data, rule->body.len);
	bytes_free(&der);
	return fine;
}

static bool ntlm_admits(const struct rule *rule, const struct request *r, struct bytes *answer)
{
	struct bytes header = { 0 };
	bool right = ntlm(rule->ntlm, r->authorization, &header);
	if (!right) {
		bytes_puts(answer, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n");
		bytes_put(answer, header.data, header.len);
		bytes_puts(answer, "\r\n\r\n");
	}
	bytes_free(&header);
	return right;
}

static void make_answer(struct server *s, const struct rule *rule, const struct request *r,
			struct bytes *answer)
{
	char line[256];
	struct bytes body = { 0 };
	if (rule && rule->ntlm[0] && !ntlm_admits(rule, r, answer))
		return;
	bool fine = rule && make_body(s, rule, r, &body);
	if (rule && fine && rule->raw) {
		bytes_put(answer, body.data, body.len);
		bytes_free(&body);
		return;
	}
	if (rule && !fine)
		bytes_puts(&body, "The request cannot be read or its signature is wrong.\n");
	size_t length = rule && rule->claimed_length >= 0 ? (size_t)rule->claimed_length : body.len;
	snprintf(line, sizeof(line), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n",
		 !rule	? "404 Not Found"
		 : fine ? rule->status
			: "400 Bad Request",
		 length);
	bytes_puts(answer, line);
	if (rule && fine)
		bytes_put(answer, rule->headers.data, rule->headers.len);
	bytes_puts(answer, "\r\n");
	bytes_put(answer, body.data, body.len);
	bytes_free(&body);
}

static void reset(struct link *l)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	setsockopt(l->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void wait_for_peer(struct link *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLRDHUP };
	poll(&p, 1, 300000);
}

static bool send_slowly(struct link *l, const struct bytes *b, long ms)
{
	for (size_t i = 0; i < b->len; i++) {
		if (!link_write(l, b->data + i, 1))
			return false;
		nap(ms);
	}
	return true;
}

// By now whoever looks at the connection sees its end.
static void log_closed(struct server *s, unsigned connection)
{
	pthread_mutex_lock(&s->lock);
	if (s->log) {
		fprintf(s->log, "closed %u\n", connection);
		fflush(s->log);
	}
	pthread_mutex_unlock(&s->lock);
}

// False: the connection ends here.
static bool send_answer(struct link *l, const struct rule *rule, struct bytes *answer)
{
	if (!rule)
		return link_write(l, answer->data, answer->len);
	if (rule->delay_ms)
		nap(rule->delay_ms);
	if (rule->ending == END_HANG)
		wait_for_peer(l);
	if (rule->ending == END_HANG || rule->ending == END_DROP)
		return false;
	bool stops = rule->ending == END_CUT || rule->ending == END_RESET;
	if (stops && rule->end_after < answer->len)
		answer->len = rule->end_after;
	bool fine = rule->slow_ms >= 0 ? send_slowly(l, answer, rule->slow_ms)
				       : link_write(l, answer->data, answer->len);
	if (rule->ending == END_RESET)
		reset(l);
	return fine && rule->ending == END_KEEP;
}

static bool serve_one(struct server *s, struct link *l, unsigned connection)
{
	struct request r = { 0 };
	struct bytes answer = { 0 };
	bool more = read_request(l, &r);
	if (more) {
		log_request(s, &r, connection);
		const struct rule *rule = script_find(&s->script, r.method, r.path);
		make_answer(s, rule, &r, &answer);
		more = send_answer(l, rule, &answer);
	}
	bytes_free(&r.body);
	bytes_free(&answer);
	return more;
}

void serve(struct server *s, int fd, unsigned connection)
{
	struct link l = { .fd = fd };
	if (s->tls) {
		l.tls = must(SSL_new(s->tls), "SSL_new");
		SSL_set_fd(l.tls, fd);
		if (SSL_accept(l.tls) <= 0) {
			SSL_free(l.tls);
			close(fd);
			return;
		}
	}
	while (serve_one(s, &l, connection))
		;
	SSL_free(l.tls); // without close_notify: a line that is cut does not say goodbye
	close(fd);
	log_closed(s, connection);
}
