// What binds a request to its connection: TLS 1.2's tls-unique, and a request that leaves on that connection or not at all.
#include "client.h"

static const char script[] = "on GET /kept\n text kept\n"
			     "on GET /closed\n text closed\n close\n"
			     "on POST /enroll\n text taken\n"
			     "on POST /lost\n drop\n";

static struct http *open_bound(const struct byteserver *b)
{
	char place[64];
	snprintf(place, sizeof(place), "127.0.0.1:%u", b->port);
	const char *hosts[] = { place };
	struct http_terms t = { .hosts = hosts,
				.n_hosts = 1,
				.anchors_pem = b->anchors.data,
				.anchors_len = b->anchors.len,
				.connect_seconds = 5,
				.answer_seconds = 5,
				.max_body = 65536,
				.bound = true };
	struct http *h = NULL;
	struct err *e = http_open(&t, &h);
	CU_ASSERT_PTR_NULL_FATAL(e);
	return h;
}

static void get(const struct byteserver *b, struct http *h, const char *path)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	CHECK_OK(client_do(b, h, (struct client_call){ .path = path }, &a, NULL));
}

static struct err *post_to(const struct byteserver *b, struct http *h, const char *path,
			   const char *channel, bool *sent)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	AUTO_TEXT char *url = text_format("https://127.0.0.1:%u%s", b->port, path);
	struct http_call call = {
		.method = "POST", .url = url, .body = "request", .body_len = 7, .channel = channel
	};
	return http_do(h, &call, &a, sent);
}

static struct err *post(const struct byteserver *b, struct http *h, const char *channel, bool *sent)
{
	return post_to(b, h, "/enroll", channel, sent);
}

static void test_a_connection_of_tls_1_2_has_a_value(void)
{
	AUTO(byteserver) struct byteserver *b = byteserver_start(script, NULL);
	AUTO(http) struct http *h = open_bound(b);
	bool sent = false;
	get(b, h, "/kept");
	CU_ASSERT_STRING_EQUAL(http_tls(h)->version, "TLSv1.2");
	AUTO_TEXT char *channel = text_copy(http_channel(h));
	CU_ASSERT(strlen(channel) == 16); // 12 bytes
	get(b, h, "/kept");
	CU_ASSERT_STRING_EQUAL(http_channel(h), channel);
	CHECK_OK(post(b, h, channel, &sent));
	CU_ASSERT(sent && byteserver_logged(b, "POST") == 1);
	CU_ASSERT(http_handshakes(h) == 1);
}

static void test_on_another_connection_nothing_is_sent(void)
{
	AUTO(byteserver) struct byteserver *b = byteserver_start(script, NULL);
	AUTO(http) struct http *h = open_bound(b);
	bool sent = false;
	get(b, h, "/closed");
	CU_ASSERT(byteserver_awaits(b, "closed 1"));
	AUTO_TEXT char *channel = text_copy(http_channel(h));
	AUTO(err) struct err *e = post(b, h, channel, &sent);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_NETWORK && err_has_tag(e, "channel-changed"));
	CU_ASSERT(!sent && byteserver_logged(b, "POST") == 0);
	CU_ASSERT(strcmp(http_channel(h), channel) != 0);
	// The handle goes on with what it has now.
	get(b, h, "/kept");
	AUTO_TEXT char *now = text_copy(http_channel(h));
	CHECK_OK(post(b, h, now, &sent));
	CU_ASSERT(sent && byteserver_logged(b, "POST") == 1);
}

// The request has left, and the connection that it was bound to dies: who signs it anew may be given two certificates.
static void test_what_has_left_is_not_called_unsent(void)
{
	AUTO(byteserver) struct byteserver *b = byteserver_start(script, NULL);
	AUTO(http) struct http *h = open_bound(b);
	bool sent = false;
	get(b, h, "/kept");
	AUTO_TEXT char *channel = text_copy(http_channel(h));
	AUTO(err) struct err *e = post_to(b, h, "/lost", channel, &sent);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_NETWORK && err_has_tag(e, "line-cut"));
	CU_ASSERT(sent && byteserver_logged(b, "POST") == 1);
}

static void test_what_cannot_be_relied_on_is_no_value(void)
{
	AUTO(byteserver) struct byteserver *b = byteserver_start(script, NULL);
	AUTO(http) struct http *unbound = client_open(b, "127.0.0.1", 5);
	get(b, unbound, "/kept");
	CU_ASSERT_STRING_EQUAL(http_tls(unbound)->version, "TLSv1.3");
	CU_ASSERT_STRING_EQUAL(http_channel(unbound), "");
	AUTO(byteserver) struct byteserver *old = byteserver_start(script, "no-ems");
	AUTO(http) struct http *h = open_bound(old);
	get(old, h, "/kept");
	CU_ASSERT_STRING_EQUAL(http_tls(h)->version, "TLSv1.2");
	CU_ASSERT_STRING_EQUAL(http_channel(h), "");
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_connection_of_tls_1_2_has_a_value),
			  TEST(test_on_another_connection_nothing_is_sent),
			  TEST(test_what_has_left_is_not_called_unsent),
			  TEST(test_what_cannot_be_relied_on_is_no_value));
}
