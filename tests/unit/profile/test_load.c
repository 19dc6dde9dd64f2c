// Profiles that are right: what comes out of them, who may have written them, where they are found.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "check.h"
#include "fixture.h"

static void test_practice_is_the_bank(void)
{
	AUTO(profile) struct profile *p = NULL;
	CHECK_OK_OR_END(fixture_parse(NULL, NULL, &p));
	CU_ASSERT_STRING_EQUAL(p->name, "practice");
	CU_ASSERT_STRING_EQUAL(p->institution_code, "1283");
	CU_ASSERT_STRING_EQUAL(p->institution.en, "Practice Shinkin Bank");
	CU_ASSERT_STRING_EQUAL(p->institution.ja, "練習信用金庫");
	CU_ASSERT(p->practice);
	CU_ASSERT_PTR_NULL(p->module);
	CU_ASSERT_PTR_NULL(p->login_url);
	CU_ASSERT_EQUAL(p->n_roles, 2);
	CU_ASSERT_EQUAL(p->key.bits, 2048);
	CU_ASSERT_EQUAL(p->key.custody_floor, CUSTODY_SOFTWARE);
	CU_ASSERT_EQUAL(p->key.attributes_floor, KEY_DECLARED);
	CU_ASSERT(p->key.retire_destroy);
	CU_ASSERT_STRING_EQUAL(p->window.zone, "Asia/Tokyo");
	CU_ASSERT_EQUAL(p->window.pickup_days, 80);
	CU_ASSERT_EQUAL(p->window.renew_before_days, 30);
	CU_ASSERT_EQUAL(p->window.reacquire_days, 90);
	CU_ASSERT_EQUAL(p->window.after, AFTER_REACQUIRE);
	CU_ASSERT_EQUAL_FATAL(p->window.n_remind, 2);
	CU_ASSERT_EQUAL(p->window.remind_days[0], 30);
	CU_ASSERT_EQUAL(p->window.remind_days[1], 10);
	CU_ASSERT_EQUAL(strlen(p->fingerprint), 64);
}

static void test_practice_roles_and_pages(void)
{
	AUTO(profile) struct profile *p = NULL;
	CHECK_OK_OR_END(fixture_parse(NULL, NULL, &p));
	const struct profile_role *admin = profile_find_role(p, "admin");
	const struct profile_role *user = profile_find_role(p, "user");
	CU_ASSERT_PTR_NOT_NULL_FATAL(admin);
	CU_ASSERT_PTR_NOT_NULL_FATAL(user);
	CU_ASSERT_PTR_NULL(profile_find_role(p, "nobody"));
	CU_ASSERT_EQUAL_FATAL(admin->n_fields, 3);
	CU_ASSERT_STRING_EQUAL(admin->fields[0].name, "contract_id");
	CU_ASSERT_EQUAL(admin->fields[0].digits_min, 10);
	CU_ASSERT_EQUAL(admin->fields[0].digits_max, 10);
	CU_ASSERT(!admin->fields[0].secret);
	CU_ASSERT_EQUAL(profile_find_field(admin, "contract_pin")->page, 1);
	CU_ASSERT(profile_find_field(admin, "contract_pin")->secret);
	CU_ASSERT_EQUAL(profile_find_field(admin, "confirm_pin")->page, 2);
	CU_ASSERT_PTR_NULL(profile_find_field(admin, "user_id"));
	CU_ASSERT_EQUAL(admin->otp.kind, OTP_NONE);
	CU_ASSERT_EQUAL(user->otp.kind, OTP_TOTP);
	CU_ASSERT_EQUAL(user->otp.length, 6);
	CU_ASSERT_EQUAL(user->otp.step, 30);
	CU_ASSERT_EQUAL(user->otp.page, 2);
	CU_ASSERT_EQUAL_FATAL(user->otp.n_models, 2);
	CU_ASSERT_STRING_EQUAL(user->otp.models[0].name, "token");
	CU_ASSERT_EQUAL_FATAL(user->n_subject, 3);
	CU_ASSERT_STRING_EQUAL(user->subject[2].type, "CN");
	CU_ASSERT_STRING_EQUAL(user->subject[2].value, "{contract_id}{user_id}{institution_code}");
	CU_ASSERT_STRING_EQUAL(user->password, "{user_pin}:{otp}");
	CU_ASSERT_PTR_NULL(user->challenge_password);
}

