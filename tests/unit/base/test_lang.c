// The language: how it is chosen, and that it can change while the program runs.
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/lang.h"
#include "base/msg.h"
#include "base/proc.h"
#include "check.h"
#include "scratch.h"

static void set_env(const char *lc_all, const char *lang)
{
	unsetenv("LC_ALL");
	unsetenv("LC_MESSAGES");
	unsetenv("LANG");
	if (lc_all)
		setenv("LC_ALL", lc_all, 1);
	if (lang)
		setenv("LANG", lang, 1);
}

static enum lang chosen(const char *wanted)
{
	CHECK_OK(lang_set(wanted));
	return lang_now();
}

static void test_english_before_anything_is_chosen(void)
{
	CU_ASSERT_EQUAL(lang_now(), LANG_EN);
	CU_ASSERT_STRING_EQUAL(lang_text("it is busy"), "it is busy");
}

// No ja_JP locale is generated on a small machine, and Japanese must come all the same.
static void test_the_locale_chooses(void)
{
	set_env(NULL, NULL);
	CU_ASSERT_EQUAL(chosen(NULL), LANG_EN);
	set_env(NULL, "ja_JP.UTF-8");
	CU_ASSERT_EQUAL(chosen(NULL), LANG_JA);
	CU_ASSERT_STRING_EQUAL(lang_text("it is busy"), "使用中です");
	set_env(NULL, "ja_JP.eucJP");
	CU_ASSERT_EQUAL(chosen(NULL), LANG_JA);
	CU_ASSERT_STRING_EQUAL(lang_text("it is busy"), "使用中です"); // always UTF-8
	set_env("C", "ja_JP.UTF-8");
	CU_ASSERT_EQUAL(chosen(NULL), LANG_EN);
	set_env("", "ja");
	CU_ASSERT_EQUAL(chosen(NULL), LANG_JA);
	set_env("en_US.UTF-8", "ja_JP.UTF-8");
	CU_ASSERT_EQUAL(chosen(NULL), LANG_EN);
	set_env("jam_JM.UTF-8", NULL); // Jamaican, not Japanese
	CU_ASSERT_EQUAL(chosen(NULL), LANG_EN);
	set_env(NULL, NULL);
	setenv("LC_MESSAGES", "ja_JP.UTF-8", 1);
	CU_ASSERT_EQUAL(chosen(NULL), LANG_JA);
	unsetenv("LC_MESSAGES");
}

static void test_the_wish_goes_before_the_locale(void)
{
	set_env("ja_JP.UTF-8", NULL);
	CU_ASSERT_EQUAL(chosen("en"), LANG_EN);
	CU_ASSERT_STRING_EQUAL(lang_code(), "en");
	set_env("C", NULL);
	CU_ASSERT_EQUAL(chosen("ja"), LANG_JA);
	CU_ASSERT_STRING_EQUAL(lang_code(), "ja");
	CHECK_ERR(lang_set("fr"), ERR_USAGE);
	CHECK_ERR(lang_set(""), ERR_USAGE);
	CU_ASSERT_EQUAL(lang_now(), LANG_JA);
}

static void test_changing_language_changes_what_is_shown(void)
{
	struct text2 both = { .en = (char[]){ "card" }, .ja = (char[]){ "カード" } };
	AUTO(msg)
	struct msg *m = msg_new("%1 cannot be used: %2.", ARG_BOTH(both), ARG_ID("it is busy"));
	static const char *const wanted[] = { "card cannot be used: it is busy.",
					      "カード を使用できません（使用中です）。" };
	for (int i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(chosen(i % 2 ? "ja" : "en"), i % 2 ? LANG_JA : LANG_EN);
		AUTO_TEXT char *text = msg_render(m);
		CU_ASSERT_STRING_EQUAL(text, wanted[i % 2]);
		AUTO_TEXT char *english = msg_render_english(m);
		CU_ASSERT_STRING_EQUAL(english, wanted[0]);
	}
}

static void test_an_error_is_told_in_japanese(void)
{
	CU_ASSERT_EQUAL(chosen("ja"), LANG_JA);
	AUTO(err) struct err *e = err_no_memory();
	AUTO_TEXT char *text = err_render(e);
	CU_ASSERT_STRING_EQUAL(text, "メモリーが足りません。\n[no-memory]\n");
}

