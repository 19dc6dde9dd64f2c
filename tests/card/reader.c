#include "reader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WORD_OFF     0
#define WORD_ON	     1
#define WORD_RESET   2
#define WORD_ATR     4
#define INS_GENERATE 0x47
#define RECONNECT_MS 20
#define ANSWER_MOST  65535

long long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// Out of the reader: what the card was doing is lost, what it had not begun does not happen.
static void let_go(struct reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	r->powered = false;
	bytes_empty(&r->in);
	bytes_empty(&r->command);
	card_power(r->card);
}

void reader_insert(struct reader *r)
{
	r->inserted = true;
}

void reader_remove(struct reader *r)
{
	r->inserted = false;
	r->unmissed = true;
	let_go(r);
}

// Without the quick acknowledgement, which the kernel forgets again and again, every command takes 40 ms.
static void acknowledge_at_once(int fd)
{
	int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

static void connect_to_driver(struct reader *r)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(r->port) };
	int on = 1;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (r->fd < 0)
		die("socket", strerror(errno));
	setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	acknowledge_at_once(r->fd);
	if (connect(r->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		let_go(r);
}

static void send_all(struct reader *r, const uint8_t *data, size_t len)
{
	struct bytes message = { 0 };
	bytes_number(&message, len, 2);
	bytes_put(&message, data, len);
	size_t sent = 0;
	while (r->fd >= 0 && sent < message.len) {
		ssize_t n = send(r->fd, message.data + sent, message.len - sent, MSG_NOSIGNAL);
		if (n > 0)
			sent += (size_t)n;
		else if (errno != EINTR)
			let_go(r);
	}
	bytes_free(&message);
}

// One line a command. What it carries is never written: it may be a PIN.
static void write_log(const struct reader *r, size_t answered, unsigned sw)
{
	const struct bytes *c = &r->command;
	if (!r->log)
		return;
	if (c->len < 4)
		fprintf(r->log, "short in=%zu", c->len);
	else
		fprintf(r->log, "%02X %02X %02X %02X in=%zu", c->data[0], c->data[1], c->data[2],
			c->data[3], c->len);
	fprintf(r->log, " out=%zu sw=%04X ms=%lld\n", answered, sw, now_ms() - r->begun);
	fflush(r->log);
}

// The pull counts this command; true when it is the one.
static bool pulled_now(struct reader *r)
{
	struct pull *pull = &r->pull;
	if (!pull->on || r->command.len < 2 || r->command.data[1] != pull->ins)
		return false;
	if (--pull->n > 0)
		return false;
	pull->on = false;
	return true;
}

static void answer(struct reader *r)
{
	struct bytes answer = { 0 };
	bool pulled = pulled_now(r);
	if (pulled && !r->pull.after) {
		write_log(r, 0, 0);
		reader_remove(r);
		return;
	}
	card_transmit(r->card, r->command.data, r->command.len, &answer);
	if (answer.len > ANSWER_MOST)
		die("an answer", "is too long for the reader");
	unsigned sw = 0;
	if (answer.len >= 2)
		sw = (unsigned)answer.data[answer.len - 2] << 8 | answer.data[answer.len - 1];
	write_log(r, answer.len, sw);
	bytes_empty(&r->command);
	if (pulled)
		reader_remove(r);
	else
		send_all(r, answer.data, answer.len);
	bytes_free(&answer);
}

static void word(struct reader *r, unsigned which)
{
	struct span atr = card_atr(r->card);
	switch (which) {
	case WORD_OFF:
	case WORD_ON:
	case WORD_RESET:
		card_power(r->card);
		break;
	case WORD_ATR:
		// Back before pcscd has looked (it does every 400 ms), the card would be taken for one that was never away, and
		// not be powered again. So the first look finds nobody, and the second the card.
		if (r->unmissed) {
			r->unmissed = false;
			let_go(r);
			break;
		}
		r->powered = true;
		send_all(r, atr.data, atr.len);
		break;
	default:
		break;
	}
}

static void take(struct reader *r, const uint8_t *message, size_t len)
{
	if (len == 1) {
		word(r, message[0]);
		return;
	}
	bytes_empty(&r->command);
	bytes_put(&r->command, message, len);
	r->begun = now_ms();
	r->due = r->begun + r->delay_ms;
	if (len >= 2 && message[1] == INS_GENERATE)
		r->due += r->keygen_ms;
}

static void receive(struct reader *r)
{
	uint8_t part[4096];
	ssize_t n = recv(r->fd, part, sizeof(part), 0);
	if (n <= 0) {
		if (n == 0 || errno != EINTR)
			let_go(r);
		return;
	}
	acknowledge_at_once(r->fd);
	bytes_put(&r->in, part, (size_t)n);
}

static void take_messages(struct reader *r)
{
	while (r->in.len >= 2) {
		size_t len = (size_t)r->in.data[0] << 8 | r->in.data[1];
		if (r->in.len < 2 + len)
			return;
		struct bytes message = { 0 };
		bytes_put(&message, r->in.data + 2, len);
		bytes_drop(&r->in, 2 + len);
		if (len > 0)
			take(r, message.data, len);
		bytes_free(&message);
		if (r->fd < 0)
			return;
	}
}

int reader_waits_ms(const struct reader *r)
{
	if (r->fd < 0)
		return r->inserted ? RECONNECT_MS : -1;
	if (r->command.len == 0 || r->mute)
		return -1;
	long long left = r->due - now_ms();
	return left > 0 ? (int)left : 0;
}

void reader_work(struct reader *r, bool readable)
{
	if (readable && r->fd >= 0) {
		receive(r);
		take_messages(r);
	}
	if (r->fd >= 0 && r->command.len > 0 && !r->mute && now_ms() >= r->due)
		answer(r);
	if (r->fd < 0 && r->inserted)
		connect_to_driver(r);
}
