// Answers that come in whole: status, headers and words.
#include "client.h"

static const char script[] =
	"on GET /plain\n"
	" status 403 Forbidden\n"
	" header Content-Type: Text/Plain; charset=utf-8\n"
	" header Retry-After: 120\n"
	" header WWW-Authenticate: Basic realm=\"x\"\n"
	" header Set-Cookie: a=1; Path=/; HttpOnly\n"
	" header Set-Cookie: bad cookie\n"
	" header Set-Cookie: b=2\n"
	" text It is \x1b[31mred\x1b[0m\n"
	" text and long\n"
	"on GET /html\n header Content-Type: text/html\n text <p>no</p>\n"
	"on GET /page\n text  <p>no</p>\n"
	"on GET /short\n header Content-Type: application/json\n text {\"a\":1}\n"
	"on GET /long\n fill 400\n"
	"on GET /date\n header Retry-After: Thu, 01 Jan 2099 00:00:00 GMT\n"
	"on GET /past\n header Retry-After: Thu, 01 Jan 1998 00:00:00 GMT\n"
	"on GET /odd\n header Retry-After: -5\n"
	"on GET /odder\n header Retry-After: soon\n"
	"on GET /huge\n header Retry-After: 99999999999999999999\n"
	"on GET /empty\n status 204 No Content\n"
	"on GET /moved\n status 302 Found\n header Location: /plain\n"
	"on POST /post\n text got it\n"
	"on GET /slow\n text patience\n slow 5\n"
	"on GET /close\n text bye\n close\n"
	"on GET /max\n random 65536\n";

static struct byteserver *server;
static struct http *client;

static struct http_answer get(const char *path)
{
	struct http_answer a = { 0 };
	CHECK_OK(client_do(server, client, (struct client_call){ .path = path }, &a, NULL));
	return a;
}

static void test_headers_are_picked_out(void)
{
	AUTO_ANSWER struct http_answer a = get("/plain");
	CU_ASSERT_FATAL(a.status == 403);
	CU_ASSERT_STRING_EQUAL(a.content_type, "text/plain");
	CU_ASSERT(a.retry_after == 120);
	CU_ASSERT_STRING_EQUAL(a.set_cookie, "a=1; b=2");
	CU_ASSERT_STRING_EQUAL(a.www_authenticate, "Basic realm=\"x\"");
}

static void test_words_are_safe_and_on_one_line(void)
{
	AUTO_ANSWER struct http_answer a = get("/plain");
	CU_ASSERT_PTR_NULL(strchr(a.reason, '\x1b'));
	CU_ASSERT_PTR_NULL(strchr(a.reason, '\n'));
	CU_ASSERT_PTR_NOT_NULL(strstr(a.reason, "red"));
	CU_ASSERT_PTR_NOT_NULL(strstr(a.reason, "and long"));
	AUTO_ANSWER struct http_answer html = get("/html");
	CU_ASSERT_STRING_EQUAL(html.reason, "");
	AUTO_ANSWER struct http_answer page = get("/page");
	CU_ASSERT_STRING_EQUAL(page.reason, "");
	CU_ASSERT_STRING_EQUAL(page.content_type, "");
	AUTO_ANSWER struct http_answer brief = get("/short");
	CU_ASSERT_STRING_EQUAL(brief.reason, "{\"a\":1}");
	AUTO_ANSWER struct http_answer longer = get("/long");
	CU_ASSERT_STRING_EQUAL(longer.reason, "");
	CU_ASSERT(longer.body.len == 400);
}

static void test_retry_after_is_read_in_both_forms(void)
{
	AUTO_ANSWER struct http_answer date = get("/date");
	CU_ASSERT(date.retry_after > 30LL * 365 * 86400);
	AUTO_ANSWER struct http_answer past = get("/past");
	CU_ASSERT(past.retry_after == 0);
	AUTO_ANSWER struct http_answer odd = get("/odd");
	CU_ASSERT(odd.retry_after == -1);
	AUTO_ANSWER struct http_answer odder = get("/odder");
	CU_ASSERT(odder.retry_after == -1);
	AUTO_ANSWER struct http_answer huge = get("/huge");
	CU_ASSERT(huge.retry_after > 0);
	AUTO_ANSWER struct http_answer none = get("/empty");
	CU_ASSERT(none.status == 204 && none.retry_after == -1 && none.body.len == 0);
}

