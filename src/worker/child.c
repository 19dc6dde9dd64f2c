// The worker's end of the conversation: a face whose person is at the other end of a socket.
#include "worker/child.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/proc.h"
#include "worker/frame.h"
#include "worker/spawn.h"
#include "worker/worker.h"

// Somebody wants this process to end: it does, between two calls into the module.
static volatile sig_atomic_t signalled;

struct child {
	int fd;
	bool stopped;	      // the parent said stop, or is gone
	pthread_mutex_t lock; // a step may speak while another thread holds the line to the CA
};

static void on_signal(int sig)
{
	(void)sig;
	signalled = 1;
}

static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_signal };
	sigemptyset(&stop.sa_mask);
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaction(signals[i], &stop, NULL);
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ignore, NULL);
}

// The parent cannot be reached: nobody is there any more.
static void gone(struct child *c, struct err *why)
{
	if (why)
		log_err(LOG_INFO, "worker", why);
	err_ignore(why);
	c->stopped = true;
}

static bool is_stop(const struct json_t *j)
{
	return json_flag(j, "stop", false);
}

static void child_event(void *ctx, const struct event *e)
{
	struct child *c = ctx;
	pthread_mutex_lock(&c->lock);
	struct err *failed = frame_send_json(c->fd, event_to_json(e), true);
	if (failed)
		gone(c, failed);
	pthread_mutex_unlock(&c->lock);
}

static bool child_stopped(void *ctx)
{
	struct child *c = ctx;
	pthread_mutex_lock(&c->lock);
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	if (!c->stopped && poll(&p, 1, 0) > 0) {
		// Between questions only "stop" comes; whatever else it is, the conversation is over.
		AUTO(json) struct json_t *j = NULL;
		gone(c, frame_read_json(c->fd, &j));
	}
	bool stopped = c->stopped || signalled;
	pthread_mutex_unlock(&c->lock);
	return stopped;
}

// Waits until the parent says something; false when a signal came first.
static bool await_parent(const struct child *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	while (!signalled) {
		int n = poll(&p, 1, 500);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return true; // the read will say why
	}
	return false;
}

static struct err *read_answer(struct child *c, struct answer *out)
{
	AUTO(json) struct json_t *j = NULL;
	TRY(frame_read_json(c->fd, &j));
	if (!j || is_stop(j)) {
		c->stopped = true;
		out->state = ANSWER_STOPPED;
		return NULL;
	}
	const char *state = json_text(j, "answer");
	if (state && !strcmp(state, "missing"))
		out->state = ANSWER_MISSING;
	else if (state && !strcmp(state, "given"))
		out->state = ANSWER_GIVEN;
	else
		out->state = ANSWER_STOPPED;
	out->yes = json_flag(j, "yes", false);
	out->choice = (size_t)json_number(j, "choice", 0);
	if (!json_flag(j, "secret", false))
		return NULL;
	TRY(frame_read_secret(c->fd, &out->value));
	if (!out->value) {
		c->stopped = true;
		out->state = ANSWER_STOPPED;
	}
	return NULL;
}

static struct err *ask(struct child *c, const struct question *q, struct answer *out)
{
	struct answer a = { .state = ANSWER_STOPPED };
	json_t *frame = json_object();
	json_object_set_new(frame, "question", question_to_json(q));
	struct err *failed = frame_send_json(c->fd, frame, true);
	if (!failed && await_parent(c))
		failed = read_answer(c, &a);
	if (failed) {
		gone(c, failed);
		secret_free(a.value);
		a = (struct answer){ .state = ANSWER_STOPPED };
	}
	*out = a;
	return NULL;
}

static struct err *child_ask(void *ctx, const struct question *q, struct answer *out)
{
	struct child *c = ctx;
	if (child_stopped(c)) {
		*out = (struct answer){ .state = ANSWER_STOPPED };
		return NULL;
	}
	pthread_mutex_lock(&c->lock);
	struct err *e = ask(c, q, out);
	pthread_mutex_unlock(&c->lock);
	return e;
}

static struct err *take_job(int fd, struct job **out)
{
	AUTO(json) struct json_t *j = NULL;
	TRY(frame_read_json(fd, &j));
	if (!j)
		return err_new(ERR_FAILED, N_("The terminal is gone."));
	log_open((enum log_level)json_number(j, "log", LOG_QUIET), STDERR_FILENO);
	return job_from_json(json_object_get(j, "job"), out);
}

static void send_result(int fd, const struct result *r)
{
	json_t *frame = json_object();
	json_object_set_new(frame, "result", r->object ? json_incref(r->object) : json_null());
	if (r->err)
		json_object_set_new(frame, "error", err_to_json(r->err));
	err_ignore(frame_send_json(fd, frame, true)); // a parent that is gone reads the journal
}

int worker_child(int fd, void (*run)(const struct job *j, struct face *f, struct result *out))
{
	catch_signals();
	// Started as /proc/self/exe: whoever looks for who has a card would read "exe".
	prctl(PR_SET_NAME, "inkan", 0, 0, 0);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	struct child c = { .fd = fd, .lock = PTHREAD_MUTEX_INITIALIZER };
	struct result result = { 0 };
	AUTO(job) struct job *job = NULL;
	struct err *e = take_job(fd, &job);
	if (e) {
		result_of_error(e, NULL, &result);
	} else {
		struct face face = { .ctx = &c,
				     .interactive = job->interactive,
				     .event = child_event,
				     .ask = child_ask,
				     .stopped = child_stopped };
		run(job, &face, &result);
	}
	send_result(fd, &result);
	int status = result.err ? (int)err_kind(result.err) : 0;
	result_free(&result);
	return status;
}
