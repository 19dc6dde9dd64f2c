// Everything that can go wrong on the way, each by its own tag and with something to do next.
#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/clock.h"

static const char script[] = "on * /cut\n fill 1000\n cut 500\n"
			     "on * /cuthead\n cut 10\n"
			     "on * /reset\n fill 1000\n reset 300\n"
			     "on * /drop\n drop\n"
			     "on * /hang\n hang\n"
			     "on * /drip\n fill 100\n slow 200\n"
			     "on * /big\n html 10485760\n"
			     "on * /lie\n fill 10\n length 10485760\n close\n"
			     "on * /short\n fill 10\n length 20\n close\n"
			     "on * /nothttp\n raw\n text SSH-2.0-OpenSSH\n close\n"
			     "on * /ok\n text fine\n";

static struct byteserver *server;

static void check_fault(struct client_call c, struct http *h, const char *slug, bool want_sent)
{
	struct http_answer a = { 0 };
	bool sent = false;
	AUTO(err) struct err *e = client_do(server, h, c, &a, &sent);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	if (strcmp(err_slug(e), slug) != 0)
		fprintf(stderr, "%s: %s, not %s\n", c.path, err_slug(e), slug);
	CU_ASSERT(err_kind(e) == ERR_NETWORK);
	CU_ASSERT_STRING_EQUAL(err_slug(e), slug);
	CU_ASSERT_PTR_NOT_NULL(err_next_step(e));
	CU_ASSERT(sent == want_sent);
	CU_ASSERT(a.body.data == NULL && a.content_type == NULL);
}

static void check_path(const char *path, const char *slug)
{
	AUTO(http) struct http *h = client_open(server, "127.0.0.1", 3);
	check_fault((struct client_call){ .path = path }, h, slug, true);
	check_fault((struct client_call){ .method = "POST", .path = path, .body = "x" }, h, slug,
		    true);
}

static void test_a_line_that_is_cut(void)
{
	check_path("/cut", "line-cut");
	check_path("/cuthead", "line-cut");
	check_path("/reset", "line-cut");
	check_path("/drop", "line-cut");
	check_path("/short", "line-cut");
}

static void test_an_answer_of_ten_megabytes(void)
{
	check_path("/big", "too-large");
	check_path("/lie", "too-large"); // refused by what it says of itself
}

static void test_an_answer_that_is_no_http(void)
{
	check_path("/nothttp", "not-http");
}

static void test_too_many_headers(void)
{
	AUTO_BUF struct buf text = { 0 };
	CHECK_OK(buf_puts(&text, "on GET /\n text x\n"));
	for (int i = 0; i < 100; i++)
		CHECK_OK(buf_puts(&text, " header X: y\n"));
	struct byteserver *kept = server;
	server = byteserver_start((const char *)text.data, NULL);
	AUTO(http) struct http *h = client_open(server, "127.0.0.1", 3);
	check_fault((struct client_call){ .path = "/" }, h, "too-large", true);
	byteserver_free(server);
	server = kept;
}

static void test_time_outs(void)
{
	AUTO(http) struct http *h = client_open(server, "127.0.0.1", 1);
	int64_t begin = clock_monotonic_ms();
	check_fault((struct client_call){ .path = "/hang" }, h, "timeout", true);
	int64_t took = clock_monotonic_ms() - begin;
	CU_ASSERT(took >= 900 && took < 4000);
	check_fault((struct client_call){ .path = "/drip" }, h, "timeout", true);
}

static bool stop_soon(void *ctx)
{
	unsigned *asked = ctx;
	return ++*asked > 3;
}

static void test_waiting_can_be_stopped(void)
{
	char place[64], url[80];
	unsigned asked = 0;
	snprintf(place, sizeof(place), "127.0.0.1:%u", server->port);
	snprintf(url, sizeof(url), "https://%s/hang", place);
	const char *hosts[] = { place };
	struct http_terms t = { .hosts = hosts,
				.n_hosts = 1,
				.anchors_pem = server->anchors.data,
				.anchors_len = server->anchors.len,
				.connect_seconds = 5,
				.answer_seconds = 60,
				.max_body = 1000,
				.stop = stop_soon,
				.stop_ctx = &asked };
	AUTO(http) struct http *h = NULL;
	CHECK_OK_OR_END(http_open(&t, &h));
	struct http_answer a = { 0 };
	struct http_call c = { .method = "GET", .url = url };
	int64_t begin = clock_monotonic_ms();
	CHECK_ERR(http_do(h, &c, &a, NULL), ERR_INTERRUPTED);
	CU_ASSERT(clock_monotonic_ms() - begin < 5000);
}

static void check_server(const char *kind, const char *slug, const char *host)
{
	struct byteserver *kept = server;
	server = byteserver_start(script, kind);
	AUTO(http) struct http *h = client_open(server, host, 5);
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK(secret_from("1234", 4, &s));
	check_fault((struct client_call){ .method = "POST",
					  .host = host,
					  .path = "/ok",
					  .body = "x",
					  .user = s,
					  .password = s },
		    h, slug, false);
	CU_ASSERT(byteserver_logged(server, "connection") == 0); // nothing came through
	byteserver_free(server);
	server = kept;
}

static void test_wrong_server_certificates(void)
{
	check_server("expired", "tls-expired", "127.0.0.1");
	check_server("not-yet", "tls-not-yet", "127.0.0.1");
	check_server("wrong-host", "tls-wrong-host", "127.0.0.1");
	check_server("wrong-host", "tls-wrong-host", "localhost");
}

