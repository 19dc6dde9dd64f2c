// What the CA wants before the key is made, and what the person is asked.
#include "fixture.h"

static struct err *wishes(const char *script, struct ca_constraints *out)
{
	struct fixture f;
	fixture_begin(&f, script, NULL);
	struct err *e = ca_constraints(f.ca, out);
	CU_ASSERT(byteserver_logged(f.server, "authorization=yes") == 0);
	fixture_end(&f);
	return e;
}

static void check_none(const char *script)
{
	struct ca_constraints k = { 0 };
	CHECK_OK(wishes(script, &k));
	CU_ASSERT(k.rsa_bits == 0 && !k.decrypt && k.key_usage_signature &&
		  !k.key_usage_encipherment);
	CU_ASSERT(!k.challenge_password && k.request_attributes.len == 0);
	ca_constraints_free(&k);
}

static void test_no_wishes(void)
{
	check_none("on GET " EST "/csrattrs\n status 204 No Content\n");
	check_none("on GET " EST "/csrattrs\n status 404 Not Found\n");
	check_none("on GET " EST "/csrattrs\n status 401 Unauthorized\n header WWW-Authenticate: "
		   "Basic realm=\"x\"\n");
	check_none("on GET " EST "/csrattrs\n header Content-Type: application/csrattrs\n");
	check_none("on GET " EST
		   "/csrattrs\n header Content-Type: application/csrattrs\n text MAA=\n");
}

static void test_size_and_uses_are_taken(void)
{
	struct ca_constraints k = { 0 };
	CHECK_OK(wishes("on GET " EST "/csrattrs\n header Content-Type: application/csrattrs\n"
			" text MDkwEQYJKoZIhvcNAQEBMQQCAgwAMB8GCSqGSIb3DQEJDjESMBAwDgYDVR0P\n"
			" text AQH/BAQDAgWgBgMqAwQ=\n",
			&k));
	CU_ASSERT(k.rsa_bits == 3072);
	CU_ASSERT(k.key_usage_signature && k.key_usage_encipherment && k.decrypt);
	ca_constraints_free(&k);
}

static void check_cannot(const char *base64, const char *slug)
{
	AUTO_TEXT char *script = text_format("on GET " EST "/csrattrs\n text %s\n", base64);
	struct ca_constraints k = { 0 };
	AUTO(err) struct err *e = wishes(script, &k);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_POLICY);
	CU_ASSERT_STRING_EQUAL(err_slug(e), slug);
	CU_ASSERT_PTR_NOT_NULL(err_next_step(e));
}

static void test_what_cannot_be_done_is_refused_with_words(void)
{
	// The example of RFC 7030 and RFC 8951: an elliptic curve.
	check_cannot("MEEGCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiMBYGCSqGSIb3DQEJDjEJBgcrBgEBAQEWB"
		     "ggqhkjOPQQDAw==",
		     "key-type");
	check_cannot("MBMwEQYJKoZIhvcNAQEBMQQCAgQA", "key-size"); // RSA 1024
	check_cannot("MA0GCyqGSIb3DQEJEAI4", "otp-challenge");
	check_cannot("MA0GCyqGSIb3DQEJEAI5", "revocation-challenge");
	check_cannot("MAsGCSqGSIb3DQEBDA==", "signature-hash"); // SHA-384
}

static void test_a_challenge_password_that_the_profile_fills(void)
{
	struct fixture f;
	static char challenge[] = "{otp}";
	fixture_begin(&f, "on GET " EST "/csrattrs\n text MAsGCSqGSIb3DQEJBw==\n", NULL);
	CU_ASSERT(!ca_request_is_secret(f.ca));
	f.role.challenge_password = challenge;
	struct ca_constraints k = { 0 };
	CHECK_OK(ca_constraints(f.ca, &k));
	CU_ASSERT(k.challenge_password && ca_request_is_secret(f.ca));
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK(ca_challenge(f.ca, f.answers, &s));
	CU_ASSERT_STRING_EQUAL(secret_text(s), "123456");
	struct ca_questions q = { 0 };
	CHECK_OK(ca_questions(f.ca, &k, &q));
	CU_ASSERT(q.n == 4 && q.q[3].when == ASK_BEFORE_SIGN);
	fixture_end(&f);
}

static void check_subject(const char *base64, const char *slug, struct ca_constraints *out)
{
	AUTO_TEXT char *script = text_format("on GET " EST "/csrattrs\n text %s\n", base64);
	struct fixture f;
	static char cn[] = "CN", o[] = "O", bank[] = "Bank", name[] = "{contract_id}{user_id}1283";
	struct profile_rdn subject[] = { { o, bank }, { cn, name } };
	fixture_begin(&f, script, NULL);
	f.role.subject = subject;
	f.role.n_subject = 2;
	AUTO(err) struct err *e = ca_constraints(f.ca, out);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", slug);
	fixture_end(&f);
}

