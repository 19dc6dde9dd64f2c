// The directory for what inkan keeps, and whether a file may be trusted.
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/proc.h"

static struct err *unusable(const char *path, const char *reason_id)
{
	return err_tag(err_hint(err_new(ERR_FAILED, N_("%1 cannot be used: %2."), ARG_TEXT(path),
					ARG_ID(reason_id)),
				N_("inkan keeps its records there. Correct this, or set "
				   "XDG_STATE_HOME to another directory.")),
		       "state-dir");
}

// Makes the directory and what is missing above it, all 0700.
static struct err *make_dirs(const char *path)
{
	AUTO_TEXT char *work = text_copy(path);
	if (!work)
		return err_no_memory();
	for (char *p = work + 1;; p++) {
		if (*p && *p != '/')
			continue;
		char was = *p;
		*p = 0;
		if (mkdir(work, 0700) != 0 && errno != EEXIST)
			return err_tag(err_while(err_errno("mkdir", work, errno),
						 N_("The directory %1 could not be made."),
						 ARG_TEXT(path)),
				       "state-dir");
		if (!was)
			return NULL;
		*p = was;
	}
}

// A directory of ours that can be written and nobody else can enter.
static struct err *own_dir(const char *path)
{
	TRY(make_dirs(path));
	struct stat st;
	if (stat(path, &st) != 0)
		return err_errno("stat", path, errno);
	if (!S_ISDIR(st.st_mode))
		return unusable(path, N_("it is not a directory"));
	if (st.st_uid != geteuid())
		return unusable(path, N_("it belongs to another user"));
	if ((st.st_mode & 077) != 0 && chmod(path, 0700) != 0)
		return err_errno("chmod", path, errno);
	if (access(path, W_OK | X_OK) != 0)
		return err_tag(err_errno("access", path, errno), "state-dir");
	return NULL;
}

// $XDG_STATE_HOME, or ~/.local/state: the XDG Base Directory Specification, which ignores a relative path.
static char *state_home(void)
{
	const char *state = getenv("XDG_STATE_HOME");
	if (state && state[0] == '/')
		return text_copy(state);
	const char *home = getenv("HOME");
	struct passwd entry, *found = NULL;
	char space[4096];
	if ((!home || home[0] != '/') &&
	    getpwuid_r(geteuid(), &entry, space, sizeof(space), &found) == 0 && found)
		home = found->pw_dir;
	return home && home[0] == '/' ? text_format("%s/.local/state", home) : NULL;
}

struct err *proc_state_dir(char **out)
{
	AUTO_TEXT char *home = state_home();
	if (!home)
		return err_hint(
			err_new(ERR_FAILED, N_("There is no home directory to keep records in.")),
			N_("Set HOME or XDG_STATE_HOME to a directory of yours."));
	AUTO_TEXT char *dir = text_format("%s/inkan", home);
	if (!dir)
		return err_no_memory();
	TRY(own_dir(dir));
	*out = dir;
	dir = NULL;
	return NULL;
}

struct err *proc_state_subdir(const char *name, char **out)
{
	AUTO_TEXT char *top = NULL;
	TRY(proc_state_dir(&top));
	AUTO_TEXT char *dir = text_format("%s/%s", top, name);
	if (!dir)
		return err_no_memory();
	TRY(own_dir(dir));
	*out = dir;
	dir = NULL;
	return NULL;
}

static struct err *untrusted(const char *path, const char *part, const char *reason_id)
{
	struct err *e = err_new(ERR_PROFILE, N_("The file %1 is not safe to use: %2 (%3)."),
				ARG_TEXT(path), ARG_ID(reason_id), ARG_TEXT(part));
	return err_tag(err_hint(e, N_("Only root and you may be able to change it. Correct its "
				      "owner or mode, or use another file.")),
		       "untrusted-file");
}

// The owner and the mode of the file or of one directory above it.
static struct err *check_part(const char *path, const char *part, bool is_file)
{
	struct stat st;
	if (stat(part, &st) != 0)
		return err_as(err_errno("stat", part, errno), ERR_PROFILE);
	if (is_file && !S_ISREG(st.st_mode))
		return untrusted(path, part, N_("it is not a regular file"));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return untrusted(path, part, N_("it belongs to another user"));
	// In a sticky directory others can add names, but not replace ours or root's.
	bool sticky = !is_file && (st.st_mode & S_ISVTX);
	if ((st.st_mode & 022) && !sticky)
		return untrusted(path, part, N_("others can write to it"));
	return NULL;
}

// The directories above what is resolved.
static struct err *check_above(const char *path, const char *resolved)
{
	AUTO_TEXT char *part = text_copy(resolved);
	if (!part)
		return err_no_memory();
	for (char *slash = strrchr(part, '/'); slash; slash = strrchr(part, '/')) {
		bool root = slash == part;
		slash[root] = 0; // of "/x" the slash stays
		TRY(check_part(path, part, false));
		if (root)
			break;
	}
	return NULL;
}

