// The database file itself: made for its owner alone, refused when it is something else than a file of ours.
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/proc.h"
#include "store/store_private.h"

// The directory entry of a new file must survive a power cut like what is written in the file later.
static struct err *sync_directory_of(const char *path)
{
	AUTO_TEXT char *copy = text_copy(path);
	if (!copy)
		return err_no_memory();
	struct err *e = proc_sync_dir(dirname(copy));
	return e ? err_caused_by(store_not_writable(path, NULL, 0), e) : NULL;
}

// chmod by path and never by an open descriptor: closing any descriptor of the file would drop the locks that SQLite holds on
// it in this process (POSIX record locks belong to the process).
static struct err *keep_private(const char *path, bool must_exist)
{
	struct stat st;
	if (lstat(path, &st)) {
		if (errno == ENOENT && !must_exist)
			return NULL;
		return store_not_writable(path, "lstat", errno);
	}
	if (!S_ISREG(st.st_mode))
		return err_tag(err_new(ERR_FAILED, N_("%1 is not a regular file."), ARG_TEXT(path)),
			       "store-not-writable");
	if (st.st_uid != geteuid())
		return err_tag(
			err_hint(err_new(ERR_FAILED, N_("The file %1 belongs to another user."),
					 ARG_TEXT(path)),
				 N_("Run this as the user the file belongs to.")),
			"store-not-writable");
	if ((st.st_mode & 077) && chmod(path, 0600))
		return store_not_writable(path, "chmod", errno);
	return NULL;
}

static struct err *keep_companion_private(const char *path, const char *suffix)
{
	AUTO_TEXT char *name = text_format("%s%s", path, suffix);
	if (!name)
		return err_no_memory();
	return keep_private(name, false);
}

struct err *store_prepare_file(const char *path)
{
	// mknod makes a regular file without opening it (see keep_private for why).
	if (mknod(path, S_IFREG | 0600, 0) == 0)
		return sync_directory_of(path);
	if (errno != EEXIST)
		return store_not_writable(path, "mknod", errno);
	TRY(keep_private(path, true));
	TRY(keep_companion_private(path, "-wal"));
	return keep_companion_private(path, "-shm");
}
