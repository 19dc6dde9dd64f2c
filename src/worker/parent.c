// The terminal's end of the conversation: workers are started, listened to, stopped, and buried.
#include "worker/parent.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "worker/death.h"
#include "worker/frame.h"
#include "worker/spawn.h"
#include "worker/worker.h"

enum { TURN_MS = 200, MAX_WORKERS = 256, MAX_ID = 64, WATCH_REST_MS = 100 };

// A key of 4096 bits can take a card minutes, and nothing is heard from it meanwhile.
struct worker_patience worker_patience = {
	.list_ms = INT64_C(20) * 1000,
	.silent_ms = INT64_C(15) * 60 * 1000,
	.stop_ms = INT64_C(5) * 60 * 1000,
	.exit_ms = 2000,
	.frames = 200000,
};

static volatile sig_atomic_t kill_wanted;

void worker_kill(void)
{
	kill_wanted = 1;
}

struct worker {
	const struct job *job;
	struct face *face;
	pid_t pid;
	int fd;
	struct frame_reader reader;
	unsigned frames;
	int64_t began, heard; // monotonic ms
	bool spoken;	      // an event or a question came
	int64_t announced;    // seconds that its last event said it may take
	int64_t stop_sent;    // 0: not yet
	char enrolment[MAX_ID];
	bool finished;
	struct result *result;
};

static const char *id_of(const struct worker *w)
{
	return w->enrolment[0] ? w->enrolment : w->job->enrolment;
}

static void finish(struct worker *w, struct result r)
{
	*w->result = r;
	w->finished = true;
	close(w->fd);
	frame_reader_close(&w->reader);
}

static void finish_error(struct worker *w, struct err *e)
{
	struct result r = { 0 };
	result_of_error(e, id_of(w), &r);
	finish(w, r);
}

static void end_by_force(struct worker *w, struct err *e)
{
	spawn_kill(w->pid);
	finish_error(w, e);
}

static void start(struct worker *w, const struct job *j, struct face *f, struct result *result)
{
	*w = (struct worker){ .job = j, .face = f, .result = result };
	struct err *e = spawn_worker(&w->pid, &w->fd);
	if (e) {
		w->finished = true;
		result_of_error(e, NULL, result);
		return;
	}
	frame_reader_open(&w->reader);
	w->began = w->heard = clock_monotonic_ms();
	json_t *frame = json_object();
	json_object_set_new(frame, "job", job_to_json(j));
	json_object_set_new(frame, "log", json_integer(log_level()));
	// A worker that is dead already shows when its socket is read.
	err_ignore(frame_send_json(w->fd, frame, false));
}

static struct err *send_answer(struct worker *w, const struct answer *a)
{
	static const char *const names[] = {
		[ANSWER_GIVEN] = "given",
		[ANSWER_MISSING] = "missing",
		[ANSWER_STOPPED] = "stopped",
	};
	json_t *frame = json_object();
	json_object_set_new(frame, "answer", json_string(names[a->state]));
	json_object_set_new(frame, "yes", json_boolean(a->yes));
	json_object_set_new(frame, "choice", json_integer((json_int_t)a->choice));
	json_object_set_new(frame, "secret", json_boolean(a->value != NULL));
	TRY(frame_send_json(w->fd, frame, false));
	return a->value ? frame_send_secret(w->fd, a->value, false) : NULL;
}

static struct err *take_question(struct worker *w, const struct json_t *j)
{
	AUTO(question) struct question *q = NULL;
	TRY(question_from_json(j, &q));
	struct answer a = { .state = ANSWER_MISSING };
	// A listing has nothing to ask: a module that took its process over does not get to ask for a PIN.
	struct err *e = w->job->kind == JOB_LIST || !w->job->module
				? NULL
				: w->face->ask(w->face->ctx, q, &a);
	if (!e)
		e = send_answer(w, &a);
	secret_free(a.value);
	w->heard = clock_monotonic_ms();
	return e;
}

static struct err *take_event(struct worker *w, const struct json_t *j)
{
	AUTO(event) struct event *ev = NULL;
	w->spoken = true;
	TRY(event_from_json(j, &ev));
	w->announced = ev->seconds > 0 && ev->seconds < 86400 ? ev->seconds : 0;
	if (ev->enrolment && strlen(ev->enrolment) < MAX_ID)
		memcpy(w->enrolment, ev->enrolment, strlen(ev->enrolment) + 1);
	w->face->event(w->face->ctx, ev);
	return NULL;
}

static void take_result(struct worker *w, const struct json_t *frame)
{
	json_t *object = json_object_get(frame, "result");
	const json_t *error = json_object_get(frame, "error");
	struct result r = { .object = json_is_object(object) ? json_incref(object) : NULL };
	if (error)
		r.err = err_from_json(error);
	// The socket is closed first: whatever the process still does, nobody listens.
	pid_t pid = w->pid;
	finish(w, r);
	if (!spawn_reap(pid, worker_patience.exit_ms).ended)
		spawn_kill(pid);
}

static struct err *take_frame(struct worker *w, const struct json_t *frame)
{
	if (json_object_get(frame, "event"))
		return take_event(w, frame);
	const json_t *question = json_object_get(frame, "question");
	if (question)
		return take_question(w, question);
	if (json_object_get(frame, "result")) {
		take_result(w, frame);
		return NULL;
	}
	return err_tag(
		err_new(ERR_FAILED,
			N_("The process that talks to the token sent something that cannot be "
			   "understood.")),
		"worker-talks-nonsense");
}

