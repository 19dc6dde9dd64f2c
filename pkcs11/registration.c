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

// "inkan-NAME.module": p11-kit merges files of the same name, and a maker's must stay as it is.
static struct err *file_of(const char *module, char **dir, char **file)
{
	const char *slash = strrchr(module, '/'), *base = slash ? slash + 1 : module;
	TRY(registry_own_dir(dir));
	*file = text_format("%s/inkan-%.*s.module", *dir, (int)strcspn(base, "."), base);
	return *file ? NULL : err_no_memory();
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
		if (!was)
			return NULL;
		*p = was;
	}
}

static struct err *write_all(int fd, const char *path, const char *text)
{
	size_t len = strlen(text);
	ssize_t n = write(fd, text, len);
	if (n >= 0 && (size_t)n != len)
		return err_errno("write", path, ENOSPC);
	return n < 0 || fsync(fd) != 0 ? err_errno("write", path, errno) : NULL;
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
					      : write_all(fd, part, text);
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
	TRY(file_of(path, &dir, &at));
	*file = NULL;
	if (access(at, F_OK) == 0)
		return NULL;
	AUTO_TEXT char *text = text_format("# Written by inkan verify --applications; inkan verify "
					   "--applications --remove takes it away.\nmodule: %s\n",
					   path);
	if (!text)
		return err_no_memory();
	struct err *e = make_dirs(dir, everybody ? 0755 : 0700);
	if (!e)
		e = write_file(at, text, everybody ? 0644 : 0600);
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
	TRY(file_of(path, &dir, &at));
	*file = NULL;
	if (unlink(at) != 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? NULL
			       : unwritable(at, err_errno("unlink", at, errno));
	*file = at;
	at = NULL;
	return NULL;
}
