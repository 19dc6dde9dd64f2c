// The RADIUS client against servers that answer wrong, late, twice, not at all, and in somebody else's name.
#include "base/buf.h"
#include "base/clock.h"
#include "otp/server.h"
#include "peer.h"
#include "scratch.h"

static struct secret *text_secret(const char *text)
{
	struct secret *s = NULL;
	struct err *e = secret_from(text, strlen(text), &s);
	CU_ASSERT_PTR_NULL_FATAL(e);
	return s;
}

static struct otp_server_terms usual_terms(const char *const *servers, size_t n,
					   const struct secret *shared)
{
	return (struct otp_server_terms){ .protocol = OTP_SERVER_RADIUS,
					  .servers = servers,
					  .n_servers = n,
					  .seconds = 1,
					  .tries = 1,
					  .shared = shared };
}

// `seconds`: long where an answer comes, short where none does.
static struct otp_server *open_peers(struct peer *one, struct peer *two, unsigned seconds,
				     unsigned tries, bool unsigned_answers)
{
	const char *servers[] = { one->name, two ? two->name : NULL };
	AUTO(secret) struct secret *shared = text_secret(peer_secret);
	struct otp_server *s = NULL;
	struct otp_server_terms t = usual_terms(servers, two ? 2 : 1, shared);
	t.seconds = seconds;
	t.tries = tries;
	t.unsigned_answers = unsigned_answers;
	struct err *e = otp_server_open(&t, &s);
	CU_ASSERT_PTR_NULL_FATAL(e);
	return s;
}

static struct err *ask(struct otp_server *s, const char *value, struct otp_reply *r)
{
	AUTO(secret) struct secret *typed = text_secret(value);
	otp_reply_clear(r);
	return otp_server_ask(s, "hanako", typed, r);
}

static enum otp_ruling verdict(struct otp_server *s, const char *value, struct otp_reply *r)
{
	if (check_no_err(ask(s, value, r), value, __FILE__, __LINE__))
		return r->verdict;
	CU_FAIL("no answer");
	return (enum otp_ruling)99;
}

static const struct peer_answer accepts[] = { { .move = MOVE_GOOD, .code = 2 }, { 0 } };
static const struct peer_answer rejects[] = { { .move = MOVE_GOOD, .code = 3 }, { 0 } };

static void test_a_request_is_repeated_byte_for_byte_from_the_same_port(void)
{
	static const struct peer_script script = { { NULL, accepts } };
	AUTO(peer) struct peer *p = peer_start(&script);
	AUTO(otp_server) struct otp_server *s = open_peers(p, NULL, 1, 5, false);
	AUTO_REPLY struct otp_reply r = { 0 };
	CU_ASSERT_EQUAL(verdict(s, "123456", &r), OTP_ACCEPTED);
	CHECK_OR_END(p->n == 2);
	const struct peer_request *a = &p->got[0], *b = &p->got[1];
	CU_ASSERT(a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0);
	CU_ASSERT_EQUAL(a->port, b->port);
	CU_ASSERT_TRUE(a->signed_first);
	CU_ASSERT_STRING_EQUAL(a->user, "hanako");
	CU_ASSERT_STRING_EQUAL(a->password, "123456");
	CU_ASSERT_FALSE(a->has_state);
}

static void test_a_value_is_hidden_and_every_request_is_another(void)
{
	static const unsigned lengths[] = { 0, 1, 15, 16, 17, 128 };
	static const struct peer_script script = { { rejects, rejects, rejects, rejects, rejects,
						     rejects } };
	AUTO(peer) struct peer *p = peer_start(&script);
	AUTO(otp_server) struct otp_server *s = open_peers(p, NULL, 10, 1, false);
	AUTO_REPLY struct otp_reply r = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		char value[129];
		memset(value, 'v', sizeof(value));
		value[lengths[i]] = '\0';
		CU_ASSERT_EQUAL(verdict(s, value, &r), OTP_REJECTED);
		CHECK_OR_END(p->n == i + 1);
		CU_ASSERT_STRING_EQUAL(p->got[i].password, value);
		CU_ASSERT(lengths[i] < 15 || !memmem(p->got[i].bytes, p->got[i].len, "vvvv", 4));
		for (size_t k = 0; k < i; k++)
			CU_ASSERT(memcmp(p->got[i].bytes + 4, p->got[k].bytes + 4, 16) != 0);
	}
}

