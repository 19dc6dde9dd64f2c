// The RADIUS client against a real server: FreeRADIUS with rlm_totp, and with rlm_exec to oathtool.
#include <string.h>

#include <liboath/oath.h>

#include "base/clock.h"
#include "freeradius.h"
#include "otp/server.h"

static struct freeradius *radius;

static struct secret *text_secret(const char *text)
{
	struct secret *s = NULL;
	struct err *e = secret_from(text, strlen(text), &s);
	CU_ASSERT_PTR_NULL_FATAL(e);
	return s;
}

struct wish {
	const char *const *servers;
	size_t n;
	const char *shared;
	bool unsigned_answers;
	unsigned seconds; // one try of so many; 0: several
};

static struct otp_server *open_server(struct wish w)
{
	AUTO(secret) struct secret *shared = text_secret(w.shared ? w.shared : freeradius_secret);
	const char *usual[] = { radius->name };
	struct otp_server *s = NULL;
	struct otp_server_terms t = { .protocol = OTP_SERVER_RADIUS,
				      .servers = w.servers ? w.servers : usual,
				      .n_servers = w.servers ? w.n : 1,
				      .seconds = w.seconds ? w.seconds : 5,
				      .tries = w.seconds ? 1 : 3,
				      .shared = shared,
				      .unsigned_answers = w.unsigned_answers };
	struct err *e = otp_server_open(&t, &s);
	CU_ASSERT_PTR_NULL_FATAL(e);
	return s;
}

static enum otp_ruling ask(struct otp_server *s, const char *user, const char *value,
			   struct otp_reply *out)
{
	AUTO(secret) struct secret *typed = text_secret(value);
	otp_reply_clear(out);
	struct err *e = otp_server_ask(s, user, typed, out);
	if (!check_no_err(e, user, __FILE__, __LINE__)) {
		CU_FAIL("no answer");
		return OTP_REJECTED;
	}
	return out->verdict;
}

// What the token shows now, behind the prefix.
static void value_now(const char *prefix, char out[static 16])
{
	char otp[8];
	int rc = oath_totp_generate("12345678901234567890", 20, clock_now(), 30, 0, 6, otp);
	CU_ASSERT_EQUAL(rc, OATH_OK);
	snprintf(out, 16, "%s%s", prefix, otp);
}

// Asks with the value of this moment; once more where the moment passed while the server judged.
static enum otp_ruling ask_now(struct otp_server *s, const char *user, const char *prefix,
			       struct otp_reply *out)
{
	for (;;) {
		char value[16];
		int64_t step = clock_now() / 30;
		value_now(prefix, value);
		enum otp_ruling v = ask(s, user, value, out);
		if (v != OTP_REJECTED || clock_now() / 30 == step)
			return v;
	}
}

// Six digits that are none of this time.
static void wrong_value(const char *prefix, char out[static 16])
{
	value_now(prefix, out);
	char *last = out + strlen(out) - 3;
	*last = *last == '9' ? '0' : (char)(*last + 1);
}

static void test_a_value_of_rlm_totp_is_accepted_and_a_wrong_one_rejected(void)
{
	AUTO(otp_server) struct otp_server *s = open_server((struct wish){ 0 });
	AUTO_REPLY struct otp_reply r = { 0 };
	char wrong[16];
	CU_ASSERT_EQUAL(ask_now(s, "totp-hanako", "2468", &r), OTP_ACCEPTED);
	wrong_value("2468", wrong);
	CU_ASSERT_EQUAL(ask(s, "totp-hanako", wrong, &r), OTP_REJECTED);
	CU_ASSERT_STRING_EQUAL(r.words, "No.");
	CU_ASSERT_FALSE(r.unsure);
	CU_ASSERT_EQUAL(ask_now(s, "totp-hanako", "1357", &r), OTP_REJECTED);
	CU_ASSERT_EQUAL(ask(s, "totp-hanako", "", &r), OTP_REJECTED);
}

static void test_a_value_of_oathtool_is_accepted_and_a_wrong_one_rejected(void)
{
	AUTO(otp_server) struct otp_server *s = open_server((struct wish){ 0 });
	AUTO_REPLY struct otp_reply r = { 0 };
	char wrong[16];
	CU_ASSERT_EQUAL(ask_now(s, "exec-花子", "", &r), OTP_ACCEPTED);
	wrong_value("", wrong);
	CU_ASSERT_EQUAL(ask(s, "exec-花子", wrong, &r), OTP_REJECTED);
}

