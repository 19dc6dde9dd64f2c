// Where the databases are.
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/inside.h"
#include "base/buf.h"
#include "base/proc.h"

enum { INI_MAX = 256 * 1024 };

static bool is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_file_in(const char *dir, const char *name)
{
	AUTO_TEXT char *path = text_format("%s/%s", dir, name);
	return path && access(path, F_OK) == 0;
}

// More than APPS_MAX are left out.
static struct err *add(struct app_list *l, struct app a)
{
	if (l->n == APPS_MAX) {
		app_free(&a);
		return NULL;
	}
	l->list[l->n++] = a;
	return NULL;
}

// One [Profile…] of profiles.ini.
struct section {
	bool is_profile, relative;
	const char *name, *path;
};

static struct err *take_section(const char *dir, bool sandboxed, const struct section *s,
				struct app_list *out)
{
	if (!s->is_profile || !s->path || !*s->path)
		return NULL;
	struct app a = {
		.kind = APP_FIREFOX,
		.sandboxed = sandboxed,
		.profile = text_copy(s->name ? s->name : s->path),
		.dir = s->relative ? text_format("%s/%s", dir, s->path) : text_copy(s->path),
	};
	if (!a.profile || !a.dir) {
		app_free(&a);
		return err_no_memory();
	}
	// A profile that Firefox has never opened has no database yet: it comes with the first start.
	if (is_dir(a.dir) && is_file_in(a.dir, "cert9.db"))
		return add(out, a);
	app_free(&a);
	return NULL;
}

static void take_line(struct section *s, char *line)
{
	char *value = strchr(line, '=');
	if (!value)
		return;
	*value++ = '\0';
	if (!strcmp(line, "Name"))
		s->name = value;
	else if (!strcmp(line, "Path"))
		s->path = value;
	else if (!strcmp(line, "IsRelative"))
		s->relative = strcmp(value, "0") != 0;
}

struct err *firefox_profiles(const char *dir, bool sandboxed, struct app_list *out)
{
	AUTO_BUF struct buf text = BUF(INI_MAX);
	AUTO_TEXT char *ini = text_format("%s/profiles.ini", dir);
	if (!ini)
		return err_no_memory();
	if (access(ini, F_OK) != 0)
		return NULL;
	TRY(buf_read_file(ini, INI_MAX, &text));
	struct section s = { .relative = true };
	for (char *next = (char *)text.data, *line; next && *next;) {
		line = next;
		next += strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		if (*line == '[') {
			TRY(take_section(dir, sandboxed, &s, out));
			s = (struct section){ .relative = true,
					      .is_profile = !strncmp(line, "[Profile", 8) };
		} else {
			take_line(&s, line);
		}
	}
	return take_section(dir, sandboxed, &s, out);
}

// Firefox 147 and later begin in XDG_CONFIG_HOME; a ~/.mozilla that is there already stays in use.
static struct err *find_firefox(const char *home, const char *config, struct app_list *out)
{
	const struct {
		char *dir;
		bool sandboxed;
	} places[] = {
		{ text_format("%s/.mozilla/firefox", home), false },
		{ text_format("%s/mozilla/firefox", config), false },
		{ text_format("%s/snap/firefox/common/.mozilla/firefox", home), true },
		{ text_format("%s/.var/app/org.mozilla.firefox/.mozilla/firefox", home), true },
		{ text_format("%s/.var/app/org.mozilla.firefox/config/mozilla/firefox", home),
		  true },
	};
	struct err *e = NULL;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (!e)
			e = places[i].dir
				    ? firefox_profiles(places[i].dir, places[i].sandboxed, out)
				    : err_no_memory();
		free(places[i].dir);
	}
	return e;
}

static bool in_path(const char *const *names)
{
	static const char *const dirs[] = { "/usr/bin", "/usr/local/bin", "/opt/google/chrome" };
	for (size_t i = 0; names[i]; i++)
		for (size_t k = 0; k < ARRAY_LEN(dirs); k++)
			if (is_file_in(dirs[k], names[i]))
				return true;
	return false;
}

// All of Chromium's relatives share one database: ~/.pki/nssdb where it is, else one in XDG_DATA_HOME that somebody made.
static struct err *find_chromium(const char *home, const char *config, struct app_list *out)
{
	static const char *const programs[] = { "chromium",	 "chromium-browser",
						"google-chrome", "google-chrome-stable",
						"chrome",	 NULL };
	static const char *const dirs[] = { "chromium", "google-chrome" };
	const char *data = getenv("XDG_DATA_HOME");
	AUTO_TEXT char *old = text_format("%s/.pki/nssdb", home);
	AUTO_TEXT char *later = data && *data == '/'
					? text_format("%s/pki/nssdb", data)
					: text_format("%s/.local/share/pki/nssdb", home);
	if (!old || !later)
		return err_no_memory();
	bool used = is_dir(old) || is_dir(later) || in_path(programs);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		used |= is_file_in(config, dirs[i]);
	if (!used)
		return NULL;
	struct app a = { .kind = APP_CHROMIUM,
			 .dir = text_copy(!is_dir(old) && is_dir(later) ? later : old) };
	return a.dir ? add(out, a) : err_no_memory();
}

static struct err *of_another(const char *dir, struct err *why)
{
	return err_caused_by(
		err_hint(err_tag(err_new(ERR_FAILED,
					 N_("Somebody else can change the directory %1, and inkan "
					    "runs as root. Nothing was looked at there."),
					 ARG_TEXT(dir)),
				 "home-of-another"),
			 N_("Run the command as that user, without sudo; or set HOME to root's "
			    "home directory.")),
		why);
}

// Root who looks through a database of somebody else's loads the modules that it names, and leaves files that its owner cannot write. What root
// uses is the path without links, of which nobody else can change any part: it cannot become another directory once it was looked at.
static struct err *make_sure(char **dir)
{
	char *real = NULL;
	if (geteuid() != 0)
		return NULL;
	struct err *e = proc_trusted_dir(*dir, &real);
	if (e)
		return of_another(*dir, e);
	free(*dir);
	*dir = real;
	return NULL;
}

struct err *apps_find(struct app_list *out)
{
	AUTO_APPS struct app_list found = { 0 };
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
	if (!home || *home != '/')
		return err_hint(err_tag(err_new(ERR_FAILED, N_("There is no home directory to look "
							       "for applications in.")),
					"home-missing"),
				N_("Set HOME to your home directory."));
	AUTO_TEXT char *at_home = text_copy(home);
	AUTO_TEXT char *dir =
		config && *config == '/' ? text_copy(config) : text_format("%s/.config", home);
	if (!at_home || !dir)
		return err_no_memory();
	TRY(make_sure(&at_home));
	TRY(make_sure(&dir));
	TRY(find_firefox(at_home, dir, &found));
	TRY(find_chromium(at_home, dir, &found));
	for (size_t i = 0; i < found.n; i++)
		TRY(make_sure(&found.list[i].dir));
	*out = found;
	found.n = 0;
	return NULL;
}

void app_free(struct app *a)
{
	free(a->profile);
	free(a->dir);
	free(a->module);
	err_free(a->trouble);
	*a = (struct app){ 0 };
}

void apps_free(struct app_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		app_free(&l->list[i]);
	l->n = 0;
}