// What is no answer of the server is passed over, and the true one still counts.
static void test_a_bad_answer_is_ignored_and_the_good_one_behind_it_counts(void)
{
	for (enum move bad = MOVE_WRONG_SECRET; bad <= MOVE_CUT_ATTRIBUTE; bad++) {
		const struct peer_answer moves[] = { { .move = bad, .code = 2 },
						     { .move = bad, .code = 11 },
						     { .move = MOVE_GOOD, .code = 3 },
						     { 0 } };
		const struct peer_script script = { { moves } };
		AUTO(peer) struct peer *p = peer_start(&script);
		AUTO(otp_server) struct otp_server *s = open_peers(p, NULL, 10, 1, false);
		AUTO_REPLY struct otp_reply r = { 0 };
		enum otp_ruling v = verdict(s, "1", &r);
		if (v != OTP_REJECTED)
			fprintf(stderr, "move %d\n", (int)bad);
		CU_ASSERT_EQUAL(v, OTP_REJECTED);
		CU_ASSERT_FALSE(r.unsure);
	}
}

struct alone {
	enum move move;
	uint8_t code;
	bool unsigned_answers;
	const char *tag;
	pthread_t thread;
	struct peer_answer moves[2];
	struct peer_script script;
	struct peer *peer;
	struct otp_server *server;
	struct otp_reply reply;
	struct err *e;
};

static void *ask_alone(void *arg)
{
	struct alone *a = arg;
	AUTO(secret) struct secret *typed = NULL;
	a->e = secret_from("1", 1, &typed);
	if (!a->e)
		a->e = otp_server_ask(a->server, "hanako", typed, &a->reply);
	return NULL;
}

// All at once, for each waits as long as one does for an answer.
static void test_a_bad_answer_alone_is_told_by_what_it_is(void)
{
	struct alone rows[] = {
		{ .move = MOVE_WRONG_SECRET,
		  .code = 2,
		  .unsigned_answers = false,
		  .tag = "radius-forged" },
		{ .move = MOVE_WRONG_SECRET,
		  .code = 2,
		  .unsigned_answers = true,
		  .tag = "radius-forged" },
		{ .move = MOVE_WRONG_SIGNATURE,
		  .code = 2,
		  .unsigned_answers = true,
		  .tag = "radius-forged" },
		{ .move = MOVE_UNSIGNED,
		  .code = 2,
		  .unsigned_answers = false,
		  .tag = "radius-unsigned" },
		{ .move = MOVE_ELSEWHERE,
		  .code = 2,
		  .unsigned_answers = false,
		  .tag = "radius-elsewhere" },
		{ .move = MOVE_OTHER_IDENTIFIER,
		  .code = 2,
		  .unsigned_answers = false,
		  .tag = "radius-damaged" },
		{ .move = MOVE_SHORT,
		  .code = 2,
		  .unsigned_answers = false,
		  .tag = "radius-damaged" },
		{ .move = MOVE_GOOD,
		  .code = 5,
		  .unsigned_answers = false,
		  .tag = "radius-damaged" }, // Accounting-Response
		{ .move = MOVE_END, .code = 0, .unsigned_answers = false, .tag = "radius-silent" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct alone *a = &rows[i];
		a->moves[0] = (struct peer_answer){ .move = a->move, .code = a->code };
		a->script.to[0] = a->moves;
		a->peer = peer_start(&a->script);
		a->server = open_peers(a->peer, NULL, 2, 1, a->unsigned_answers);
		if (pthread_create(&a->thread, NULL, ask_alone, a) != 0)
			abort();
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct alone *a = &rows[i];
		pthread_join(a->thread, NULL);
		CU_ASSERT_STRING_EQUAL(a->e ? err_slug(a->e) : "accepted", a->tag);
		CU_ASSERT_PTR_NULL(a->reply.words);
		CHECK_ERR(a->e, ERR_NETWORK);
		otp_server_close(a->server);
		peer_free(a->peer);
	}
}

static void test_a_flood_of_forged_answers_does_not_hold_the_clock(void)
{
	static const struct peer_answer moves[] = { { .move = MOVE_FLOOD, .code = 2 }, { 0 } };
	static const struct peer_script script = { { moves } };
	AUTO(peer) struct peer *p = peer_start(&script);
	AUTO(otp_server) struct otp_server *s = open_peers(p, NULL, 1, 1, false);
	AUTO_REPLY struct otp_reply r = { 0 };
	int64_t began = clock_monotonic_ms();
	struct err *e = ask(s, "1", &r);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "radius-forged");
	CHECK_ERR(e, ERR_NETWORK);
	CU_ASSERT_TRUE(clock_monotonic_ms() - began < 8000);
}

