// What the practice CA reads from strangers: base64, HTTP Basic, names, cookies, addresses, its own csrattrs list.
#include "check.h"

#include <string.h>

#include "practiceca/address.h"
#include "practiceca/base64.h"
#include "practiceca/basic.h"
#include "practiceca/csrattrs.h"
#include "practiceca/ticket.h"

static bool reads(const char *text, const char *wanted)
{
	uint8_t out[64];
	size_t len = sizeof out;
	return base64_read(text, strlen(text), out, &len) && len == strlen(wanted) &&
	       memcmp(out, wanted, len) == 0;
}

static void test_base64_is_strict(void)
{
	static const char *const bad[] = { "A",	   "AA",   "AAA",      "AAAAA",	   "A===", "====",
					   "AA=A", "=AAA", "AA==AAAA", "Zm9vY@==", "AAA-", "AAA_",
					   "AA= ", "Zh==", "Zm9=",     "Zm 9v" };
	CU_ASSERT(reads("", ""));
	CU_ASSERT(reads("Zg==", "f"));
	CU_ASSERT(reads("Zm8=", "fo"));
	CU_ASSERT(reads("Zm9v", "foo"));
	CU_ASSERT(reads("Zm9vYmFy", "foobar"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		uint8_t out[64];
		size_t len = sizeof out;
		CU_ASSERT_FALSE(base64_read(bad[i], strlen(bad[i]), out, &len));
	}
	uint8_t small[3];
	size_t len = sizeof small;
	CU_ASSERT(base64_read("Zm9v", 4, small, &len));
	len = sizeof small;
	CU_ASSERT_FALSE(base64_read("Zm9vYmFy", 8, small, &len)); // no room
}

static bool body_reads(const char *text, size_t text_len, const char *wanted)
{
	AUTO_BUF struct buf out = { 0 };
	bool good = false;
	CHECK_OK(base64_read_body(text, text_len, &good, &out));
	return good && out.len == strlen(wanted) && memcmp(out.data, wanted, out.len) == 0;
}

static void test_bodies_may_hold_white_space(void)
{
	CU_ASSERT(body_reads("Zm9v", 4, "foo"));
	CU_ASSERT(body_reads("\r\nZm\t9\n v Ym Fy\r\n", 17, "foobar"));
	CU_ASSERT_FALSE(body_reads("", 0, ""));
	CU_ASSERT_FALSE(body_reads(" \r\n", 3, ""));
	CU_ASSERT_FALSE(body_reads("Zm9v\0", 5, "foo"));
	CU_ASSERT_FALSE(body_reads("Zm9v\v", 5, "foo"));
}

static void test_written_bodies_are_read_again(void)
{
	uint8_t bytes[200];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t n = 1; n <= sizeof bytes; n++) {
		AUTO_BUF struct buf text = { 0 };
		AUTO_BUF struct buf back = { 0 };
		bool good = false;
		CHECK_OK(base64_write_body(bytes, n, &text));
		CHECK_OK(base64_read_body(text.data, text.len, &good, &back));
		CU_ASSERT(good && back.len == n && memcmp(back.data, bytes, n) == 0);
	}
}

static void test_names_have_one_shape(void)
{
	static const char *const bad[] = { "",
					   "123456789",
					   "12345678901",
					   "1234567890/",
					   "1234567890/a b",
					   "1234567890-a",
					   "x234567890",
					   "1234567890/a/b",
					   "1234567890/é",
					   " 1234567890",
					   "1234567890/aaaaaaaaaaaaaaaaaaaaa" };
	struct holder h = { 0 };
	char name[NAME_MAX_LEN + 1];
	char common[COMMON_NAME_MAX + 1];
	CU_ASSERT(holder_read("1234567890", 10, &h));
	CU_ASSERT_FALSE(holder_is_user(&h));
	holder_common_name(&h, common);
	CU_ASSERT_STRING_EQUAL(common, "12345678901283");
	CU_ASSERT(holder_read("1234567890/Taro20letters0000000", 31, &h));
	CU_ASSERT(holder_is_user(&h));
	holder_name(&h, name);
	holder_common_name(&h, common);
	CU_ASSERT_STRING_EQUAL(name, "1234567890/Taro20letters0000000");
	CU_ASSERT_STRING_EQUAL(common, "1234567890Taro20letters00000001283");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CU_ASSERT_FALSE(holder_read(bad[i], strlen(bad[i]), &h));
	CU_ASSERT_FALSE(holder_read("1234567890/a\0b", 14, &h));
}

static void check_basic(const char *header, bool given, bool shaped, const char *first,
			const char *second)
{
	AUTO_BASIC struct basic b = { 0 };
	CHECK_OK_OR_END(basic_read(header, &b));
	CU_ASSERT_EQUAL(b.given, given);
	CU_ASSERT_EQUAL(b.shaped, shaped);
	if (!b.given)
		return;
	CU_ASSERT_STRING_EQUAL(secret_text(b.first), first);
	CU_ASSERT_STRING_EQUAL(secret_text(b.second), second);
}

