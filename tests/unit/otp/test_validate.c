// /validate/check against a server that answers by a script: accepted, rejected, a challenge, trouble, and nobody there.
#include <string.h>

#include <openssl/evp.h>

#include "base/text.h"
#include "byteserver.h"
#include "check.h"
#include "otp/server.h"

static struct otp_server *open_servers(const char *const *servers, size_t n,
				       const struct byteserver *b, const char *realm)
{
	struct otp_server *s = NULL;
	struct otp_server_terms t = { .protocol = OTP_SERVER_VALIDATE,
				      .servers = servers,
				      .n_servers = n,
				      .seconds = 5,
				      .realm = realm,
				      .anchors_pem = b->anchors.data,
				      .anchors_len = b->anchors.len };
	struct err *e = otp_server_open(&t, &s);
	CU_ASSERT_PTR_NULL_FATAL(e);
	return s;
}

static struct otp_server *open_server(const struct byteserver *b, const char *realm)
{
	AUTO_TEXT char *url = text_format("https://127.0.0.1:%u/", b->port);
	const char *servers[] = { url };
	return open_servers(servers, 1, b, realm);
}

static struct err *ask(struct otp_server *s, const char *value, struct otp_reply *r)
{
	AUTO(secret) struct secret *typed = NULL;
	otp_reply_clear(r);
	struct err *e = secret_from(value, strlen(value), &typed);
	return e ? e : otp_server_ask(s, "hanako@bank", typed, r);
}

static enum otp_ruling verdict(struct otp_server *s, const char *value, struct otp_reply *r)
{
	if (check_no_err(ask(s, value, r), value, __FILE__, __LINE__))
		return r->verdict;
	CU_FAIL("no answer");
	return (enum otp_ruling)99;
}

// Whether the log has a POST with exactly this body.
static bool was_posted(const struct byteserver *b, const char *body)
{
	uint8_t digest[32];
	unsigned n = 0;
	EVP_Digest(body, strlen(body), digest, &n, EVP_sha256(), NULL);
	AUTO_TEXT char *hex = text_hex(digest, sizeof(digest), 0);
	AUTO_TEXT char *line = text_format("length=%zu sha256=%s", strlen(body), hex);
	return byteserver_logged(b, line) > 0;
}

#define ON "on POST /validate/check\n  header Content-Type: application/json\n  text "

static void test_what_the_server_says_decides(void)
{
	static const char script[] = ON
		"{\"result\":{\"status\":true,\"value\":true},\"detail\":{\"message\":\"matching 1 "
		"tokens\"}}\n" ON
		"{\"result\":{\"status\":true,\"value\":true,\"authentication\":\"ACCEPT\"}}\n" ON
		"{\"result\":{\"status\":true,\"value\":false},\"detail\":{\"message\":\"wrong otp "
		"value\"}}\n" ON
		"{\"result\":{\"status\":true,\"value\":false,\"authentication\":\"REJECT\"},"
		"\"detail\":{\"transaction_id\":\"17\",\"message\":\"no\"}}\n";
	AUTO(byteserver) struct byteserver *b = byteserver_start(script, NULL);
	AUTO(otp_server) struct otp_server *s = open_server(b, NULL);
	AUTO_REPLY struct otp_reply r = { 0 };
	CU_ASSERT_EQUAL(verdict(s, "12 34&5=é", &r), OTP_ACCEPTED);
	CU_ASSERT_STRING_EQUAL(r.words, "matching 1 tokens");
	CU_ASSERT_TRUE(was_posted(b, "user=hanako%40bank&pass=12%2034%265%3D%C3%A9"));
	CU_ASSERT_EQUAL(verdict(s, "2", &r), OTP_ACCEPTED);
	CU_ASSERT_STRING_EQUAL(r.words, "");
	CU_ASSERT_EQUAL(verdict(s, "3", &r), OTP_REJECTED);
	CU_ASSERT_STRING_EQUAL(r.words, "wrong otp value");
	CU_ASSERT_FALSE(r.unsure);
	CU_ASSERT_EQUAL(verdict(s, "4", &r), OTP_REJECTED);
	CU_ASSERT_FALSE(otp_server_challenged(s));
}

