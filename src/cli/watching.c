// Watching readers in a worker, and looking at tokens when something happens.
#include "cli/watching.h"

#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "worker/worker.h"

// How long the first look waits for the worker that watches, which a service that hangs keeps silent.
enum { SEEN_WAIT_MS = 5000 };

struct watch_state {
	struct watching *w;
	struct err *err;
	bool done, interrupted;
	bool watched;	// the worker has seen the readers: what happens from now on, it tells
	bool changed;	// since the last look
	bool readers;	// there is one at least
	int64_t began;	// monotonic ms
	int64_t looked; // monotonic ms; 0: never
};

static void take_readers(struct watch_state *s, const json_t *data)
{
	const char *change = json_text(data, "change");
	if (!change)
		return;
	if (!strcmp(change, "seen"))
		s->readers = json_array_size(json_object_get(data, "readers")) > 0;
	else if (!strcmp(change, "service"))
		s->readers = false; // those that are there follow
	else
		s->readers = true;
}

static void on_event(void *ctx, const struct event *e)
{
	struct watch_state *s = ctx;
	if (e->kind != EVENT_READER || !e->data)
		return;
	s->watched = true;
	take_readers(s, e->data);
	s->changed = true;
	if (s->w->event)
		s->w->event(s->w->ctx, e->data);
}

static struct err *on_ask(void *ctx, const struct question *q, struct answer *out)
{
	(void)ctx;
	(void)q;
	*out = (struct answer){ .state = ANSWER_MISSING };
	return NULL;
}

static void look_at_person(struct watch_state *s)
{
	if (signals_count() > 0)
		s->interrupted = true;
	if (!s->w->enter || s->interrupted)
		return;
	switch (terminal_pause(0)) {
	case PAUSE_STOPPED:
		s->interrupted = true;
		break;
	case PAUSE_ENTER:
		s->w->entered = s->done = true;
		break;
	case PAUSE_OVER:
		break;
	}
}

static void look_at_tokens(struct watch_state *s)
{
	int64_t now = clock_monotonic_ms();
	int64_t every = s->readers ? LOOK_BESIDE_MS : LOOK_ALONE_MS;
	// Looked at before the readers are watched, every token would be asked twice.
	if (!s->looked && !s->watched && now - s->began < SEEN_WAIT_MS)
		return;
	if (!s->changed && !signals_woken() && s->looked && now - s->looked < every)
		return;
	s->changed = false;
	s->err = s->w->look(s->w->ctx, &s->done);
	s->looked = clock_monotonic_ms();
}

// Some five times a second, and after each event.
static bool on_stopped(void *ctx)
{
	struct watch_state *s = ctx;
	running_tick(&s->w->screen->running);
	if (!s->done && !s->err)
		look_at_person(s);
	if (!s->done && !s->err && !s->interrupted)
		look_at_tokens(s);
	return s->done || s->interrupted || s->err;
}

static struct err *stopped(void)
{
	signals_forget();
	return err_tag(err_new(ERR_INTERRUPTED, N_("Stopped as you asked.")), "stopped");
}

// The worker that watches cannot be started, or died: tokens are looked at by the clock alone.
static void without_readers(struct watch_state *s)
{
	s->watched = true;
	while (!on_stopped(s))
		clock_sleep_ms(200);
}

struct err *watching_run(struct watching *w)
{
	struct watch_state s = { .w = w, .began = clock_monotonic_ms() };
	const struct job job = { .kind = JOB_WATCH };
	struct face face = { .ctx = &s, .event = on_event, .ask = on_ask, .stopped = on_stopped };
	struct result r = { 0 };
	w->entered = false;
	signals_wake(true);
	worker_run(&job, &face, &r);
	if (!s.done && !s.interrupted && !s.err)
		without_readers(&s);
	signals_wake(false);
	result_free(&r);
	if (s.err)
		return s.err;
	return s.interrupted ? stopped() : NULL;
}