static void test_a_pin_is_answered_by_a_challenge_and_the_challenge_by_a_value(void)
{
	AUTO(otp_server) struct otp_server *s = open_server((struct wish){ 0 });
	AUTO_REPLY struct otp_reply r = { 0 };
	char wrong[16];
	CU_ASSERT_EQUAL(ask(s, "steps-taro", "1357", &r), OTP_REJECTED);
	CU_ASSERT_FALSE(otp_server_challenged(s));
	CU_ASSERT_EQUAL(ask(s, "steps-taro", "2468", &r), OTP_CHALLENGED);
	CU_ASSERT_STRING_EQUAL(r.words, "Type the number\nthat the token shows, steps-taro.");
	CU_ASSERT_TRUE(otp_server_challenged(s));
	wrong_value("", wrong);
	CU_ASSERT_EQUAL(ask(s, "steps-taro", wrong, &r), OTP_REJECTED);
	CU_ASSERT_FALSE(otp_server_challenged(s));
	// It began anew: a value without its PIN is no PIN.
	CU_ASSERT_EQUAL(ask_now(s, "steps-taro", "", &r), OTP_REJECTED);
	CU_ASSERT_EQUAL(ask(s, "steps-taro", "2468", &r), OTP_CHALLENGED);
	CU_ASSERT_EQUAL(ask_now(s, "steps-taro", "", &r), OTP_ACCEPTED);
	CU_ASSERT_FALSE(otp_server_challenged(s));
}

static void test_another_persons_value_does_not_answer_a_challenge(void)
{
	AUTO(otp_server) struct otp_server *s = open_server((struct wish){ 0 });
	AUTO_REPLY struct otp_reply r = { 0 };
	CU_ASSERT_EQUAL(ask(s, "steps-taro", "2468", &r), OTP_CHALLENGED);
	CU_ASSERT_EQUAL(ask_now(s, "steps-jiro", "", &r), OTP_REJECTED);
	CU_ASSERT_EQUAL(ask(s, "steps-taro", "2468", &r), OTP_CHALLENGED);
	otp_server_forget(s);
	CU_ASSERT_EQUAL(ask_now(s, "steps-taro", "", &r), OTP_REJECTED);
}

static void test_a_password_of_every_length_arrives_as_it_was(void)
{
	static const unsigned lengths[] = { 5, 15, 16, 17, 31, 32, 33, 64, 127, 128 };
	AUTO(otp_server) struct otp_server *s = open_server((struct wish){ 0 });
	AUTO_REPLY struct otp_reply r = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		char name[OTP_VALUE_MAX + 1] = "echo";
		for (unsigned k = 4; k < lengths[i]; k++)
			name[k] = (char)('a' + k % 26);
		name[lengths[i]] = '\0';
		CU_ASSERT_EQUAL(ask(s, name, name, &r), OTP_ACCEPTED);
		AUTO_TEXT char *shorter = text_format("%.*s", (int)lengths[i] - 1, name);
		CU_ASSERT_EQUAL(ask(s, name, shorter, &r), OTP_REJECTED);
	}
}

static void test_names_and_ipv6_addresses_are_found(void)
{
	AUTO_TEXT char *six = text_format("[::1]:%u", radius->port);
	AUTO_TEXT char *name = text_format("localhost:%u", radius->port);
	const char *const servers[] = { six, name };
	AUTO_REPLY struct otp_reply r = { 0 };
	for (size_t i = radius->six ? 0 : 1; i < ARRAY_LEN(servers); i++) {
		AUTO(otp_server)
		struct otp_server *s = open_server((struct wish){ .servers = &servers[i], .n = 1 });
		CU_ASSERT_EQUAL(ask(s, "echo", "echo", &r), OTP_ACCEPTED);
	}
}

