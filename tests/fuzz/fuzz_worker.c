// What a worker's process may send, and what a parent may: frames as they stand (an input that begins with a zero byte, as the
// length of every frame does), or lines of JSON without their heads, since no mutation finds a fitting length.
#include <jansson.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enroll/enroll.h"
#include "enroll/face.h"
#include "fuzz.h"
#include "worker/frame.h"

static void same(struct json_t *first, struct json_t *second)
{
	MUST_HOLD(first && second && json_equal(first, second));
	json_drop(first);
	json_drop(second);
}

static void show(const struct msg *m)
{
	AUTO_TEXT char *text = m ? msg_render(m) : NULL;
	AUTO_TEXT char *english = m ? msg_render_english(m) : NULL;
	MUST_HOLD(!m || (text && english));
}

static void try_event(const struct json_t *j)
{
	AUTO(event) struct event *e = NULL, *again = NULL;
	if (!fuzz_fine(event_from_json(j, &e)))
		return;
	show(e->words);
	struct json_t *written = event_to_json(e);
	MUST_HOLD(fuzz_fine(event_from_json(written, &again)));
	same(written, event_to_json(again));
}

static void try_question(const struct json_t *j)
{
	AUTO(question) struct question *q = NULL, *again = NULL;
	if (!fuzz_fine(question_from_json(j, &q)))
		return;
	show(q->words);
	show(q->again);
	for (size_t i = 0; i < q->n_choices; i++)
		show(q->choices[i]);
	struct json_t *written = question_to_json(q);
	MUST_HOLD(fuzz_fine(question_from_json(written, &again)));
	same(written, question_to_json(again));
}

static void try_job(const struct json_t *j)
{
	AUTO(job) struct job *job = NULL, *again = NULL;
	if (!fuzz_fine(job_from_json(j, &job)))
		return;
	MUST_HOLD(job->module);
	struct json_t *written = job_to_json(job);
	MUST_HOLD(fuzz_fine(job_from_json(written, &again)));
	same(written, job_to_json(again));
}

static void try_object(const struct json_t *j)
{
	try_event(j);
	try_question(json_object_get(j, "question"));
	try_question(j);
	try_job(json_object_get(j, "job"));
	try_job(j);
	(void)fuzz_fine(err_from_json(json_object_get(j, "error")));
	AUTO(msg) struct msg *m = msg_from_json(json_object_get(j, "words"));
	show(m);
}

static void try_lines(const uint8_t *data, size_t size)
{
	struct pieces p = { data, size };
	const uint8_t *line = NULL;
	size_t len = 0;
	while (fuzz_piece(&p, '\n', &line, &len)) {
		AUTO(json) struct json_t *j = NULL;
		if (fuzz_fine(json_read(line, len, FRAME_MAX_JSON, ERR_FAILED, "frame", &j)))
			try_object(j);
	}
}

static int sent(const uint8_t *data, size_t size)
{
	int fd[2];
	MUST_HOLD(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	MUST_HOLD(send(fd[1], data, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size);
	close(fd[1]);
	return fd[0];
}

static void read_as_parent(int fd)
{
	struct frame_reader r;
	frame_reader_open(&r);
	bool good = true;
	while (good && !r.ended) {
		good = fuzz_fine(frame_reader_fill(&r, fd));
		struct json_t *j = NULL;
		while (good && (good = fuzz_fine(frame_reader_next(&r, &j))) && j) {
			MUST_HOLD(json_is_object(j));
			try_object(j);
			json_drop(j);
			j = NULL;
		}
	}
	frame_reader_close(&r);
	close(fd);
}

static void read_as_worker(int fd)
{
	for (;;) {
		AUTO(json) struct json_t *j = NULL;
		if (!fuzz_fine(frame_read_json(fd, &j)) || !j)
			break;
		if (!json_flag(j, "secret", false))
			continue;
		AUTO(secret) struct secret *s = NULL;
		if (!fuzz_fine(frame_read_secret(fd, &s)) || !s)
			break;
		MUST_HOLD(secret_len(s) <= SECRET_MAX);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 65536)
		return 0;
	if (size == 0 || data[0] != 0) {
		try_lines(data, size);
		return 0;
	}
	read_as_parent(sent(data, size));
	read_as_worker(sent(data, size));
	return 0;
}
