// Secrets as people write them, and which seeds can be used.
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "otp/seed.h"

typedef struct err *reader(const char *text, size_t len, struct secret **out);

static bool reads(reader *read, const char *text, const char *as)
{
	AUTO(secret) struct secret *s = NULL;
	struct err *e = read(text, strlen(text), &s);
	bool good = as ? !e && s && secret_len(s) == strlen(as) &&
				    memcmp(secret_bytes(s), as, strlen(as)) == 0
		       : e && !s && err_kind(e) == ERR_ANSWER && err_has_tag(e, "seed-wrong");
	AUTO_TEXT char *said = e ? err_render(e) : NULL;
	if (said && strlen(text) > 3 && strstr(said, text))
		good = false;
	if (!good)
		fprintf(stderr, "'%s' was not read as '%s'\n", text, as ? as : "(a fault)");
	err_free(e);
	return good;
}

// RFC 4648 §10.
static void test_base32_vectors(void)
{
	CU_ASSERT(reads(seed_from_base32, "MY======", "f"));
	CU_ASSERT(reads(seed_from_base32, "MZXQ====", "fo"));
	CU_ASSERT(reads(seed_from_base32, "MZXW6===", "foo"));
	CU_ASSERT(reads(seed_from_base32, "MZXW6YQ=", "foob"));
	CU_ASSERT(reads(seed_from_base32, "MZXW6YTB", "fooba"));
	CU_ASSERT(reads(seed_from_base32, "MZXW6YTBOI======", "foobar"));
}

static void test_base32_as_people_write_it(void)
{
	CU_ASSERT(reads(seed_from_base32, "mzxw6ytboi", "foobar"));
	CU_ASSERT(reads(seed_from_base32, "MZXW 6YTB-OI==", "foobar"));
	CU_ASSERT(reads(seed_from_base32, " gezd gnbv\tgy3t qojq\r\n", "1234567890"));
	CU_ASSERT(reads(seed_from_base32, "MZXW6YTBOI=======", NULL)); // more than it can have
	CU_ASSERT(reads(seed_from_base32, "MZXW6YTB=", NULL));
	CU_ASSERT(reads(seed_from_base32, "MZ=XW6YTB", NULL));
	CU_ASSERT(reads(seed_from_base32, "M", NULL)); // cut short
	CU_ASSERT(reads(seed_from_base32, "MZX", NULL));
	CU_ASSERT(reads(seed_from_base32, "MZXW6Y", NULL));
	CU_ASSERT(reads(seed_from_base32, "MZXW0YTB", NULL));  // no 0, 1, 8, 9
	CU_ASSERT(reads(seed_from_base32, "MZXW６YTB", NULL)); // full-width
	CU_ASSERT(reads(seed_from_base32, "", NULL));
	CU_ASSERT(reads(seed_from_base32, "====", NULL));
}

static void test_hexadecimal(void)
{
	CU_ASSERT(reads(seed_from_hex, "666f6F626172", "foobar"));
	CU_ASSERT(reads(seed_from_hex, "66 6f 6f\n62 61 72", "foobar"));
	CU_ASSERT(reads(seed_from_hex, "666", NULL));
	CU_ASSERT(reads(seed_from_hex, "0x6666", NULL));
	CU_ASSERT(reads(seed_from_hex, "66:66", NULL));
	CU_ASSERT(reads(seed_from_hex, "６６", NULL));
	CU_ASSERT(reads(seed_from_hex, "", NULL));
	AUTO(secret) struct secret *s = NULL;
	CHECK_ERR(seed_from_hex("66\00066", 5, &s), ERR_ANSWER);
}

static void test_base64(void)
{
	CU_ASSERT(reads(seed_from_base64, "Zg==", "f"));
	CU_ASSERT(reads(seed_from_base64, "Zm8=", "fo"));
	CU_ASSERT(reads(seed_from_base64, "Zm9v\r\n YmFy", "foobar"));
	CU_ASSERT(reads(seed_from_base64, "Zg", NULL));
	CU_ASSERT(reads(seed_from_base64, "Zg=", NULL));
	CU_ASSERT(reads(seed_from_base64, "Z===", NULL));
	CU_ASSERT(reads(seed_from_base64, "Zg==Zg==", NULL));
	CU_ASSERT(reads(seed_from_base64, "Z=g=", NULL));
	CU_ASSERT(reads(seed_from_base64, "Zm9*", NULL));
	CU_ASSERT(reads(seed_from_base64, "Zm9-", NULL));
	CU_ASSERT(reads(seed_from_base64, "====", NULL));
	CU_ASSERT(reads(seed_from_base64, "", NULL));
}

static void test_what_is_too_long_is_refused(void)
{
	static reader *const readers[] = { seed_from_base32, seed_from_hex, seed_from_base64 };
	char *text = malloc(2000000);
	CHECK_OR_END(text);
	memset(text, 'A', 2000000);
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		AUTO(secret) struct secret *s = NULL;
		CHECK_ERR(readers[i](text, 2000000, &s), ERR_ANSWER);
		CHECK_OK(readers[i](text, 128, &s)); // SEED_SECRET_MAX bytes can be had in each
	}
	free(text);
}