static void test_answers_without_message_authenticator_count_only_where_the_terms_allow_it(void)
{
	AUTO(secret) struct secret *typed = text_secret("echo-unsigned");
	AUTO_REPLY struct otp_reply r = { 0 };
	AUTO(otp_server)
	struct otp_server *strict = open_server((struct wish){ .seconds = 3 });
	struct err *e = otp_server_ask(strict, "echo-unsigned", typed, &r);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "radius-unsigned");
	CHECK_ERR(e, ERR_NETWORK);
	AUTO(otp_server)
	struct otp_server *lax = open_server((struct wish){ .unsigned_answers = true });
	CU_ASSERT_EQUAL(ask(lax, "echo-unsigned", "echo-unsigned", &r), OTP_ACCEPTED);
	CU_ASSERT_EQUAL(ask(lax, "echo-unsigned", "other", &r), OTP_REJECTED);
	AUTO(msg) struct msg *warning = otp_server_warning(lax);
	CU_ASSERT_PTR_NOT_NULL(warning);
}

static void test_a_server_with_another_shared_secret_is_silent(void)
{
	AUTO(secret) struct secret *typed = text_secret("echo");
	AUTO_REPLY struct otp_reply r = { 0 };
	AUTO(otp_server)
	struct otp_server *s = open_server(
		(struct wish){ .shared = "another secret, as long as it", .seconds = 1 });
	struct err *e = otp_server_ask(s, "echo", typed, &r);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "radius-silent");
	CHECK_ERR(e, ERR_NETWORK);
}

// The server gets the value again when it wakes, and knows it for what it has already.
static void test_a_server_that_is_stopped_is_silent_and_another_one_is_asked(void)
{
	AUTO(freeradius) struct freeradius *other = freeradius_start();
	const char *const servers[] = { radius->name, other->name };
	AUTO(secret) struct secret *typed = text_secret("echo");
	AUTO_REPLY struct otp_reply r = { 0 };
	AUTO(otp_server)
	struct otp_server *both =
		open_server((struct wish){ .servers = servers, .n = 2, .seconds = 3 });
	AUTO(otp_server)
	struct otp_server *one = open_server((struct wish){ .seconds = 1 });
	kill(radius->pid, SIGSTOP);
	CU_ASSERT_EQUAL(ask(both, "echo", "echo", &r), OTP_ACCEPTED);
	// The one that answered is asked first from then on; otherwise a refusal would not be sure.
	CU_ASSERT_EQUAL(ask(both, "echo", "other", &r), OTP_REJECTED);
	CU_ASSERT_FALSE(r.unsure);
	struct err *e = otp_server_ask(one, "echo", typed, &r);
	kill(radius->pid, SIGCONT);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "radius-silent");
	CHECK_ERR(e, ERR_NETWORK);
	freeradius_stop(other);
	CU_ASSERT_EQUAL(ask(both, "echo", "echo", &r), OTP_ACCEPTED);
}

static void test_a_server_that_does_not_run_is_unreachable(void)
{
	AUTO_TEXT char *nobody = text_format("127.0.0.1:%u", free_udp_port());
	const char *servers[] = { nobody };
	AUTO(secret) struct secret *typed = text_secret("echo");
	AUTO_REPLY struct otp_reply r = { 0 };
	AUTO(otp_server)
	struct otp_server *s = open_server((struct wish){ .servers = servers, .n = 1 });
	int64_t began = clock_monotonic_ms();
	struct err *e = otp_server_ask(s, "echo", typed, &r);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "radius-unreachable");
	CHECK_ERR(e, ERR_NETWORK);
	CU_ASSERT_TRUE(clock_monotonic_ms() - began < 4000);
}

int main(void)
{
	radius = freeradius_start();
	int rc = CHECK_MAIN(
		TEST(test_a_value_of_rlm_totp_is_accepted_and_a_wrong_one_rejected),
		TEST(test_a_value_of_oathtool_is_accepted_and_a_wrong_one_rejected),
		TEST(test_a_pin_is_answered_by_a_challenge_and_the_challenge_by_a_value),
		TEST(test_another_persons_value_does_not_answer_a_challenge),
		TEST(test_a_password_of_every_length_arrives_as_it_was),
		TEST(test_names_and_ipv6_addresses_are_found),
		TEST(test_answers_without_message_authenticator_count_only_where_the_terms_allow_it),
		TEST(test_a_server_with_another_shared_secret_is_silent),
		TEST(test_a_server_that_is_stopped_is_silent_and_another_one_is_asked),
		TEST(test_a_server_that_does_not_run_is_unreachable));
	freeradius_free(radius);
	return rc;
}