static void test_basic_splits_at_the_last_colon(void)
{
	check_basic(NULL, false, false, "", "");
	check_basic("Bearer abc", false, false, "", "");
	check_basic("Basic", false, false, "", "");
	check_basic("Basic MTIz", false, false, "", "");			// 123
	check_basic("Basic MTIzNDU2Nzg5MDphOmI=", true, true, "a", "b");	// 1234567890:a:b
	check_basic("basic  MTIzNDU2Nzg5MDphOmI6Yw==", true, true, "a:b", "c"); // :a:b:c
	check_basic("Basic MTIzNDU2Nzg5MDphYg==", true, true, "ab", "");	// :ab
	check_basic("Basic MTIzNDU2Nzg5MDo=", true, true, "", "");    // nothing behind the name
	check_basic("Basic bm9ib2R5OmE6Yg==", true, false, "a", "b"); // nobody:a:b
	check_basic("Basic MTIzNDU2Nzg5MDphOmI= x", false, false, "", "");
	check_basic("Basic MTIzNDU2Nzg5MDphOmIA", false, false, "", ""); // a zero byte at the end
	char huge[4000] = "Basic ";
	memset(huge + 6, 'A', 3000);
	check_basic(huge, false, false, "", "");
}

static void test_the_ticket_is_found_among_cookies(void)
{
	char hex[TICKET_LEN + 1];
	char cookie[400];
	char out[TICKET_LEN + 1];
	memset(hex, 'a', TICKET_LEN);
	hex[TICKET_LEN] = '\0';
	snprintf(cookie, sizeof cookie, "a=b; inkan-ticket=%s; c=d", hex);
	CU_ASSERT(ticket_from_cookie(cookie, out));
	CU_ASSERT_STRING_EQUAL(out, hex);
	snprintf(cookie, sizeof cookie, "inkan-ticket=%s", hex);
	CU_ASSERT(ticket_from_cookie(cookie, out));
	snprintf(cookie, sizeof cookie, "inkan-ticket=%sa", hex);
	CU_ASSERT_FALSE(ticket_from_cookie(cookie, out));
	snprintf(cookie, sizeof cookie, "x-inkan-ticket=%s", hex);
	CU_ASSERT_FALSE(ticket_from_cookie(cookie, out));
	CU_ASSERT_FALSE(ticket_from_cookie("inkan-ticket=", out));
	CU_ASSERT_FALSE(ticket_from_cookie(";;; ;", out));
	CU_ASSERT_FALSE(ticket_from_cookie(NULL, out));
}

static void check_address(const char *text, const char *shown, bool loopback)
{
	struct address a;
	char out[80];
	CHECK_OK_OR_END(address_read(text, &a));
	address_text(&a, out);
	CU_ASSERT_STRING_EQUAL(out, shown);
	CU_ASSERT_EQUAL(a.loopback, loopback);
}

static void test_addresses(void)
{
	static const char *const bad[] = { "",
					   ":1",
					   "8443",
					   "127.0.0.1:",
					   "127.0.0.1:65536",
					   "::1:8443",
					   "[::1]",
					   "127.0.0.1:x",
					   "bank.example:1",
					   "[]:1",
					   "127.0.0.1:-1" };
	struct address a;
	check_address("127.0.0.1:8443", "127.0.0.1:8443", true);
	check_address("127.9.9.9:0", "127.9.9.9:0", true);
	check_address("[::1]:65535", "[::1]:65535", true);
	check_address("localhost:1", "127.0.0.1:1", true);
	check_address("0.0.0.0:1", "0.0.0.0:1", false);
	check_address("[::]:1", "[::]:1", false);
	check_address("192.0.2.1:1", "192.0.2.1:1", false);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_ERR(address_read(bad[i], &a), ERR_USAGE);
}

static void test_csrattrs_lists(void)
{
	static const char *const bad[] = { "", ",", "rsa", "rsa-2048,", "none,what", "rsa-20480" };
	struct csrattrs_config c = { 0 };
	AUTO_BUF struct buf der = { 0 };
	CHECK_OK(csrattrs_read(NULL, &c));
	CHECK_OK(csrattrs_der(&c, &der));
	CU_ASSERT_EQUAL(der.len, 0);
	CHECK_OK(csrattrs_read("rsa-4096", &c));
	CHECK_OK(csrattrs_der(&c, &der));
	CU_ASSERT(der.len == 21 && der.data[0] == 0x30 && der.data[1] == 19 &&
		  der.data[19] == 0x10 && der.data[20] == 0);
	buf_reset(&der);
	CHECK_OK(csrattrs_read("key-usage,sha256,rsa-2048,challenge-password", &c));
	CHECK_OK(csrattrs_der(&c, &der));
	CU_ASSERT_EQUAL(der.len, (size_t)der.data[1] + 2);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_ERR(csrattrs_read(bad[i], &c), ERR_USAGE);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_base64_is_strict), TEST(test_bodies_may_hold_white_space),
			  TEST(test_written_bodies_are_read_again), TEST(test_names_have_one_shape),
			  TEST(test_basic_splits_at_the_last_colon),
			  TEST(test_the_ticket_is_found_among_cookies), TEST(test_addresses),
			  TEST(test_csrattrs_lists));
}
