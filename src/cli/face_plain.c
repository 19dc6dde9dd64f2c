// The face for people, and what both faces share.
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "cli/faces.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/signals.h"
#include "cli/steps.h"
#include "cli/vouching.h"
#include "cli/wizard.h"

enum { NOTE_INDENT = 8 };

static const char *command_of(const struct screen *s)
{
	return s->cli->o.command ? s->cli->o.command->name : "";
}

// What is done may be another thing than the step's name says: a key that is there is not made, and by file nothing is sent.
static const char *shown_as(const struct screen *s, const struct event *e)
{
	if (!strcmp(e->step, "generate-key") && e->state == STEP_BEGUN && e->seconds < 0)
		return "find-key";
	if (!strcmp(e->step, "submit") && !strcmp(command_of(s), "request"))
		return "write-request";
	if (!strcmp(e->step, "wait") && !strcmp(command_of(s), "install"))
		return "read-certificate";
	return e->step;
}

// Only an enrolment goes through all the steps; a check or a clean-up takes one or two of them.
static char *line_of(const struct screen *s, const char *step)
{
	const char *command = command_of(s);
	const bool counted = strcmp(command, "verify") != 0 && strcmp(command, "abandon") != 0 &&
			     strncmp(command, "token ", 6) != 0;
	return step_line(step, !counted		  ? STEP_NAME_ALONE
			       : s->running.plain ? STEP_IN_WORDS
						  : STEP_NUMBERED);
}

static void step_began(struct screen *s, const struct event *e)
{
	const char *step = shown_as(s, e);
	AUTO_TEXT char *line = line_of(s, step);
	if (s->cli->wizard)
		wizard_explain(s, e->step);
	if (!line)
		return;
	running_begin(&s->running, line,
		      e->seconds < 0   ? 0
		      : e->seconds > 0 ? e->seconds
				       : step_usual(step));
	s->running.card = !strcmp(step, "generate-key");
	running_note(&s->running, step_pull_words(step));
}

// A certificate authority that needs more time is no failure, and neither is a person who stops.
static const char *how_it_failed(const struct event *e)
{
	switch (e->why) {
	case ERR_PENDING:
		return N_("not yet");
	case ERR_INTERRUPTED:
		return N_("stopped");
	default:
		return N_("failed");
	}
}

static void step_ended(struct screen *s, const struct event *e)
{
	if (!s->running.text) { // it ended without having begun: say which
		AUTO_TEXT char *line = line_of(s, shown_as(s, e));
		if (line)
			running_begin(&s->running, line, 0);
	}
	running_end(&s->running, lang_text(e->state == STEP_DONE ? N_("done") : how_it_failed(e)));
}

static void plain_step(struct screen *s, const struct event *e)
{
	if (e->state == STEP_BEGUN)
		step_began(s, e);
	else if (e->state == STEP_SKIPPED)
		running_drop(&s->running);
	else
		step_ended(s, e);
	// Why it failed is told at the end, with what to do.
	if (!e->words || e->state == STEP_FAILED)
		return;
	running_break(&s->running);
	print_msg(stderr, NOTE_INDENT, msg_copy(e->words));
}

static void plain_note(struct screen *s, const struct event *e)
{
	running_break(&s->running);
	if (e->words)
		print_msg(stderr, NOTE_INDENT, msg_copy(e->words));
}

// Said once for each thing that is waited for; the seconds run in the line above.
static void plain_wait(struct screen *s, const struct event *e)
{
	// Where the running line tells already how long a card can take, the words would only repeat it.
	bool told = s->running.tty && s->running.card && e->seconds < 0 && !e->keypad;
	AUTO_TEXT char *words = e->words && !told ? msg_render(e->words) : NULL;
	if (words && (!s->waited_for || strcmp(s->waited_for, words) != 0)) {
		running_break(&s->running);
		print_text(stderr, NOTE_INDENT, words);
		free(s->waited_for);
		s->waited_for = words;
		words = NULL;
	}
	running_countdown(&s->running, e->seconds);
}

static void plain_event(void *ctx, const struct event *e)
{
	struct screen *s = ctx;
	switch (e->kind) {
	case EVENT_STEP:
		plain_step(s, e);
		break;
	case EVENT_NOTE:
		plain_note(s, e);
		break;
	case EVENT_WAIT:
		plain_wait(s, e);
		break;
	case EVENT_READER:
		break; // for watching.c
	}
}

struct err *screen_ask(void *ctx, const struct question *q, struct answer *out)
{
	struct screen *s = ctx;
	bool answered = false;
	if (q->kind == ASK_VOUCH)
		return vouching_answer(s->cli, q, out);
	TRY(prompt_ahead(s->cli, q, &answered, out));
	if (answered)
		return NULL;
	running_disturb(&s->running);
	struct err *e = prompt_person(s->cli, q, out);
	running_resume(&s->running);
	if (out->state == ANSWER_STOPPED)
		s->stops_told = 0;
	return e;
}

bool screen_stopped(void *ctx)
{
	struct screen *s = ctx;
	running_tick(&s->running);
	int stops = signals_count();
	if (stops > s->stops_told) {
		s->stops_told = stops;
		running_break(&s->running);
		say(stderr, N_("Stopping: inkan waits until the token or the certificate authority "
			       "has finished what it is "
			       "doing. A third ^C does not wait."));
	}
	return stops > 0;
}

void face_plain(struct screen *s)
{
	s->face = (struct face){
		.ctx = s,
		.interactive = s->cli->interactive,
		.event = plain_event,
		.ask = screen_ask,
		.stopped = screen_stopped,
	};
}

void screen_open(struct screen *s, struct cli *cli)
{
	*s = (struct screen){ .cli = cli, .out = stdout };
	running_open(&s->running, stderr, cli->plain);
	signals_forget();
	if (cli->o.json)
		face_json(s);
	else
		face_plain(s);
}

void screen_close(struct screen *s)
{
	running_close(&s->running);
	free(s->waited_for);
	s->waited_for = NULL;
}
