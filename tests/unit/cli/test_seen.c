// Tokens that listings show: which are kept, and what is said of none or several.
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "check.h"
#include "cli/pick.h"

static void add(struct seen_list *l, const char *module, bool from_profile, const char *tokens)
{
	AUTO(json) struct json_t *j = NULL;
	struct job job = { .kind = JOB_LIST,
			   .module = (char *)(uintptr_t)module,
			   .module_from_profile = from_profile };
	AUTO_TEXT char *text = text_format("{\"tokens\":%s}", tokens);
	CHECK_OK_OR_END(json_read(text, strlen(text), 65536, ERR_FAILED, "listing", &j));
	CHECK_OK(seen_add(l, j, &job));
}

static void test_blank_tokens_give_way_to_usable_ones(void)
{
	AUTO_SEEN struct seen_list l = { 0 };
	add(&l, "softhsm2", false,
	    "[{\"uri\":\"pkcs11:token=A\",\"label\":\"A\",\"module\":\"/lib/"
	    "a.so\",\"initialised\":true,\"makes_rsa\":true},"
	    "{\"uri\":\"pkcs11:\",\"label\":\"\",\"initialised\":false,\"makes_rsa\":true},"
	    "{\"uri\":\"pkcs11:token=EC\",\"label\":\"EC\",\"initialised\":true,\"makes_rsa\":"
	    "false}]");
	CU_ASSERT(l.n == 3);
	seen_keep_usable(&l);
	CU_ASSERT_FATAL(l.n == 1);
	CU_ASSERT_STRING_EQUAL(l.list[0].uri, "pkcs11:token=A");
	CU_ASSERT_STRING_EQUAL(l.list[0].module, "/lib/a.so");
}

static void test_the_profile_s_module_keeps_its_name(void)
{
	AUTO_SEEN struct seen_list l = { 0 };
	add(&l, "/opt/bank/p11.so", true,
	    "[{\"uri\":\"pkcs11:token=A\",\"label\":\"A\",\"module\":\"/real/p11.so\"}]");
	CU_ASSERT_FATAL(l.n == 1);
	CU_ASSERT(l.list[0].from_profile);
	CU_ASSERT_STRING_EQUAL(l.list[0].module, "/opt/bank/p11.so");
}

static void test_one_uri_in_two_modules_is_told_apart(void)
{
	AUTO_SEEN struct seen_list l = { 0 };
	add(&l, "/lib/a.so", false, "[{\"uri\":\"pkcs11:token=A\",\"label\":\"A\"}]");
	add(&l, "/lib/b.so", false,
	    "[{\"uri\":\"pkcs11:token=A\",\"label\":\"A\"},{\"uri\":\"pkcs11:token=B\",\"label\":"
	    "\"B\"}]");
	AUTO_TEXT char *first = seen_name(&l, 0), *third = seen_name(&l, 2);
	CU_ASSERT_STRING_EQUAL(first, "pkcs11:token=A?module-path=/lib/a.so");
	CU_ASSERT_STRING_EQUAL(third, "pkcs11:token=B");
	AUTO(err) struct err *e = seen_several(&l);
	CU_ASSERT(err_kind(e) == ERR_TOKEN);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "token-several");
	AUTO_TEXT char *text = err_render(e);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "pkcs11:token=B"));
}

static bool says(struct err *e, const char *words)
{
	AUTO_TEXT char *text = err_render(e);
	bool found = text && strstr(text, words);
	CU_ASSERT(err_kind(e) == ERR_TOKEN);
	err_free(e);
	return found;
}

static void test_none_says_what_was_seen_and_why(void)
{
	AUTO_SEEN struct seen_list l = { 0 };
	const struct seen_list nothing = { 0 };
	CU_ASSERT(
		says(seen_none("pkcs11:token=X", &nothing, NULL), "No token fits pkcs11:token=X."));
	CU_ASSERT(
		says(seen_none(NULL, &nothing, err_new(ERR_TOKEN, N_("It hangs."))), "It hangs."));
	add(&l, "/lib/a.so", false,
	    "[{\"uri\":\"pkcs11:token=\",\"label\":\"\",\"initialised\":false}]");
	CU_ASSERT(says(seen_none(NULL, &l, NULL), "No token here is ready for use"));
	CU_ASSERT(says(seen_none(NULL, &l, NULL), "Only blank tokens"));
	add(&l, "/lib/a.so", false,
	    "[{\"uri\":\"pkcs11:token=EC\",\"label\":\"EC\",\"makes_rsa\":false}]");
	CU_ASSERT(says(seen_none(NULL, &l, NULL), "pkcs11:token=EC"));
	CU_ASSERT_FALSE(says(seen_none(NULL, &l, NULL), "pkcs11:token=,"));
}

static void test_a_listing_of_odd_shape_adds_nothing(void)
{
	AUTO_SEEN struct seen_list l = { 0 };
	add(&l, "/lib/a.so", false, "{\"uri\":\"pkcs11:\"}");
	add(&l, "/lib/a.so", false, "[1,null,{\"label\":\"A\"}]");
	CU_ASSERT(l.n == 0);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_blank_tokens_give_way_to_usable_ones),
			  TEST(test_the_profile_s_module_keeps_its_name),
			  TEST(test_one_uri_in_two_modules_is_told_apart),
			  TEST(test_none_says_what_was_seen_and_why),
			  TEST(test_a_listing_of_odd_shape_adds_nothing));
}
