// Looking through a database with modutil, and writing into it.
#include "apps/apps.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/inside.h"
#include "base/buf.h"
#include "worker/tool.h"

enum { LIMIT_MS = 30 * 1000, SAID_MAX = 256 * 1024 };

// What the database calls the proxy when inkan put it in: another name is somebody else's entry.
static const char module_name[] = "inkan-p11-kit";

const char *app_proxy(void)
{
	return P11_PROXY;
}

const char *app_name(enum app_kind k)
{
	return k == APP_FIREFOX ? "firefox" : "chromium";
}

const char *app_words(const struct app *a)
{
	return a->kind == APP_FIREFOX ? "Firefox" : "Chromium/Chrome";
}

static struct err *tool_missing(void)
{
	return err_hint(err_tag(err_new(ERR_FAILED,
					N_("The program %1 is missing. It looks into browsers' "
					   "databases and writes them."),
					ARG_TEXT("modutil")),
				"tool-missing"),
			N_("Install the package libnss3-tools (elsewhere nss-tools), then repeat "
			   "the command."));
}

static struct err *running(const struct app *a)
{
	return err_hint(
		err_tag(err_new(ERR_FAILED, N_("%1 is running: its database is left alone (%2)."),
				ARG_TEXT(app_words(a)), ARG_TEXT(a->dir)),
			"application-running"),
		N_("Close %1 first, then repeat the command."), ARG_TEXT(app_words(a)));
}

// modutil's last line says why; what drivers print before it helps nobody.
static struct err *database(const struct app *a, const struct buf *said)
{
	struct err *e =
		err_new(ERR_FAILED, N_("The database of %1 in %2 cannot be opened or written."),
			ARG_TEXT(app_words(a)), ARG_TEXT(a->dir));
	e = err_hint(
		err_tag(e, "application-database"),
		N_("Check who may write there and whether the disk is full. Start %1 and close "
		   "it again; if it tells of trouble with its profile, use another profile."),
		ARG_TEXT(app_words(a)));
	char *text = said->len ? (char *)said->data : NULL, *line = NULL;
	for (char *p = text; p && (p = strstr(p, "modutil: ")); p++)
		line = p;
	if (!line)
		return e;
	line[strcspn(line, "\n")] = '\0';
	return err_caused_by(e, err_new(ERR_FAILED, N_("It said: %1"), ARG_TEXT(line)));
}

// modutil over the database: "-list" or "-add NAME -libfile PATH" …, at most four words.
static struct err *modutil(const struct app *a, const char *const words[4], struct buf *said)
{
	AUTO_TEXT char *program = NULL;
	AUTO_TEXT char *dir = text_format("sql:%s", a->dir);
	int status = 0;
	TRY(tool_find("modutil", &program));
	if (!program)
		return tool_missing();
	if (!dir)
		return err_no_memory();
	const char *const argv[] = { program,  "-force", "-dbdir", dir, words[0],
				     words[1], words[2], words[3], NULL };
	TRY(tool_run(argv, LIMIT_MS, said, &status));
	return status ? database(a, said) : NULL;
}

static bool has_database(const struct app *a)
{
	AUTO_TEXT char *path = text_format("%s/cert9.db", a->dir);
	return path && access(path, F_OK) == 0;
}

static struct err *look(struct app *a, const char *token_uri)
{
	static const char *const list[4] = { "-list" };
	AUTO_BUF struct buf said = BUF(SAID_MAX);
	TRY(nss_module_name(a->dir, app_proxy(), &a->module));
	a->running = app_is_running(a);
	// Without the proxy the token may still be there, by its own module.
	if (a->running || !has_database(a))
		return NULL;
	TRY(modutil(a, list, &said));
	a->token = said.data && nss_shows_token((const char *)said.data, token_uri);
	return NULL;
}

void app_look(struct app *a, const char *token_uri)
{
	if (!a->sandboxed)
		a->trouble = look(a, token_uri);
}

// ~/.pki and ~/.pki/nssdb, as Chromium makes them.
static struct err *make_dirs(const struct app *a)
{
	AUTO_TEXT char *path = text_copy(a->dir);
	if (!path)
		return err_no_memory();
	for (char *p = path + 1;; p++) {
		if (*p && *p != '/')
			continue;
		char was = *p;
		*p = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return err_caused_by(database(a, &(struct buf){ 0 }),
					     err_errno("mkdir", path, errno));
		if (!was)
			return NULL;
		*p = was;
	}
}

static struct err *create(const struct app *a)
{
	static const char *const words[4] = { "-create" };
	AUTO_BUF struct buf said = BUF(SAID_MAX);
	TRY(make_dirs(a));
	return modutil(a, words, &said);
}

// What it wrote counts, not what it said.
static struct err *change(const struct app *a, const char *const words[4], bool present)
{
	AUTO_BUF struct buf said = BUF(SAID_MAX);
	AUTO_TEXT char *name = NULL;
	TRY(modutil(a, words, &said));
	TRY(nss_module_name(a->dir, app_proxy(), &name));
	return (name != NULL) == present ? NULL : database(a, &said);
}

// Nobody else writes it meanwhile.
static struct err *with_lock(const struct app *a, const char *const words[4], bool present)
{
	int fd = -1;
	if (app_is_running(a))
		return running(a);
	struct err *e = app_hold(a, &fd);
	if (e)
		return err_caused_by(database(a, &(struct buf){ 0 }), e);
	e = change(a, words, present);
	if (fd >= 0)
		close(fd);
	return e;
}

// What a database consists of, as far as it is there.
static struct err *name_made(const struct app *a, char **changed)
{
	static const char *const files[] = { "cert9.db", "key4.db", "pkcs11.txt" };
	AUTO_BUF struct buf names = BUF(SAID_MAX);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO_TEXT char *path = text_format("%s/%s", a->dir, files[i]);
		if (!path)
			return err_no_memory();
		if (access(path, F_OK) == 0)
			TRY(buf_printf(&names, "%s%s", names.len ? "\n" : "", path));
	}
	*changed = names.len ? text_copy((const char *)names.data) : NULL;
	return names.len && !*changed ? err_no_memory() : NULL;
}

struct err *app_set_up(const struct app *a, char **changed)
{
	const char *const words[4] = { "-add", module_name, "-libfile", P11_PROXY };
	*changed = NULL;
	if (app_is_running(a))
		return running(a);
	if (!has_database(a)) {
		struct err *e = create(a);
		if (!e)
			e = with_lock(a, words, true);
		struct err *unnamed = name_made(a, changed);
		if (e)
			err_ignore(unnamed);
		return e ? e : unnamed;
	}
	TRY(with_lock(a, words, true));
	*changed = text_format("%s/pkcs11.txt", a->dir);
	return *changed ? NULL : err_no_memory();
}

struct err *app_remove(const struct app *a, char **changed)
{
	const char *const words[4] = { "-delete", module_name };
	*changed = NULL;
	if (!a->module || strcmp(a->module, module_name) != 0)
		return NULL;
	TRY(with_lock(a, words, false));
	*changed = text_format("%s/pkcs11.txt", a->dir);
	return *changed ? NULL : err_no_memory();
}
