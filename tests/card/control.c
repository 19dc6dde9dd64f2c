#include "control.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MOST 256

static struct sockaddr_un address(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(a.sun_path))
		die(path, "is too long for a socket");
	memcpy(a.sun_path, path, strlen(path));
	return a;
}

static int unix_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket", strerror(errno));
	return fd;
}

void control_open(struct control *c, const char *path)
{
	*c = (struct control){ .listener = -1 };
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		c->client[i].fd = -1;
	if (!path)
		return;
	struct sockaddr_un a = address(path);
	c->listener = unix_socket();
	unlink(path);
	if (bind(c->listener, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(c->listener, 8) != 0)
		die(path, strerror(errno));
}

static void drop(struct control *c, size_t i)
{
	close(c->client[i].fd);
	c->client[i].fd = -1;
	bytes_free(&c->client[i].in);
}

void control_close(struct control *c, const char *path)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].fd >= 0)
			drop(c, i);
	if (c->listener < 0)
		return;
	close(c->listener);
	unlink(path);
}

size_t control_poll(const struct control *c, struct pollfd *fds)
{
	size_t n = 0;
	if (c->listener >= 0)
		fds[n++] = (struct pollfd){ .fd = c->listener, .events = POLLIN };
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].fd >= 0)
			fds[n++] = (struct pollfd){ .fd = c->client[i].fd, .events = POLLIN };
	return n;
}

static void accept_one(struct control *c)
{
	int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->client[i].fd < 0) {
			c->client[i].fd = fd;
			return;
		}
	}
	close(fd);
}

static void reply(int fd, struct reader *r, char *line)
{
	struct said said = { "" };
	char text[LINE_MOST + 16];
	bool fine = control_do(r, line, &said);
	int n = snprintf(text, sizeof(text), "%s%s%s\n", fine ? "ok" : "error",
			 said.text[0] ? " " : "", said.text);
	if (send(fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		fprintf(stderr, "virtual-card: nobody takes the answer to %s\n", line);
}

static void serve(struct control *c, size_t i, struct reader *r)
{
	char part[LINE_MOST];
	struct bytes *in = &c->client[i].in;
	ssize_t n = read(c->client[i].fd, part, sizeof(part));
	if (n <= 0 || in->len + (size_t)n > LINE_MOST) {
		drop(c, i);
		return;
	}
	bytes_put(in, part, (size_t)n);
	uint8_t *end;
	while (in->len > 0 && (end = memchr(in->data, '\n', in->len)) != NULL) {
		*end = '\0';
		size_t len = (size_t)(end - in->data) + 1;
		reply(c->client[i].fd, r, (char *)in->data);
		bytes_drop(in, len);
	}
}

void control_work(struct control *c, struct reader *r, const struct pollfd *fds, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		if (!fds[k].revents)
			continue;
		if (fds[k].fd == c->listener) {
			accept_one(c);
			continue;
		}
		for (size_t i = 0; i < CONTROL_CLIENTS; i++)
			if (c->client[i].fd == fds[k].fd)
				serve(c, i, r);
	}
}

int control_ask(const char *path, const char *line)
{
	struct sockaddr_un a = address(path);
	int fd = unix_socket();
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
		fprintf(stderr, "virtual-card: %s: %s\n", path, strerror(errno));
		close(fd);
		return 1;
	}
	char text[LINE_MOST + 16];
	int n = snprintf(text, sizeof(text), "%s\n", line);
	if (n >= LINE_MOST || send(fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		die("the command", "cannot be sent");
	size_t got = 0;
	ssize_t more;
	while (got < sizeof(text) - 1 && !memchr(text, '\n', got) &&
	       (more = read(fd, text + got, sizeof(text) - 1 - got)) > 0)
		got += (size_t)more;
	close(fd);
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	bool fine = strncmp(text, "ok", 2) == 0;
	if (fine && text[2] == ' ')
		puts(text + 3);
	else if (!fine)
		fprintf(stderr, "virtual-card: %s\n", got ? text : "no answer");
	return fine ? 0 : 1;
}
