// Choosing the language and finding its catalogue.
#include "base/lang.h"

#include <langinfo.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

#ifndef INKAN_LOCALEDIR
#define INKAN_LOCALEDIR "/usr/share/locale"
#endif
#ifndef INKAN_BUILD_LOCALEDIR
#define INKAN_BUILD_LOCALEDIR ""
#endif
#ifndef INKAN_BUILD_BINDIR
#define INKAN_BUILD_BINDIR ""
#endif

static const char domain[] = "inkan";
static enum lang now = LANG_EN;

// gettext's own counter: raised, it forgets what it looked up in another language.
extern int _nl_msg_cat_cntr;

// LANGUAGE as the person set it, before this file changes it. "" when unset.
static const char *persons_language(void)
{
	static char kept[256];
	static bool looked;
	if (!looked) {
		const char *value = getenv("LANGUAGE");
		snprintf(kept, sizeof(kept), "%s", value ? value : "");
		looked = true;
	}
	return kept;
}

static bool is_language(const char *name, size_t len, const char *code)
{
	return len >= 2 && strncmp(name, code, 2) == 0 &&
	       (len == 2 || name[2] == '_' || name[2] == '.' || name[2] == '@');
}

// As gettext looks: LC_ALL, LC_MESSAGES, LANG; the first that is set names the locale. In the C locale LANGUAGE
// does not count; otherwise the first language of its list that there is goes before the locale's own.
static enum lang from_environment(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	const char *locale = "C";
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);
		if (value && *value) {
			locale = value;
			break;
		}
	}
	if (strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
		return LANG_EN;
	for (const char *p = persons_language(); *p;) {
		size_t len = strcspn(p, ":");
		if (is_language(p, len, "ja"))
			return LANG_JA;
		if (is_language(p, len, "en"))
			return LANG_EN;
		p += len + (p[len] == ':');
	}
	return is_language(locale, strlen(locale), "ja") ? LANG_JA : LANG_EN;
}

static bool has_catalogue(const char *dir)
{
	AUTO_TEXT char *path = text_format("%s/ja/LC_MESSAGES/inkan.mo", dir);
	return *dir && path && access(path, R_OK) == 0;
}

// The path of the running program, cut at its last slash: "/opt/inkan/bin". "" when unknown.
static void program_dir(char out[static PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
	out[n > 0 ? n : 0] = 0;
	char *slash = strrchr(out, '/');
	if (slash)
		*slash = 0;
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	return n > 0 && strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == 0);
}

// The build's, beside a program moved as a whole (../share/locale), the installed one.
static void bind_catalogue(void)
{
	char dir[PATH_MAX];
	program_dir(dir);
	AUTO_TEXT char *beside = text_format("%s/../share/locale", dir);
	const char *found = INKAN_LOCALEDIR;
	if (is_below(dir, INKAN_BUILD_BINDIR) && has_catalogue(INKAN_BUILD_LOCALEDIR))
		found = INKAN_BUILD_LOCALEDIR;
	else if (*dir && beside && has_catalogue(beside))
		found = beside;
	bindtextdomain(domain, found);
	bind_textdomain_codeset(domain, "UTF-8");
}

// gettext translates nothing in the C locale, which is also what a locale that was never generated becomes;
// C.UTF-8 is built into the C library and does, with LANGUAGE.
static void use_locale(void)
{
	const char *messages = setlocale(LC_MESSAGES, "");
	if (!messages || strcmp(messages, "C") == 0 || strcmp(messages, "POSIX") == 0)
		setlocale(LC_MESSAGES, "C.UTF-8");
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

struct err *lang_set(const char *wanted)
{
	persons_language();
	enum lang lang = from_environment();
	if (wanted && strcmp(wanted, "ja") == 0)
		lang = LANG_JA;
	else if (wanted && strcmp(wanted, "en") == 0)
		lang = LANG_EN;
	else if (wanted)
		return err_hint(err_new(ERR_USAGE, N_("%1 is not a language that inkan speaks."),
					ARG_TEXT(wanted)),
				N_("Use en or ja."));
	use_locale();
	if (setenv("LANGUAGE", lang == LANG_JA ? "ja" : "en", 1) != 0)
		return err_no_memory();
	_nl_msg_cat_cntr++;
	bind_catalogue();
	now = lang;
	return NULL;
}

enum lang lang_now(void)
{
	return now;
}

const char *lang_code(void)
{
	return now == LANG_JA ? "ja" : "en";
}

const char *lang_text(const char *msgid)
{
	// The empty id is the catalogue's header, which is no message.
	return now == LANG_EN || !*msgid ? msgid : dcgettext(domain, msgid, LC_MESSAGES);
}

const char *lang_pick(const char *en, const char *ja)
{
	return now == LANG_JA && ja ? ja : en;
}
