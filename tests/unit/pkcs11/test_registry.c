// Which modules are registered or allowed, without loading any.
#include "pkcs11/registry.h"

#include "softhsm.h"

static char dir[64];
static struct registry_dirs dirs;
static char paths[8][128];

static void put(const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	softhsm_write(path, text);
	chmod(path, 0644);
}

static void begin(void)
{
	static const char *const names[] = { "package",	  "system", "pkcs11.conf", "user",
					     "user.conf", "lib",    "allowed",	   "other" };
	snprintf(dir, sizeof(dir), "/tmp/inkan-test-XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(dir) != NULL);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", dir, names[i]);
		if (!strchr(names[i], '.'))
			mkdir(paths[i], 0755);
	}
	dirs = (struct registry_dirs){ .package = paths[0],
				       .system = paths[1],
				       .system_conf = paths[2],
				       .user = paths[3],
				       .user_conf = paths[4],
				       .relative = paths[5],
				       .allowed = paths[6] };
	put("lib/one.so", "x");
	put("lib/two.so", "x");
	put("lib/three.so", "x");
}

static void end(void)
{
	softhsm_remove(dir);
}

static const struct module_source *named(const struct module_sources *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->list[i].name, name) == 0)
			return &l->list[i];
	return NULL;
}

static void test_reads_names_relative_paths_and_reserved_words(void)
{
	begin();
	put("package/beta.module",
	    "# a comment\n  module:  two.so \nx-init-reserved: configdir='sql:/x'\n");
	put("package/alpha.module", "module: one.so\n");
	put("package/not-a-config.txt", "module: three.so\n");
	struct module_sources l = { 0 };
	CHECK_OK(registry_read(&dirs, &l));
	CU_ASSERT_EQUAL(l.n, 2);
	CU_ASSERT(l.n == 2 && strcmp(l.list[0].name, "alpha") == 0 &&
		  strcmp(l.list[1].name, "beta") == 0);
	const struct module_source *beta = named(&l, "beta");
	CU_ASSERT(beta && beta->init_reserved &&
		  strcmp(beta->init_reserved, "configdir='sql:/x'") == 0);
	CU_ASSERT(beta && strstr(beta->path, "/lib/two.so"));
	module_sources_free(&l);
	end();
}

static void test_leaves_out_trust_modules_and_those_switched_off(void)
{
	begin();
	put("package/trust.module", "module: one.so\ntrust-policy: yes\n");
	put("package/off.module", "module: two.so\ndisable-in: p11-kit-proxy, inkan\n");
	put("package/other.module", "module: two.so\nenable-in: firefox\n");
	put("package/on.module", "module: three.so\nenable-in: firefox inkan\n");
	put("package/empty.module", "module:\n");
	put("package/gone.module", "module: gone.so\n");
	struct module_sources l = { 0 };
	CHECK_OK(registry_read(&dirs, &l));
	CU_ASSERT_EQUAL(l.n, 1);
	CU_ASSERT(named(&l, "on") != NULL);
	module_sources_free(&l);
	end();
}

static void test_the_later_directory_wins_and_user_config_none_is_obeyed(void)
{
	begin();
	put("package/a.module", "module: one.so\n");
	put("system/a.module", "module: two.so\n");
	put("user/a.module", "module: three.so\n");
	struct module_sources l = { 0 };
	CHECK_OK(registry_read(&dirs, &l));
	CU_ASSERT(l.n == 1 && strstr(l.list[0].path, "three.so"));
	module_sources_free(&l);
	put("pkcs11.conf", "user-config: none\n");
	CHECK_OK(registry_read(&dirs, &l));
	CU_ASSERT(l.n == 1 && strstr(l.list[0].path, "two.so"));
	module_sources_free(&l);
	end();
}

static void test_a_path_must_be_registered_allowed_or_named_by_the_profile(void)
{
	begin();
	char path[256], line[512];
	struct module_source s = { 0 };
	snprintf(path, sizeof(path), "%s/lib/one.so", dir);
	CHECK_ERR(registry_find(&dirs, path, false, &s), ERR_PROFILE);
	CHECK_OK(registry_find(&dirs, path, true, &s));
	CU_ASSERT(s.name && strcmp(s.name, "one.so") == 0);
	module_source_free(&s);
	snprintf(line, sizeof(line), "# allowed here\n%s\n", path);
	put("allowed/site", line);
	CHECK_OK(registry_find(&dirs, path, false, &s));
	module_source_free(&s);
	put("package/uno.module", "module: one.so\n");
	CHECK_OK(registry_find(&dirs, "uno", false, &s));
	CU_ASSERT(s.path && strstr(s.path, "/lib/one.so"));
	module_source_free(&s);
	end();
}

static void check_tag(struct err *e, const char *tag)
{
	CU_ASSERT_PTR_NOT_NULL(e);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", tag);
	err_free(e);
}