static void test_the_clock_is_told_with_an_expired_certificate(void)
{
	struct byteserver *b = byteserver_start(script, "expired");
	AUTO(http) struct http *h = client_open(b, "127.0.0.1", 5);
	struct http_answer a = { 0 };
	AUTO(err) struct err *e = client_do(b, h, (struct client_call){ .path = "/ok" }, &a, NULL);
	AUTO_TEXT char *text = e ? err_render(e) : NULL;
	char now[48];
	clock_shown(clock_now(), NULL, now);
	now[13] = 0; // to the hour
	CU_ASSERT(text && strstr(text, now));
	byteserver_free(b);
}

static void test_a_server_of_another_ca(void)
{
	struct byteserver *other = byteserver_start(script, NULL);
	struct byteserver mixed = *server;
	mixed.anchors = other->anchors;
	AUTO(http) struct http *h = client_open(&mixed, "127.0.0.1", 5);
	check_fault((struct client_call){ .path = "/ok" }, h, "tls-untrusted", false);
	byteserver_free(other);
}

static void test_old_tls_and_no_tls(void)
{
	check_server("old-tls", "tls-failed", "127.0.0.1");
	check_server("plain", "tls-failed", "127.0.0.1");
}

static void test_nobody_there(void)
{
	int fd = socket(AF_INET, SOCK_STREAM,
			0); // bound and not listening: nobody else takes the port
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CU_ASSERT_FATAL(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
			getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	struct byteserver *kept = server;
	struct byteserver silent = *server;
	silent.port = ntohs(a.sin_port);
	server = &silent;
	AUTO(http) struct http *h = client_open(server, "127.0.0.1", 5);
	check_fault((struct client_call){ .path = "/ok" }, h, "unreachable", false);
	AUTO(http) struct http *unknown = client_open(server, "no-such-host.invalid", 5);
	check_fault((struct client_call){ .host = "no-such-host.invalid", .path = "/ok" }, unknown,
		    "unreachable", false);
	server = kept;
	close(fd);
}

static void test_hosts_are_pinned_before_anything_is_sent(void)
{
	AUTO(http) struct http *h = client_open(server, "127.0.0.1", 5);
	struct http_answer a = { 0 };
	bool sent = false;
	unsigned before = byteserver_logged(server, "\n");
	struct err *e = client_do(
		server, h, (struct client_call){ .host = "localhost", .path = "/ok" }, &a, &sent);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_PROFILE);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "host-not-allowed");
	err_free(e);
	struct http_call other_port = { .method = "GET", .url = "https://127.0.0.1/ok" };
	CHECK_ERR(http_do(h, &other_port, &a, &sent), ERR_PROFILE);
	struct http_call plain = { .method = "GET", .url = "http://127.0.0.1/ok" };
	CHECK_ERR(http_do(h, &plain, &a, &sent), ERR_PROFILE);
	CU_ASSERT(!sent && http_handshakes(h) == 0 && byteserver_logged(server, "\n") == before);
}

// Where the protocol protects its messages itself; a password never goes that way.
static void test_http_without_tls_where_the_terms_allow_it(void)
{
	AUTO(byteserver)
	struct byteserver *b = byteserver_start("on GET /x\n text hello\n", "plain");
	AUTO_TEXT char *url = text_format("http://127.0.0.1:%u/x", b->port);
	AUTO_TEXT char *host = text_format("127.0.0.1:%u", b->port);
	AUTO(secret) struct secret *word = NULL;
	CHECK_OK(secret_from("anna", 4, &word));
	struct http_terms t = { .hosts = (const char *[]){ host },
				.n_hosts = 1,
				.anchors_pem = b->anchors.data,
				.anchors_len = b->anchors.len,
				.connect_seconds = 5,
				.answer_seconds = 5,
				.max_body = 4096,
				.plain = true };
	AUTO(http) struct http *plain = NULL;
	CHECK_OK(http_open(&t, &plain));
	AUTO_ANSWER struct http_answer a = { 0 };
	bool sent = false;
	struct http_call c = { .method = "GET", .url = url, .user = word, .password = word };
	CHECK_ERR(http_do(plain, &c, &a, &sent), ERR_PROFILE);
	CU_ASSERT(!sent && byteserver_logged(b, "\n") == 0);
	c.user = c.password = NULL;
	CHECK_OK(http_do(plain, &c, &a, &sent));
	CU_ASSERT(sent && a.status == 200 && a.body.len == 6);
	CU_ASSERT(http_handshakes(plain) == 0);
}

static void test_terms_without_trust_or_hosts(void)
{
	const char *hosts[] = { "ca.example" };
	struct http_terms t = { .hosts = hosts, .n_hosts = 1 };
	struct http *h = NULL;
	CHECK_ERR(http_open(&t, &h), ERR_PROFILE);
	t.n_hosts = 0;
	t.anchors_pem = server->anchors.data;
	t.anchors_len = server->anchors.len;
	CHECK_ERR(http_open(&t, &h), ERR_PROFILE);
	CU_ASSERT_PTR_NULL(h);
}

int main(void)
{
	server = byteserver_start(script, NULL);
	int rc = CHECK_MAIN(TEST(test_a_line_that_is_cut), TEST(test_an_answer_of_ten_megabytes),
			    TEST(test_an_answer_that_is_no_http), TEST(test_too_many_headers),
			    TEST(test_time_outs), TEST(test_waiting_can_be_stopped),
			    TEST(test_wrong_server_certificates),
			    TEST(test_the_clock_is_told_with_an_expired_certificate),
			    TEST(test_a_server_of_another_ca), TEST(test_old_tls_and_no_tls),
			    TEST(test_nobody_there),
			    TEST(test_hosts_are_pinned_before_anything_is_sent),
			    TEST(test_http_without_tls_where_the_terms_allow_it),
			    TEST(test_terms_without_trust_or_hosts));
	byteserver_free(server);
	return rc;
}
