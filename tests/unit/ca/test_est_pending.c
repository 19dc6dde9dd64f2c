// 202: waiting by ticket, waiting without one, and over a restart.
#include "fixture.h"

#define ENROLL "on POST " EST "/simpleenroll\n"
#define TICKET                                                                                     \
	" status 202 Accepted\n header Retry-After: 7\n header Set-Cookie: ticket=abc123; "        \
	"Secure\n"
#define PKCS7 " header Content-Type: application/pkcs7-mime; smime-type=certs-only\n"

static void test_a_ticket_goes_back_without_credentials(void)
{
	struct fixture f;
	struct ca_outcome o = { 0 };
	bool sent = false;
	fixture_begin(&f,
		      ENROLL TICKET ENROLL " status 202 Accepted\n" ENROLL PKCS7 " issue good\n",
		      NULL);
	CHECK_OK(fixture_submit(&f, &o, &sent));
	CU_ASSERT(o.state == CA_WAIT && o.retry_seconds == 7);
	CHECK_OK(fixture_poll(&f, &o));
	CU_ASSERT(o.state == CA_WAIT &&
		  o.retry_seconds == 60); // none said, and the ticket still holds
	CHECK_OK(fixture_poll(&f, &o));
	CU_ASSERT(o.state == CA_ISSUED);
	CU_ASSERT_STRING_EQUAL(fixture_judge(&f, &o), "");
	ca_outcome_free(&o);
	CU_ASSERT(byteserver_logged(f.server, "authorization=yes cookie=-") == 1);
	CU_ASSERT(byteserver_logged(f.server, "authorization=no cookie=ticket=abc123") == 2);
	fixture_end(&f);
}

static void test_the_ticket_survives_a_restart(void)
{
	struct fixture f;
	struct ca_outcome o = { 0 };
	bool sent = false;
	fixture_begin(&f, ENROLL TICKET ENROLL PKCS7 " issue good\n", NULL);
	CHECK_OK(fixture_submit(&f, &o, &sent));
	fixture_reopen(&f);
	CHECK_OK(fixture_poll(&f, &o));
	CU_ASSERT(o.state == CA_ISSUED);
	ca_outcome_free(&o);
	CU_ASSERT(byteserver_logged(f.server, "authorization=no cookie=ticket=abc123") == 1);
	fixture_end(&f);
}

static void test_without_a_ticket_the_person_is_asked_anew(void)
{
	struct fixture f;
	struct ca_outcome o = { 0 };
	bool sent = false;
	fixture_begin(&f,
		      ENROLL " status 202 Accepted\n header Retry-After: 0\n" ENROLL PKCS7
			     " issue good\n",
		      NULL);
	CHECK_OK(fixture_submit(&f, &o, &sent));
	CU_ASSERT(o.state == CA_WAIT_ANEW && o.retry_seconds == 1); // never at once
	CHECK_ERR(fixture_poll(&f, &o), ERR_ANSWER);
	CU_ASSERT(byteserver_logged(f.server, "POST") == 1); // the old credentials are gone
	fixture_reopen(&f);
	CHECK_OK(ca_authenticate(f.ca, f.answers));
	CHECK_OK(fixture_poll(&f, &o));
	CU_ASSERT(o.state == CA_ISSUED);
	ca_outcome_free(&o);
	CU_ASSERT(byteserver_logged(f.server, "authorization=yes") == 2);
	fixture_end(&f);
}

static void test_a_ticket_that_is_not_taken_any_more(void)
{
	struct fixture f;
	struct ca_outcome o = { 0 };
	bool sent = false;
	fixture_begin(
		&f, ENROLL TICKET ENROLL " status 401 Unauthorized\n" ENROLL PKCS7 " issue good\n",
		NULL);
	CHECK_OK(fixture_submit(&f, &o, &sent));
	CHECK_OK(fixture_poll(&f, &o));
	CU_ASSERT(o.state == CA_WAIT_ANEW);
	CHECK_OK(ca_authenticate(f.ca, f.answers));
	CHECK_OK(fixture_poll(&f, &o));
	CU_ASSERT(o.state == CA_ISSUED);
	ca_outcome_free(&o);
	CU_ASSERT(byteserver_logged(f.server, "authorization=yes cookie=-") == 2);
	fixture_end(&f);
}

static void test_a_role_without_credentials_needs_no_ticket(void)
{
	struct fixture f;
	struct ca_outcome o = { 0 };
	bool sent = false;
	fixture_begin(&f,
		      ENROLL " status 202 Accepted\n header Retry-After: 3\n" ENROLL PKCS7
			     " issue good\n",
		      NULL);
	f.role.user_name = f.role.password = NULL;
	CHECK_OK(fixture_submit(&f, &o, &sent));
	CU_ASSERT(o.state == CA_WAIT && o.retry_seconds == 3);
	CHECK_OK(fixture_poll(&f, &o));
	CU_ASSERT(o.state == CA_ISSUED);
	ca_outcome_free(&o);
	CU_ASSERT(byteserver_logged(f.server, "POST") == 2);
	CU_ASSERT(byteserver_logged(f.server, "authorization=yes") == 0);
	fixture_end(&f);
}

static void check_bad_state(const char *state)
{
	struct fixture f;
	fixture_begin(&f, "on GET /x\n text x\n", NULL);
	struct ca_terms t = { .profile = &f.profile, .role = &f.role };
	struct ca *c = NULL;
	CHECK_ERR(ca_open(&t, state, strlen(state), &c), ERR_FAILED);
	CU_ASSERT_PTR_NULL(c);
	fixture_end(&f);
}

static void test_a_state_that_is_none(void)
{
	check_bad_state("");
	check_bad_state("{}");
	check_bad_state("{\"version\":2}");
	check_bad_state("[1]");
	check_bad_state("{\"version\":1,\"ticket\":\"a\\r\\nAuthorization: x\"}");
}

int main(void)
{
	int rc = CHECK_MAIN(TEST(test_a_ticket_goes_back_without_credentials),
			    TEST(test_the_ticket_survives_a_restart),
			    TEST(test_without_a_ticket_the_person_is_asked_anew),
			    TEST(test_a_ticket_that_is_not_taken_any_more),
			    TEST(test_a_role_without_credentials_needs_no_ticket),
			    TEST(test_a_state_that_is_none));
	fixture_key_free();
	return rc;
}
