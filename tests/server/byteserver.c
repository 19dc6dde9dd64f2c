// An HTTPS server for tests that answers by a script, and misbehaves as told. It shares no code with the program under test.
//
//   byteserver --script FILE [--anchors FILE] [--log FILE] [--server good|expired|not-yet|wrong-host]
//              [--old-tls] [--no-ems] [--plain] [--port N] [--seconds N]
//
// It makes itself a root, an issuing CA and a server certificate for localhost and 127.0.0.1, writes the root to --anchors,
// prints "port N" when it is ready, and ends when its standard input closes or after --seconds (3600). --old-tls speaks
// TLS 1.1 only, --no-ems no extended master secret, --plain no TLS at all. A line of the log:
//   1 connection=1 POST /x authorization=no cookie=- length=12 sha256=…
// and "closed 1" when a connection has ended.
//
// The script: "on METHOD PATH" begins a rule (METHOD may be *, PATH may end in *). Rules for one path are used one after the
// other, the last for ever after; nothing fits: 404. Below it, in any order, one a line; '#' begins a comment:
//   status 200 OK          header NAME: VALUE        text WORDS (a line of the body)
//   file PATH              base64 PATH               html N, random N, fill N (so many bytes)
//   cacerts                issue VARIANT [lines|one|crlf] (issue.c has the variants; the body is the request)
//   scep VARIANT (scep.c has them; the body is a pkiMessage)          scep-ca (the issuing CA, DER)
//   cmp VARIANT (cmp.c has them; the body is a PKIMessage)
//   ntlm PASSWORD (only for who has it; 401 before)
//   raw (the body is all)  length N (what Content-Length says)
//   delay MS               slow MS (after each byte)      close
//   cut N, reset N (end the line after N bytes of the answer)        drop (at once)        hang
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

_Noreturn void die(const char *what, const char *detail)
{
	fprintf(stderr, "byteserver: %s: %s\n", what, detail);
	ERR_print_errors_fp(stderr);
	_exit(2);
}

void *must(void *p, const char *what)
{
	if (!p)
		die("failed", what);
	return p;
}

void bytes_put(struct bytes *b, const void *data, size_t len)
{
	if (len == 0)
		return;
	if (b->len + len > b->room) {
		b->room = (b->len + len) * 2;
		b->data = must(realloc(b->data, b->room), "realloc");
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void bytes_puts(struct bytes *b, const char *text)
{
	bytes_put(b, text, strlen(text));
}

void bytes_free(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}

void bytes_base64(struct bytes *to, const void *data, size_t len, const char *shape)
{
	size_t step = strcmp(shape, "one") == 0 ? len : 48;
	const char *end = strcmp(shape, "crlf") == 0  ? "\r\n"
			  : strcmp(shape, "one") == 0 ? ""
						      : "\n";
	unsigned char *chars = must(malloc(step * 2 + 8), "malloc");
	for (size_t at = 0; at < len; at += step) {
		size_t now = len - at < step ? len - at : step;
		int n = EVP_EncodeBlock(chars, (const unsigned char *)data + at, (int)now);
		bytes_put(to, chars, (size_t)n);
		bytes_puts(to, end);
	}
	free(chars);
}

struct options {
	const char *script, *anchors, *log;
	enum server_kind kind;
	bool old_tls, no_ems, plain;
	uint16_t port;
	long seconds;
};

static enum server_kind server_kind(const char *word)
{
	static const char *const kinds[] = { "good", "expired", "not-yet", "wrong-host" };
	for (size_t i = 0; i < LEN(kinds); i++)
		if (strcmp(kinds[i], word) == 0)
			return (enum server_kind)i;
	die("unknown --server", word);
}

static void read_options(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
		bool takes = true;
		if (strcmp(a, "--script") == 0)
			o->script = value;
		else if (strcmp(a, "--anchors") == 0)
			o->anchors = value;
		else if (strcmp(a, "--log") == 0)
			o->log = value;
		else if (strcmp(a, "--server") == 0)
			o->kind = server_kind(value);
		else if (strcmp(a, "--port") == 0)
			o->port = (uint16_t)strtoul(value, NULL, 10);
		else if (strcmp(a, "--seconds") == 0)
			o->seconds = strtol(value, NULL, 10);
		else
			takes = false;
		if (takes)
			i++;
		else if (strcmp(a, "--old-tls") == 0)
			o->old_tls = true;
		else if (strcmp(a, "--no-ems") == 0)
			o->no_ems = true;
		else if (strcmp(a, "--plain") == 0)
			o->plain = true;
		else
			die("unknown option", a);
	}
	if (!o->script)
		die("needs", "--script FILE");
}

static void set_tls(struct server *s, bool old, bool no_ems)
{
	s->tls = must(SSL_CTX_new(TLS_server_method()), "SSL_CTX_new");
	if (old) {
		SSL_CTX_set_security_level(s->tls, 0);
		SSL_CTX_set_min_proto_version(s->tls, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(s->tls, TLS1_1_VERSION);
	}
	if (no_ems)
		SSL_CTX_set_options(s->tls, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	if (SSL_CTX_use_certificate(s->tls, s->pki.server) != 1 ||
	    SSL_CTX_use_PrivateKey(s->tls, s->pki.server_key) != 1)
		die("SSL_CTX_use_certificate", "server");
}

static void write_anchors(const struct server *s, const char *path)
{
	FILE *f = must(fopen(path, "w"), path);
	if (!PEM_write_X509(f, s->pki.root) || fclose(f) != 0)
		die("cannot write", path);
}

static int listen_on(uint16_t *port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(*port) };
	socklen_t len = sizeof(a);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		die("cannot listen", strerror(errno));
	*port = ntohs(a.sin_port);
	return fd;
}

struct job {
	struct server *server;
	int fd;
	unsigned connection;
};

static void *work(void *arg)
{
	struct job *j = arg;
	serve(j->server, j->fd, j->connection);
	free(j);
	return NULL;
}

static void take_connection(struct server *s, int listener)
{
	static unsigned connections;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	struct job *j = must(malloc(sizeof(*j)), "malloc");
	*j = (struct job){ s, fd, ++connections };
	pthread_t thread;
	if (pthread_create(&thread, NULL, work, j) != 0)
		die("pthread_create", "connection");
	pthread_detach(thread);
}

// True while somebody holds the other end of standard input.
static bool still_wanted(const struct pollfd *in)
{
	char drop[64];
	return in->revents == 0 || ((in->revents & POLLIN) && read(in->fd, drop, sizeof(drop)) > 0);
}

int main(int argc, char **argv)
{
	static struct server s;
	struct options o = { .seconds = 3600 };
	signal(SIGPIPE, SIG_IGN);
	read_options(argc, argv, &o);
	pki_make(&s.pki, o.kind);
	script_read(o.script, &s.script);
	if (o.log)
		s.log = must(fopen(o.log, "a"), o.log);
	if (o.anchors)
		write_anchors(&s, o.anchors);
	if (!o.plain)
		set_tls(&s, o.old_tls, o.no_ems);
	int listener = listen_on(&o.port);
	printf("port %u\n", o.port);
	fflush(stdout);
	struct pollfd p[2] = { { .fd = listener, .events = POLLIN },
			       { .fd = STDIN_FILENO, .events = POLLIN } };
	time_t end = time(NULL) + o.seconds;
	while (time(NULL) < end && still_wanted(&p[1])) {
		if (p[0].revents & POLLIN)
			take_connection(&s, listener);
		p[0].revents = p[1].revents = 0;
		poll(p, 2, 500);
	}
	_exit(0); // threads may still be in their connections
}
