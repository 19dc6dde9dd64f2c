// A parent and its workers: those that do their job, and those that die, hang, flood, or say nonsense.
//
// The worker is this same program: the job's module says how it behaves.
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/proc.h"
#include "check.h"
#include "journal/journal.h"
#include "scratch.h"
#include "worker/child.h"
#include "worker/frame.h"
#include "worker/parent.h"
#include "worker/spawn.h"
#include "worker/worker.h"

// ---- the worker's side

static void put_result(struct result *out, const char *key, json_t *value)
{
	out->object = json_object();
	json_object_set_new(out->object, key, value);
}

static void say(struct face *f, const char *step, enum step_state state)
{
	f->event(f->ctx, &(struct event){ .kind = EVENT_STEP,
					  .enrolment = "k7qf-3m2x",
					  .step = step,
					  .state = state });
}

static void job_works(struct face *f, struct result *out)
{
	say(f, "prepare", STEP_BEGUN);
	struct answer a = { 0 };
	struct question q = { .kind = ASK_PIN, .name = "token_pin" };
	err_ignore(f->ask(f->ctx, &q, &a));
	bool right = a.state == ANSWER_GIVEN && secret_len(a.value) == 4 &&
		     !strcmp(secret_text(a.value), "1234");
	secret_free(a.value);
	struct question consent = { .kind = ASK_CONSENT, .name = "key" };
	err_ignore(f->ask(f->ctx, &consent, &a));
	say(f, "prepare", STEP_DONE);
	put_result(out, "right", json_boolean(right && a.state == ANSWER_GIVEN && a.yes));
}

// What a module may do to the process: nothing of it must reach the terminal.
static void job_prints(struct result *out)
{
	printf("module on stdout\n");
	fprintf(stderr, "module on stderr\n");
	fflush(NULL);
	bool alone = getsid(0) == getpid();
	for (int fd = WORKER_FD + 1; fd < 256; fd++)
		alone = alone && fcntl(fd, F_GETFD) < 0 && errno == EBADF;
	put_result(out, "alone", json_boolean(alone));
}

static void job_until_stopped(struct face *f, struct result *out)
{
	say(f, "generate-key", STEP_BEGUN);
	while (!f->stopped(f->ctx))
		clock_sleep_ms(10);
	put_result(out, "stopped", json_true());
	out->err = err_new(ERR_INTERRUPTED, N_("Stopped as you asked."));
}

static void flood(struct face *f)
{
	for (;;)
		say(f, "prepare", STEP_BEGUN);
}

static void behave(const struct job *j, struct face *f, struct result *out)
{
	const char *how = j->module;
	if (!strcmp(how, "works"))
		job_works(f, out);
	else if (!strcmp(how, "prints"))
		job_prints(out);
	else if (!strcmp(how, "until-stopped"))
		job_until_stopped(f, out);
	else if (!strcmp(how, "floods"))
		flood(f);
	else if (!strcmp(how, "nonsense"))
		(void)!write(WORKER_FD, "module on every descriptor\n", 27);
	else if (!strcmp(how, "exits"))
		_exit(3);
	else if (!strcmp(how, "kills-itself"))
		raise(SIGKILL);
	else if (!strcmp(how, "aborts")) {
		say(f, "generate-key", STEP_BEGUN);
		signal(SIGABRT, SIG_DFL);
		raise(SIGABRT);
	} else if (!strcmp(how, "hangs")) {
		say(f, "generate-key", STEP_BEGUN);
		for (;;)
			pause();
	} else {
		put_result(out, "tokens", json_array());
	}
}

// ---- the parent's side

struct person {
	struct face face;
	int steps, questions;
	bool stop;
	int kill_after; // turns; 0: never
	int turns;
};

static void person_event(void *ctx, const struct event *e)
{
	struct person *p = ctx;
	p->steps += e->kind == EVENT_STEP;
}