static void test_a_redirect_is_a_status_and_not_followed(void)
{
	unsigned before = byteserver_logged(server, "GET /plain");
	AUTO_ANSWER struct http_answer a = get("/moved");
	CU_ASSERT(a.status == 302);
	CU_ASSERT(byteserver_logged(server, "GET /plain") == before);
}

static void test_a_post_arrives_whole(void)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	bool sent = false;
	CHECK_OK(client_do(
		server, client,
		(struct client_call){ .method = "POST", .path = "/post", .body = "abc\n" }, &a,
		&sent));
	CU_ASSERT(sent && a.status == 200);
	// SHA-256 of "abc\n"
	CU_ASSERT(byteserver_logged(
			  server,
			  "length=4 "
			  "sha256="
			  "edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb") == 1);
}

static void test_credentials_go_ahead_and_only_with_their_call(void)
{
	AUTO(secret) struct secret *user = NULL;
	AUTO(secret) struct secret *password = NULL;
	CHECK_OK(secret_from("0001", 4, &user));
	CHECK_OK(secret_from("1234:567890", 11, &password));
	unsigned before = byteserver_logged(server, "\n");
	AUTO_ANSWER struct http_answer a = { 0 };
	CHECK_OK(client_do(server, client,
			   (struct client_call){ .method = "POST",
						 .path = "/post",
						 .body = "x",
						 .user = user,
						 .password = password },
			   &a, NULL));
	CU_ASSERT(byteserver_logged(server, "POST /post authorization=yes") == 1);
	CU_ASSERT(byteserver_logged(server, "\n") == before + 1);
	AUTO_ANSWER struct http_answer next = get("/short");
	CU_ASSERT(byteserver_logged(server, "GET /short authorization=yes") == 0);
	CU_ASSERT(next.status == 200);
}

static void test_slow_answers_come_in_time(void)
{
	AUTO_ANSWER struct http_answer a = get("/slow");
	CU_ASSERT_STRING_EQUAL(a.reason, "patience");
}

static void test_the_largest_allowed_answer_is_taken(void)
{
	AUTO_ANSWER struct http_answer a = get("/max");
	CU_ASSERT(a.body.len == 65536);
}

static void test_one_connection_serves_many_calls(void)
{
	struct http *h = client_open(server, "127.0.0.1", 5);
	for (int i = 0; i < 3; i++) {
		AUTO_ANSWER struct http_answer a = { 0 };
		CHECK_OK(client_do(server, h, (struct client_call){ .path = "/short" }, &a, NULL));
	}
	CU_ASSERT(http_handshakes(h) == 1);
	// A server that closes after an answer costs a handshake, not an error.
	AUTO_ANSWER struct http_answer bye = { 0 };
	CHECK_OK(client_do(server, h, (struct client_call){ .path = "/close" }, &bye, NULL));
	AUTO_ANSWER struct http_answer after = { 0 };
	CHECK_OK(client_do(server, h, (struct client_call){ .path = "/short" }, &after, NULL));
	CU_ASSERT(http_handshakes(h) == 2);
	http_close(h);
}

static void test_proxies_of_the_environment_are_not_for_loopback(void)
{
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	AUTO_ANSWER struct http_answer a = get("/short");
	unsetenv("https_proxy");
	CU_ASSERT(a.status == 200);
}

int main(void)
{
	server = byteserver_start(script, NULL);
	client = NULL;
	char place[64];
	snprintf(place, sizeof(place), "127.0.0.1:%u", server->port);
	const char *hosts[] = { "localhost", place };
	struct http_terms t = { .hosts = hosts,
				.n_hosts = 2,
				.anchors_pem = server->anchors.data,
				.anchors_len = server->anchors.len,
				.connect_seconds = 5,
				.answer_seconds = 10,
				.max_body = 65536 };
	err_ignore(http_open(&t, &client));
	int rc = CHECK_MAIN(
		TEST(test_headers_are_picked_out), TEST(test_words_are_safe_and_on_one_line),
		TEST(test_retry_after_is_read_in_both_forms),
		TEST(test_a_redirect_is_a_status_and_not_followed), TEST(test_a_post_arrives_whole),
		TEST(test_credentials_go_ahead_and_only_with_their_call),
		TEST(test_slow_answers_come_in_time),
		TEST(test_the_largest_allowed_answer_is_taken),
		TEST(test_one_connection_serves_many_calls),
		TEST(test_proxies_of_the_environment_are_not_for_loopback));
	http_close(client);
	byteserver_free(server);
	return rc;
}