struct err *proc_trusted_file(const char *path, char **real)
{
	AUTO_TEXT char *resolved = realpath(path, NULL);
	if (!resolved)
		return err_as(err_errno("realpath", path, errno), ERR_PROFILE);
	TRY(check_part(path, resolved, true));
	TRY(check_above(path, resolved));
	*real = resolved;
	resolved = NULL;
	return NULL;
}

// The longest part of the path that is there, resolved; *rest is what follows it.
static struct err *resolve_existing(const char *path, char **resolved, const char **rest)
{
	AUTO_TEXT char *part = text_copy(path);
	if (!part)
		return err_no_memory();
	for (;;) {
		char *real = realpath(part, NULL);
		char *slash = strrchr(part, '/');
		if (real) {
			*rest = path + strlen(part);
			*resolved = real;
			return NULL;
		}
		if (errno != ENOENT || !slash || slash == part)
			return err_as(err_errno("realpath", path, errno), ERR_PROFILE);
		*slash = '\0';
	}
}

struct err *proc_trusted_dir(const char *path, char **real)
{
	AUTO_TEXT char *resolved = NULL;
	const char *rest = "";
	TRY(resolve_existing(path, &resolved, &rest));
	TRY(check_part(path, resolved, false));
	TRY(check_above(path, resolved));
	char *whole = text_format("%s%s", resolved, rest);
	if (!whole)
		return err_no_memory();
	*real = whole;
	return NULL;
}

struct err *proc_private_file(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return err_as(err_errno("stat", path, errno), ERR_ANSWER);
	const char *reason = NULL;
	if (!S_ISREG(st.st_mode))
		reason = N_("it is not a regular file");
	else if (st.st_uid != geteuid())
		reason = N_("it belongs to another user");
	else if (st.st_mode & 077)
		reason = N_("others can read or write it");
	if (!reason)
		return NULL;
	struct err *e = err_new(ERR_ANSWER, N_("%1 holds secrets and cannot be used: %2."),
				ARG_TEXT(path), ARG_ID(reason));
	return err_tag(err_hint(e, N_("Make it yours alone: chmod 600 %1"), ARG_TEXT(path)),
		       "not-private");
}

struct err *proc_write_all(int fd, const char *path, const void *bytes, size_t len)
{
	const char *p = bytes;
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_errno("write", path, n < 0 ? errno : ENOSPC);
		p += n;
		len -= (size_t)n;
	}
	return fsync(fd) ? err_errno("fsync", path, errno) : NULL;
}

// A beginning of these bytes, in a file of ours: a run that was cut off left it.
static bool is_left_over(const char *path, const void *bytes, size_t len)
{
	struct stat st;
	AUTO_BUF struct buf there = BUF(len + 1);
	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_size < 0 || (size_t)st.st_size > len)
		return false;
	struct err *e = buf_read_file(path, len + 1, &there);
	bool same = !e && there.len <= len && (!there.len || !memcmp(there.data, bytes, there.len));
	err_ignore(e);
	return same;
}

// *name is another one where the one that it has is taken.
static int open_beside(char **name, char **other, const void *bytes, size_t len)
{
	enum { HOW = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC };
	int fd = open(*name, HOW, 0600);
	if (fd < 0 && errno == EEXIST && is_left_over(*name, bytes, len) && unlink(*name) == 0)
		fd = open(*name, HOW, 0600);
	if (fd >= 0 || errno != EEXIST)
		return fd;
	free(*name);
	*name = *other;
	*other = NULL;
	return mkostemps(*name, (int)strlen(".new"), O_CLOEXEC);
}

struct err *proc_write_beside(const char *path, const char *own, mode_t mode, const void *bytes,
			      size_t len, char **beside)
{
	AUTO_TEXT char *name = text_format("%s.%s.new", path, own);
	AUTO_TEXT char *other = text_format("%s.%s.XXXXXX.new", path, own);
	if (!name || !other)
		return err_no_memory();
	int fd = open_beside(&name, &other, bytes, len);
	if (fd < 0)
		return err_errno("open", path, errno);
	(void)fchmod(fd, mode); // some file systems have no modes
	struct err *e = proc_write_all(fd, name, bytes, len);
	if (close(fd) && !e)
		e = err_errno("close", name, errno);
	if (e) {
		unlink(name);
		return e;
	}
	*beside = name;
	name = NULL;
	return NULL;
}

struct err *proc_sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno("open", dir, errno);
	int failed = fsync(fd) ? errno : 0;
	close(fd);
	return failed && failed != EINVAL && failed != ENOTSUP ? err_errno("fsync", dir, failed)
							       : NULL;
}
