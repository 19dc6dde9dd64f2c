// The practice CA's directory.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "practiceca/files.h"

#include "base/proc.h"

struct err *files_make_directory(const char *dir)
{
	struct stat st;
	if (mkdir(dir, 0700) && errno != EEXIST)
		return err_hint(err_errno("mkdir", dir, errno),
				N_("Name a directory that can be made or that is there already."));
	if (stat(dir, &st))
		return err_errno("stat", dir, errno);
	if (!S_ISDIR(st.st_mode))
		return err_hint(err_errno("mkdir", dir, ENOTDIR),
				N_("Name a directory that can be made or that is there already."));
	if (st.st_uid != geteuid())
		return err_new(ERR_FAILED, N_("The directory %1 belongs to another user."),
			       ARG_TEXT(dir));
	if (st.st_mode & 022)
		return err_hint(err_new(ERR_FAILED, N_("Others can write in the directory %1."),
					ARG_TEXT(dir)),
				N_("Take that right away: chmod go-w %1"), ARG_TEXT(dir));
	return NULL;
}

struct err *files_write(const char *dir, const char *name, bool private, const void *bytes,
			size_t len)
{
	AUTO_TEXT char *path = text_format("%s/%s", dir, name);
	AUTO_TEXT char *beside = text_format("%s/.%s.XXXXXX", dir, name);
	if (!path || !beside)
		return err_no_memory();
	int fd = mkostemp(beside, O_CLOEXEC); // 0600
	if (fd < 0)
		return err_errno("mkostemp", beside, errno);
	struct err *e = proc_write_all(fd, beside, bytes, len);
	if (!e && !private && fchmod(fd, 0644))
		e = err_errno("fchmod", beside, errno);
	close(fd);
	if (!e && rename(beside, path))
		e = err_errno("rename", path, errno);
	if (e) {
		unlink(beside);
		return e;
	}
	return proc_sync_dir(dir);
}

struct err *files_first_line(const char *path, size_t most, struct secret **out)
{
	AUTO_BUF struct buf text = BUF(4096);
	if (!path)
		return NULL;
	TRY(proc_private_file(path));
	TRY(buf_read_file(path, 4096, &text));
	size_t len = text.len ? strcspn((const char *)text.data, "\r\n") : 0;
	if (len == 0 || len > most)
		return err_new(ERR_ANSWER, N_("The first line of %1 must hold 1 to %2 bytes."),
			       ARG_TEXT(path), ARG_NUM(most));
	return secret_from(text.data, len, out);
}

struct err *files_read(const char *dir, const char *name, size_t cap, bool *there, struct buf *out)
{
	AUTO_TEXT char *path = text_format("%s/%s", dir, name);
	if (!path)
		return err_no_memory();
	if (access(path, F_OK) && errno == ENOENT) {
		*there = false;
		return NULL;
	}
	TRY(buf_read_file(path, cap, out));
	*there = true;
	return NULL;
}

struct err *files_lock(const char *dir, int *fd)
{
	AUTO_TEXT char *path = text_format("%s/lock", dir);
	if (!path)
		return err_no_memory();
	int got = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (got < 0)
		return err_errno("open", path, errno);
	while (flock(got, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		int failed = errno;
		close(got);
		return err_errno("flock", path, failed);
	}
	*fd = got;
	return NULL;
}

void files_unlock(int fd)
{
	close(fd);
}
