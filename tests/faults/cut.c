// Preloaded into a program: it ends a worker, its parent or both at one exact system call, and forgets what was not synced.
//
//	CUT_LOG   a file: a line for each call that is looked at ("PID send 3")
//	CUT_AT    KIND N before|after ACT
//
// KIND: send, receive (bytes over TCP), place (renameat2: a file that is put where it is to be), journal (a write to journal.db or its log, a truncation, a sync). N counts from 1 in the
// process. ACT: worker, parent, both (SIGKILL); power (both, and every byte that was not followed by a sync of its file is as it was
// before, files whose directory was not synced are gone); full (this and every later journal write: ENOSPC), broken (EIO), vanish (the
// directory of the journal is renamed away). `CUT_AT=nolocks`: the file system has no locks.
//
// Only a process started with --worker is looked at, and nothing is done elsewhere.
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FD_MAX = 1024, KEPT_MAX = 4096, PATH_ROOM = 300 };

// A write that no sync has followed yet: what stood there before.
struct kept {
	char path[PATH_ROOM];
	off_t offset, size; // size: of the file before
	size_t len;
	unsigned char *bytes;
	bool made; // the file itself is new
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char path_of[FD_MAX][PATH_ROOM]; // journal files that are open
static struct kept kept[KEPT_MAX];
static size_t n_kept;
static struct {
	char kind[16], when[8], act[8];
	unsigned long n;
	bool worker, nolocks, failing;
} cut;

__attribute__((constructor)) static void begin(void)
{
	char line[64] = "";
	const char *at = getenv("CUT_AT");
	int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, line, sizeof(line) - 1) : 0;
	close(fd);
	for (ssize_t i = 0; i + 1 < n; i++)
		line[i] = line[i] ? line[i] : ' ';
	cut.worker = strstr(line, "--worker") != NULL;
	cut.nolocks = at && strcmp(at, "nolocks") == 0;
	if (at && sscanf(at, "%15s %lu %7s %7s", cut.kind, &cut.n, cut.when, cut.act) != 4)
		cut.n = 0;
}

static bool ends_with(const char *text, const char *end)
{
	size_t a = strlen(text), b = strlen(end);
	return a >= b && strcmp(text + a - b, end) == 0;
}

static bool is_journal(const char *path)
{
	return ends_with(path, "/journal.db") || ends_with(path, "/journal.db-wal") ||
	       ends_with(path, "/journal.db-journal");
}

static struct kept *keep(const char *path)
{
	if (n_kept == KEPT_MAX)
		abort();
	struct kept *k = &kept[n_kept++];
	*k = (struct kept){ 0 };
	snprintf(k->path, sizeof(k->path), "%s", path);
	return k;
}

static void keep_bytes(int fd, const char *path, off_t offset, size_t len)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		abort();
	struct kept *k = keep(path);
	k->offset = offset;
	k->size = st.st_size;
	k->bytes = malloc(len ? len : 1);
	ssize_t n = k->bytes && offset < st.st_size ? pread(fd, k->bytes, len, offset) : 0;
	k->len = n > 0 ? (size_t)n : 0;
}

// What was written to this file, or made in this directory, will stay.
static void forget(const char *path, bool directory)
{
	size_t left = 0;
	for (size_t i = 0; i < n_kept; i++) {
		char copy[PATH_ROOM];
		memcpy(copy, kept[i].path, sizeof(copy));
		bool synced = directory ? kept[i].made && strcmp(dirname(copy), path) == 0
					: !kept[i].made && strcmp(kept[i].path, path) == 0;
		if (synced)
			free(kept[i].bytes);
		else
			kept[left++] = kept[i];
	}
	n_kept = left;
}