static void test_a_challenge_goes_back_with_its_state_and_its_duplicates_do_no_harm(void)
{
	static const uint8_t more[] = { 18,  10, 'A', ' ', 'n',	 'u', 'm', 'b', 'e',
					'r', 24, 6,   0,   0xff, 's', 't', 76,	6,
					0,   0,	 0,   1,   18,	 4,   '!', 0x1b };
	static const struct peer_answer asks[] = {
		{ .move = MOVE_GOOD, .code = 11, .more = more, .more_len = sizeof(more) },
		{ .move = MOVE_GOOD, .code = 11, .more = more, .more_len = sizeof(more) },
		{ .move = MOVE_GOOD, .code = 3 },
		{ 0 }
	};
	static const struct peer_script script = { { asks, accepts, accepts } };
	AUTO(peer) struct peer *p = peer_start(&script);
	AUTO(otp_server) struct otp_server *s = open_peers(p, NULL, 10, 1, false);
	AUTO_REPLY struct otp_reply r = { 0 };
	CU_ASSERT_EQUAL(verdict(s, "2468", &r), OTP_CHALLENGED);
	CU_ASSERT_STRING_EQUAL(r.words, "A number!\xef\xbf\xbd");
	CU_ASSERT_TRUE(r.shown);
	CU_ASSERT_EQUAL(verdict(s, "123456", &r), OTP_ACCEPTED);
	CU_ASSERT_STRING_EQUAL(r.words, "");
	CHECK_OR_END(p->n == 2);
	CU_ASSERT(p->got[1].has_state && p->got[1].state_len == 4);
	CU_ASSERT_EQUAL(memcmp(p->got[1].state, "\0\xffst", 4), 0);
	CU_ASSERT_TRUE(p->got[1].signed_first);
	CU_ASSERT_STRING_EQUAL(p->got[1].password, "123456");
	CU_ASSERT_EQUAL(verdict(s, "2468", &r), OTP_ACCEPTED);
	CU_ASSERT_FALSE(p->got[2].has_state);
}

static void test_two_states_are_no_answer(void)
{
	static const uint8_t more[] = { 24, 3, 'a', 24, 3, 'b' };
	static const struct peer_answer asks[] = {
		{ .move = MOVE_GOOD, .code = 11, .more = more, .more_len = sizeof(more) },
		{ .move = MOVE_PADDED, .code = 3 },
		{ 0 }
	};
	static const struct peer_script script = { { asks } };
	AUTO(peer) struct peer *p = peer_start(&script);
	AUTO(otp_server) struct otp_server *s = open_peers(p, NULL, 10, 1, false);
	AUTO_REPLY struct otp_reply r = { 0 };
	CU_ASSERT_EQUAL(verdict(s, "1", &r), OTP_REJECTED);
}

