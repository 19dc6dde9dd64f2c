// One line from the person at the terminal.
#include "cli/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "cli/signals.h"

struct line {
	const char *prompt;
	bool echo;
	struct termios usual;
	sigset_t before;
	struct secret *typed;
	bool too_long;
};

static void show_prompt(const struct line *l)
{
	// The echo goes first: what is typed as soon as the prompt shows must not be seen.
	if (!l->echo) {
		struct termios silent = l->usual;
		silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
		silent.c_lflag |= ICANON | ISIG | ECHONL;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &silent);
	}
	fputs(l->prompt, stderr);
	fflush(stderr);
}

static void put_back(const struct line *l)
{
	if (!l->echo)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &l->usual);
}

enum taken { TAKEN_MORE, TAKEN_LINE, TAKEN_STOP };

static enum taken take_byte(struct line *l)
{
	uint8_t c = 0;
	ssize_t n = read(STDIN_FILENO, &c, 1);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? TAKEN_MORE : TAKEN_STOP;
	if (n == 0)
		return secret_len(l->typed) ? TAKEN_LINE : TAKEN_STOP;
	enum taken taken = c == '\n' ? TAKEN_LINE : TAKEN_MORE;
	if (taken == TAKEN_MORE) {
		struct err *e = secret_append(l->typed, &c, 1);
		l->too_long |= e != NULL;
		err_ignore(e);
	}
	wipe(&c, sizeof(c));
	return taken;
}

static enum taken take_line(struct line *l)
{
	int stops = signals_count();
	enum taken taken = TAKEN_MORE;
	while (taken == TAKEN_MORE) {
		bool readable = signals_wait(STDIN_FILENO, &l->before, -1) == SIGNALS_READABLE;
		if (signals_count() > stops) {
			taken = TAKEN_STOP;
		} else if (readable) {
			taken = take_byte(l);
		} else {
			put_back(l);
			if (signals_suspend())
				secret_wipe(l->typed);
			show_prompt(l);
		}
	}
	return taken;
}

struct err *terminal_line(const char *prompt, bool echo, struct secret **out)
{
	struct line l = { .prompt = prompt, .echo = echo };
	AUTO(secret) struct secret *typed = NULL;
	TRY(secret_new(TERMINAL_MAX_LINE, &typed));
	l.typed = typed;
	if (tcgetattr(STDIN_FILENO, &l.usual) != 0)
		return err_as(err_errno("tcgetattr", NULL, errno), ERR_ANSWER);
	signals_hold(&l.before);
	show_prompt(&l);
	enum taken taken = take_line(&l);
	put_back(&l);
	signals_release(&l.before);
	if (taken == TAKEN_STOP) {
		fputc('\n', stderr);
		// It is the answer to this question, and nothing that the worker must be told besides.
		signals_forget();
		*out = NULL;
		return NULL;
	}
	if (l.too_long)
		return err_tag(err_new(ERR_ANSWER, N_("This line is too long.")), "too-large");
	*out = typed;
	typed = NULL;
	return NULL;
}

// Drops what was typed up to Enter; false at the end of input.
static bool drop_line(void)
{
	char typed[256];
	ssize_t n = read(STDIN_FILENO, typed, sizeof(typed));
	wipe(typed, sizeof(typed));
	return n > 0 || (n < 0 && errno == EINTR);
}

enum terminal_pause terminal_pause(int ms)
{
	sigset_t before;
	int stops = signals_count();
	enum terminal_pause p = PAUSE_OVER;
	signals_hold(&before);
	switch (signals_wait(STDIN_FILENO, &before, ms)) {
	case SIGNALS_READABLE:
		p = drop_line() ? PAUSE_ENTER : PAUSE_STOPPED;
		break;
	case SIGNALS_CAME:
		(void)signals_suspend();
		break;
	case SIGNALS_TIME_OVER:
		break;
	}
	signals_release(&before);
	if (signals_count() > stops) {
		signals_forget();
		return PAUSE_STOPPED;
	}
	return p;
}