static void put_back(const struct kept *k)
{
	if (k->made) {
		syscall(SYS_unlinkat, AT_FDCWD, k->path, 0);
		return;
	}
	int fd = (int)syscall(SYS_openat, AT_FDCWD, k->path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (k->len)
		(void)!syscall(SYS_pwrite64, fd, k->bytes, k->len, k->offset);
	(void)!syscall(SYS_ftruncate, fd, k->size);
	close(fd);
}

static void lose_power(void)
{
	for (size_t i = n_kept; i > 0; i--)
		put_back(&kept[i - 1]);
}

static void vanish(void)
{
	for (int fd = 0; fd < FD_MAX; fd++) {
		char copy[PATH_ROOM], away[PATH_ROOM + 8];
		if (!path_of[fd][0])
			continue;
		memcpy(copy, path_of[fd], sizeof(copy));
		snprintf(away, sizeof(away), "%s.gone", dirname(copy));
		rename(copy, away);
		return;
	}
}

static void act(void)
{
	bool power = strcmp(cut.act, "power") == 0, both = strcmp(cut.act, "both") == 0;
	if (strcmp(cut.act, "vanish") == 0)
		vanish();
	if (strcmp(cut.act, "full") == 0 || strcmp(cut.act, "broken") == 0)
		cut.failing = true;
	if (power || both || strcmp(cut.act, "parent") == 0)
		kill(getppid(), SIGKILL);
	if (power)
		lose_power();
	if (power || both || strcmp(cut.act, "worker") == 0)
		kill(getpid(), SIGKILL);
}

static void note(const char *kind, unsigned long n)
{
	const char *path = getenv("CUT_LOG");
	int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path,
				     O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)
		      : -1;
	if (fd < 0)
		return;
	dprintf(fd, "%ld %s %lu\n", (long)getpid(), kind, n);
	close(fd);
}

// The number of this call when it is the one, else 0.
static bool looked_at(const char *kind, bool after)
{
	static unsigned long counts[4];
	unsigned long *n = &counts[kind[0] == 's'   ? 0
				   : kind[0] == 'r' ? 1
				   : kind[0] == 'p' ? 2
						    : 3];
	if (!cut.worker)
		return false;
	pthread_mutex_lock(&lock);
	if (!after)
		note(kind, ++*n);
	bool here = cut.n == *n && strcmp(cut.kind, kind) == 0 &&
		    strcmp(cut.when, after ? "after" : "before") == 0;
	pthread_mutex_unlock(&lock);
	return here;
}

static void visit(const char *kind, bool after)
{
	if (looked_at(kind, after))
		act();
}

static bool refused(void)
{
	if (!cut.failing)
		return false;
	errno = strcmp(cut.act, "full") == 0 ? ENOSPC : EIO;
	return true;
}

static const char *journal_file(int fd)
{
	return fd >= 0 && fd < FD_MAX && path_of[fd][0] ? path_of[fd] : NULL;
}

// --- files ---

static int opened(int fd, const char *path, bool was_there)
{
	if (!cut.worker || fd < 0 || fd >= FD_MAX)
		return fd;
	pthread_mutex_lock(&lock);
	path_of[fd][0] = '\0';
	if (is_journal(path)) {
		snprintf(path_of[fd], PATH_ROOM, "%s", path);
		if (!was_there)
			keep(path)->made = true;
	}
	pthread_mutex_unlock(&lock);
	return fd;
}

static mode_t mode_of(int flags, va_list ap)
{
	return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(ap, unsigned) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = mode_of(flags, ap);
	va_end(ap);
	bool was_there = access(path, F_OK) == 0;
	return opened((int)syscall(SYS_openat, AT_FDCWD, path, flags, mode), path, was_there);
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = mode_of(flags, ap);
	va_end(ap);
	bool was_there = access(path, F_OK) == 0;
	return opened((int)syscall(SYS_openat, AT_FDCWD, path, flags, mode), path, was_there);
}

int mknod(const char *path, mode_t mode, dev_t dev)
{
	int rc = (int)syscall(SYS_mknodat, AT_FDCWD, path, mode, dev);
	if (rc == 0 && cut.worker && is_journal(path))
		keep(path)->made = true;
	return rc;
}

