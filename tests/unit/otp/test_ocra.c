// OCRA-1: the vectors of RFC 6287 appendix C, and what a suite, a challenge and an answer must look like.
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "otp/ocra.h"

// Keys of appendix C: "12345678901234567890" as often as they are long.
static struct secret *key_of(enum seed_hash hash)
{
	static const char digits[] = "1234567890123456789012345678901234567890"
				     "123456789012345678901234";
	struct secret *key = NULL;
	size_t len = hash == SEED_SHA1 ? 20 : hash == SEED_SHA256 ? 32 : 64;
	struct err *e = secret_from(digits, len, &key);
	CU_ASSERT_PTR_NULL_FATAL(e);
	return key;
}

static struct secret *text_secret(const char *text)
{
	struct secret *s = NULL;
	struct err *e = secret_from(text, strlen(text), &s);
	CU_ASSERT_PTR_NULL_FATAL(e);
	return s;
}

static const int64_t mar_25_2008 = (int64_t)0x132d0b6 * 60;

// The answer as text; "" with a failed assertion where there is none.
static void answer_of(const char *suite, const struct ocra_input *in, char out[static 129])
{
	struct ocra_suite s;
	out[0] = '\0';
	CHECK_OK_OR_END(ocra_parse(suite, &s));
	AUTO(secret) struct secret *key = key_of(s.hash), *got = NULL;
	CHECK_OK_OR_END(ocra_answer(&s, key, in, &got));
	CU_ASSERT_EQUAL(strlen(secret_text(got)), secret_len(got));
	snprintf(out, 129, "%s", secret_text(got));
}

static void check_answer(const char *suite, const struct ocra_input *in, const char *wanted)
{
	char got[129];
	answer_of(suite, in, got);
	if (strcmp(got, wanted) != 0)
		fprintf(stderr, "%s %s%s: %s, not %s\n", suite, in->first,
			in->second ? in->second : "", got, wanted);
	CU_ASSERT_STRING_EQUAL(got, wanted);
}

// C.1
static void test_one_way_answers_are_those_of_the_standard(void)
{
	static const char *const by_challenge[] = { "237653", "243178", "653583", "740991",
						    "608993", "388898", "816933", "224598",
						    "750600", "294470" };
	static const char *const by_counter[] = { "65347737", "86775851", "78192410", "71565254",
						  "10104329", "65983500", "70069104", "91771096",
						  "75011558", "08522129" };
	static const char *const by_pin[] = { "83238735", "01501458", "17957585", "86776967",
					      "86807031" };
	static const char *const by_both[] = { "07016083", "63947962", "70123924", "25341727",
					       "33203315", "34205738", "44343969", "51946085",
					       "20403879", "31409299" };
	static const char *const by_time[] = { "95209754", "55907591", "22048402", "24218844",
					       "36209546" };
	AUTO(secret) struct secret *pin = text_secret("1234");
	for (unsigned i = 0; i < 10; i++) {
		char q[9];
		snprintf(q, sizeof(q), "%u", i * 11111111);
		if (i == 0)
			memcpy(q, "00000000", 9);
		check_answer("OCRA-1:HOTP-SHA1-6:QN08", &(struct ocra_input){ .first = q },
			     by_challenge[i]);
		check_answer("OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1",
			     &(struct ocra_input){ .first = "12345678", .counter = i, .pin = pin },
			     by_counter[i]);
		check_answer("OCRA-1:HOTP-SHA512-8:C-QN08",
			     &(struct ocra_input){ .first = q, .counter = i }, by_both[i]);
		if (i >= 5)
			continue;
		check_answer("OCRA-1:HOTP-SHA256-8:QN08-PSHA1",
			     &(struct ocra_input){ .first = q, .pin = pin }, by_pin[i]);
		check_answer("OCRA-1:HOTP-SHA512-8:QN08-T1M",
			     &(struct ocra_input){ .first = q, .at = mar_25_2008 }, by_time[i]);
	}
}