// The answer to a challenge goes to whoever made it, and nowhere else.
static void test_a_challenge_is_answered_at_the_server_that_made_it(void)
{
	static const struct peer_answer asks[] = { { .move = MOVE_GOOD, .code = 11 }, { 0 } };
	static const struct peer_script silence = { { NULL } },
					script = { { asks, NULL, accepts } };
	AUTO(peer) struct peer *one = peer_start(&silence), *two = peer_start(&script);
	AUTO(otp_server) struct otp_server *s = open_peers(one, two, 2, 1, false);
	AUTO_REPLY struct otp_reply r = { 0 };
	CU_ASSERT_EQUAL(verdict(s, "2468", &r), OTP_CHALLENGED);
	CU_ASSERT_FALSE(r.shown);
	CU_ASSERT_EQUAL(one->n, 1);
	struct err *e = ask(s, "123456", &r);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "radius-silent");
	CHECK_ERR(e, ERR_NETWORK);
	CU_ASSERT_EQUAL(one->n, 1);
	CU_ASSERT_EQUAL(verdict(s, "234567", &r), OTP_ACCEPTED);
	CU_ASSERT(one->n == 1 && two->n == 3);
}

static void test_the_next_server_is_asked_and_then_asked_first(void)
{
	static const struct peer_script silence = { { NULL } }, script = { { rejects, rejects } };
	AUTO(peer) struct peer *one = peer_start(&silence), *two = peer_start(&script);
	AUTO(otp_server) struct otp_server *s = open_peers(one, two, 2, 1, false);
	AUTO_REPLY struct otp_reply r = { 0 };
	CU_ASSERT_EQUAL(verdict(s, "1", &r), OTP_REJECTED);
	CU_ASSERT_TRUE(r.unsure); // the first one may have taken the value
	CU_ASSERT_EQUAL(verdict(s, "2", &r), OTP_REJECTED);
	CU_ASSERT_FALSE(r.unsure);
	CU_ASSERT(one->n == 1 && two->n == 2);
	CU_ASSERT(memcmp(one->got[0].bytes + 4, two->got[0].bytes + 4, 16) != 0);
}

// A server that answers while the next one is asked already: it is its answer all the same.
static void test_a_late_answer_counts_while_another_is_waited_for(void)
{
	static const struct peer_answer late[] = { { .move = MOVE_AWAIT_OTHER },
						   { .move = MOVE_GOOD, .code = 2 },
						   { 0 } };
	static const struct peer_script slow = { { late, accepts } }, silence = { { NULL } };
	AUTO(peer) struct peer *one = peer_start(&slow), *two = peer_start(&silence);
	one->awaited = two;
	AUTO(otp_server) struct otp_server *s = open_peers(one, two, 2, 1, false);
	AUTO_REPLY struct otp_reply r = { 0 };
	CU_ASSERT_EQUAL(verdict(s, "1", &r), OTP_ACCEPTED);
	CU_ASSERT_EQUAL(two->n, 1);
	CU_ASSERT_EQUAL(verdict(s, "2", &r), OTP_ACCEPTED);
	CU_ASSERT_EQUAL(two->n, 1);
}

// An answer to a question that was given up is none to the next.
static void test_an_answer_that_comes_after_the_end_is_none_to_the_next_question(void)
{
	static const struct peer_answer late[] = { { .move = MOVE_WAIT },
						   { .move = MOVE_WAIT },
						   { .move = MOVE_GOOD, .code = 2 },
						   { 0 } };
	static const struct peer_script script = { { late, rejects } };
	AUTO(peer) struct peer *p = peer_start(&script);
	AUTO(otp_server) struct otp_server *s = open_peers(p, NULL, 1, 1, false);
	AUTO_REPLY struct otp_reply r = { 0 };
	struct err *e = ask(s, "1", &r);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "radius-silent");
	CHECK_ERR(e, ERR_NETWORK);
	AUTO(otp_server) struct otp_server *patient = open_peers(p, NULL, 10, 1, false);
	CU_ASSERT_EQUAL(verdict(patient, "2", &r), OTP_REJECTED);
}

static void test_what_failed_elsewhere_is_told_too(void)
{
	static const struct peer_answer forged[] = { { .move = MOVE_WRONG_SECRET, .code = 2 },
						     { 0 } };
	static const struct peer_script silence = { { NULL } }, script = { { forged } };
	AUTO(peer) struct peer *one = peer_start(&silence), *two = peer_start(&script);
	AUTO(otp_server) struct otp_server *s = open_peers(one, two, 2, 1, false);
	AUTO_REPLY struct otp_reply r = { 0 };
	AUTO(err) struct err *e = ask(s, "1", &r);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "radius-forged");
	CU_ASSERT_TRUE(err_has_tag(e, "radius-silent"));
}

