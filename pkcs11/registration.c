// Registering a module with p11-kit: one file of one line, in the directory of whoever asks.
#include "pkcs11/registration.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/proc.h"
#include "pkcs11/registry.h"

static struct err *unwritable(const char *path, struct err *cause) MUST;
static struct err *unwritable(const char *path, struct err *cause)
{
	struct err *e = err_new(ERR_FAILED, N_("The module could not be registered in %1."),
				ARG_TEXT(path));
	e = err_hint(err_tag(e, "module-registration"),
		     N_("Check who may write there and whether the disk is full. An administrator "
			"can register the module for everybody."));
	return err_caused_by(e, cause);
}

enum { NAMES_MAX = 20, FILE_MAX = 65536 };

// "inkan-NAME.module": p11-kit merges files of the same name, and a maker's must stay as it is. Modules of the same name from other
// directories are counted: "inkan-NAME-2.module".
static char *file_name(const char *dir, const char *module, int n)
{
	const char *slash = strrchr(module, '/'), *base = slash ? slash + 1 : module;
	int len = (int)strcspn(base, ".");
	return n == 1 ? text_format("%s/inkan-%.*s.module", dir, len, base)
		      : text_format("%s/inkan-%.*s-%d.module", dir, len, base, n);
}

static bool names_module(const char *text, const char *module)
{
	static const char key[] = "\nmodule: ";
	const size_t len = strlen(module);
	const char *at = strstr(text, key);
	at = at ? at + strlen(key) : NULL;
	return at && !strncmp(at, module, len) && (!at[len] || at[len] == '\n');
}

static struct err *is_about(const char *file, const char *module, bool *yes)
{
	AUTO_BUF struct buf text = BUF(FILE_MAX);
	TRY(buf_read_file(file, FILE_MAX, &text));
	*yes = text.len && names_module((const char *)text.data, module);
	return NULL;
}

// The file about the module (*is_there), or the first name that nobody has.
static struct err *file_of(const char *module, const char *dir, char **file, bool *is_there)
{
	char *unused = NULL;
	*is_there = false;
	*file = NULL;
	for (int n = 1; n <= NAMES_MAX; n++) {
		AUTO_TEXT char *at = file_name(dir, module, n);
		bool yes = false;
		if (!at) {
			free(unused);
			return err_no_memory();
		}
		if (access(at, F_OK) != 0) {
			if (!unused)
				unused = text_copy(at);
			continue;
		}
		// One that cannot be read is somebody's, and nothing of it is ours.
		err_ignore(is_about(at, module, &yes));
		if (!yes)
			continue;
		free(unused);
		*is_there = true;
		*file = at;
		at = NULL;
		return NULL;
	}
	*file = unused;
	return NULL;
}

// A directory that was just made is there after a power cut once the one above it was synced.
static struct err *sync_above(const char *dir)
{
	AUTO_TEXT char *above = text_format("%s/..", dir);
	return above ? proc_sync_dir(above) : err_no_memory();
}

static struct err *make_dirs(const char *path, mode_t mode)
{
	AUTO_TEXT char *part = text_copy(path);
	if (!part)
		return err_no_memory();
	for (char *p = part + 1;; p++) {
		if (*p && *p != '/')
			continue;
		char was = *p;
		*p = '\0';
		bool made = mkdir(part, mode) == 0;
		if (!made && errno != EEXIST)
			return err_errno("mkdir", part, errno);
		// The umask of inkan hides everything; what is the system's is for all to read.
		if (made && chmod(part, mode) != 0)
			return err_errno("chmod", part, errno);
		if (made)
			TRY(sync_above(part));
		if (!was)
			return NULL;
		*p = was;
	}
}

// Whole or not at all: p11-kit must never see half a file.
static struct err *write_file(const char *path, const char *text, mode_t mode)
{
	AUTO_TEXT char *part = text_format("%s.part", path);
	if (!part)
		return err_no_memory();
	unlink(part);
	int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return err_errno("open", part, errno);
	struct err *e = fchmod(fd, mode) != 0 ? err_errno("fchmod", part, errno)
					      : proc_write_all(fd, part, text, strlen(text));
	close(fd);
	if (!e && rename(part, path) != 0)
		e = err_errno("rename", path, errno);
	if (e)
		unlink(part);
	return e;
}

struct err *module_register(const char *path, char **file)
{
	AUTO_TEXT char *dir = NULL;
	AUTO_TEXT char *at = NULL;
	const bool everybody = geteuid() == 0;
	bool is_there = false;
	*file = NULL;
	TRY(registry_own_dir(&dir));
	TRY(file_of(path, dir, &at, &is_there));
	if (is_there)
		return NULL;
	if (!at)
		return unwritable(dir, err_errno("open", dir, EEXIST));
	AUTO_TEXT char *text = text_format("# Written by inkan verify --applications; inkan verify "
					   "--applications --remove takes it away.\nmodule: %s\n",
					   path);
	if (!text)
		return err_no_memory();
	struct err *e = make_dirs(dir, everybody ? 0755 : 0700);
	if (!e)
		e = write_file(at, text, everybody ? 0644 : 0600);
	if (!e)
		e = proc_sync_dir(dir);
	if (e)
		return unwritable(at, e);
	*file = at;
	at = NULL;
	return NULL;
}

struct err *module_unregister(const char *path, char **file)
{
	AUTO_TEXT char *dir = NULL;
	AUTO_TEXT char *at = NULL;
	bool is_there = false;
	*file = NULL;
	TRY(registry_own_dir(&dir));
	TRY(file_of(path, dir, &at, &is_there));
	if (!is_there)
		return NULL;
	if (unlink(at) != 0)
		return errno == ENOENT ? NULL : unwritable(at, err_errno("unlink", at, errno));
	struct err *e = proc_sync_dir(dir);
	if (e)
		return unwritable(at, e);
	*file = at;
	at = NULL;
	return NULL;
}