static void test_what_has_no_translation_stays(void)
{
	CU_ASSERT_EQUAL(chosen("ja"), LANG_JA);
	CU_ASSERT_STRING_EQUAL(lang_text("no such message"), "no such message");
	CU_ASSERT_STRING_EQUAL(lang_text(""), ""); // not the catalogue's header
}

static void test_picks_the_text_of_the_language(void)
{
	CU_ASSERT_EQUAL(chosen("ja"), LANG_JA);
	CU_ASSERT_STRING_EQUAL(lang_pick("yes", "はい"), "はい");
	CU_ASSERT_STRING_EQUAL(lang_pick("yes", NULL), "yes");
	CU_ASSERT_EQUAL(chosen("en"), LANG_EN);
	CU_ASSERT_STRING_EQUAL(lang_pick("yes", "はい"), "yes");
}

// LANGUAGE is kept as it was at the first lang_set, so what it was then is given as the argument of this program.
static void test_the_list_of_languages_counts_except_in_c(void)
{
	set_env(NULL, "en_US.UTF-8");
	CU_ASSERT_EQUAL(chosen(NULL), LANG_JA);
	CU_ASSERT_STRING_EQUAL(lang_text("it is busy"), "使用中です");
	CU_ASSERT_EQUAL(chosen("en"), LANG_EN);
	CU_ASSERT_EQUAL(chosen(NULL), LANG_JA); // the person's list, not what "en" set
	set_env(NULL, "C.UTF-8");
	CU_ASSERT_EQUAL(chosen(NULL), LANG_JA);
	set_env(NULL, "C");
	CU_ASSERT_EQUAL(chosen(NULL), LANG_EN);
	set_env(NULL, NULL);
	CU_ASSERT_EQUAL(chosen(NULL), LANG_EN);
}

static void copy_file(const char *from, const char *to, mode_t mode)
{
	AUTO_BUF struct buf b = { 0 };
	CHECK_OK_OR_END(buf_read_file(from, 64 << 20, &b));
	int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
	CU_ASSERT(write(fd, b.data, b.len) == (ssize_t)b.len);
	CU_ASSERT_EQUAL(close(fd), 0);
}

// Runs this program as `path` with the argument "moved"; true when it found its Japanese.
static bool speaks_japanese(const char *path)
{
	pid_t child = fork();
	if (child == 0) {
		execl(path, path, "moved", (char *)NULL);
		_exit(127);
	}
	int status = -1;
	return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int main_moved(void)
{
	// A hardened process must still find out where it lies.
	struct err *e = proc_harden();
	if (!e)
		e = lang_set("ja");
	bool speaks = !e && strcmp(lang_text("it is busy"), "使用中です") == 0;
	err_free(e);
	return speaks ? 0 : 1;
}

static void test_an_install_that_was_moved_finds_its_catalogue(void)
{
	AUTO(scratch) struct scratch *s = scratch_new();
	static const char *const dirs[] = { "bin", "share", "share/locale", "share/locale/ja",
					    "share/locale/ja/LC_MESSAGES" };
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		AUTO_TEXT char *dir = scratch_path(s, dirs[i]);
		CU_ASSERT_EQUAL(mkdir(dir, 0755), 0);
	}
	AUTO_TEXT char *program = scratch_path(s, "bin/program");
	AUTO_TEXT char *catalogue = scratch_path(s, "share/locale/ja/LC_MESSAGES/inkan.mo");
	copy_file("/proc/self/exe", program, 0755);
	copy_file(INKAN_BUILD_LOCALEDIR "/ja/LC_MESSAGES/inkan.mo", catalogue, 0644);
	CU_ASSERT(speaks_japanese(program));
	CU_ASSERT(speaks_japanese("/proc/self/exe")); // in the build tree
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "moved") == 0)
		return main_moved();
	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		setenv("LANGUAGE", "fr:ja_JP:en", 1);
		return CHECK_MAIN(TEST(test_the_list_of_languages_counts_except_in_c));
	}
	unsetenv("LANGUAGE");
	return CHECK_MAIN(TEST(test_english_before_anything_is_chosen),
			  TEST(test_the_locale_chooses), TEST(test_the_wish_goes_before_the_locale),
			  TEST(test_changing_language_changes_what_is_shown),
			  TEST(test_an_error_is_told_in_japanese),
			  TEST(test_what_has_no_translation_stays),
			  TEST(test_picks_the_text_of_the_language),
			  TEST(test_an_install_that_was_moved_finds_its_catalogue));
}