static void test_a_challenge_is_answered_with_its_transaction(void)
{
	static const char script[] = ON
		"{\"result\":{\"status\":true,\"value\":false,\"authentication\":\"CHALLENGE\"},"
		"\"detail\":{\"transaction_id\":\"02659936574063359702\",\"message\":\"please "
		"enter "
		"otp: \"}}\n" ON
		"{\"result\":{\"status\":true,\"value\":true,\"authentication\":\"ACCEPT\"}}\n" ON
		"{\"result\":{\"status\":true,\"value\":false},\"detail\":{\"transaction_id\":"
		"\"9\"}}\n" ON "{\"result\":{\"status\":true,\"value\":false}}\n";
	AUTO(byteserver) struct byteserver *b = byteserver_start(script, NULL);
	AUTO(otp_server) struct otp_server *s = open_server(b, "branch office");
	AUTO_REPLY struct otp_reply r = { 0 };
	CU_ASSERT_EQUAL(verdict(s, "2468", &r), OTP_CHALLENGED);
	CU_ASSERT_STRING_EQUAL(r.words, "please enter otp: ");
	CU_ASSERT_TRUE(was_posted(b, "user=hanako%40bank&realm=branch%20office&pass=2468"));
	CU_ASSERT_EQUAL(verdict(s, "123456", &r), OTP_ACCEPTED);
	CU_ASSERT_TRUE(was_posted(b, "user=hanako%40bank&realm=branch%20office&"
				     "transaction_id=02659936574063359702&pass=123456"));
	CU_ASSERT_EQUAL(verdict(s, "2468", &r), OTP_CHALLENGED);
	CU_ASSERT_EQUAL(verdict(s, "654321", &r), OTP_REJECTED);
	CU_ASSERT_FALSE(otp_server_challenged(s));
}

static void test_what_is_no_verdict_is_an_error_and_no_wrong_value(void)
{
	static const struct {
		const char *answer, *tag;
		enum err_kind kind;
	} rows[] = {
		{ "status 503 Down\n  text busy\n", "validate-trouble", ERR_NETWORK },
		// A gateway that repeats an old answer below its own status.
		{ "status 502 Bad\n  text {\"result\":{\"status\":true,\"value\":true}}\n",
		  "validate-trouble", ERR_NETWORK },
		{ "status 404 None\n  text <html>none</html>\n", "validate-trouble", ERR_NETWORK },
		{ "status 401 No\n  text {\"result\":{\"status\":true,\"value\":true}}\n",
		  "validate-trouble", ERR_NETWORK },
		{ "status 302 There\n  header Location: https://127.0.0.1/\n", "validate-trouble",
		  ERR_NETWORK },
		{ "text {\n", "validate-trouble", ERR_NETWORK },
		{ "text []\n", "validate-trouble", ERR_NETWORK },
		{ "text {\"result\":{\"value\":true}}\n", "validate-trouble", ERR_NETWORK },
		{ "text {\"result\":{\"status\":1,\"value\":true}}\n", "validate-trouble",
		  ERR_NETWORK },
		{ "text {\"result\":{\"status\":true,\"value\":1}}\n", "validate-trouble",
		  ERR_NETWORK },
		{ "text {\"result\":{\"status\":true,\"value\":\"true\"}}\n", "validate-trouble",
		  ERR_NETWORK },
		{ "text "
		  "{\"result\":{\"status\":true,\"value\":true,\"authentication\":\"CHALLENGE\"}}"
		  "\n",
		  "validate-trouble", ERR_NETWORK },
		{ "text "
		  "{\"result\":{\"status\":true,\"value\":false,\"authentication\":\"ACCEPT\"}}\n",
		  "validate-trouble", ERR_NETWORK },
		{ "text "
		  "{\"result\":{\"status\":true,\"value\":false,\"authentication\":\"CHALLENGE\"}}"
		  "\n",
		  "validate-trouble", ERR_NETWORK },
		{ "text {\"result\":{\"status\":true,\"value\":false},\"detail\":"
		  "{\"transaction_id\":\"1&user=x\"}}\n",
		  "validate-trouble", ERR_NETWORK },
		{ "text {\"result\":{\"status\":true,\"value\":true,\"value\":true}}\n",
		  "validate-trouble", ERR_NETWORK },
		{ "fill 70000\n", "too-large", ERR_NETWORK },
		{ "text {\"result\":{\"status\":true,\"value\":true}}\n  cut 60\n", "line-cut",
		  ERR_NETWORK },
		{ "text "
		  "{\"result\":{\"status\":false,\"error\":{\"code\":904,\"message\":\"ERR904: "
		  "The user can not be found\"}}}\n",
		  "validate-cannot", ERR_CA_REFUSED },
		{ "status 400 Bad\n  text {\"result\":{\"status\":false}}\n", "validate-cannot",
		  ERR_CA_REFUSED },
	};
	AUTO_BUF struct buf script = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_OK_OR_END(
			buf_printf(&script, "on POST /validate/check\n  %s", rows[i].answer));
	AUTO(byteserver) struct byteserver *b = byteserver_start((const char *)script.data, NULL);
	AUTO(otp_server) struct otp_server *s = open_server(b, NULL);
	AUTO_REPLY struct otp_reply r = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(err) struct err *e = ask(s, "1", &r);
		CHECK_OR_END(e != NULL);
		if (strcmp(err_slug(e), rows[i].tag) != 0)
			fprintf(stderr, "%zu: %s\n", i, err_slug(e));
		CU_ASSERT_STRING_EQUAL(err_slug(e), rows[i].tag);
		CU_ASSERT_EQUAL(err_kind(e), rows[i].kind);
		CU_ASSERT_FALSE(otp_server_challenged(s));
	}
}