static struct err *person_ask(void *ctx, const struct question *q, struct answer *out)
{
	struct person *p = ctx;
	p->questions++;
	*out = (struct answer){ .state = ANSWER_GIVEN, .yes = true };
	return q->kind == ASK_PIN ? secret_from("1234", 4, &out->value) : NULL;
}

static bool person_stopped(void *ctx)
{
	struct person *p = ctx;
	p->turns++;
	if (p->kill_after && p->turns >= p->kill_after)
		worker_kill();
	return p->stop;
}

static struct result run(enum job_kind kind, const char *how, struct person *p)
{
	struct job j = { .kind = kind, .module = (char *)(uintptr_t)how };
	p->face = (struct face){
		.ctx = p, .event = person_event, .ask = person_ask, .stopped = person_stopped
	};
	struct result r = { 0 };
	worker_run(&j, &p->face, &r);
	return r;
}

static void check_error(struct result *r, enum err_kind kind, const char *tag)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->err);
	CU_ASSERT(err_kind(r->err) == kind);
	CU_ASSERT_STRING_EQUAL(err_slug(r->err), tag);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->object);
	CU_ASSERT_STRING_EQUAL(json_text(r->object, "event"), "result");
	CU_ASSERT(json_number(r->object, "exit", 0) == (int64_t)kind);
	result_free(r);
}

static void test_events_questions_and_secrets_go_through(void)
{
	struct person p = { 0 };
	struct result r = run(JOB_ENROLL, "works", &p);
	CU_ASSERT_PTR_NULL(r.err);
	CU_ASSERT(json_flag(r.object, "right", false));
	CU_ASSERT(p.steps == 2);
	CU_ASSERT(p.questions == 2);
	result_free(&r);
}

static void test_a_worker_has_nothing_of_the_terminal(void)
{
	struct person p = { 0 };
	struct result r = run(JOB_VERIFY, "prints", &p);
	CU_ASSERT_PTR_NULL(r.err);
	CU_ASSERT(json_flag(r.object, "alone", false));
	result_free(&r);
}

static void test_a_crash_is_told_with_its_signal_and_the_way_on(void)
{
	struct person p = { 0 };
	struct result r = run(JOB_ENROLL, "aborts", &p);
	AUTO_TEXT char *text = err_render(r.err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "SIGABRT"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "k7qf-3m2x"));
	CU_ASSERT_STRING_EQUAL(json_text(r.object, "enrolment"), "k7qf-3m2x");
	check_error(&r, ERR_TOKEN, "worker-died");
	r = run(JOB_VERIFY, "kills-itself", &p);
	check_error(&r, ERR_TOKEN, "worker-died");
	r = run(JOB_VERIFY, "exits", &p);
	check_error(&r, ERR_FAILED, "worker-died");
}

static void test_nonsense_and_floods_end_the_worker(void)
{
	struct person p = { 0 };
	struct result r = run(JOB_VERIFY, "nonsense", &p);
	check_error(&r, ERR_FAILED, "worker-talks-nonsense");
	worker_patience.frames = 1000;
	r = run(JOB_VERIFY, "floods", &p);
	CU_ASSERT(p.steps <= 1000);
	check_error(&r, ERR_FAILED, "worker-talks-nonsense");
}

static void test_a_hanging_listing_does_not_hold_the_others_up(void)
{
	struct person p = { 0 };
	p.face = (struct face){
		.ctx = &p, .event = person_event, .ask = person_ask, .stopped = person_stopped
	};
	struct job hangs = { .kind = JOB_LIST, .module = (char *)(uintptr_t) "hangs" };
	struct job lists = { .kind = JOB_LIST, .module = (char *)(uintptr_t) "lists" };
	const struct job *jobs[] = { &hangs, &lists };
	struct result results[2] = { 0 };
	worker_patience.list_ms = 1000;
	int64_t began = clock_monotonic_ms();
	worker_run_all(jobs, 2, &p.face, results);
	CU_ASSERT(clock_monotonic_ms() - began < 10000);
	CU_ASSERT_PTR_NULL(results[1].err);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(results[1].object, "tokens"));
	result_free(&results[1]);
	check_error(&results[0], ERR_TOKEN, "worker-hangs");
}

