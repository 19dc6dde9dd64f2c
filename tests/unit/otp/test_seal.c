// Seeds at rest: what was changed, exchanged or sealed by another key is not opened.
#include "otp/seal.h"

#include <string.h>

#include "check.h"
#include "scratch.h"

static const char plain[] = "12345678901234567890";

static void put(const struct seal *s, const char *bound_to, struct buf *out)
{
	CHECK_OK(seal_put(s, plain, sizeof(plain), bound_to, out));
	CU_ASSERT_EQUAL(out->len, sizeof(plain) + SEAL_OVERHEAD);
}

static void check_broken(const struct seal *s, const void *bytes, size_t len, const char *bound_to)
{
	AUTO(secret) struct secret *got = NULL;
	AUTO(err) struct err *e = seal_open(s, bytes, len, bound_to, &got);
	CU_ASSERT(e && err_has_tag(e, "seal-broken"));
	CU_ASSERT_PTR_NULL(got);
}

static void test_what_was_sealed_is_opened(void)
{
	AUTO(scratch) struct scratch *d = scratch_new();
	AUTO_TEXT char *path = scratch_path(d, "otp.key");
	AUTO(seal) struct seal *s = NULL;
	AUTO(seal) struct seal *again = NULL;
	AUTO(secret) struct secret *got = NULL;
	AUTO_BUF struct buf b = { 0 };
	struct stat st;
	CHECK_OK_OR_END(seal_from_file(path, true, &s));
	CU_ASSERT(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	put(s, "row", &b);
	CHECK_OK_OR_END(seal_from_file(path, true, &again));
	CHECK_OK(seal_open(again, b.data, b.len, "row", &got));
	CU_ASSERT(got && secret_len(got) == sizeof(plain) &&
		  memcmp(secret_bytes(got), plain, sizeof(plain)) == 0);
}

static void test_what_was_changed_is_not(void)
{
	AUTO(scratch) struct scratch *d = scratch_new();
	AUTO_TEXT char *path = scratch_path(d, "otp.key");
	AUTO_TEXT char *other = scratch_path(d, "other.key");
	AUTO(seal) struct seal *s = NULL;
	AUTO(seal) struct seal *o = NULL;
	AUTO_BUF struct buf b = { 0 };
	CHECK_OK_OR_END(seal_from_file(path, true, &s));
	CHECK_OK_OR_END(seal_from_file(other, true, &o));
	put(s, "row", &b);
	check_broken(s, b.data, b.len, "another row");
	check_broken(o, b.data, b.len, "row");
	for (size_t i = 0; i < b.len; i++) {
		b.data[i] ^= 1;
		check_broken(s, b.data, b.len, "row");
		b.data[i] ^= 1;
		check_broken(s, b.data, i, "row");
	}
}

static void test_the_same_is_never_sealed_the_same(void)
{
	AUTO(scratch) struct scratch *d = scratch_new();
	AUTO_TEXT char *path = scratch_path(d, "otp.key");
	AUTO(seal) struct seal *s = NULL;
	AUTO_BUF struct buf a = { 0 };
	AUTO_BUF struct buf b = { 0 };
	CHECK_OK_OR_END(seal_from_file(path, true, &s));
	put(s, "row", &a);
	put(s, "row", &b);
	CU_ASSERT(memcmp(a.data, b.data, SEAL_NONCE) != 0);
	CU_ASSERT(memcmp(a.data + SEAL_NONCE, b.data + SEAL_NONCE, sizeof(plain)) != 0);
}

static void check_file(const char *text, int mode, const char *tag)
{
	AUTO(scratch) struct scratch *d = scratch_new();
	AUTO_TEXT char *path = scratch_file(d, "otp.key", text, (mode_t)mode);
	AUTO(seal) struct seal *s = NULL;
	AUTO(err) struct err *e = seal_from_file(path, true, &s);
	CU_ASSERT(e && err_kind(e) == ERR_ANSWER);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", tag);
	CU_ASSERT_PTR_NULL(s);
}

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void test_key_files_that_are_not_used(void)
{
	check_file(KEY "\n", 0640, "seal-key-open");
	check_file(KEY "\n", 0604, "seal-key-open");
	check_file("", 0600, "seal-key-wrong");
	check_file("short\n", 0600, "seal-key-wrong");
	check_file(KEY "00\n", 0600, "seal-key-wrong");
	check_file("g" KEY, 0600, "seal-key-wrong");
}

static void test_a_key_that_is_missing_is_not_made_unasked(void)
{
	AUTO(scratch) struct scratch *d = scratch_new();
	AUTO_TEXT char *path = scratch_path(d, "otp.key");
	AUTO(seal) struct seal *s = NULL;
	AUTO(err) struct err *e = seal_from_file(path, false, &s);
	CU_ASSERT(e && err_has_tag(e, "seal-key-missing"));
	CU_ASSERT(access(path, F_OK) != 0);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_what_was_sealed_is_opened), TEST(test_what_was_changed_is_not),
			  TEST(test_the_same_is_never_sealed_the_same),
			  TEST(test_key_files_that_are_not_used),
			  TEST(test_a_key_that_is_missing_is_not_made_unasked));
}
