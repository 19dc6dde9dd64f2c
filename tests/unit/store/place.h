// A temporary directory for one test, removed with all that is in it.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place {
	char dir[64];
	char file[128];
};

static inline void place_make(struct place *p)
{
	snprintf(p->dir, sizeof p->dir, "/tmp/inkan-store-XXXXXX");
	if (!mkdtemp(p->dir))
		abort();
	snprintf(p->file, sizeof p->file, "%s/test.db", p->dir);
}

static inline void place_remove(struct place *p)
{
	DIR *d = opendir(p->dir);
	struct dirent *entry = NULL;
	while (d && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	rmdir(p->dir);
}
