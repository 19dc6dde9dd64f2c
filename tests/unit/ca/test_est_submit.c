// A request that is answered with certificates: good ones taken in every shape, bad ones given to the judge.
#include "fixture.h"

#define ENROLL "on POST " EST "/simpleenroll\n"
#define PKCS7  " header Content-Type: application/pkcs7-mime; smime-type=certs-only\n"

static const char *issue_and_judge(const char *script)
{
	struct fixture f;
	struct ca_outcome o = { 0 };
	bool sent = false;
	fixture_begin(&f, script, NULL);
	CHECK_OK(fixture_submit(&f, &o, &sent));
	CU_ASSERT(sent && o.state == CA_ISSUED);
	const char *slug = fixture_judge(&f, &o);
	ca_outcome_free(&o);
	CU_ASSERT(byteserver_logged(f.server, "POST") == 1);
	CU_ASSERT(byteserver_logged(f.server, "authorization=yes") == 1);
	fixture_end(&f);
	return slug;
}

static void test_certificates_in_every_shape(void)
{
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue good\n"), "");
	CU_ASSERT_STRING_EQUAL(
		issue_and_judge(ENROLL PKCS7 " status 201 Created\n issue good one\n"), "");
	CU_ASSERT_STRING_EQUAL(
		issue_and_judge(ENROLL PKCS7
				" header Content-Transfer-Encoding: 8bit\n issue shuffled crlf\n"),
		"");
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL " issue good\n slow 0\n"), "");
}

// RFC 7030 §4.2.3: the answer is the leaf alone, and what links it to the anchor comes from /cacerts.
static void test_a_leaf_alone_is_chained_by_cacerts(void)
{
	CU_ASSERT_STRING_EQUAL(issue_and_judge("on GET " EST "/cacerts\n" PKCS7
					       " cacerts\n" ENROLL PKCS7 " issue leaf-only\n"),
			       "");
	CU_ASSERT_STRING_EQUAL(issue_and_judge("on GET " EST
					       "/cacerts\n text no list\n" ENROLL PKCS7
					       " issue leaf-only\n"),
			       "certificate-chain");
}

static void test_wrong_certificates_are_told_apart(void)
{
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue other-key\n"),
			       "certificate-other-key");
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue other-name\n"),
			       "certificate-other-name");
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue other-chain\n"),
			       "certificate-chain");
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue leaf-only\n"),
			       "certificate-chain");
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue expired\n"),
			       "certificate-expired");
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue not-yet\n"),
			       "certificate-not-yet");
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue is-ca\n"), "certificate-is-ca");
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue usage\n"), "certificate-usage");
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue two-leaves\n"),
			       "certificate-several");
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue no-leaf\n"),
			       "certificate-other-key");
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue md5\n"), "certificate-weak");
	CU_ASSERT_STRING_EQUAL(issue_and_judge(ENROLL PKCS7 " issue sha1\n"), "certificate-weak");
}

static void check_no_certificate(const char *script)
{
	struct fixture f;
	struct ca_outcome o = { 0 };
	bool sent = false;
	fixture_begin(&f, script, NULL);
	AUTO(err) struct err *e = fixture_submit(&f, &o, &sent);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_CA_REFUSED && sent);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "no-certificate");
	CU_ASSERT(o.issued.n == 0);
	CU_ASSERT(byteserver_logged(f.server, "POST") == 1);
	fixture_end(&f);
}

static void test_answers_that_are_no_certificate(void)
{
	check_no_certificate(ENROLL " header Content-Type: text/html\n html 2000\n");
	check_no_certificate(ENROLL PKCS7 " html 2000\n");
	check_no_certificate(ENROLL PKCS7 " random 3000\n");
	check_no_certificate(ENROLL PKCS7 " text AAAA\n");
	check_no_certificate(ENROLL PKCS7);
	check_no_certificate(ENROLL PKCS7 " issue truncated\n");
	check_no_certificate(ENROLL PKCS7 " issue signed\n");
	check_no_certificate(ENROLL
			     " header Content-Type: multipart/mixed; boundary=x\n issue good\n");
}

static void test_the_connection_of_the_key_s_time_is_used(void)
{
	struct fixture f;
	struct ca_outcome o = { 0 };
	bool sent = false;
	fixture_begin(&f, "on GET *\n cacerts\n" ENROLL PKCS7 " issue good\n", NULL);
	CHECK_OK(ca_warm(f.ca));
	CHECK_OK(fixture_submit(&f, &o, &sent));
	CU_ASSERT(ca_handshakes(f.ca) == 1);
	bool told = true;
	CHECK_OK(ca_confirm(f.ca, &(struct ca_request){ 0 }, &told));
	CU_ASSERT(!told); // EST has no word for it
	ca_outcome_free(&o);
	fixture_end(&f);
}

static void test_credentials_do_not_outlive_their_sending(void)
{
	struct fixture f;
	struct ca_outcome o = { 0 };
	bool sent = false;
	fixture_begin(&f, ENROLL PKCS7 " issue good\n", NULL);
	CHECK_OK(fixture_submit(&f, &o, &sent));
	ca_outcome_free(&o);
	struct ca_request r = { .der = f.request.data, .len = f.request.len };
	sent = false;
	CHECK_ERR(ca_submit(f.ca, &r, &o, &sent),
		  ERR_ANSWER); // without ca_authenticate there are none
	CU_ASSERT(!sent && byteserver_logged(f.server, "POST") == 1);
	fixture_end(&f);
}

static void test_answers_that_are_missing_are_said_before_anything_leaves(void)
{
	struct fixture f;
	fixture_begin(&f, ENROLL PKCS7 " issue good\n", NULL);
	answers_forget(f.answers, "otp");
	CHECK_ERR(ca_authenticate(f.ca, f.answers), ERR_ANSWER);
	CU_ASSERT(byteserver_logged(f.server, "connection") == 0);
	fixture_end(&f);
}

int main(void)
{
	int rc = CHECK_MAIN(TEST(test_certificates_in_every_shape),
			    TEST(test_a_leaf_alone_is_chained_by_cacerts),
			    TEST(test_wrong_certificates_are_told_apart),
			    TEST(test_answers_that_are_no_certificate),
			    TEST(test_the_connection_of_the_key_s_time_is_used),
			    TEST(test_credentials_do_not_outlive_their_sending),
			    TEST(test_answers_that_are_missing_are_said_before_anything_leaves));
	fixture_key_free();
	return rc;
}