static bool stop_at_once(void *ctx)
{
	++*(unsigned *)ctx;
	return true;
}

static void test_waiting_can_be_stopped(void)
{
	static const struct peer_script silence = { { NULL } };
	AUTO(peer) struct peer *p = peer_start(&silence);
	AUTO(secret) struct secret *shared = text_secret(peer_secret);
	AUTO(otp_server) struct otp_server *s = NULL;
	AUTO_REPLY struct otp_reply r = { 0 };
	unsigned asked = 0;
	const char *servers[] = { p->name };
	struct otp_server_terms t = usual_terms(servers, 1, shared);
	t.seconds = 60;
	t.stop = stop_at_once;
	t.stop_ctx = &asked;
	CHECK_OK_OR_END(otp_server_open(&t, &s));
	CHECK_ERR(ask(s, "1", &r), ERR_INTERRUPTED);
	CU_ASSERT_EQUAL(asked, 1);
}

static void test_a_name_that_is_not_there_is_told(void)
{
	// Too long for the DNS: no resolver is asked.
	const char *servers[] = {
		"a-name-that-has-more-letters-than-the-sixty-three-that-are-allowed.invalid"
	};
	AUTO(secret) struct secret *shared = text_secret(peer_secret);
	AUTO(otp_server) struct otp_server *s = NULL;
	AUTO_REPLY struct otp_reply r = { 0 };
	struct otp_server_terms t = usual_terms(servers, 1, shared);
	CHECK_OK_OR_END(otp_server_open(&t, &s));
	struct err *e = ask(s, "1", &r);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "radius-name");
	CHECK_ERR(e, ERR_NETWORK);
}

static void test_terms_that_cannot_be_met_are_refused(void)
{
	static const char *const wrong[] = { "",	   ":1812",	"host:",   "host:0",
					     "host:65536", "host:x",	"[::1",	   "[::1]1812",
					     "[host]:1",   "a b",	"[]:1812", "host/1812",
					     "[::1]:",	   "host:1812x" };
	static const char *const right[] = { "radius.bank.example", "10.0.0.1:1645", "::1",
					     "[2001:db8::1]", "[fe80::1%eth0]:1812" };
	AUTO(secret) struct secret *shared = text_secret(peer_secret), *empty = text_secret("");
	struct otp_server *s = NULL;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct otp_server_terms t = usual_terms(&wrong[i], 1, shared);
		CHECK_ERR(otp_server_open(&t, &s), ERR_PROFILE);
	}
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		struct otp_server_terms t = usual_terms(&right[i], 1, shared);
		CHECK_OK_OR_END(otp_server_open(&t, &s));
		otp_server_close(s);
	}
	struct otp_server_terms t = usual_terms(right, 0, shared);
	CHECK_ERR(otp_server_open(&t, &s), ERR_PROFILE);
	t = usual_terms(right, 1, NULL);
	CHECK_ERR(otp_server_open(&t, &s), ERR_PROFILE);
	t = usual_terms(right, 1, empty);
	CHECK_ERR(otp_server_open(&t, &s), ERR_PROFILE);
	t = usual_terms(right, 1, shared);
	t.tries = 0;
	CHECK_ERR(otp_server_open(&t, &s), ERR_PROFILE);
	t.tries = 1;
	t.seconds = 61;
	CHECK_ERR(otp_server_open(&t, &s), ERR_PROFILE);
}

static void test_what_cannot_be_sent_is_refused_before(void)
{
	static const struct peer_script silence = { { NULL } };
	AUTO(peer) struct peer *p = peer_start(&silence);
	AUTO(otp_server) struct otp_server *s = open_peers(p, NULL, 10, 1, false);
	AUTO(secret) struct secret *fine = text_secret("1"), *zero = NULL, *big = NULL;
	char name[OTP_USER_MAX + 2];
	struct otp_reply r = { 0 };
	memset(name, 'n', sizeof(name));
	name[OTP_USER_MAX + 1] = '\0';
	CHECK_OK_OR_END(secret_from("1\0", 2, &zero));
	CHECK_OK_OR_END(secret_from(name, OTP_VALUE_MAX + 1, &big));
	CHECK_ERR(otp_server_ask(s, name, fine, &r), ERR_ANSWER);
	CHECK_ERR(otp_server_ask(s, "", fine, &r), ERR_ANSWER);
	CHECK_ERR(otp_server_ask(s, "\xff", fine, &r), ERR_ANSWER);
	CHECK_ERR(otp_server_ask(s, "hanako", zero, &r), ERR_ANSWER);
	CHECK_ERR(otp_server_ask(s, "hanako", big, &r), ERR_ANSWER);
	CU_ASSERT_EQUAL(p->n, 0);
}

