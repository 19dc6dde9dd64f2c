// virtual-card: a YubiKey as its PIV applet shows it, in a reader of vsmartcard-vpcd. README.md says what it plays and how it is
// told to misbehave.
//
//   virtual-card --port N [--control SOCKET] [--serial N] [--firmware X.Y.Z] [--state FILE] [--keygen-ms N]
//                [--management ALGORITHM] [--attestation-root FILE] [--log FILE] [--removed] [--gids]
//   virtual-card --control SOCKET --do COMMAND
//
// It says READY when the card exists, and ends with SIGTERM or SIGINT.
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

static volatile sig_atomic_t over;

static void on_end(int signal)
{
	(void)signal;
	over = 1;
}

struct options {
	const char *control, *ask, *log;
	bool removed;
};

static unsigned long number(const char *name, const char *text, unsigned long most)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || n > most)
		die(name, "is no number, or too big a one");
	return n;
}

static const struct option long_options[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "control", required_argument, NULL, 'c' },
	{ "do", required_argument, NULL, 'd' },
	{ "serial", required_argument, NULL, 's' },
	{ "firmware", required_argument, NULL, 'f' },
	{ "state", required_argument, NULL, 'S' },
	{ "keygen-ms", required_argument, NULL, 'k' },
	{ "management", required_argument, NULL, 'm' },
	{ "attestation-root", required_argument, NULL, 'r' },
	{ "log", required_argument, NULL, 'l' },
	{ "removed", no_argument, NULL, 'R' },
	{ "gids", no_argument, NULL, 'g' },
	{ 0 },
};

static void read_option(int which, struct options *o, struct card *card, struct reader *r)
{
	switch (which) {
	case 'p':
		r->port = (uint16_t)number("--port", optarg, 65535);
		break;
	case 'c':
		o->control = optarg;
		break;
	case 'd':
		o->ask = optarg;
		break;
	case 's':
		card->serial = (uint32_t)number("--serial", optarg, UINT32_MAX - 1);
		break;
	case 'f':
		if (!firmware_read(optarg, &card->firmware))
			die("--firmware", "is written 5.4.3");
		break;
	case 'S':
		card->state_file = optarg;
		break;
	case 'k':
		r->keygen_ms = (unsigned)number("--keygen-ms", optarg, 600000);
		break;
	case 'm':
		if (!management_read(optarg, &card->management))
			die("--management", "is 3DES, AES128, AES192 or AES256");
		break;
	case 'r':
		card->root_file = optarg;
		break;
	case 'l':
		o->log = optarg;
		break;
	case 'g':
		card->gids = true;
		break;
	case 'R':
		o->removed = true;
		break;
	default:
		die("usage", "see README.md");
	}
}

// A signal comes only while poll waits: one that comes before it is not missed.
static void serve(struct reader *r, struct control *c, const sigset_t *while_waiting)
{
	struct pollfd fds[CONTROL_CLIENTS + 2];
	while (!over) {
		fds[0] = (struct pollfd){ .fd = r->fd, .events = POLLIN };
		size_t n = control_poll(c, fds + 1);
		int wait = reader_waits_ms(r);
		struct timespec limit = { wait / 1000, wait % 1000 * 1000000L };
		if (ppoll(fds, n + 1, wait < 0 ? NULL : &limit, while_waiting) < 0)
			continue;
		control_work(c, r, fds + 1, n);
		reader_work(r, fds[0].fd >= 0 && fds[0].fd == r->fd && fds[0].revents);
	}
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	struct card card = { .serial = 13370001, .firmware = FIRMWARE(5, 4, 3) };
	struct reader r = { .card = &card, .fd = -1 };
	struct control c;
	sigset_t blocked, before;
	int which;
	while ((which = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		read_option(which, &o, &card, &r);
	if (o.ask && o.control)
		return control_ask(o.control, o.ask);
	if (optind != argc || o.ask || r.port == 0)
		die("usage", "--port is wanted, or --control and --do; see README.md");
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	signal(SIGTERM, on_end);
	signal(SIGINT, on_end);
	if (o.log)
		r.log = must(fopen(o.log, "ae"), o.log);
	card_birth(&card);
	control_open(&c, o.control);
	r.inserted = !o.removed;
	reader_work(&r, false);
	puts("READY");
	fflush(stdout);
	serve(&r, &c, &before);
	control_close(&c, o.control);
	reader_remove(&r);
	bytes_free(&r.in);
	bytes_free(&r.command);
	card_free(&card);
	if (r.log)
		fclose(r.log);
	return 0;
}
