// The windows of roles, and profiles of a CA that takes files.
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "fixture.h"
#include "profile/profile.h"

static void test_a_role_has_the_window_of_the_profile_and_what_is_its_own(void)
{
	AUTO(profile) struct profile *p = NULL;
	CHECK_OK_OR_END(
		fixture_parse("      closed:\n        en: Apply",
			      "      renew_before_days: 20\n      after_expiry: ask-administrator\n"
			      "      closed:\n        en: Apply",
			      &p));
	const struct profile_window *admin = profile_window_for(p, "admin");
	const struct profile_window *user = profile_window_for(p, "user");
	CU_ASSERT_EQUAL(admin->renew_before_days, 20);
	CU_ASSERT_EQUAL(admin->after, AFTER_ADMINISTRATOR);
	CU_ASSERT_EQUAL(admin->reacquire_days, 0); // of a meaning that this role has not
	CU_ASSERT_EQUAL(admin->pickup_days, 80);
	CU_ASSERT_STRING_EQUAL(admin->zone, "Asia/Tokyo");
	CU_ASSERT_EQUAL_FATAL(admin->n_remind, 1); // 30 days before is before its renewal opens
	CU_ASSERT_EQUAL(admin->remind_days[0], 10);
	CU_ASSERT_PTR_NOT_NULL(strstr(admin->closed.en, "counter"));
	CU_ASSERT_EQUAL(user->renew_before_days, 30);
	CU_ASSERT_EQUAL(user->after, AFTER_REACQUIRE);
	CU_ASSERT_EQUAL(user->reacquire_days, 90);
	CU_ASSERT_EQUAL(user->n_remind, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(user->closed.en, "administrator"));
	CU_ASSERT(profile_window_for(p, "nobody") == &p->window);
}

// The practice profile with this change has this fault there.
static void has_fault(const char *from, const char *to, const char *path, const char *says)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *where = text_format(": %s: ", path);
	AUTO(err) struct err *e = fixture_parse(from, to, &p);
	bool fine = e && err_says(e, where) && err_says(e, says);
	if (!fine)
		fprintf(stderr, "%s -> %s: no fault %s %s\n", from, to, path, says);
	CU_ASSERT(fine);
}

static void test_what_is_wrong_in_a_roles_window_is_told(void)
{
	static const char at[] = "      closed:\n        en: Apply";
	static const struct {
		const char *key, *path, *says;
	} list[] = {
		{ "zone: UTC", "zone", "this key is not known" },
		{ "reacquire_days: 0", "after_expiry", "at least 1" },
		{ "after_expiry: counter\n      reacquire_days: 9", "reacquire_days",
		  "have no meaning" },
		{ "after_expiry: never", "after_expiry",
		  "renew, reacquire, counter, ask-administrator or closed" },
		{ "remind_days: [90]", "remind_days", "comes before the renewal opens (30 days)" },
		{ "remind_days: [5, 10]", "remind_days", "the greatest first" },
		{ "pickup_days: -1", "pickup_days", "from 0 to 3650" },
	};
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		AUTO_TEXT char *to = text_format("      %s\n%s", list[i].key, at);
		AUTO_TEXT char *path = text_format("roles.admin.window.%s", list[i].path);
		has_fault(at, to, path, list[i].says);
	}
}

static void test_a_ca_that_takes_files_has_no_address_and_gets_no_credentials(void)
{
	has_fault("protocol: est", "protocol: file", "ca.url", "has no address");
	has_fault("protocol: est", "protocol: file", "roles.admin.user_name",
		  "is sent no credentials");
	has_fault("protocol: est", "protocol: file", "roles.user.password",
		  "is sent no credentials");
	has_fault("protocol: est\n", "protocol: est\n  anchor: x\n", "ca.anchor",
		  "Did you mean anchors?");
}

int main(void)
{
	fixture_begin();
	int rc =
		CHECK_MAIN(TEST(test_a_role_has_the_window_of_the_profile_and_what_is_its_own),
			   TEST(test_what_is_wrong_in_a_roles_window_is_told),
			   TEST(test_a_ca_that_takes_files_has_no_address_and_gets_no_credentials));
	fixture_end();
	return rc;
}
