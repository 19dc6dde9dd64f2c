// HTTP Digest: the question first, without anything that is worth something; then the answer, once.
#include "client.h"

#define ASKS(more)                                                                                 \
	"on POST /enroll\n status 401 Unauthorized\n header WWW-Authenticate: Digest "             \
	"realm=\"bank\", qop=\"auth\", algorithm=SHA-256, nonce=\"abc\"" more "\n text who?\n"

struct digest_case {
	struct byteserver *b;
	struct http *h;
	struct secret *user, *password;
	struct http_answer a;
	bool sent;
};

static struct err *run(struct digest_case *c, const char *script)
{
	*c = (struct digest_case){ .b = byteserver_start(script, NULL) };
	c->h = client_open(c->b, "127.0.0.1", 5);
	CHECK_OK(secret_from("0001/1", 6, &c->user));
	CHECK_OK(secret_from("pin-word", 8, &c->password));
	AUTO_TEXT char *url = text_format("https://127.0.0.1:%u/enroll", c->b->port);
	struct http_call call = { .method = "POST",
				  .url = url,
				  .body = "request",
				  .body_len = 7,
				  .user = c->user,
				  .password = c->password,
				  .digest = true };
	return http_do(c->h, &call, &c->a, &c->sent);
}

static void end(struct digest_case *c)
{
	http_answer_free(&c->a);
	http_close(c->h);
	secret_free(c->user);
	secret_free(c->password);
	byteserver_free(c->b);
}

static void test_asked_and_answered_once(void)
{
	struct digest_case c;
	CHECK_OK(run(&c, ASKS("") "on POST /enroll\n text taken\n"));
	CU_ASSERT(c.sent && c.a.status == 200);
	CU_ASSERT_STRING_EQUAL(c.a.reason, "taken");
	CU_ASSERT(byteserver_logged(c.b, "authorization=no cookie=- length=0") == 1);
	CU_ASSERT(byteserver_logged(c.b, "authorization=yes cookie=- length=7") == 1);
	CU_ASSERT(byteserver_logged(c.b, "POST") == 2);
	end(&c);
}

static void test_a_refusal_is_final(void)
{
	struct digest_case c;
	CHECK_OK(run(&c, ASKS("")));
	CU_ASSERT(c.sent && c.a.status == 401);
	CU_ASSERT(byteserver_logged(c.b, "authorization=yes") == 1);
	end(&c);
}

static void check_fault(const char *script, const char *tag, bool sent, unsigned answered)
{
	struct digest_case c;
	AUTO(err) struct err *e = run(&c, script);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_STRING_EQUAL(err_slug(e), tag);
	CU_ASSERT(c.sent == sent);
	CU_ASSERT(byteserver_logged(c.b, "authorization=yes") == answered);
	CU_ASSERT(byteserver_logged(c.b, "length=7") == answered);
	end(&c);
}

static void test_nothing_is_answered_twice(void)
{
	check_fault(ASKS("") ASKS(", stale=true"), "digest-again", true, 1);
	check_fault(ASKS("") "on POST /enroll\n drop\non POST /enroll\n text second time\n",
		    "line-cut", true, 1);
}

static void test_a_server_that_does_not_ask_gets_nothing(void)
{
	check_fault("on POST /enroll\n status 401 Unauthorized\n header WWW-Authenticate: Basic "
		    "realm=\"bank\"\n",
		    "digest-not-offered", false, 0);
	check_fault("on POST /enroll\n text taken\n", "digest-not-offered", false, 0);
	check_fault("on POST /enroll\n status 400 Bad Request\n", "digest-not-offered", false, 0);
}

static void test_trouble_is_told_as_it_is(void)
{
	struct digest_case c;
	CHECK_OK(run(&c, "on POST /enroll\n status 503 Busy\n"));
	CU_ASSERT(!c.sent && c.a.status == 503);
	end(&c);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_asked_and_answered_once), TEST(test_a_refusal_is_final),
			  TEST(test_nothing_is_answered_twice),
			  TEST(test_a_server_that_does_not_ask_gets_nothing),
			  TEST(test_trouble_is_told_as_it_is));
}