static ssize_t write_journal(int fd, const char *path, const void *bytes, size_t len, off_t offset)
{
	visit("journal", false);
	if (refused())
		return -1;
	pthread_mutex_lock(&lock);
	keep_bytes(fd, path, offset, len);
	pthread_mutex_unlock(&lock);
	ssize_t n = syscall(SYS_pwrite64, fd, bytes, len, offset);
	visit("journal", true);
	return n;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	const char *path = journal_file(fd);
	return path ? write_journal(fd, path, bytes, len, offset)
		    : syscall(SYS_pwrite64, fd, bytes, len, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
	return pwrite(fd, bytes, len, offset);
}

static int truncate_journal(int fd, const char *path, off_t size)
{
	struct stat st;
	visit("journal", false);
	if (refused() || fstat(fd, &st) != 0)
		return -1;
	pthread_mutex_lock(&lock);
	if (size < st.st_size)
		keep_bytes(fd, path, size, (size_t)(st.st_size - size));
	else
		keep_bytes(fd, path, st.st_size, 0);
	pthread_mutex_unlock(&lock);
	int rc = (int)syscall(SYS_ftruncate, fd, size);
	visit("journal", true);
	return rc;
}

int ftruncate(int fd, off_t size)
{
	const char *path = journal_file(fd);
	return path ? truncate_journal(fd, path, size) : (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	return ftruncate(fd, size);
}

static int sync_journal(int fd, const char *path, long how)
{
	visit("journal", false);
	if (refused())
		return -1;
	int rc = (int)syscall(how, fd);
	pthread_mutex_lock(&lock);
	if (rc == 0)
		forget(path, false);
	pthread_mutex_unlock(&lock);
	visit("journal", true);
	return rc;
}

static void directory_synced(int fd)
{
	char link[32], path[PATH_ROOM];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	pthread_mutex_lock(&lock);
	forget(path, true);
	pthread_mutex_unlock(&lock);
}

// SQLite syncs a directory by fdatasync.
static int sync_other(int fd, long how)
{
	int rc = (int)syscall(how, fd);
	if (rc == 0 && cut.worker)
		directory_synced(fd);
	return rc;
}

int fdatasync(int fd)
{
	const char *path = journal_file(fd);
	return path ? sync_journal(fd, path, SYS_fdatasync) : sync_other(fd, SYS_fdatasync);
}

int fsync(int fd)
{
	const char *path = journal_file(fd);
	return path ? sync_journal(fd, path, SYS_fsync) : sync_other(fd, SYS_fsync);
}

// --- locks ---

static bool locks(int command)
{
	return command == F_SETLK || command == F_SETLKW || command == F_GETLK ||
	       command == F_OFD_SETLK || command == F_OFD_SETLKW;
}

static int control(int fd, int command, void *argument)
{
	if (cut.nolocks && locks(command)) {
		errno = ENOLCK;
		return -1;
	}
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

int fcntl(int fd, int command, ...)
{
	va_list ap;
	va_start(ap, command);
	void *argument = va_arg(ap, void *);
	va_end(ap);
	return control(fd, command, argument);
}

int fcntl64(int fd, int command, ...)
{
	va_list ap;
	va_start(ap, command);
	void *argument = va_arg(ap, void *);
	va_end(ap);
	return control(fd, command, argument);
}

int flock(int fd, int operation)
{
	if (cut.nolocks) {
		errno = ENOLCK;
		return -1;
	}
	return (int)syscall(SYS_flock, fd, operation);
}

// --- the line to the CA ---

static bool is_line(int fd)
{
	int domain = 0;
	socklen_t len = sizeof(domain);
	return cut.worker && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       (domain == AF_INET || domain == AF_INET6);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	visit("place", false);
	int rc = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
	int saved = errno;
	visit("place", true);
	errno = saved;
	return rc;
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	bool line = is_line(fd);
	if (line)
		visit("send", false);
	ssize_t n = syscall(SYS_sendto, fd, bytes, len, flags, NULL, 0);
	int saved = errno;
	if (line)
		visit("send", true);
	errno = saved;
	return n;
}

ssize_t recv(int fd, void *bytes, size_t len, int flags)
{
	bool line = is_line(fd);
	if (line)
		visit("receive", false);
	ssize_t n = syscall(SYS_recvfrom, fd, bytes, len, flags, NULL, NULL);
	int saved = errno;
	if (line)
		visit("receive", true);
	errno = saved;
	return n;
}