static void test_missing_not_allowed_and_writable_files_are_told_apart(void)
{
	begin();
	char path[256];
	struct module_source s = { 0 };
	snprintf(path, sizeof(path), "%s/lib/none.so", dir);
	check_tag(registry_find(&dirs, path, true, &s), "module-missing");
	check_tag(registry_find(&dirs, "nobody", false, &s), "module-missing");
	snprintf(path, sizeof(path), "%s/lib/one.so", dir);
	check_tag(registry_find(&dirs, path, false, &s), "module-not-allowed");
	chmod(path, 0666);
	check_tag(registry_find(&dirs, path, true, &s), "module-untrusted-file");
	end();
}

static bool finds(const char *name, const char *file)
{
	struct module_source s = { 0 };
	struct err *e = registry_find(&dirs, name, false, &s);
	bool found = !e && strcmp(strrchr(s.path, '/') + 1, file) == 0;
	err_free(e);
	module_source_free(&s);
	return found;
}

static void test_every_name_that_a_module_is_registered_under_finds_it(void)
{
	begin();
	char target[256], link_path[256], line[512];
	snprintf(target, sizeof(target), "%s/lib/one.so", dir);
	snprintf(link_path, sizeof(link_path), "%s/lib/libuno.so.2", dir);
	CU_ASSERT(symlink(target, link_path) == 0);
	put("package/uno.module", "module: one.so\n");
	put("system/second.module", "module: libuno.so.2\n");
	snprintf(line, sizeof(line), "%s/lib/two.so\n", dir);
	put("allowed/local", line);
	CU_ASSERT(finds("second", "one.so"));
	CU_ASSERT(finds("second.module", "one.so"));
	CU_ASSERT(finds("uno", "one.so"));
	CU_ASSERT(finds("uno.module", "one.so"));
	CU_ASSERT(finds("one.so", "one.so"));
	CU_ASSERT(finds("libuno.so.2", "one.so"));
	CU_ASSERT(!finds("un", "one.so"));
	CU_ASSERT(!finds("uno.mod", "one.so"));
	CU_ASSERT(!finds("", "one.so"));
	if (geteuid() == 0) // its file belongs to root
		CU_ASSERT(finds("two.so", "two.so"));
	end();
}

static void test_a_file_name_of_two_modules_names_neither(void)
{
	begin();
	put("other/one.so", "y");
	char other[256];
	snprintf(other, sizeof(other), "module: %s/other/one.so\n", dir);
	put("package/uno.module", "module: one.so\n");
	put("package/eins.module", other);
	CU_ASSERT(!finds("one.so", "one.so"));
	CU_ASSERT(finds("uno", "one.so") && finds("eins", "one.so"));
	end();
}

static void test_who_names_none_is_told_the_names_and_the_line_to_write(void)
{
	begin();
	struct module_source s = { 0 };
	put("package/uno.module", "module: one.so\n");
	put("package/due.module", "module: two.so\n");
	AUTO(err) struct err *e = registry_find(&dirs, "tre", false, &s);
	AUTO_TEXT char *text = e ? err_render(e) : NULL;
	CU_ASSERT(text && strstr(text, "due, uno"));
	char path[256], line[300];
	snprintf(path, sizeof(path), "%s/lib/three.so", dir);
	snprintf(line, sizeof(line), ": %s", path);
	AUTO(err) struct err *refused = registry_find(&dirs, path, false, &s);
	const struct msg *todo = refused ? err_next_step(refused) : NULL;
	AUTO_TEXT char *hint = todo ? msg_render(todo) : NULL;
	CU_ASSERT(hint && strstr(hint, "/etc/inkan/modules.d/allowed") && strstr(hint, line));
	end();
}

static void test_one_file_under_two_names_is_listed_once(void)
{
	begin();
	char link_path[256], target[256];
	snprintf(link_path, sizeof(link_path), "%s/lib/link.so", dir);
	snprintf(target, sizeof(target), "%s/lib/one.so", dir);
	CU_ASSERT(symlink(target, link_path) == 0);
	put("package/a.module", "module: one.so\n");
	put("package/b.module", "module: link.so\n");
	struct module_sources l = { 0 };
	CHECK_OK(registry_read(&dirs, &l));
	CU_ASSERT_EQUAL(l.n, 1);
	module_sources_free(&l);
	end();
}

static void test_this_machine_has_softhsm_and_no_trust_module(void)
{
	struct module_sources l = { 0 };
	CHECK_OK(module_sources_all(&l));
	CU_ASSERT(named(&l, "softhsm2") != NULL);
	CU_ASSERT(named(&l, "p11-kit-trust") == NULL);
	module_sources_free(&l);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_reads_names_relative_paths_and_reserved_words),
			  TEST(test_leaves_out_trust_modules_and_those_switched_off),
			  TEST(test_the_later_directory_wins_and_user_config_none_is_obeyed),
			  TEST(test_a_path_must_be_registered_allowed_or_named_by_the_profile),
			  TEST(test_missing_not_allowed_and_writable_files_are_told_apart),
			  TEST(test_every_name_that_a_module_is_registered_under_finds_it),
			  TEST(test_a_file_name_of_two_modules_names_neither),
			  TEST(test_who_names_none_is_told_the_names_and_the_line_to_write),
			  TEST(test_one_file_under_two_names_is_listed_once),
			  TEST(test_this_machine_has_softhsm_and_no_trust_module));
}