static void test_hashes_by_name(void)
{
	static const struct {
		const char *name;
		int is;
	} names[] = { { "SHA1", SEED_SHA1 },
		      { "sha-1", SEED_SHA1 },
		      { "HMAC-SHA256", SEED_SHA256 },
		      { "hmacsha256", SEED_SHA256 },
		      { "SHA_512", SEED_SHA512 },
		      { "HMAC_SHA-512", SEED_SHA512 },
		      { "SHA2", -1 },
		      { "SHA3-256", -1 },
		      { "MD5", -1 },
		      { "HMAC", -1 },
		      { "", -1 },
		      { "sha1 ", -1 },
		      { "SHA", -1 } };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		enum seed_hash h = SEED_SHA1;
		bool known = seed_hash_by_name(names[i].name, &h);
		CU_ASSERT_EQUAL(known ? (int)h : -1, names[i].is);
	}
	CU_ASSERT_STRING_EQUAL(seed_hash_name(SEED_SHA512), "sha512");
	CU_ASSERT_STRING_EQUAL(seed_kind_name(SEED_OCRA), "ocra");
}

static char serial[80] = "A-1", person[400] = "花子", suite[] = "OCRA-1:HOTP-SHA1-6:QN08",
	    none[] = "";

static struct seed good_one(enum seed_kind kind)
{
	return (struct seed){
		.serial = serial, .person = person, .kind = kind, .digits = 6, .step = 30
	};
}

#define CHECK_SEED(kind, change, good)                                                             \
	do {                                                                                       \
		AUTO(secret) struct secret *bytes = NULL;                                          \
		CHECK_OK_OR_END(secret_from("12345678901234567890", 20, &bytes));                  \
		struct seed s = good_one(kind);                                                    \
		s.secret = bytes;                                                                  \
		change;                                                                            \
		struct err *e = seed_check(&s);                                                    \
		CU_ASSERT((good) ? !e : err_has_tag(e, "seed-wrong") && err_next_step(e));         \
		err_free(e);                                                                       \
	} while (0)

static void test_which_seeds_can_be_used(void)
{
	CHECK_SEED(SEED_HOTP, (void)0, true);
	CHECK_SEED(SEED_TOTP, (void)0, true);
	CHECK_SEED(SEED_OCRA, s.suite = suite, true);
	CHECK_SEED(SEED_OCRA, (void)0, false);
	CHECK_SEED(SEED_OCRA, s.suite = none, false);
	CHECK_SEED(SEED_HOTP, s.digits = 5, false);
	CHECK_SEED(SEED_TOTP, s.digits = 8, true);
	CHECK_SEED(SEED_TOTP, s.digits = 9, false);
	CHECK_SEED(SEED_TOTP, s.step = SEED_STEP_MIN - 1, false);
	CHECK_SEED(SEED_TOTP, s.step = SEED_STEP_MAX + 1, false);
	CHECK_SEED(SEED_HOTP, s.step = 0, true);
	CHECK_SEED(SEED_HOTP, s.counter = SEED_COUNTER_MAX, true);
	CHECK_SEED(SEED_HOTP, s.counter = SEED_COUNTER_MAX + 1, false);
	CHECK_SEED(SEED_HOTP, s.counter = UINT64_C(1) << 63, false);
	CHECK_SEED(SEED_TOTP, s.counter = 60000000, true);
	CHECK_SEED(SEED_TOTP, s.counter = 1700000000, false); // seconds for steps
	CHECK_SEED(SEED_TOTP, s.t0 = -1, false);
	CHECK_SEED(SEED_TOTP, s.drift = -SEED_DRIFT_MAX - 1, false);
	CHECK_SEED(SEED_TOTP, s.secret = NULL, false);
	CHECK_SEED(SEED_TOTP, s.serial = NULL, false);
	CHECK_SEED(SEED_TOTP, s.serial = none, false);
	CHECK_SEED(SEED_TOTP, s.serial = person, false);
	CHECK_SEED(SEED_TOTP, (s.not_before = 2, s.not_after = 1), false);
	CHECK_SEED(SEED_TOTP, (s.not_before = 2, s.not_after = 0), true);
	memset(serial, 'x', SEED_SERIAL_MAX);
	CHECK_SEED(SEED_TOTP, (void)0, true);
	serial[SEED_SERIAL_MAX] = 'x';
	CHECK_SEED(SEED_TOTP, (void)0, false);
	memcpy(serial, "A 1", 4);
	CHECK_SEED(SEED_TOTP, (void)0, false);
	memcpy(serial, "A-1", 4);
	memset(person, 'x', SEED_TEXT_MAX + 1);
	CHECK_SEED(SEED_TOTP, (void)0, false);
	memcpy(person, "a\nb", 4);
	CHECK_SEED(SEED_TOTP, (void)0, false);
}

static void test_weak_is_below_128_bits(void)
{
	struct seed s = { 0 };
	CHECK_OK(secret_from("123456789012345", 15, &s.secret));
	CU_ASSERT(seed_is_weak(&s));
	seed_clear(&s);
	CHECK_OK(secret_from("1234567890123456", 16, &s.secret));
	CU_ASSERT(!seed_is_weak(&s));
	seed_clear(&s);
	seed_clear(&s);
}

static void test_a_list_takes_what_is_added(void)
{
	AUTO_SEEDS struct seeds list = { 0 };
	for (int i = 0; i < 100; i++) {
		struct seed s = { .serial = text_format("%d", i) };
		CHECK_OK(seeds_add(&list, &s));
		CU_ASSERT_PTR_NULL(s.serial);
	}
	CU_ASSERT_EQUAL(list.n, 100);
	CU_ASSERT_STRING_EQUAL(list.list[99].serial, "99");
}

int main(void)
{
	return CHECK_MAIN(TEST(test_base32_vectors), TEST(test_base32_as_people_write_it),
			  TEST(test_hexadecimal), TEST(test_base64),
			  TEST(test_what_is_too_long_is_refused), TEST(test_hashes_by_name),
			  TEST(test_which_seeds_can_be_used), TEST(test_weak_is_below_128_bits),
			  TEST(test_a_list_takes_what_is_added));
}