// RFC 9908 §3.4. The templates: {O=, OU=Abc, CN=}, {L=, CN=}, {CN=Other}, {O=}.
static void test_the_subject_of_a_template(void)
{
	struct ca_constraints k = { 0 };
	check_subject(
		"MDowOAYLKoZIhvcNAQkQAj0xKTAnAgEAMCAxBzAFBgNVBAoxDDAKBgNVBAsMA0FiYzEHMAUGA1UEA6EA",
		"", &k);
	CU_ASSERT_FATAL(k.n_subject == 3);
	CU_ASSERT(!k.subject[0].value && k.subject[0].place == 0);
	CU_ASSERT_STRING_EQUAL(k.subject[1].type, "OU");
	CU_ASSERT_STRING_EQUAL(k.subject[1].value, "Abc");
	CU_ASSERT(!k.subject[2].value && k.subject[2].place == 1);
	ca_constraints_free(&k);
	check_subject("MCwwKgYLKoZIhvcNAQkQAj0xGzAZAgEAMBIxBzAFBgNVBAcxBzAFBgNVBAOhAA==",
		      "subject-template", &k);
	check_subject("MCowKAYLKoZIhvcNAQkQAj0xGTAXAgEAMBAxDjAMBgNVBAMMBU90aGVyoQA=",
		      "subject-template", &k);
	check_subject("MCMwIQYLKoZIhvcNAQkQAj0xEjAQAgEAMAkxBzAFBgNVBAqhAA==", "subject-template",
		      &k);
}

static void check_bad(const char *script, enum err_kind kind)
{
	struct ca_constraints k = { 0 };
	CHECK_ERR(wishes(script, &k), kind);
}

static void test_answers_that_are_no_csrattrs(void)
{
	check_bad("on GET " EST "/csrattrs\n header Content-Type: text/html\n html 500\n",
		  ERR_CA_REFUSED);
	check_bad("on GET " EST "/csrattrs\n text AAAA\n", ERR_CA_REFUSED);
	check_bad("on GET " EST
		  "/csrattrs\n status 302 Found\n header Location: https://evil.example/\n",
		  ERR_CA_REFUSED);
	check_bad("on GET " EST "/csrattrs\n status 400 Bad Request\n", ERR_CA_REFUSED);
	check_bad("on GET " EST "/csrattrs\n status 503 Busy\n", ERR_NETWORK);
	check_bad("on GET " EST "/csrattrs\n random 10485760\n", ERR_NETWORK);
}

static void test_the_otp_is_asked_last(void)
{
	struct fixture f;
	fixture_begin(&f, "on GET /x\n text x\n", NULL);
	struct ca_constraints k = { 0 };
	struct ca_questions q = { 0 };
	CHECK_OK(ca_questions(f.ca, &k, &q));
	CU_ASSERT_FATAL(q.n == 4);
	CU_ASSERT_STRING_EQUAL(q.q[0].field, "contract_id");
	CU_ASSERT_STRING_EQUAL(q.q[2].field, "user_pin");
	CU_ASSERT(q.q[0].when == ASK_BEFORE_KEY && q.q[2].when == ASK_BEFORE_KEY);
	CU_ASSERT_STRING_EQUAL(q.q[3].field, "otp");
	CU_ASSERT(q.q[3].when == ASK_BEFORE_SUBMIT);
	static char no_otp[] = "{user_pin}";
	f.role.password = no_otp;
	CHECK_OK(ca_questions(f.ca, &k, &q));
	CU_ASSERT(q.n == 3);
	fixture_end(&f);
}

static void test_warming_opens_the_connection_and_nothing_more(void)
{
	struct fixture f;
	fixture_begin(&f,
		      "on GET " EST
		      "/cacerts\n header Content-Type: application/pkcs7-mime\n cacerts\n"
		      "on GET " EST "/csrattrs\n status 204 No Content\n",
		      NULL);
	struct ca_constraints k = { 0 };
	CHECK_OK(ca_warm(f.ca));
	CHECK_OK(ca_constraints(f.ca, &k));
	CU_ASSERT(ca_handshakes(f.ca) == 1);
	CU_ASSERT(byteserver_logged(f.server, "authorization=yes") == 0);
	fixture_end(&f);
	fixture_begin(&f, "on GET " EST "/cacerts\n text no list\n", NULL);
	CHECK_OK(ca_warm(f.ca)); // worth a line in the log, no more
	fixture_end(&f);
}

static void test_other_protocols_say_that_they_are_not_there(void)
{
	struct fixture f;
	fixture_begin(&f, "on GET /x\n text x\n", NULL);
	struct ca_terms t = { .profile = &f.profile, .role = &f.role };
	struct ca *c = NULL;
	for (int p = CA_CMP; p < CA_FILE; p++) {
		f.profile.ca.protocol = (enum ca_protocol)p;
		CHECK_ERR(ca_open(&t, NULL, 0, &c), ERR_PROFILE);
	}
	CU_ASSERT_PTR_NULL(c);
	fixture_end(&f);
}

int main(void)
{
	int rc = CHECK_MAIN(TEST(test_no_wishes), TEST(test_size_and_uses_are_taken),
			    TEST(test_what_cannot_be_done_is_refused_with_words),
			    TEST(test_a_challenge_password_that_the_profile_fills),
			    TEST(test_the_subject_of_a_template),
			    TEST(test_answers_that_are_no_csrattrs),
			    TEST(test_the_otp_is_asked_last),
			    TEST(test_warming_opens_the_connection_and_nothing_more),
			    TEST(test_other_protocols_say_that_they_are_not_there));
	fixture_key_free();
	return rc;
}