static void test_ready_profiles_speak_both_languages(void)
{
	AUTO(profile) struct profile *p = NULL;
	CHECK_OK_OR_END(fixture_parse(NULL, NULL, &p));
	CU_ASSERT_PTR_NOT_NULL(p->window.closed.ja);
	CU_ASSERT_PTR_NOT_NULL(p->consent_key.ja);
	CU_ASSERT_PTR_NOT_NULL(p->consent_store.ja);
	for (size_t i = 0; i < p->n_roles; i++) {
		const struct profile_role *r = &p->roles[i];
		CU_ASSERT_PTR_NOT_NULL(r->label.ja);
		for (size_t j = 0; j < r->n_fields; j++) {
			CU_ASSERT_PTR_NOT_NULL(r->fields[j].label.ja);
			CU_ASSERT_PTR_NOT_NULL(r->fields[j].help.ja);
		}
		for (size_t j = 0; j < r->otp.n_models; j++)
			CU_ASSERT_PTR_NOT_NULL(r->otp.models[j].instruction.ja);
	}
}

static void test_one_text_serves_both_languages(void)
{
	AUTO(profile) struct profile *p = NULL;
	CHECK_OK_OR_END(
		fixture_parse("{en: Practice Shinkin Bank, ja: 練習信用金庫}", "One Bank", &p));
	CU_ASSERT_STRING_EQUAL(p->institution.en, "One Bank");
	CU_ASSERT_PTR_NULL(p->institution.ja);
}

// How many hosts there are when the profile lists these beside its own.
static size_t hosts_with(const char *list, const char *url)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *to =
		text_format("url: %s/\n  anchors: practice-ca.pem\n  hosts: %s", url, list);
	CHECK_OK(fixture_parse("url: https://localhost:8443/.well-known/est\n"
			       "  anchors: practice-ca.pem",
			       to, &p));
	return p ? p->ca.n_hosts : 0;
}

static void test_own_host_is_pinned_once(void)
{
	AUTO(profile) struct profile *p = NULL;
	CHECK_OK_OR_END(fixture_parse(NULL, NULL, &p));
	CU_ASSERT_EQUAL_FATAL(p->ca.n_hosts, 1);
	CU_ASSERT_STRING_EQUAL(p->ca.hosts[0], "localhost:8443");
	CU_ASSERT_EQUAL(hosts_with("[other.example, localhost:8443]", "https://localhost:8443"), 2);
	CU_ASSERT_EQUAL(hosts_with("[LOCALHOST:8443]", "https://localhost:8443"), 1);
	CU_ASSERT_EQUAL(hosts_with("[localhost]", "https://localhost:8443"), 2);
	CU_ASSERT_EQUAL(hosts_with("ca.example", "https://ca.example:443"), 1);
	CU_ASSERT_EQUAL(hosts_with("['ca.example:443']", "https://ca.example"), 1);
	CU_ASSERT_EQUAL(hosts_with("[ca.example.net]", "https://ca.example"), 2);
	CU_ASSERT_EQUAL(hosts_with("['[::1]:8443', '127.0.0.1:8443']", "https://[::1]:8443"), 2);
}

static void test_example_passes_with_its_anchors(void)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *yaml = fixture_profile("example", NULL, NULL);
	fixture_write("maker-roots.pem", fixture_pem, 0600);
	fixture_write("example-root.pem", fixture_pem, 0600);
	const char *path = fixture_write("example.yaml", yaml, 0600);
	CHECK_OK_OR_END(profile_load(path, &p));
	CU_ASSERT(!p->practice);
	CU_ASSERT_EQUAL(p->key.bits, 3072);
	CU_ASSERT_EQUAL(p->key.custody_floor, CUSTODY_DEVICE);
	CU_ASSERT_EQUAL(p->key.attestation.pin, ATTESTATION_PIN_ONCE);
	CU_ASSERT(p->key.attestation.roots.len > strlen(fixture_pem));
	CU_ASSERT_STRING_EQUAL(p->module, "opensc-pkcs11");
	CU_ASSERT_STRING_EQUAL(p->login_url, "https://www.bank.example/login");
	CU_ASSERT_EQUAL(p->token.card_identity, IDENTITY_MISSING);
	CU_ASSERT_EQUAL(p->token.factory, FACTORY_REPLACE);
	CU_ASSERT_EQUAL(p->ca.n_hosts, 3);
	CU_ASSERT_EQUAL(p->roles[0].otp.kind, OTP_HOTP);
	CU_ASSERT_EQUAL(p->roles[0].fields[0].digits_min, 8);
	CU_ASSERT_EQUAL(p->roles[0].fields[0].digits_max, 10);
}

