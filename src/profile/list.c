// Finding profiles by name.
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "profile/dirs.h"
#include "profile/names.h"
#include "profile/profile.h"

enum { LIST_MAX = 200 };
static const char suffix[] = ".yaml";

// A program in its build tree reads the profiles of the source beside it; an installed one never does.
static bool runs_from_build(void)
{
	char self[PATH_MAX];
	size_t dir = strlen(INKAN_BUILD_BINDIR);
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return false;
	self[n] = '\0';
	return strncmp(self, INKAN_BUILD_BINDIR, dir) == 0 && self[dir] == '/';
}

struct err *dirs_find(struct profile_dirs *out)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct profile_dirs d = { { NULL } };
	// The XDG base directory specification: a relative path is to be ignored.
	if (config && config[0] == '/')
		d.dir[0] = text_format("%s/inkan/profiles", config);
	else if (home && home[0] == '/')
		d.dir[0] = text_format("%s/.config/inkan/profiles", home);
	d.dir[1] = text_copy("/etc/inkan/profiles");
	d.dir[2] = text_copy(runs_from_build() ? INKAN_BUILD_PROFILEDIR : INKAN_PROFILEDIR);
	*out = d;
	if (d.dir[1] && d.dir[2])
		return NULL;
	dirs_free(out);
	return err_no_memory();
}

void dirs_free(struct profile_dirs *d)
{
	for (size_t i = 0; i < PROFILE_DIRS; i++) {
		free(d->dir[i]);
		d->dir[i] = NULL;
	}
}

// The name that a file gives its profile; null for files that are none. New string.
static char *name_of_file(const char *file)
{
	size_t len = strlen(file), tail = strlen(suffix);
	if (len <= tail || strcmp(file + len - tail, suffix) != 0)
		return NULL;
	char *name = strndup(file, len - tail);
	if (name && !name_is_profile(name)) {
		free(name);
		name = NULL;
	}
	return name;
}

static bool is_listed(const struct profile_entry *entries, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(entries[i].name, name) == 0)
			return true;
	return false;
}

// Takes the name. A profile of an earlier directory hides one of the same name.
static struct err *add_entry(struct profile_entry *entries, size_t *n, const char *dir, char *name)
{
	if (*n == LIST_MAX || is_listed(entries, *n, name)) {
		free(name);
		return NULL;
	}
	struct profile_entry *e = &entries[(*n)++];
	e->name = name;
	e->path = text_format("%s/%s%s", dir, name, suffix);
	if (!e->path)
		return err_no_memory();
	e->err = profile_load(e->path, &e->profile);
	return NULL;
}

static struct err *add_dir(struct profile_entry *entries, size_t *n, const char *dir)
{
	DIR *d = opendir(dir);
	if (!d) // that there is none is usual
		return errno == ENOENT || errno == ENOTDIR ? NULL
							   : err_errno("opendir", dir, errno);
	struct err *e = NULL;
	for (struct dirent *f = readdir(d); f && !e; f = readdir(d)) {
		char *name = name_of_file(f->d_name);
		if (name)
			e = add_entry(entries, n, dir, name);
	}
	closedir(d);
	return e;
}

static int by_name(const void *a, const void *b)
{
	const struct profile_entry *x = a, *y = b;
	return strcmp(x->name, y->name);
}

struct err *profile_list(struct profile_entry **out, size_t *n)
{
	AUTO_DIRS struct profile_dirs dirs = { { NULL } };
	TRY(dirs_find(&dirs));
	struct profile_entry *entries = calloc(LIST_MAX, sizeof(*entries));
	size_t found = 0;
	struct err *e = entries ? NULL : err_no_memory();
	for (size_t i = 0; i < PROFILE_DIRS && !e; i++)
		if (dirs.dir[i])
			e = add_dir(entries, &found, dirs.dir[i]);
	if (e) {
		profile_list_free(entries, found);
		return e;
	}
	qsort(entries, found, sizeof(*entries), by_name);
	*out = entries;
	*n = found;
	return NULL;
}

void profile_list_free(struct profile_entry *entries, size_t n)
{
	for (size_t i = 0; entries && i < n; i++) {
		free(entries[i].name);
		free(entries[i].path);
		profile_free(entries[i].profile);
		err_free(entries[i].err);
	}
	free(entries);
}
