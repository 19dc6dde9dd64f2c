// Refusals and troubles: each status by its exit, the server's words shown safely, nothing sent twice.
#include "fixture.h"

#define ENROLL "on POST " EST "/simpleenroll\n"

// Submits, and checks kind, tag, what the text says, and that one request at most arrived.
static void check(const char *script, const char *server, enum err_kind kind, const char *slug,
		  const char *says)
{
	struct fixture f;
	struct ca_outcome o = { 0 };
	bool sent = false;
	fixture_begin(&f, script, server);
	AUTO(err) struct err *e = fixture_submit(&f, &o, &sent);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	AUTO_TEXT char *text = err_render(e);
	if (err_kind(e) != kind || strcmp(err_slug(e), slug) != 0 || !strstr(text, says))
		fprintf(stderr, "kind %d, tag %s:\n%s\n", (int)err_kind(e), err_slug(e), text);
	CU_ASSERT(err_kind(e) == kind);
	CU_ASSERT_STRING_EQUAL(err_slug(e), slug);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, says));
	CU_ASSERT_PTR_NOT_NULL(err_next_step(e));
	CU_ASSERT(!strstr(text, "pin-word") && !strstr(text, "123456"));
	unsigned arrived = byteserver_logged(f.server, "POST");
	CU_ASSERT(arrived <= 1 && (sent || arrived == 0));
	CHECK_ERR(fixture_poll(&f, &o), ERR_ANSWER); // the credentials are gone, whatever came
	CU_ASSERT(byteserver_logged(f.server, "POST") == arrived);
	fixture_end(&f);
}

static void test_wrong_credentials(void)
{
	check(ENROLL " status 401 Unauthorized\n header WWW-Authenticate: Basic realm=\"bank\"\n "
		     "text Wrong PIN.\n",
	      NULL, ERR_ANSWER, "credentials-refused", "Wrong PIN.");
	check(ENROLL " status 401 Unauthorized\n", NULL, ERR_ANSWER, "credentials-refused",
	      "counts errors");
}

static void test_refusals_with_the_server_s_words(void)
{
	check(ENROLL " status 403 Forbidden\n header Content-Type: text/plain\n text The account "
		     "is locked.\n",
	      NULL, ERR_CA_REFUSED, "request-refused", "The account is locked.");
	check(ENROLL " status 400 Bad Request\n text The CN is not the account's.\n", NULL,
	      ERR_CA_REFUSED, "request-refused", "The CN is not the account's.");
	check(ENROLL " status 429 Too Many Requests\n header Retry-After: 90\n", NULL,
	      ERR_CA_REFUSED, "request-refused", "90");
	check(ENROLL " status 404 Not Found\n header Content-Type: text/html\n html 500\n", NULL,
	      ERR_CA_REFUSED, "request-refused", "404");
}

static void test_words_cannot_drive_the_terminal(void)
{
	struct fixture f;
	struct ca_outcome o = { 0 };
	bool sent = false;
	fixture_begin(&f,
		      ENROLL " status 403 Forbidden\n header Content-Type: text/plain\n text "
			     "\x1b]0;owned\x07\x1b[2J done\n",
		      NULL);
	AUTO(err) struct err *e = fixture_submit(&f, &o, &sent);
	AUTO_TEXT char *text = e ? err_render(e) : text_copy("");
	CU_ASSERT(strstr(text, "done") && !strchr(text, '\x1b') && !strchr(text, '\x07'));
	fixture_end(&f);
}

static void test_a_server_in_trouble(void)
{
	check(ENROLL " status 500 Oops\n", NULL, ERR_NETWORK, "server-trouble", "500");
	check(ENROLL " status 503 Busy\n header Retry-After: 120\n", NULL, ERR_NETWORK,
	      "server-trouble", "120");
}

static void test_redirects_and_odd_statuses(void)
{
	check(ENROLL " status 302 Found\n header Location: https://127.0.0.1/\n", NULL,
	      ERR_CA_REFUSED, "redirected", "not followed");
	check(ENROLL " status 307 Moved\n header Location: /\n", NULL, ERR_CA_REFUSED, "redirected",
	      "not followed");
	check(ENROLL " status 204 No Content\n", NULL, ERR_CA_REFUSED, "answer-unreadable", "204");
}

static void test_lines_that_break(void)
{
	check(ENROLL " issue good\n cut 300\n", NULL, ERR_NETWORK, "line-cut", "may have arrived");
	check(ENROLL " drop\n", NULL, ERR_NETWORK, "line-cut", "may have arrived");
	check(ENROLL " issue good\n reset 100\n", NULL, ERR_NETWORK, "line-cut",
	      "may have arrived");
	check(ENROLL " hang\n", NULL, ERR_NETWORK, "timeout", "8 seconds");
	check(ENROLL " fill 1000\n slow 100\n", NULL, ERR_NETWORK, "timeout", "8 seconds");
	check(ENROLL " random 10485760\n", NULL, ERR_NETWORK, "too-large", "262144");
}

static void test_servers_that_cannot_be_trusted_get_nothing(void)
{
	check(ENROLL " issue good\n", "expired", ERR_NETWORK, "tls-expired", "Nothing was sent");
	check(ENROLL " issue good\n", "wrong-host", ERR_NETWORK, "tls-wrong-host",
	      "Nothing was sent");
	check(ENROLL " issue good\n", "not-yet", ERR_NETWORK, "tls-not-yet", "Nothing was sent");
	check(ENROLL " issue good\n", "old-tls", ERR_NETWORK, "tls-failed", "Nothing was sent");
}

static void test_stopping_while_the_ca_thinks(void)
{
	struct fixture f;
	struct ca_outcome o = { 0 };
	bool sent = false;
	fixture_begin(&f, ENROLL " hang\n", NULL);
	f.stop = true;
	CHECK_ERR(fixture_submit(&f, &o, &sent), ERR_INTERRUPTED);
	CU_ASSERT(!sent);
	fixture_end(&f);
}

int main(void)
{
	int rc = CHECK_MAIN(
		TEST(test_wrong_credentials), TEST(test_refusals_with_the_server_s_words),
		TEST(test_words_cannot_drive_the_terminal), TEST(test_a_server_in_trouble),
		TEST(test_redirects_and_odd_statuses), TEST(test_lines_that_break),
		TEST(test_servers_that_cannot_be_trusted_get_nothing),
		TEST(test_stopping_while_the_ca_thinks));
	fixture_key_free();
	return rc;
}
