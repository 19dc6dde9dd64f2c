// Serial numbers and reasons as people write them, the log of old databases, the CRL's number, and what HTML is written out of.
#include "check.h"

#include <string.h>

#include "practiceca/crl.h"
#include "practiceca/page.h"
#include "scratch.h"

static void test_serial_numbers_are_read_as_they_are_shown(void)
{
	static const char *const bad[] = { "",	   "4",	    "4a1",    "4g",    "0x4a",
					   " 4a",  "4a ",   "4a::1c", ":4a",   "4a:",
					   "4:a1", "4a-1c", "4a1c:9", "4a:1c0" };
	char out[SERIAL_HEX_MAX + 1];
	char longest[SERIAL_HEX_MAX + 3];
	CU_ASSERT(crl_serial("4A1c", out));
	CU_ASSERT_STRING_EQUAL(out, "4a1c");
	CU_ASSERT(crl_serial("4a:1C:00", out));
	CU_ASSERT_STRING_EQUAL(out, "4a1c00");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CU_ASSERT_FALSE(crl_serial(bad[i], out));
	memset(longest, 'a', sizeof longest);
	longest[SERIAL_HEX_MAX + 2] = '\0';
	CU_ASSERT_FALSE(crl_serial(longest, out));
	longest[SERIAL_HEX_MAX] = '\0';
	CU_ASSERT(crl_serial(longest, out));
}

static void test_reasons_have_the_names_of_rfc_5280(void)
{
	int number = -1;
	CU_ASSERT(crl_reason("unspecified", &number) && number == 0);
	CU_ASSERT(crl_reason("keyCompromise", &number) && number == 1);
	CU_ASSERT(crl_reason("superseded", &number) && number == 4);
	CU_ASSERT(crl_reason("certificateHold", &number) && number == 6);
	CU_ASSERT(crl_reason("privilegeWithdrawn", &number) && number == 9);
	CU_ASSERT(crl_reason("aACompromise", &number) && number == 10);
	CU_ASSERT_FALSE(crl_reason("removeFromCRL", &number));
	CU_ASSERT_FALSE(crl_reason("keycompromise", &number));
	CU_ASSERT_FALSE(crl_reason("", &number));
}

static void test_html_is_written_out(void)
{
	AUTO_BUF struct buf b = { 0 };
	CHECK_OK(page_escape(&b, "<a href='\"x\"'>&amp; \xe5\x8d\xb0</a>"));
	CU_ASSERT_STRING_EQUAL((const char *)b.data,
			       "&lt;a href=&#39;&quot;x&quot;&#39;&gt;&amp;amp; "
			       "\xe5\x8d\xb0&lt;/a&gt;");
}

// A database as it was before there was revocation, with one certificate in its log.
static struct err *old_database(const char *dir)
{
	size_t n = 0;
	const char *const *all = database_migrations(&n);
	AUTO_TEXT char *path = text_format("%s/practice-ca.db", dir);
	AUTO(store) struct store *s = NULL;
	TRY(store_open(
		&(struct store_terms){
			.path = path, .migrations = all, .n_migrations = 3, .busy_ms = 1000 },
		&s));
	TRY(store_run(s,
		      "INSERT INTO account(id, role, contract_id, user_id, pin_cost, pin_salt, "
		      "pin_hash, otp_kind, otp_next, pending_polls, pending_seconds, made_at) "
		      "VALUES(1, 'admin', '1234567890', '', 1, '', '', 0, 0, 0, 0, 1)",
		      NO_VALUES, NULL));
	return store_run(s,
			 "INSERT INTO issued(id, account, at, serial, common_name, subject, "
			 "not_before, not_after, request_sha256, sha256, certificate) VALUES(1, 1, "
			 "1, '4a1c', '', '', 1, 2, '', '', '')",
			 NO_VALUES, NULL);
}

static void test_what_an_old_database_issued_can_be_revoked(void)
{
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO(database) struct database *d = NULL;
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	CHECK_OK_OR_END(old_database(place->dir));
	CHECK_OK_OR_END(database_open(place->dir, &d));
	struct store *s = database_take(d);
	CHECK_OK(crl_revoke(s, "4a1c", "superseded", 77));
	CHECK_ERR(crl_revoke(s, "4a1c", "keyCompromise", 78), ERR_ANSWER);
	CHECK_ERR(crl_revoke(s, "4a1d", "superseded", 77), ERR_ANSWER);
	CHECK_OK(store_query(s, "SELECT revoked_at, revoked_reason, renews FROM issued", NO_VALUES,
			     &r));
	CHECK_OK(rows_next(r, &more));
	CU_ASSERT_EQUAL(rows_int(r, 0), 77);
	CU_ASSERT_STRING_EQUAL(rows_text(r, 1), "superseded");
	CU_ASSERT_EQUAL(rows_int(r, 2), 0);
	database_give(d);
}

static int64_t number_of(const struct buf *der)
{
	const unsigned char *p = der->data;
	AUTO(x509_crl) X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der->len);
	ASN1_INTEGER *n = crl ? X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL) : NULL;
	int64_t number = -1;
	if (n && ASN1_INTEGER_get_int64(&number, n) != 1)
		number = -1;
	ASN1_INTEGER_free(n);
	return number;
}

static int64_t crl_at(struct database *d, const struct authority *a, int64_t now)
{
	AUTO_BUF struct buf der = { 0 };
	CHECK_OK(crl_answer(d, a, now, &der));
	return number_of(&der);
}

static void test_a_crl_is_made_anew_when_it_must_be_and_only_then(void)
{
	enum { NOW = 1800000000, DAY = 86400 };
	AUTO(scratch) struct scratch *place = scratch_new();
	AUTO(scratch) struct scratch *elsewhere = scratch_new();
	AUTO(database) struct database *d = NULL;
	AUTO(authority) struct authority *a = NULL;
	AUTO(authority) struct authority *other = NULL;
	CHECK_OK_OR_END(old_database(place->dir));
	CHECK_OK_OR_END(database_open(place->dir, &d));
	CHECK_OK_OR_END(authority_open(place->dir, "localhost", NOW, &a));
	CHECK_OK_OR_END(authority_open(elsewhere->dir, "localhost", NOW, &other));
	CU_ASSERT_EQUAL(crl_at(d, a, NOW), 1);
	CU_ASSERT_EQUAL(crl_at(d, a, NOW + DAY - 1), 1);
	CU_ASSERT_EQUAL(crl_at(d, a, NOW + DAY), 2);
	CHECK_OK(crl_revoke(database_take(d), "4a1c", "unspecified", NOW));
	database_give(d);
	CU_ASSERT_EQUAL(crl_at(d, a, NOW + DAY), 3);
	CU_ASSERT_EQUAL(crl_at(d, a, NOW + DAY), 3);
	CU_ASSERT_EQUAL(crl_at(d, a, NOW), 4);	   // a clock that was set back
	CU_ASSERT_EQUAL(crl_at(d, other, NOW), 5); // the CA has another key now
}

int main(void)
{
	page_prepare();
	return CHECK_MAIN(TEST(test_serial_numbers_are_read_as_they_are_shown),
			  TEST(test_reasons_have_the_names_of_rfc_5280),
			  TEST(test_html_is_written_out),
			  TEST(test_what_an_old_database_issued_can_be_revoked),
			  TEST(test_a_crl_is_made_anew_when_it_must_be_and_only_then));
}
