// What only EST has in a profile, and what cannot stand together there.
#include <stdio.h>

#include "check.h"
#include "fixture.h"

static void check_wrong(const char *from, const char *to, const char *path, const char *says)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO(err) struct err *e = fixture_parse(from, to, &p);
	AUTO_TEXT char *where = text_format(": %s: ", path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_PROFILE);
	CU_ASSERT(err_says(e, where) && err_says(e, says));
}

#define URL	 "/.well-known/est\n"
#define ANCHORS	 "  anchors: practice-ca.pem\n"
#define PASSWORD "    password: \"{user_pin}:{otp}\"\n"

static void test_an_address_with_an_operation(void)
{
	check_wrong(URL, "/.well-known/est/fullcmc\n", "ca.url", "Full CMC of EST (/fullcmc)");
	check_wrong(URL, "/.well-known/est/simpleenroll\n", "ca.url",
		    "before the operation simpleenroll");
}

static void test_values(void)
{
	check_wrong(ANCHORS, ANCHORS "  est: {link: maybe}\n", "ca.est.link",
		    "asked, always or never");
	check_wrong(ANCHORS, ANCHORS "  est: {auth: ntlm}\n", "ca.est.auth", "basic or digest");
	check_wrong("  protocol: est", "  protocol: file\n  est: {link: asked}", "ca.est",
		    "for protocol: est only");
}

static void test_what_excludes_each_other(void)
{
	AUTO(profile) struct profile *p = NULL;
	CHECK_OK(fixture_parse(ANCHORS, ANCHORS "  est: {link: always, auth: digest}\n", &p));
	CU_ASSERT(p && p->ca.est.link == EST_LINK_ALWAYS && p->ca.est.auth == EST_AUTH_DIGEST);
	check_wrong(PASSWORD, PASSWORD "    otp_challenge: \"{pin}\"\n", "roles.user.otp_challenge",
		    "pin");
}

static void test_the_challenges_of_rfc_7894(void)
{
	AUTO(profile) struct profile *p = NULL;
	CHECK_OK(fixture_parse(PASSWORD,
			       "    password: \"{user_pin}\"\n    otp_challenge: \"{otp}\"\n"
			       "    revocation_challenge: \"lost {user_id}\"\n",
			       &p));
	const struct profile_role *r = p ? profile_find_role(p, "user") : NULL;
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_STRING_EQUAL(r->otp_challenge, "{otp}");
	CU_ASSERT_STRING_EQUAL(r->revocation_challenge, "lost {user_id}");
	CU_ASSERT(p->ca.est.link == EST_LINK_ASKED && p->ca.est.auth == EST_AUTH_BASIC);
}

// The file of the anchors may be missing for the one who gets it, and for nobody else.
static void test_trust_that_is_not_there_yet(void)
{
	AUTO_TEXT char *yaml = fixture_profile("practice", "practice-ca.pem", "not-there.pem");
	AUTO_TEXT char *path = text_copy(fixture_write("bank.yaml", yaml, 0600));
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *missing = NULL;
	CHECK_ERR(profile_load(path, &p), ERR_PROFILE);
	CHECK_OK(profile_load_trusting(path, &p, &missing));
	CU_ASSERT_PTR_NOT_NULL_FATAL(missing);
	CU_ASSERT(strcmp(strrchr(missing, '/'), "/not-there.pem") == 0);
	CU_ASSERT(p && p->ca.anchors.len == 0);
}

int main(void)
{
	fixture_begin();
	int status = CHECK_MAIN(TEST(test_an_address_with_an_operation), TEST(test_values),
				TEST(test_what_excludes_each_other),
				TEST(test_the_challenges_of_rfc_7894),
				TEST(test_trust_that_is_not_there_yet));
	fixture_end();
	return status;
}
