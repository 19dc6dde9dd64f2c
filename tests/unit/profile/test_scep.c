// Profiles by SCEP: the one that is there to start from, and what it must not say.
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static void test_the_profile_to_start_from(void)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *yaml = fixture_profile("scep", NULL, NULL);
	AUTO_TEXT char *dir = text_copy(fixture_write("firm-root.pem", fixture_pem, 0600));
	*strrchr(dir, '/') = '\0';
	CHECK_OK_OR_END(profile_parse(yaml, strlen(yaml), "scep.yaml", dir, &p));
	CU_ASSERT_EQUAL(p->ca.protocol, CA_SCEP);
	CU_ASSERT_EQUAL(p->ca.scep.weak_answers, SCEP_ANSWERS_STRONG);
	CU_ASSERT_EQUAL(p->ca.scep.weak_signatures, SCEP_SIGNATURES_STRONG);
	CU_ASSERT(p->ca.n_hosts == 1 && !strcmp(p->ca.hosts[0], "ca.firm.example:80"));
}

static void test_what_scep_does_not_go_with(void)
{
	static const struct wrong list[] = {
		{ "weak_answers: none", "weak_answers: rc2",
		  "weak_answers:", "ca.scep.weak_answers", "none, 3des or des" },
		{ "weak_signatures: none", "weak_signatures: md4",
		  "weak_signatures:", "ca.scep.weak_signatures", "none, sha1 or md5" },
		{ "weak_answers: none", "fingerprint: abcd", "fingerprint: abcd",
		  "ca.scep.fingerprint", "64 hexadecimal digits" },
		{ "weak_answers: none", "identifier: 'a b'", "identifier: 'a b'",
		  "ca.scep.identifier", "1 to 100 letters" },
		{ "protocol: scep", "protocol: est", "url:", "ca.url", "https://" },
		{ "protocol: scep", "protocol: cmp", "scep:", "ca.scep",
		  "these keys are for protocol: scep" },
		{ "challenge_password: \"{challenge}\"",
		  "user_name: \"{staff_id}\"\n    password: \"{challenge}\"",
		  "user_name:", "roles.staff.user_name", "SCEP has no login" },
		{ "challenge_password: \"{challenge}\"", "challenge_password: \"{staff_id}\"",
		  "challenge:", "roles.staff.fields.challenge", "no template of this role uses" },
		{ "protocol: scep", "protocol: scep\n  on_behalf: true",
		  "on_behalf:", "ca.on_behalf", "no place for one who vouches" },
	};
	check_all("scep", list, ARRAY_LEN(list));
}

int main(void)
{
	fixture_begin();
	int rc = CHECK_MAIN(TEST(test_the_profile_to_start_from),
			    TEST(test_what_scep_does_not_go_with));
	fixture_end();
	return rc;
}