// C.2
static void test_mutual_answers_are_those_of_the_standard(void)
{
	static const struct {
		const char *server256, *client256, *server512, *client512;
	} rows[] = {
		{ "28247970", "15510767", "79496648", "18806276" },
		{ "01984843", "90175646", "76831980", "70020315" },
		{ "65387857", "33777207", "12250499", "01600026" },
		{ "03351211", "95285278", "90856481", "18951020" },
		{ "83412541", "28934924", "12761449", "32528969" },
	};
	AUTO(secret) struct secret *pin = text_secret("1234");
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		char client[9], server[9];
		snprintf(client, sizeof(client), "CLI2222%u", i);
		snprintf(server, sizeof(server), "SRV1111%u", i);
		struct ocra_input of_server = { .first = client, .second = server };
		struct ocra_input of_client = { .first = server, .second = client };
		check_answer("OCRA-1:HOTP-SHA256-8:QA08", &of_server, rows[i].server256);
		check_answer("OCRA-1:HOTP-SHA256-8:QA08", &of_client, rows[i].client256);
		check_answer("OCRA-1:HOTP-SHA512-8:QA08", &of_server, rows[i].server512);
		of_client.pin = pin;
		check_answer("OCRA-1:HOTP-SHA512-8:QA08-PSHA1", &of_client, rows[i].client512);
	}
}

// C.3
static void test_signatures_are_those_of_the_standard(void)
{
	static const char *const plain[] = { "53095496", "04110475", "31331128", "76028668",
					     "46554205" };
	static const char *const timed[] = { "77537423", "31970405", "10235557", "95213541",
					     "65360607" };
	for (unsigned i = 0; i < ARRAY_LEN(plain); i++) {
		char q[16];
		snprintf(q, sizeof(q), "SIG1%u000", i);
		check_answer("OCRA-1:HOTP-SHA256-8:QA08", &(struct ocra_input){ .first = q },
			     plain[i]);
		snprintf(q, sizeof(q), "SIG1%u00000", i);
		check_answer("OCRA-1:HOTP-SHA512-8:QA10-T1M",
			     &(struct ocra_input){ .first = q, .at = mar_25_2008 }, timed[i]);
	}
}

static void test_every_form_of_a_suite_is_read(void)
{
	struct ocra_suite s;
	CHECK_OK_OR_END(ocra_parse("OCRA-1:HOTP-SHA512-10:C-QH40-PSHA256-S064-T30S", &s));
	CU_ASSERT(s.hash == SEED_SHA512 && s.digits == 10 && s.counter);
	CU_ASSERT(s.format == OCRA_HEXADECIMAL && s.length == 40 && s.pin &&
		  s.pin_hash == SEED_SHA256);
	CU_ASSERT(s.session == 64 && s.step == 30);
	CHECK_OK_OR_END(ocra_parse("OCRA-1:HOTP-SHA1-0:QA64-T48H", &s));
	CU_ASSERT(s.digits == 0 && !s.counter && s.length == 64 && !s.pin && s.session == 0);
	CU_ASSERT_EQUAL(s.step, 48 * 3600);
	CHECK_OK_OR_END(ocra_parse("OCRA-1:HOTP-SHA256-4:Q-P-S-T", &s));
	CU_ASSERT(s.format == OCRA_NUMERIC && s.length == 8 && s.pin_hash == SEED_SHA1);
	CU_ASSERT(s.session == 64 && s.step == 60);
	CHECK_OK(ocra_parse("OCRA-1:HOTP-SHA1-6:QN04-PSHA512-S999-T59M", &s));
}