static void test_the_next_server_is_asked_when_one_is_in_trouble_and_not_when_it_decided(void)
{
	static const char script[] =
		"on POST /one/validate/check\n  status 500 Down\n  text no\n"
		"on POST /two/validate/check\n  text "
		"{\"result\":{\"status\":true,\"value\":false}}\n"
		"on POST /two/validate/check\n  text {\"result\":{\"status\":false}}\n";
	AUTO(byteserver) struct byteserver *b = byteserver_start(script, NULL);
	AUTO_TEXT char *first = text_format("https://127.0.0.1:%u/one", b->port);
	AUTO_TEXT char *second = text_format("https://127.0.0.1:%u/two/", b->port);
	const char *servers[] = { first, second };
	AUTO(otp_server) struct otp_server *s = open_servers(servers, 2, b, NULL);
	AUTO_REPLY struct otp_reply r = { 0 };
	CU_ASSERT_EQUAL(verdict(s, "1", &r), OTP_REJECTED);
	CU_ASSERT_TRUE(r.unsure); // the one in trouble has the value, too
	struct err *e = ask(s, "2", &r);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "validate-cannot");
	CHECK_ERR(e, ERR_CA_REFUSED);
	CU_ASSERT_EQUAL(byteserver_logged(b, "POST /one"), 1);
	CU_ASSERT_EQUAL(byteserver_logged(b, "POST /two"), 2);
}

static void test_a_server_that_cannot_prove_who_it_is_gets_no_value(void)
{
	static const char script[] = ON "{\"result\":{\"status\":true,\"value\":true}}\n";
	AUTO(byteserver) struct byteserver *b = byteserver_start(script, NULL);
	AUTO(byteserver) struct byteserver *other = byteserver_start(script, NULL);
	AUTO_TEXT char *url = text_format("https://127.0.0.1:%u", b->port);
	const char *servers[] = { url };
	AUTO(otp_server) struct otp_server *s = open_servers(servers, 1, other, NULL);
	AUTO_REPLY struct otp_reply r = { 0 };
	struct err *e = ask(s, "1", &r);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "tls-untrusted");
	CHECK_ERR(e, ERR_NETWORK);
	CU_ASSERT_EQUAL(byteserver_logged(b, "POST"), 0);
}

static void test_addresses_that_are_none_are_refused(void)
{
	static const char *const wrong[] = { "",
					     "http://pi.example",
					     "https://",
					     "https:///x",
					     "https://u:p@pi.example",
					     "https://pi.example/?x=1",
					     "https://pi.example/#x",
					     "pi.example",
					     "https://pi.example/a b" };
	struct otp_server *s = NULL;
	struct otp_server_terms t = { .protocol = OTP_SERVER_VALIDATE,
				      .n_servers = 1,
				      .seconds = 5,
				      .anchors_pem = "x",
				      .anchors_len = 1 };
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		t.servers = &wrong[i];
		struct err *e = otp_server_open(&t, &s);
		CU_ASSERT_STRING_EQUAL(err_slug(e), "otp-server-wrong");
		CHECK_ERR(e, ERR_PROFILE);
	}
	const char *right = "https://pi.example";
	t.servers = &right;
	t.anchors_len = 0;
	CHECK_ERR(otp_server_open(&t, &s), ERR_PROFILE);
	t.anchors_len = 1;
	t.realm = "";
	CHECK_ERR(otp_server_open(&t, &s), ERR_PROFILE);
}

int main(void)
{
	return CHECK_MAIN(
		TEST(test_what_the_server_says_decides),
		TEST(test_a_challenge_is_answered_with_its_transaction),
		TEST(test_what_is_no_verdict_is_an_error_and_no_wrong_value),
		TEST(test_the_next_server_is_asked_when_one_is_in_trouble_and_not_when_it_decided),
		TEST(test_a_server_that_cannot_prove_who_it_is_gets_no_value),
		TEST(test_addresses_that_are_none_are_refused));
}