static void test_profiles_of_portals_pass_with_their_anchors(void)
{
	static const char *const names[] = { "portal-bank", "adcs" };
	fixture_write("example-root.pem", fixture_pem, 0600);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO(profile) struct profile *p = NULL;
		AUTO_TEXT char *yaml = fixture_profile(names[i], NULL, NULL);
		AUTO_TEXT char *file = text_format("%s.yaml", names[i]);
		CHECK_OK_OR_END(profile_load(fixture_write(file, yaml, 0600), &p));
		CU_ASSERT_EQUAL(p->ca.protocol, CA_PORTAL);
		CU_ASSERT_EQUAL(p->ca.portal.n_pages, i == 0 ? 7 : 0);
		CU_ASSERT_EQUAL(p->ca.portal.auth, i == 0 ? PORTAL_AUTH_NONE : PORTAL_AUTH_BASIC);
	}
}

static void check_ready_est(const struct profile *p, bool by_password)
{
	const struct profile_role *r = profile_find_role(p, "employee");
	CU_ASSERT_EQUAL(p->ca.protocol, CA_EST);
	CU_ASSERT(!p->practice);
	CU_ASSERT_EQUAL(p->key.custody_floor, CUSTODY_DEVICE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(r->user_name != NULL, by_password);
	CU_ASSERT_EQUAL(r->password != NULL, by_password);
	CU_ASSERT_EQUAL(r->challenge_password == NULL, by_password);
	CU_ASSERT_EQUAL_FATAL(r->n_fields, 2);
	CU_ASSERT_PTR_NOT_NULL(r->fields[0].label.ja);
	CU_ASSERT(!r->fields[0].secret);
	CU_ASSERT_PTR_NOT_NULL(r->fields[1].label.ja);
	CU_ASSERT(r->fields[1].secret);
	CU_ASSERT_PTR_NOT_NULL(p->window.closed.ja);
	CU_ASSERT_PTR_NOT_NULL(p->consent_key.ja);
	CU_ASSERT_PTR_NOT_NULL(p->consent_store.ja);
}

static void test_profiles_of_est_pass_with_their_anchors(void)
{
	static const struct {
		const char *name, *anchors;
		bool by_password;
	} list[] = {
		{ "dogtag", "dogtag-root.pem", true },
		{ "openxpki", "openxpki-root.pem", false },
		{ "ejbca-est", "ejbca-root.pem", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		AUTO(profile) struct profile *p = NULL;
		AUTO_TEXT char *yaml = fixture_profile(list[i].name, NULL, NULL);
		AUTO_TEXT char *file = text_format("%s.yaml", list[i].name);
		fixture_write(list[i].anchors, fixture_pem, 0600);
		CHECK_OK_OR_END(profile_load(fixture_write(file, yaml, 0600), &p));
		check_ready_est(p, list[i].by_password);
	}
}

// A preset is pages like those of a profile.
static void test_the_banks_preset_has_its_pages(void)
{
	AUTO(profile) struct profile *p = NULL;
	CHECK_OK_OR_END(
		fixture_parse("protocol: est", "protocol: portal\n  portal: {preset: bank}", &p));
	const struct profile_portal *portal = &p->ca.portal;
	CU_ASSERT_EQUAL(portal->n_pages, 10);
	CU_ASSERT_EQUAL_FATAL(portal->n_says, 4);
	CU_ASSERT_EQUAL(portal->preset, PRESET_BANK);
	CU_ASSERT_EQUAL(portal->pages[9].step, PORTAL_ISSUED);
	CU_ASSERT_STRING_EQUAL(portal->pages[5].fields[0].value, "{confirm_pin}");
	CU_ASSERT_EQUAL(portal->says[0].means, PORTAL_WRONG);
}

static void test_fingerprint_follows_file_and_anchors(void)
{
	AUTO(profile) struct profile *a = NULL, *same = NULL, *file = NULL, *anchors = NULL;
	CHECK_OK_OR_END(fixture_parse(NULL, NULL, &a));
	CHECK_OK_OR_END(fixture_parse(NULL, NULL, &same));
	CHECK_OK_OR_END(fixture_parse("pickup_days: 80", "pickup_days: 81", &file));
	AUTO_TEXT char *two = text_format("%s%s", fixture_pem, fixture_pem);
	fixture_write("practice-ca.pem", two, 0600);
	CHECK_OK(fixture_parse(NULL, NULL, &anchors));
	fixture_write("practice-ca.pem", fixture_pem, 0600);
	CU_ASSERT_PTR_NOT_NULL_FATAL(anchors);
	CU_ASSERT_STRING_EQUAL(a->fingerprint, same->fingerprint);
	CU_ASSERT_STRING_NOT_EQUAL(a->fingerprint, file->fingerprint);
	CU_ASSERT_STRING_NOT_EQUAL(a->fingerprint, anchors->fingerprint);
	CU_ASSERT_EQUAL(strspn(a->fingerprint, "0123456789abcdef"), 64);
}

static void test_fingerprint_follows_the_makers_roots(void)
{
	static const char with_roots[] = "custody: device\n  attestation: {roots: roots.pem}";
	AUTO(profile) struct profile *one = NULL, *same = NULL, *two = NULL;
	AUTO_TEXT char *both = text_format("%s%s", fixture_pem, fixture_pem);
	fixture_write("roots.pem", fixture_pem, 0600);
	CHECK_OK_OR_END(fixture_parse("custody: software", with_roots, &one));
	CHECK_OK_OR_END(fixture_parse("custody: software", with_roots, &same));
	fixture_write("roots.pem", both, 0600);
	CHECK_OK_OR_END(fixture_parse("custody: software", with_roots, &two));
	CU_ASSERT_STRING_EQUAL(one->fingerprint, same->fingerprint);
	CU_ASSERT_STRING_NOT_EQUAL(one->fingerprint, two->fingerprint);
}

static void test_file_that_others_can_write_is_refused(void)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *yaml = fixture_profile("practice", NULL, NULL);
	const char *path = fixture_write("loose.yaml", yaml, 0664);
	CHECK_ERR(profile_load(path, &p), ERR_PROFILE);
	CU_ASSERT_EQUAL(chmod(path, 0602), 0);
	CHECK_ERR(profile_load(path, &p), ERR_PROFILE);
	CU_ASSERT_EQUAL(chmod(path, 0644), 0);
	CHECK_OK(profile_load(path, &p));
}

static void test_anchors_that_others_can_write_are_refused(void)
{
	AUTO(profile) struct profile *p = NULL;
	fixture_write("practice-ca.pem", fixture_pem, 0666);
	struct err *e = fixture_parse(NULL, NULL, &p);
	fixture_write("practice-ca.pem", fixture_pem, 0600);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(err_kind(e), ERR_PROFILE);
	CU_ASSERT(err_says(e, "the file of certificates cannot be used"));
	err_ignore(e);
}

static void test_directory_of_others_is_refused(void)
{
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *yaml = fixture_profile("practice", NULL, NULL);
	AUTO_TEXT char *path = text_copy(fixture_write("indir.yaml", yaml, 0600));
	AUTO_TEXT char *dir = strndup(path, (size_t)(strrchr(path, '/') - path));
	CU_ASSERT_EQUAL(chmod(dir, 0777), 0);
	CHECK_ERR(profile_load(path, &p), ERR_PROFILE);
	CU_ASSERT_EQUAL(chmod(dir, 0700), 0);
	CHECK_OK(profile_load(path, &p));
}

static void test_missing_profile_points_to_the_list(void)
{
	AUTO(profile) struct profile *p = NULL;
	static const char *const names[] = { "no-such-bank", "../etc/passwd", "/nowhere/x.yaml",
					     "Practice", "" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct err *e = profile_load(names[i], &p);
		CU_ASSERT_PTR_NOT_NULL_FATAL(e);
		CU_ASSERT_EQUAL(err_kind(e), ERR_PROFILE);
		CU_ASSERT_STRING_EQUAL(err_slug(e), "profile-missing");
		CU_ASSERT_PTR_NOT_NULL(err_next_step(e));
		err_ignore(e);
	}
	CU_ASSERT_PTR_NULL(p);
}

static void test_missing_anchors_tell_who_writes_them(void)
{
	AUTO(profile) struct profile *p = NULL;
	struct err *e = fixture_parse("practice-ca.pem", "not-yet.pem", &p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL(err_kind(e), ERR_PROFILE);
	CU_ASSERT(err_says(e, "is not there"));
	AUTO_TEXT char *hint = msg_render(err_next_step(e));
	CU_ASSERT_PTR_NOT_NULL(strstr(hint, "inkan-practice-ca"));
	CU_ASSERT_PTR_NOT_NULL(strstr(hint, "/not-yet.pem"));
	err_ignore(e);
}

static const struct profile_entry *entry_named(const struct profile_entry *list, size_t n,
					       const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

// The configuration directory comes first, and the list tells of profiles that do not load.
static void test_list_finds_by_name(const char *config)
{
	struct profile_entry *list = NULL;
	size_t n = 0;
	CHECK_OK_OR_END(profile_list(&list, &n));
	const struct profile_entry *mine = entry_named(list, n, "mine");
	const struct profile_entry *broken = entry_named(list, n, "broken");
	const struct profile_entry *ready = entry_named(list, n, "practice");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mine);
	CU_ASSERT_PTR_NOT_NULL_FATAL(broken);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ready);
	CU_ASSERT_PTR_NOT_NULL(mine->profile);
	CU_ASSERT_PTR_NULL(mine->err);
	CU_ASSERT_PTR_NOT_NULL(strstr(mine->path, config));
	CU_ASSERT_PTR_NULL(broken->profile);
	CU_ASSERT_PTR_NOT_NULL_FATAL(broken->err);
	CU_ASSERT_EQUAL(err_kind(broken->err), ERR_PROFILE);
	CU_ASSERT_PTR_NULL(entry_named(list, n, "notes"));
	profile_list_free(list, n);
}

static void test_names_are_looked_for(void)
{
	char base[256];
	AUTO(profile) struct profile *p = NULL;
	AUTO_TEXT char *yaml = fixture_profile("practice", NULL, NULL);
	AUTO_TEXT char *root = text_copy(fixture_write("x", "", 0600));
	*strrchr(root, '/') = '\0';
	const char *names[] = { "inkan", "inkan/profiles" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(base, sizeof(base), "%s/%s", root, names[i]);
		CU_ASSERT_EQUAL(mkdir(base, 0700), 0);
	}
	CU_ASSERT_EQUAL(setenv("XDG_CONFIG_HOME", root, 1), 0);
	fixture_write("inkan/profiles/mine.yaml", yaml, 0600);
	fixture_write("inkan/profiles/practice-ca.pem", fixture_pem, 0600);
	fixture_write("inkan/profiles/broken.yaml", "format: 2\n", 0600);
	fixture_write("inkan/profiles/notes.txt", "no profile", 0600);
	test_list_finds_by_name(root);
	CHECK_OK(profile_load("mine", &p));
	static const char *const files[] = { "mine.yaml", "practice-ca.pem", "broken.yaml",
					     "notes.txt" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(base, sizeof(base), "%s/inkan/profiles/%s", root, files[i]);
		CU_ASSERT_EQUAL(unlink(base), 0);
	}
	for (size_t i = ARRAY_LEN(names); i-- > 0;) {
		snprintf(base, sizeof(base), "%s/%s", root, names[i]);
		CU_ASSERT_EQUAL(rmdir(base), 0);
	}
}

int main(void)
{
	fixture_begin();
	int rc = CHECK_MAIN(
		TEST(test_practice_is_the_bank), TEST(test_practice_roles_and_pages),
		TEST(test_ready_profiles_speak_both_languages),
		TEST(test_one_text_serves_both_languages), TEST(test_own_host_is_pinned_once),
		TEST(test_example_passes_with_its_anchors),
		TEST(test_profiles_of_portals_pass_with_their_anchors),
		TEST(test_profiles_of_est_pass_with_their_anchors),
		TEST(test_the_banks_preset_has_its_pages),
		TEST(test_fingerprint_follows_file_and_anchors),
		TEST(test_fingerprint_follows_the_makers_roots),
		TEST(test_file_that_others_can_write_is_refused),
		TEST(test_anchors_that_others_can_write_are_refused),
		TEST(test_directory_of_others_is_refused),
		TEST(test_missing_profile_points_to_the_list),
		TEST(test_missing_anchors_tell_who_writes_them), TEST(test_names_are_looked_for));
	fixture_end();
	return rc;
}