static void test_a_shared_secret_is_read_from_a_private_file_of_one_line(void)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *tag, *secret;
	} rows[] = {
		{ "0123456789abcdef\n", 0600, "", "0123456789abcdef" },
		{ "with a blank \r\n", 0400, "", "with a blank " },
		{ "no end", 0600, "", "no end" },
		{ "0123456789abcdef\n", 0640, "not-private", NULL },
		{ "", 0600, "radius-secret", NULL },
		{ "\n", 0600, "radius-secret", NULL },
		{ "one\ntwo\n", 0600, "radius-secret", NULL },
	};
	AUTO(scratch) struct scratch *d = scratch_new();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_TEXT char *path = scratch_file(d, "secret", rows[i].text, rows[i].mode);
		AUTO(secret) struct secret *s = NULL;
		AUTO(err) struct err *e = otp_shared_secret(path, &s);
		CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", rows[i].tag);
		CU_ASSERT(rows[i].secret ? s && strcmp(secret_text(s), rows[i].secret) == 0 : !s);
		remove(path);
	}
	char big[OTP_SHARED_MAX + 2];
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	AUTO_TEXT char *path = scratch_file(d, "secret", big, 0600);
	struct secret *s = NULL;
	CHECK_ERR(otp_shared_secret(path, &s), ERR_ANSWER);
}

static void test_a_short_shared_secret_is_warned_of(void)
{
	static const char *const servers[] = { "127.0.0.1" };
	AUTO(secret) struct secret *shared = text_secret("123456789012345");
	AUTO(secret) struct secret *longer = text_secret("1234567890123456");
	AUTO(otp_server) struct otp_server *s = NULL, *t = NULL;
	struct otp_server_terms terms = usual_terms(servers, 1, shared);
	CHECK_OK_OR_END(otp_server_open(&terms, &s));
	terms.shared = longer;
	CHECK_OK_OR_END(otp_server_open(&terms, &t));
	AUTO(msg) struct msg *warning = otp_server_warning(s);
	CU_ASSERT_PTR_NOT_NULL(warning);
	CU_ASSERT_PTR_NULL(otp_server_warning(t));
}

int main(void)
{
	return CHECK_MAIN(
		TEST(test_a_request_is_repeated_byte_for_byte_from_the_same_port),
		TEST(test_a_value_is_hidden_and_every_request_is_another),
		TEST(test_a_bad_answer_is_ignored_and_the_good_one_behind_it_counts),
		TEST(test_a_bad_answer_alone_is_told_by_what_it_is),
		TEST(test_a_flood_of_forged_answers_does_not_hold_the_clock),
		TEST(test_a_challenge_goes_back_with_its_state_and_its_duplicates_do_no_harm),
		TEST(test_two_states_are_no_answer),
		TEST(test_a_challenge_is_answered_at_the_server_that_made_it),
		TEST(test_the_next_server_is_asked_and_then_asked_first),
		TEST(test_a_late_answer_counts_while_another_is_waited_for),
		TEST(test_an_answer_that_comes_after_the_end_is_none_to_the_next_question),
		TEST(test_what_failed_elsewhere_is_told_too), TEST(test_waiting_can_be_stopped),
		TEST(test_a_name_that_is_not_there_is_told),
		TEST(test_terms_that_cannot_be_met_are_refused),
		TEST(test_what_cannot_be_sent_is_refused_before),
		TEST(test_a_shared_secret_is_read_from_a_private_file_of_one_line),
		TEST(test_a_short_shared_secret_is_warned_of));
}
