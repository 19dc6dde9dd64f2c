// A directory of the test's own, which goes with everything in it when the scope ends:
//
//	AUTO(scratch) struct scratch *s = scratch_new();
//	AUTO_TEXT char *path = scratch_file(s, "answers.json", "{}", 0600);
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"

struct scratch {
	char dir[256];
};

// Ends the program when the directory cannot be made: no test could tell anything then.
static inline struct scratch *scratch_new(void)
{
	struct scratch *s = calloc(1, sizeof(*s));
	const char *top = getenv("TMPDIR");
	if (s)
		snprintf(s->dir, sizeof(s->dir), "%s/inkan-test-XXXXXX",
			 top && *top ? top : "/tmp");
	if (!s || !mkdtemp(s->dir)) {
		perror("scratch directory");
		exit(1);
	}
	return s;
}

static inline int scratch_remove_one(const char *path, const struct stat *st, int type,
				     struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static inline void scratch_free(struct scratch *s)
{
	if (s)
		nftw(s->dir, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(s);
}
DEFINE_CLEANUP(scratch, struct scratch, scratch_free)

static inline char *scratch_path(const struct scratch *s, const char *name)
{
	return text_format("%s/%s", s->dir, name);
}

// A new file with exactly this mode, whatever the umask; its path, to be freed.
static inline char *scratch_file(const struct scratch *s, const char *name, const char *text,
				 mode_t mode)
{
	char *path = scratch_path(s, name);
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	size_t len = strlen(text);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len || fchmod(fd, mode) != 0 ||
	    close(fd) != 0) {
		perror("scratch file");
		exit(1);
	}
	return path;
}
