// What a profile says of the server that judges one-time passwords: what is wrong with it, and what is read of it.
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "fixture.h"

// The practice profile's users with a server; each row: what is written of it, and what is wrong with that.
static void test_a_server_for_one_time_passwords_says_what_its_protocol_needs(void)
{
#define SERVER_AT	"      label: {en: One-time password,"
#define SERVER_AS(text) "      server: {" text "}\n" SERVER_AT
#define SERVER_PATH	"roles.user.otp.server"
#define RADIUS		"protocol: radius, servers: [a, b], secret_file: /x"
#define VALIDATE	"protocol: validate, servers: https://a/, anchors: practice-ca.pem"
	static const struct wrong list[] = {
		{ SERVER_AT, SERVER_AS("servers: [a]"), "server:", SERVER_PATH ".protocol",
		  "this key is missing" },
		{ SERVER_AT, SERVER_AS("protocol: radius, secret_file: /x"),
		  "server:", SERVER_PATH ".servers", "this key is missing" },
		{ SERVER_AT, SERVER_AS("protocol: tacacs, servers: a"),
		  "server:", SERVER_PATH ".protocol", "radius or validate" },
		{ SERVER_AT, SERVER_AS("protocol: radius, servers: a"),
		  "server:", SERVER_PATH ".secret_file", "absolute path" },
		{ SERVER_AT, SERVER_AS("protocol: radius, servers: a, secret_file: x"),
		  "server:", SERVER_PATH ".secret_file", "absolute path" },
		{ SERVER_AT, SERVER_AS("protocol: radius, servers: \"https://a\", secret_file: /x"),
		  "server:", SERVER_PATH ".servers", "HOST:PORT" },
		{ SERVER_AT, SERVER_AS("protocol: validate, servers: \"https://a\""),
		  "server:", SERVER_PATH ".anchors", "this key is missing" },
		{ SERVER_AT, SERVER_AS("protocol: validate, servers: a, anchors: practice-ca.pem"),
		  "server:", SERVER_PATH ".servers", "https://HOST" },
		{ SERVER_AT,
		  SERVER_AS("protocol: validate, servers: \"https://a\", anchors: none.pem"),
		  "server:", SERVER_PATH ".anchors", "is not there" },
		{ SERVER_AT, SERVER_AS(VALIDATE ", tries: 2"), "server:", SERVER_PATH ".tries",
		  "protocol: radius alone" },
		{ SERVER_AT, SERVER_AS(VALIDATE ", message_authenticator: optional"),
		  "server:", SERVER_PATH ".message_authenticator", "protocol: radius alone" },
		{ SERVER_AT, SERVER_AS(RADIUS ", realm: x"), "server:", SERVER_PATH ".realm",
		  "protocol: validate alone" },
		{ SERVER_AT, SERVER_AS(RADIUS ", anchors: practice-ca.pem"),
		  "server:", SERVER_PATH ".anchors", "protocol: validate alone" },
		{ SERVER_AT, SERVER_AS(RADIUS ", timeout: 61"), "server:", SERVER_PATH ".timeout",
		  "from 1 to 60" },
		{ SERVER_AT, SERVER_AS(RADIUS ", tries: 0"), "server:", SERVER_PATH ".tries",
		  "from 1 to 10" },
		{ SERVER_AT, SERVER_AS(RADIUS ", first: pim"), "server:", SERVER_PATH ".first",
		  "Did you mean pin?" },
	};
	check_all("practice", list, ARRAY_LEN(list));
	AUTO(profile) struct profile *p = NULL, *q = NULL, *other = NULL;
	CHECK_OK_OR_END(fixture_parse(SERVER_AT, SERVER_AS(RADIUS), &p));
	const struct profile_otp_server *s = &profile_find_role(p, "user")->otp.server;
	CU_ASSERT(s->protocol == OTP_BY_RADIUS && s->n_servers == 2 && s->tries == 3);
	CU_ASSERT(s->timeout == 3 && !s->unsigned_answers && s->first == OTP_FIRST_VALUE);
	CU_ASSERT_STRING_EQUAL(s->secret_file, "/x");
	CU_ASSERT_EQUAL(profile_find_role(p, "admin")->otp.server.n_servers, 0);
	CHECK_OK_OR_END(fixture_parse(SERVER_AT, SERVER_AS(VALIDATE), &q));
	CU_ASSERT_TRUE(profile_find_role(q, "user")->otp.server.anchors.len > 0);
	// The file of the anchors counts for what was agreed to.
	AUTO_TEXT char *twice = text_format("%s%s", fixture_pem, fixture_pem);
	fixture_write("judge.pem", fixture_pem, 0600);
	AUTO(profile) struct profile *before = NULL;
	CHECK_OK_OR_END(fixture_parse(
		SERVER_AT,
		SERVER_AS("protocol: validate, servers: \"https://a\", anchors: judge.pem"),
		&before));
	fixture_write("judge.pem", twice, 0600);
	CHECK_OK_OR_END(fixture_parse(
		SERVER_AT,
		SERVER_AS("protocol: validate, servers: \"https://a\", anchors: judge.pem"),
		&other));
	CU_ASSERT_STRING_NOT_EQUAL(before->fingerprint, other->fingerprint);
}

static void test_a_role_without_one_time_passwords_has_no_server(void)
{
	static const struct wrong list[] = {
		{ "      kind: totp", "      kind: none\n      server: {" RADIUS "}",
		  "server:", SERVER_PATH, "Say which kind" },
	};
	check_all("practice", list, ARRAY_LEN(list));
}

int main(void)
{
	fixture_begin();
	int rc = CHECK_MAIN(TEST(test_a_server_for_one_time_passwords_says_what_its_protocol_needs),
			    TEST(test_a_role_without_one_time_passwords_has_no_server));
	fixture_end();
	return rc;
}
