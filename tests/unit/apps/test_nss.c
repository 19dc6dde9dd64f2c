// What is read of browsers' files: pkcs11.txt, modutil's list, profiles.ini.
#include <string.h>

#include "apps/inside.h"
#include "tests/unit/check.h"
#include "tests/unit/scratch.h"

static const char proxy[] = "/nowhere/p11-kit-proxy.so";

// What the database calls the proxy, when pkcs11.txt is this.
static bool is_called(const char *text, const char *name)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *path = scratch_file(s, "pkcs11.txt", text, 0600);
	AUTO_TEXT char *found = NULL;
	bool ok = path &&
		  check_no_err(nss_module_name(s->dir, proxy, &found), text, __FILE__, __LINE__);
	return ok && (name ? found && !strcmp(found, name) : !found);
}

static void test_finds_the_proxy_by_its_library(void)
{
	CU_ASSERT(is_called("library=\nname=NSS Internal PKCS #11 Module\n\n"
			    "library=/nowhere/p11-kit-proxy.so\nname=inkan-p11-kit\n\n",
			    "inkan-p11-kit"));
	CU_ASSERT(is_called("name=\"with blanks\"\nlibrary=\"/nowhere/p11-kit-proxy.so\"",
			    "with blanks"));
	CU_ASSERT(is_called("library=/nowhere/p11-kit-proxy.so\r\nname=x\r\n", "x"));
}

static void test_takes_no_other_module_for_it(void)
{
	CU_ASSERT(is_called("library=/nowhere/other.so\nname=inkan-p11-kit\n", NULL));
	CU_ASSERT(is_called("library=/nowhere/p11-kit-proxy.so\n\nname=of another stanza\n", NULL));
	CU_ASSERT(is_called("", NULL));
	CU_ASSERT(is_called("\n\n\n", NULL));
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_TEXT char *name = NULL;
	CHECK_OK(nss_module_name(s->dir, proxy, &name));
	CU_ASSERT_PTR_NULL(name);
}

static void test_knows_the_token_however_its_uri_is_written(void)
{
	static const char list[] =
		"\t   uri: pkcs11:library-manufacturer=X;library-version=1.1\n"
		"\ttoken: a b\n"
		"\t  uri: "
		"pkcs11:token=a%20b%2f;manufacturer=M;serial=0123;model=Model%201\n\n";
	CU_ASSERT(nss_shows_token(
		list, "pkcs11:model=Model%201;manufacturer=M;serial=0123;token=a%20b/"));
	CU_ASSERT(nss_shows_token(list, "pkcs11:token=a%20b%2F;model=%4dodel%201;serial=0123"));
	CU_ASSERT(!nss_shows_token(list, "pkcs11:model=Model%201;serial=0124;token=a%20b/"));
	CU_ASSERT(!nss_shows_token(list, "pkcs11:model=Model%201;serial=0123;token=a%20b"));
	CU_ASSERT(!nss_shows_token(list, "pkcs11:model=Model%201;token=a%20b/"));
	CU_ASSERT(!nss_shows_token("", "pkcs11:token=a"));
	CU_ASSERT(!nss_shows_token("uri: pkcs11:token=%", "pkcs11:token=a"));
}

static bool has_profile(const struct app_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->list[i].profile, name))
			return true;
	return false;
}

static void test_reads_profiles_ini(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	AUTO_APPS struct app_list l = { 0 };
	AUTO_TEXT char *near = text_format("%s/near", s->dir);
	AUTO_TEXT char *empty = text_format("%s/empty", s->dir);
	AUTO_TEXT char *ini =
		text_format("Path=before any section\n[General]\nVersion=2\n\n"
			    "[Profile0]\r\nName=relative\r\nIsRelative=1\r\nPath=near\r\n\n"
			    "[Profile1]\nName=absolute\nIsRelative=0\nPath=%s\n"
			    "[Profile2]\nName=never opened\nIsRelative=1\nPath=empty\n"
			    "[Profile3]\nName=gone\nPath=none\n[Profile4]\nName\n=\n[Install1]\n"
			    "Default=near\n[Profile5]\nPath=near",
			    near);
	CU_ASSERT_FATAL(near && empty && ini && mkdir(near, 0700) == 0 && mkdir(empty, 0700) == 0);
	AUTO_TEXT char *db = scratch_file(s, "near/cert9.db", "", 0600);
	AUTO_TEXT char *at = scratch_file(s, "profiles.ini", ini, 0600);
	CU_ASSERT_FATAL(db && at);
	CHECK_OK(firefox_profiles(s->dir, false, &l));
	CU_ASSERT_EQUAL(l.n, 3);
	CU_ASSERT(has_profile(&l, "relative") && has_profile(&l, "absolute"));
	CU_ASSERT(has_profile(&l, "near")); // one without a name has that of its directory
	CHECK_OK(firefox_profiles("/nowhere", false, &l));
	CU_ASSERT_EQUAL(l.n, 3);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_finds_the_proxy_by_its_library),
			  TEST(test_takes_no_other_module_for_it),
			  TEST(test_knows_the_token_however_its_uri_is_written),
			  TEST(test_reads_profiles_ini));
}
