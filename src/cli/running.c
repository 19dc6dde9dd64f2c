// The line that tells what is going on, and for how long already.
#include "cli/running.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"
#include "base/text.h"
#include "cli/print.h"

enum { QUIET_MS = 1500, LONG_MS = 2000, TOLD_EVERY_S = 10, NOTE_INDENT = 8 };
static const char CLEAR_TO_END[] = "\x1b[K";

void running_open(struct running *r, FILE *f, bool plain)
{
	bool tty = isatty(fileno(f)) == 1;
	*r = (struct running){ .f = f, .tty = tty && !plain, .plain = tty && plain };
}

static void forget(struct running *r)
{
	free(r->text);
	free(r->note);
	r->text = r->note = NULL;
}

void running_close(struct running *r)
{
	running_break(r);
	forget(r);
}

static char *render(struct msg *m)
{
	char *text = msg_render(m);
	msg_free(m);
	return text;
}

// What stands behind the text: the seconds so far, or those that are left.
static char *time_words(const struct running *r, int64_t second)
{
	if (r->until) {
		int64_t left = (r->until - clock_monotonic_ms() + 999) / 1000;
		return left > 0 ? render(msg_new(N_("%1 s left"), ARG_NUM(left))) : text_copy("");
	}
	if (r->can_take && r->card)
		return render(msg_new(N_("%1 s (a card can take %2 seconds)"), ARG_NUM(second),
				      ARG_NUM(r->can_take)));
	if (r->can_take && second >= LONG_MS / 1000)
		return render(msg_new(N_("%1 s (usually up to %2 seconds)"), ARG_NUM(second),
				      ARG_NUM(r->can_take)));
	return second > 0 ? render(msg_new(N_("%1 s"), ARG_NUM(second))) : text_copy("");
}

static void draw(struct running *r, int64_t second)
{
	AUTO_TEXT char *time = time_words(r, second);
	AUTO_TEXT char *line = text_format("%s … %s", r->text, time ? time : "");
	size_t columns = print_columns(r->f) - 1; // the last column makes some terminals wrap
	AUTO_TEXT char *fits = NULL;
	if (line && text_width(line) > columns)
		err_ignore(text_pad(line, columns, &fits));
	if (line)
		fprintf(r->f, "\r%s%s", fits ? fits : line, CLEAR_TO_END);
	fflush(r->f);
	r->shown = second;
	r->drawn = true;
}

void running_begin(struct running *r, const char *text, int64_t can_take)
{
	running_break(r);
	forget(r);
	r->text = text_copy(text);
	r->began = clock_monotonic_ms();
	r->can_take = can_take;
	r->card = false;
	r->until = 0;
	r->shown = 0;
	r->disturbed = false;
	if (r->tty && r->text)
		draw(r, 0);
}

void running_note(struct running *r, char *note)
{
	free(r->note);
	r->note = note;
}

void running_countdown(struct running *r, int64_t seconds)
{
	if (!r->text)
		return;
	r->until = seconds > 0 ? clock_monotonic_ms() + seconds * 1000 : 0;
	if (r->until)
		r->shown = 0; // in the plain mode the first line of a wait comes soon
	if (r->tty)
		draw(r, (clock_monotonic_ms() - r->began) / 1000);
}

// Once, when it takes long.
static void tell_note(struct running *r)
{
	if (!r->note)
		return;
	running_break(r);
	print_text(r->f, NOTE_INDENT, r->note);
	free(r->note);
	r->note = NULL;
}

// A line of its own, now and then: a screen reader reads each.
static void tell_plain(struct running *r, int64_t second)
{
	AUTO_TEXT char *time = time_words(r, second);
	AUTO_TEXT char *line = text_format("%s … %s", r->text, time ? time : "");
	if (line)
		print_text(r->f, 0, line);
	r->shown = second;
}

static void tick_plain(struct running *r, int64_t ms)
{
	bool first = r->shown == 0;
	if (first ? ms < LONG_MS : ms / 1000 < r->shown + TOLD_EVERY_S)
		return;
	tell_plain(r, ms / 1000);
	tell_note(r);
	fflush(r->f);
}

void running_tick(struct running *r)
{
	if (!r->text || !(r->tty || r->plain))
		return;
	int64_t now = clock_monotonic_ms(), ms = now - r->began;
	if (now < r->quiet && !r->drawn)
		return;
	if (r->plain) {
		tick_plain(r, ms);
		return;
	}
	if (ms >= LONG_MS)
		tell_note(r);
	if (!r->drawn || ms / 1000 != r->shown)
		draw(r, ms / 1000);
}

void running_break(struct running *r)
{
	if (r->drawn) {
		fputc('\n', r->f);
		fflush(r->f);
	}
	r->drawn = false;
}

void running_disturb(struct running *r)
{
	running_break(r);
	r->disturbed = true;
}

void running_resume(struct running *r)
{
	// What the person took to answer is no time of the step's.
	r->began = clock_monotonic_ms();
	r->shown = 0;
	r->quiet = r->began + QUIET_MS;
}

void running_end(struct running *r, const char *word)
{
	if (!r->text)
		return;
	int64_t ms = clock_monotonic_ms() - r->began;
	fprintf(r->f, "%s%s … %s", r->drawn ? "\r" : "", r->text, word);
	if (!r->disturbed && ms >= 100) {
		AUTO_TEXT char *seconds = text_format("%lld.%lld", (long long)(ms / 1000),
						      (long long)(ms / 100 % 10));
		AUTO_TEXT char *time =
			seconds ? render(msg_new(N_("%1 s"), ARG_TEXT(seconds))) : NULL;
		fprintf(r->f, " (%s)", time ? time : "");
	}
	fprintf(r->f, "%s\n", r->drawn ? CLEAR_TO_END : "");
	fflush(r->f);
	r->drawn = false;
	forget(r);
}

void running_drop(struct running *r)
{
	if (r->drawn)
		fprintf(r->f, "\r%s", CLEAR_TO_END);
	r->drawn = false;
	forget(r);
}