static void test_a_listing_gets_no_answer_to_a_question(void)
{
	struct person p = { 0 };
	struct result r = run(JOB_LIST, "works", &p);
	CU_ASSERT(p.questions == 0);
	CU_ASSERT_FALSE(json_flag(r.object, "right", true));
	result_free(&r);
}

static void test_stop_is_obeyed_between_calls(void)
{
	struct person p = { .stop = true };
	struct result r = run(JOB_ENROLL, "until-stopped", &p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r.err);
	CU_ASSERT(err_kind(r.err) == ERR_INTERRUPTED);
	CU_ASSERT(json_flag(r.object, "stopped", false));
	result_free(&r);
}

static void test_who_does_not_stop_is_ended_after_a_while(void)
{
	struct person p = { .stop = true };
	worker_patience.stop_ms = 500;
	struct result r = run(JOB_ENROLL, "hangs", &p);
	check_error(&r, ERR_TOKEN, "worker-hangs");
	worker_patience.stop_ms = 60000;
	struct person q = { .stop = true, .kill_after = 3 };
	r = run(JOB_ENROLL, "hangs", &q);
	check_error(&r, ERR_INTERRUPTED, "stopped");
}

static void test_a_silent_worker_is_ended(void)
{
	struct person p = { 0 };
	worker_patience.silent_ms = 500;
	struct result r = run(JOB_ENROLL, "hangs", &p);
	check_error(&r, ERR_TOKEN, "worker-hangs");
	worker_patience.silent_ms = 60000;
}

// The worker of a parent that goes away finishes and ends by itself.
static void test_a_worker_outlives_its_parent_only_to_finish(void)
{
	pid_t pid = 0;
	int fd = -1;
	CHECK_OK_OR_END(spawn_worker(&pid, &fd));
	struct job j = { .kind = JOB_ENROLL, .module = (char *)(uintptr_t) "until-stopped" };
	json_t *frame = json_object();
	json_object_set_new(frame, "job", job_to_json(&j));
	CHECK_OK(frame_send_json(fd, frame, true));
	AUTO(json) struct json_t *event = NULL;
	CHECK_OK(frame_read_json(fd, &event));
	close(fd);
	struct death d = spawn_reap(pid, 10000);
	CU_ASSERT(d.ended);
	CU_ASSERT(d.signal == 0);
	CU_ASSERT(d.status == ERR_INTERRUPTED);
	if (!d.ended)
		spawn_kill(pid);
}

// The enrolment that the workers speak of stands in the journal.
static bool begun_before(void)
{
	char id[] = "k7qf-3m2x";
	struct record r = { .id = id, .mark = MARK_KEY_MADE };
	AUTO(journal) struct journal *j = NULL;
	AUTO(err) struct err *e = journal_open(&j);
	if (!e)
		e = journal_write(j, &r);
	return !e;
}

int main(int argc, char **argv)
{
	if (worker_wanted(argc, argv)) {
		err_ignore(proc_harden());
		return worker_child(WORKER_FD, behave);
	}
	AUTO(scratch) struct scratch *place = scratch_new();
	if (!place || setenv("XDG_STATE_HOME", place->dir, 1) != 0 || !begun_before())
		return 1;
	return CHECK_MAIN(TEST(test_events_questions_and_secrets_go_through),
			  TEST(test_a_worker_has_nothing_of_the_terminal),
			  TEST(test_a_crash_is_told_with_its_signal_and_the_way_on),
			  TEST(test_nonsense_and_floods_end_the_worker),
			  TEST(test_a_hanging_listing_does_not_hold_the_others_up),
			  TEST(test_a_listing_gets_no_answer_to_a_question),
			  TEST(test_stop_is_obeyed_between_calls),
			  TEST(test_who_does_not_stop_is_ended_after_a_while),
			  TEST(test_a_silent_worker_is_ended),
			  TEST(test_a_worker_outlives_its_parent_only_to_finish));
}