static void test_a_suite_that_is_none_is_refused_with_its_wrong_part(void)
{
	static const struct {
		const char *suite, *why;
	} rows[] = {
		{ "", "does not begin with OCRA-1" },
		{ "OCRA-2:HOTP-SHA1-6:QN08", "does not begin with OCRA-1" },
		{ "ocra-1:HOTP-SHA1-6:QN08", "does not begin with OCRA-1" },
		{ "OCRA-1:TOTP-SHA1-6:QN08", "function is not HOTP" },
		{ "OCRA-1:HOTP-MD5-6:QN08", "hash is not SHA1" },
		{ "OCRA-1:HOTP-SHA384-6:QN08", "hash is not SHA1" },
		{ "OCRA-1:HOTP-SHA1-3:QN08", "4 to 10 digits" },
		{ "OCRA-1:HOTP-SHA1-11:QN08", "4 to 10 digits" },
		{ "OCRA-1:HOTP-SHA1-06:QN08", "4 to 10 digits" },
		{ "OCRA-1:HOTP-SHA1-100:QN08", "4 to 10 digits" },
		{ "OCRA-1:HOTP-SHA1-:QN08", "4 to 10 digits" },
		{ "OCRA-1:HOTP-SHA1-6", "what goes into an answer" },
		{ "OCRA-1:HOTP-SHA1-6:", "a challenge (Q)" },
		{ "OCRA-1:HOTP-SHA1-6:C", "a challenge (Q)" },
		{ "OCRA-1:HOTP-SHA1-6:PSHA1-QN08", "a challenge (Q)" },
		{ "OCRA-1:HOTP-SHA1-6:QB08", "neither A, N nor H" },
		{ "OCRA-1:HOTP-SHA1-6:QN03", "is not 04 to 64" },
		{ "OCRA-1:HOTP-SHA1-6:QN65", "is not 04 to 64" },
		{ "OCRA-1:HOTP-SHA1-6:QN8", "is not 04 to 64" },
		{ "OCRA-1:HOTP-SHA1-6:QN008", "is not 04 to 64" },
		{ "OCRA-1:HOTP-SHA1-6:QN08-PMD5", "hash of its PIN" },
		{ "OCRA-1:HOTP-SHA1-6:QN08-S64", "001 to 999" },
		{ "OCRA-1:HOTP-SHA1-6:QN08-S000", "001 to 999" },
		{ "OCRA-1:HOTP-SHA1-6:QN08-T0H", "time step" },
		{ "OCRA-1:HOTP-SHA1-6:QN08-T60S", "time step" },
		{ "OCRA-1:HOTP-SHA1-6:QN08-T49H", "time step" },
		{ "OCRA-1:HOTP-SHA1-6:QN08-T1D", "time step" },
		{ "OCRA-1:HOTP-SHA1-6:QN08-TM", "time step" },
		{ "OCRA-1:HOTP-SHA1-6:QN08-T1M-PSHA1", "another order" },
		{ "OCRA-1:HOTP-SHA1-6:QN08 ", "left over" },
		{ "OCRA-1:HOTP-SHA1-6:QN08-PSHA10", "left over" },
		{ "OCRA-1:HOTP-SHA1-6:QN08-PSHA1-S064-T1M-PSHA1-S064-T1M-PSHA1-S0644", "too long" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ocra_suite s = { .digits = 99 };
		AUTO(err) struct err *e = ocra_parse(rows[i].suite, &s);
		CHECK_OR_END(e != NULL);
		AUTO_TEXT char *text = msg_render(err_what(e));
		if (!text || !strstr(text, rows[i].why))
			fprintf(stderr, "%s: %s\n", rows[i].suite, text ? text : "?");
		CU_ASSERT(text && strstr(text, rows[i].why));
		CU_ASSERT_STRING_EQUAL(err_slug(e), "ocra-suite");
		CU_ASSERT_EQUAL(s.digits, 99);
	}
}

static void test_what_the_suite_does_not_use_or_lacks_is_refused(void)
{
	static const char plain[] = "OCRA-1:HOTP-SHA1-6:QN08";
	static const char full[] = "OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1-S064-T1M";
	AUTO(secret) struct secret *pin = text_secret("1234"), *key = key_of(SEED_SHA1);
	AUTO(secret) struct secret *none = text_secret("");
	uint8_t session[65] = "a session";
	const struct {
		const char *suite;
		struct ocra_input in;
	} rows[] = {
		{ plain, { 0 } },
		{ plain, { .first = "" } },
		{ plain, { .first = "123456789" } },
		{ plain, { .first = "1234567a" } },
		{ plain, { .first = "１" } },
		{ plain, { .first = "1", .second = "x" } },
		{ plain, { .first = "1", .pin = pin } },
		{ plain, { .first = "1", .session = session, .session_len = 9 } },
		{ plain, { .first = "1", .at = 1 } },
		{ plain, { .first = "1", .counter = 1 } },
		{ full, { .first = "1", .session = session, .session_len = 9, .at = 1 } },
		{ full, { .first = "1", .pin = pin, .at = 1 } },
		{ full,
		  { .first = "1", .pin = pin, .session = session, .session_len = 65, .at = 1 } },
		{ full, { .first = "1", .pin = pin, .session = session, .session_len = 9 } },
		{ full,
		  { .first = "1", .pin = pin, .session = session, .session_len = 9, .at = -1 } },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ocra_suite s;
		struct secret *got = NULL;
		CHECK_OK_OR_END(ocra_parse(rows[i].suite, &s));
		struct err *e = ocra_answer(&s, key, &rows[i].in, &got);
		CU_ASSERT_STRING_EQUAL(err_slug(e), "ocra-input");
		CHECK_ERR(e, ERR_ANSWER);
		CU_ASSERT_PTR_NULL(got);
	}
	struct ocra_suite s;
	struct secret *got = NULL;
	CHECK_OK_OR_END(ocra_parse(plain, &s));
	CHECK_ERR(ocra_answer(&s, none, &(struct ocra_input){ .first = "1" }, &got), ERR_ANSWER);
}

static void test_a_whole_mac_is_shown_in_hexadecimal_and_typed_in_either_case(void)
{
	char got[129];
	struct ocra_input in = { .first = "00000000" };
	struct ocra_suite s;
	bool right = false;
	uint64_t counter = 7, step = 7;
	answer_of("OCRA-1:HOTP-SHA512-0:QN08", &in, got);
	CU_ASSERT_EQUAL(strlen(got), 128);
	for (char *p = got; *p; p++)
		if (*p >= 'a' && *p <= 'f')
			*p = (char)(*p - 0x20);
	AUTO(secret) struct secret *typed = text_secret(got), *key = key_of(SEED_SHA512);
	CHECK_OK_OR_END(ocra_parse("OCRA-1:HOTP-SHA512-0:QN08", &s));
	CHECK_OK(ocra_check(&s, key, &in, &(struct ocra_window){ 0 }, typed, &right, &counter,
			    &step));
	CU_ASSERT(right && counter == 0 && step == 0);
}

// Challenges that are equal as numbers or texts with what follows them made equal must not be confused where the standard tells them apart.
static void test_an_odd_number_of_hexadecimal_digits_ends_in_the_upper_half(void)
{
	char odd[129], even[129];
	answer_of("OCRA-1:HOTP-SHA1-8:QH08", &(struct ocra_input){ .first = "abc" }, odd);
	answer_of("OCRA-1:HOTP-SHA1-8:QH08", &(struct ocra_input){ .first = "ABC0" }, even);
	CU_ASSERT_STRING_EQUAL(odd, even);
	// 0xabc as a number
	answer_of("OCRA-1:HOTP-SHA1-8:QH08", &(struct ocra_input){ .first = "0abc" }, even);
	CU_ASSERT_STRING_NOT_EQUAL(odd, even);
}

static void test_an_answer_is_looked_for_in_the_window_alone(void)
{
	static const char suite[] = "OCRA-1:HOTP-SHA256-8:C-QN08-T1M";
	struct ocra_suite s;
	char shown[129];
	answer_of(suite, &(struct ocra_input){ .first = "42", .counter = 7, .at = 600 }, shown);
	AUTO(secret) struct secret *key = key_of(SEED_SHA256), *typed = text_secret(shown);
	CHECK_OK_OR_END(ocra_parse(suite, &s));
	const struct {
		uint64_t counter;
		int64_t at;
		struct ocra_window window;
		bool right;
	} rows[] = {
		{ 7, 600, { 0, 0 }, true },  { 7, 659, { 0, 0 }, true },
		{ 7, 660, { 0, 0 }, false }, { 7, 660, { 0, 1 }, true },
		{ 7, 540, { 0, 1 }, true },  { 7, 539, { 0, 1 }, false },
		{ 5, 600, { 2, 0 }, true },  { 5, 600, { 1, 0 }, false },
		{ 8, 600, { 9, 9 }, false }, { 4, 720, { 3, 2 }, true },
		{ 4, 720, { 3, 1 }, false }, { 0, 1, { 7, 10 }, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ocra_input in = { .first = "42",
					 .counter = rows[i].counter,
					 .at = rows[i].at };
		bool right = !rows[i].right;
		uint64_t counter = 0, step = 0;
		CHECK_OK_OR_END(
			ocra_check(&s, key, &in, &rows[i].window, typed, &right, &counter, &step));
		CU_ASSERT_EQUAL(right, rows[i].right);
		CU_ASSERT(!right || (counter == 7 && step == 10));
	}
}

static void test_the_last_counter_of_all_ends_a_search(void)
{
	struct ocra_suite s;
	char shown[129];
	struct ocra_input in = { .first = "42", .counter = UINT64_MAX };
	bool right = false;
	uint64_t counter = 0, step = 0;
	answer_of("OCRA-1:HOTP-SHA1-6:C-QN08", &in, shown);
	AUTO(secret) struct secret *key = key_of(SEED_SHA1), *typed = text_secret(shown);
	CHECK_OK_OR_END(ocra_parse("OCRA-1:HOTP-SHA1-6:C-QN08", &s));
	in.counter = UINT64_MAX - 3;
	CHECK_OK(ocra_check(&s, key, &in, &(struct ocra_window){ .counters = 10 }, typed, &right,
			    &counter, &step));
	CU_ASSERT(right && counter == UINT64_MAX);
}

static void test_a_challenge_has_the_form_of_the_suite_and_comes_once(void)
{
	static const char *const suites[] = { "OCRA-1:HOTP-SHA1-6:QN64", "OCRA-1:HOTP-SHA1-6:QH64",
					      "OCRA-1:HOTP-SHA1-6:QA64" };
	static const char *const alphabets[] = {
		"0123456789", "0123456789abcdef",
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	};
	for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
		struct ocra_suite s;
		char one[OCRA_CHALLENGE_MAX + 1], two[OCRA_CHALLENGE_MAX + 1];
		CHECK_OK_OR_END(ocra_parse(suites[i], &s));
		CHECK_OK_OR_END(ocra_challenge(&s, one));
		CHECK_OK_OR_END(ocra_challenge(&s, two));
		CU_ASSERT_EQUAL(strspn(one, alphabets[i]), 64);
		CU_ASSERT_EQUAL(strlen(one), 64);
		CU_ASSERT_STRING_NOT_EQUAL(one, two);
	}
}

int main(void)
{
	return CHECK_MAIN(TEST(test_one_way_answers_are_those_of_the_standard),
			  TEST(test_mutual_answers_are_those_of_the_standard),
			  TEST(test_signatures_are_those_of_the_standard),
			  TEST(test_every_form_of_a_suite_is_read),
			  TEST(test_a_suite_that_is_none_is_refused_with_its_wrong_part),
			  TEST(test_what_the_suite_does_not_use_or_lacks_is_refused),
			  TEST(test_a_whole_mac_is_shown_in_hexadecimal_and_typed_in_either_case),
			  TEST(test_an_odd_number_of_hexadecimal_digits_ends_in_the_upper_half),
			  TEST(test_an_answer_is_looked_for_in_the_window_alone),
			  TEST(test_the_last_counter_of_all_ends_a_search),
			  TEST(test_a_challenge_has_the_form_of_the_suite_and_comes_once));
}