// It changes nothing on a token, so it need not be waited for.
static bool only_looks(const struct worker *w)
{
	const enum job_kind kind = w->job->kind;
	return kind == JOB_LIST || kind == JOB_READERS || kind == JOB_WATCH || kind == JOB_CA ||
	       kind == JOB_TRUST || (w->job->unlisted && !w->spoken);
}

static void bury(struct worker *w)
{
	struct death d = spawn_reap(w->pid, worker_patience.exit_ms);
	if (d.ended)
		finish_error(w, death_error(d, id_of(w)));
	else
		end_by_force(w,
			     hang_error(w->job->module, worker_patience.exit_ms / 1000, id_of(w)));
}

// Takes all whole frames that are there.
static struct err *take_frames(struct worker *w)
{
	for (;;) {
		AUTO(json) struct json_t *frame = NULL;
		TRY(frame_reader_next(&w->reader, &frame));
		if (!frame)
			return NULL;
		if (++w->frames > worker_patience.frames)
			return err_tag(err_new(ERR_FAILED,
					       N_("The process that talks to the token does not "
						  "stop talking; it was ended.")),
				       "worker-talks-nonsense");
		TRY(take_frame(w, frame));
		if (w->finished)
			return NULL;
	}
}

static void listen_to(struct worker *w)
{
	struct err *e = frame_reader_fill(&w->reader, w->fd);
	int64_t now = clock_monotonic_ms();
	// Who watches may speak for weeks, but not without end.
	if (w->job->kind == JOB_WATCH && now - w->heard > WATCH_REST_MS)
		w->frames = 0;
	w->heard = now;
	if (!e)
		e = take_frames(w);
	if (w->finished) {
		err_ignore(e);
		return;
	}
	// An answer that could not be sent because the worker died is told as its death.
	if (e && err_has_code(e, "EPIPE")) {
		err_ignore(e);
		bury(w);
	} else if (e) {
		end_by_force(w, death_hint(e, id_of(w)));
	} else if (w->reader.ended) {
		bury(w);
	}
}

static void ask_to_stop(struct worker *w)
{
	if (w->stop_sent)
		return;
	w->stop_sent = clock_monotonic_ms();
	json_t *frame = json_object();
	json_object_set_new(frame, "stop", json_true());
	err_ignore(frame_send_json(w->fd, frame, false)); // a dead worker shows at the next reading
}

static void look_at_clock(struct worker *w)
{
	int64_t now = clock_monotonic_ms();
	int64_t silent = worker_patience.silent_ms + w->announced * 1000;
	if (w->job->kind == JOB_WATCH)
		return; // it speaks when there is something to tell
	// Looking for a token is a listing, whoever does it.
	if (only_looks(w) && now - w->began > worker_patience.list_ms)
		end_by_force(w, hang_error(w->job->module, (now - w->began) / 1000, NULL));
	else if (w->stop_sent && now - w->stop_sent > worker_patience.stop_ms)
		end_by_force(w, hang_error(NULL, (now - w->stop_sent) / 1000, id_of(w)));
	else if (now - w->heard > silent)
		end_by_force(w, hang_error(NULL, (now - w->heard) / 1000, id_of(w)));
}

static void look_at_person(struct worker *w, bool stopped)
{
	if (kill_wanted || (stopped && only_looks(w)))
		end_by_force(w, killed_error(id_of(w)));
	else if (stopped)
		ask_to_stop(w);
}

static void turn(struct worker *ws, size_t n, struct pollfd *fds, struct face *f)
{
	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = ws[i].finished ? -1 : ws[i].fd, .events = POLLIN };
	int ready = poll(fds, n, TURN_MS);
	for (size_t i = 0; ready > 0 && i < n; i++)
		if (fds[i].revents)
			listen_to(&ws[i]);
	bool stopped = f->stopped(f->ctx);
	for (size_t i = 0; i < n; i++) {
		if (!ws[i].finished)
			look_at_person(&ws[i], stopped);
		if (!ws[i].finished)
			look_at_clock(&ws[i]);
	}
}

static bool all_finished(const struct worker *ws, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!ws[i].finished)
			return false;
	return true;
}

static void no_room(struct result *results, size_t n)
{
	for (size_t i = 0; i < n; i++)
		result_of_error(err_no_memory(), NULL, &results[i]);
}

void worker_run_all(const struct job *const *jobs, size_t n, struct face *f, struct result *results)
{
	kill_wanted = 0;
	if (n == 0)
		return;
	struct worker *ws = n <= MAX_WORKERS ? calloc(n, sizeof(*ws)) : NULL;
	struct pollfd *fds = n <= MAX_WORKERS ? calloc(n, sizeof(*fds)) : NULL;
	if (!ws || !fds) {
		no_room(results, n);
	} else {
		for (size_t i = 0; i < n; i++)
			start(&ws[i], jobs[i], f, &results[i]);
		while (!all_finished(ws, n))
			turn(ws, n, fds, f);
	}
	free(ws);
	free(fds);
}

void worker_run(const struct job *j, struct face *f, struct result *out)
{
	worker_run_all(&j, 1, f, out);
}
