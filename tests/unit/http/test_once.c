// Nothing is sent twice: not when a kept connection dies under a request, which libcurl would repeat by itself.
#include "client.h"

// The first request of each test keeps the connection, the second is taken in whole and then the line is dropped.
static const char script[] = "on GET /warm\n text warm\n"
			     "on * /dies\n drop\n"
			     "on * /dies\n text second time\n";

static void warm(const struct byteserver *b, struct http *h)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	CHECK_OK(client_do(b, h, (struct client_call){ .path = "/warm" }, &a, NULL));
	CU_ASSERT(http_handshakes(h) == 1);
}

static void check_once(struct client_call c)
{
	AUTO(byteserver) struct byteserver *b = byteserver_start(script, NULL);
	AUTO(http) struct http *h = client_open(b, "127.0.0.1", 5);
	warm(b, h);
	struct http_answer a = { 0 };
	bool sent = false;
	AUTO(err) struct err *e = client_do(b, h, c, &a, &sent);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_NETWORK);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "line-cut");
	CU_ASSERT(sent);
	CU_ASSERT(byteserver_logged(b, "/dies") == 1);
}

static void test_a_post_on_a_dying_connection(void)
{
	check_once((struct client_call){ .method = "POST", .path = "/dies", .body = "request" });
}

static void test_a_post_with_credentials_on_a_dying_connection(void)
{
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK(secret_from("123456", 6, &s));
	check_once((struct client_call){
		.method = "POST", .path = "/dies", .body = "request", .user = s, .password = s });
}

static void test_a_get_that_may_leave_once(void)
{
	check_once((struct client_call){ .path = "/dies", .once = true });
}

static void test_a_get_with_credentials(void)
{
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK(secret_from("123456", 6, &s));
	check_once((struct client_call){ .path = "/dies", .user = s, .password = s });
}

// The counterpart shows that the server really provokes libcurl's repetition.
static void test_a_plain_get_is_repeated_on_a_new_connection(void)
{
	AUTO(byteserver) struct byteserver *b = byteserver_start(script, NULL);
	AUTO(http) struct http *h = client_open(b, "127.0.0.1", 5);
	warm(b, h);
	AUTO_ANSWER struct http_answer a = { 0 };
	CHECK_OK_OR_END(client_do(b, h, (struct client_call){ .path = "/dies" }, &a, NULL));
	CU_ASSERT_STRING_EQUAL(a.reason, "second time");
	CU_ASSERT(byteserver_logged(b, "/dies") == 2);
	CU_ASSERT(http_handshakes(h) == 2);
}

// The first leg of NTLM carries nothing; the request goes with the second, and only as the answer to a challenge.
static void check_leg(const char *answers)
{
	AUTO(byteserver) struct byteserver *b = byteserver_start(answers, NULL);
	AUTO(http) struct http *h = client_open(b, "127.0.0.1", 5);
	AUTO(secret) struct secret *s = NULL;
	AUTO_TEXT char *url = text_format("https://127.0.0.1:%u/leg", b->port);
	CHECK_OK(secret_from("123456", 6, &s));
	const struct http_call call = { .method = "POST",
					.url = url,
					.body = "request",
					.body_len = 7,
					.user = s,
					.password = s,
					.auth = HTTP_NTLM };
	AUTO_ANSWER struct http_answer a = { 0 };
	AUTO(err) struct err *e = http_do(h, &call, &a, NULL);
	CU_ASSERT(e || a.status == 401);
	CU_ASSERT(byteserver_logged(b, "/leg") == 1);
	CU_ASSERT(byteserver_logged(b, "length=7") == 0);
}

static void test_a_leg_without_a_challenge_is_the_last(void)
{
	check_leg("on POST /leg\n drop\non POST /leg\n text second time\n");
	check_leg("on POST /leg\n text welcome\non POST /leg\n text second time\n");
	check_leg("on POST /leg\n status 401 Unauthorized\n header WWW-Authenticate: Basic "
		  "realm=\"x\"\non POST /leg\n text second time\n");
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_post_on_a_dying_connection),
			  TEST(test_a_post_with_credentials_on_a_dying_connection),
			  TEST(test_a_get_that_may_leave_once), TEST(test_a_get_with_credentials),
			  TEST(test_a_leg_without_a_challenge_is_the_last),
			  TEST(test_a_plain_get_is_repeated_on_a_new_connection));
}
