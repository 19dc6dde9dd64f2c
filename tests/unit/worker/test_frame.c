// Frames: whole ones, cut ones, and bytes that are none.
#include <jansson.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "check.h"
#include "worker/frame.h"

static void pair(int fd[2])
{
	CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
}

static json_t *object(const char *key, const char *value)
{
	json_t *o = json_object();
	json_object_set_new(o, key, json_string(value));
	return o;
}

// Gives the reader these bytes and takes the first object; null when there is none. The error goes to *e.
static struct json_t *read_bytes(const void *bytes, size_t len, struct err **e, bool *ended)
{
	int fd[2];
	pair(fd);
	CU_ASSERT(write(fd[1], bytes, len) == (ssize_t)len);
	close(fd[1]);
	struct frame_reader r;
	frame_reader_open(&r);
	struct json_t *out = NULL;
	*e = NULL;
	while (!*e && !r.ended && !out) {
		*e = frame_reader_fill(&r, fd[0]);
		if (!*e)
			*e = frame_reader_next(&r, &out);
	}
	*ended = r.ended;
	frame_reader_close(&r);
	close(fd[0]);
	return out;
}

static void test_a_sent_object_arrives_whole(void)
{
	int fd[2];
	pair(fd);
	CHECK_OK(frame_send_json(fd[0], object("event", "step"), false));
	CHECK_OK(frame_send_json(fd[0], object("event", "note"), false));
	struct frame_reader r;
	frame_reader_open(&r);
	CHECK_OK(frame_reader_fill(&r, fd[1]));
	for (int i = 0; i < 2; i++) {
		AUTO(json) struct json_t *j = NULL;
		CHECK_OK(frame_reader_next(&r, &j));
		CU_ASSERT_PTR_NOT_NULL_FATAL(j);
		CU_ASSERT_STRING_EQUAL(json_text(j, "event"), i ? "note" : "step");
	}
	struct json_t *none = NULL;
	CHECK_OK(frame_reader_next(&r, &none));
	CU_ASSERT_PTR_NULL(none);
	frame_reader_close(&r);
	close(fd[0]);
	close(fd[1]);
}

static void test_an_object_in_pieces_is_given_when_it_is_whole(void)
{
	static const char bytes[] = "\0\0\0\x0bJ{\"a\":\"bcd\"}";
	int fd[2];
	pair(fd);
	struct frame_reader r;
	frame_reader_open(&r);
	for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
		AUTO(json) struct json_t *j = NULL;
		CU_ASSERT(write(fd[0], bytes + i, 1) == 1);
		CHECK_OK(frame_reader_fill(&r, fd[1]));
		CHECK_OK(frame_reader_next(&r, &j));
		CU_ASSERT((j != NULL) == (i == sizeof(bytes) - 2));
	}
	frame_reader_close(&r);
	close(fd[0]);
	close(fd[1]);
}

static void check_nonsense(const void *bytes, size_t len)
{
	struct err *e = NULL;
	bool ended = false;
	AUTO(json) struct json_t *j = read_bytes(bytes, len, &e, &ended);
	CU_ASSERT_PTR_NULL(j);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_FAILED);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "worker-talks-nonsense");
	err_free(e);
}

static void test_bytes_that_are_no_frame_are_refused(void)
{
	static const char text[] = "module says hello\n";
	static const char secret_upwards[] = "\0\0\0\x04S1234";
	static const char too_long[] = "\xff\xff\xff\xffJ{}";
	static const char just_too_long[] = "\x00\x40\x00\x01J{}";
	static const char no_json[] = "\0\0\0\x03J{a}";
	static const char no_object[] = "\0\0\0\x02J[]";
	static const char empty[] = "\0\0\0\0J";
	static const char twice[] = "\0\0\0\x0dJ{\"a\":1,\"a\":2}";
	check_nonsense(text, sizeof(text) - 1);
	check_nonsense(secret_upwards, sizeof(secret_upwards) - 1);
	check_nonsense(too_long, sizeof(too_long) - 1);
	check_nonsense(just_too_long, sizeof(just_too_long) - 1);
	check_nonsense(no_json, sizeof(no_json) - 1);
	check_nonsense(no_object, sizeof(no_object) - 1);
	check_nonsense(empty, sizeof(empty) - 1);
	check_nonsense(twice, sizeof(twice) - 1);
}

static void test_a_cut_frame_is_an_end_and_no_object(void)
{
	static const char cut[] = "\0\0\0\x20J{\"a\":";
	struct err *e = NULL;
	bool ended = false;
	AUTO(json) struct json_t *j = read_bytes(cut, sizeof(cut) - 1, &e, &ended);
	CU_ASSERT_PTR_NULL(j);
	CU_ASSERT_PTR_NULL(e);
	CU_ASSERT(ended);
}

static void test_a_secret_arrives_as_it_was(void)
{
	int fd[2];
	pair(fd);
	AUTO(secret) struct secret *pin = NULL, *got = NULL;
	CHECK_OK_OR_END(secret_from("12\0 34", 6, &pin));
	CHECK_OK(frame_send_secret(fd[0], pin, false));
	CHECK_OK_OR_END(frame_read_secret(fd[1], &got));
	CU_ASSERT(secret_equal(pin, got));
	close(fd[0]);
	AUTO(secret) struct secret *none = NULL;
	CHECK_OK(frame_read_secret(fd[1], &none));
	CU_ASSERT_PTR_NULL(none);
	close(fd[1]);
}

static void test_a_secret_where_json_belongs_is_refused(void)
{
	int fd[2];
	pair(fd);
	AUTO(secret) struct secret *pin = NULL;
	CHECK_OK_OR_END(secret_from("1234", 4, &pin));
	CHECK_OK(frame_send_secret(fd[0], pin, false));
	struct json_t *j = NULL;
	CHECK_ERR(frame_read_json(fd[1], &j), ERR_FAILED);
	CU_ASSERT_PTR_NULL(j);
	close(fd[0]);
	close(fd[1]);
}

static void test_a_peer_that_does_not_read_is_no_wait(void)
{
	int fd[2];
	pair(fd);
	struct err *e = NULL;
	for (int i = 0; i < 100000 && !e; i++)
		e = frame_send_json(fd[0], object("stop", "please"), false);
	CU_ASSERT_PTR_NOT_NULL(e);
	CU_ASSERT(err_has_code(e, "EAGAIN"));
	err_free(e);
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_sent_object_arrives_whole),
			  TEST(test_an_object_in_pieces_is_given_when_it_is_whole),
			  TEST(test_bytes_that_are_no_frame_are_refused),
			  TEST(test_a_cut_frame_is_an_end_and_no_object),
			  TEST(test_a_secret_arrives_as_it_was),
			  TEST(test_a_secret_where_json_belongs_is_refused),
			  TEST(test_a_peer_that_does_not_read_is_no_wait));
}
