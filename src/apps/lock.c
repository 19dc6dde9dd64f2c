// Is the program running? Each says so in its own way.
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "apps/inside.h"
#include "base/buf.h"

enum { LINK_MAX_BYTES = 512, CMDLINE_MAX = 128 * 1024 };

// Where a link leads to, as text; false when it is none.
static bool read_link(const char *path, char out[LINK_MAX_BYTES])
{
	ssize_t n = readlink(path, out, LINK_MAX_BYTES - 1);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

// Digits alone are a process; whatever cannot be read is taken for one that runs.
static bool process_runs(const char *digits)
{
	char *end = NULL;
	long pid = strtol(digits, &end, 10);
	if (!isdigit((unsigned char)*digits) || *end || pid <= 0)
		return true;
	return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

// A lock of Firefox that is held: by fcntl on .parentlock, which the kernel takes back when Firefox dies; or by the link `lock`, which leads to
// "ADDRESS:PID", or to "ADDRESS:+PID" when the other one is held, too, and which a crash leaves behind.
static bool firefox_runs(const char *profile)
{
	char to[LINK_MAX_BYTES];
	AUTO_TEXT char *lock = text_format("%s/.parentlock", profile);
	AUTO_TEXT char *link = text_format("%s/lock", profile);
	if (!lock || !link)
		return true;
	struct flock held = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		bool known = fcntl(fd, F_GETLK, &held) == 0;
		close(fd);
		if (known && held.l_type != F_UNLCK)
			return true;
	}
	if (!read_link(link, to))
		return false;
	const char *pid = strrchr(to, ':');
	if (pid && pid[1] == '+' && fd >= 0)
		return false; // the kernel says that nobody holds it
	return pid ? process_runs(pid + 1 + (pid[1] == '+')) : true;
}

// SingletonLock leads to "HOST-PID"; another host's process cannot be asked, and counts.
static bool chromium_runs(const char *dir)
{
	char to[LINK_MAX_BYTES];
	struct utsname here;
	AUTO_TEXT char *link = text_format("%s/SingletonLock", dir);
	if (!link)
		return true;
	if (!read_link(link, to))
		return false;
	char *pid = strrchr(to, '-');
	if (!pid)
		return true;
	*pid++ = '\0';
	return uname(&here) != 0 || strcmp(to, here.nodename) != 0 || process_runs(pid);
}

// The directory that a process was told with --user-data-dir, where it was; a relative one lies below the process's own. New string or null.
static char *told_dir(const char *pid)
{
	static const char option[] = "--user-data-dir=";
	AUTO_BUF struct buf words = BUF(CMDLINE_MAX);
	AUTO_TEXT char *path = text_format("/proc/%s/cmdline", pid);
	if (!path)
		return NULL;
	struct err *e = buf_read_file(path, CMDLINE_MAX, &words);
	const char *word = e ? NULL : (const char *)words.data;
	const char *end = word ? word + words.len : NULL;
	err_ignore(e); // it has ended, or is none of ours
	for (; word && word < end; word += strlen(word) + 1) {
		if (strncmp(word, option, strlen(option)) != 0)
			continue;
		const char *dir = word + strlen(option);
		return *dir == '/' ? text_copy(dir) : text_format("/proc/%s/cwd/%s", pid, dir);
	}
	return NULL;
}

// One that was started with --user-data-dir, wherever that is: the process tells.
static bool chromium_runs_elsewhere(void)
{
	DIR *proc = opendir("/proc");
	bool runs = false;
	for (struct dirent *d; proc && !runs && (d = readdir(proc));) {
		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		AUTO_TEXT char *dir = told_dir(d->d_name);
		runs = dir && chromium_runs(dir);
	}
	if (proc)
		closedir(proc);
	return runs;
}

static bool any_chromium_runs(void)
{
	static const char *const dirs[] = {
		"chromium",
		"google-chrome",
		"google-chrome-beta",
		"google-chrome-unstable",
		"microsoft-edge",
		"BraveSoftware/Brave-Browser",
		"vivaldi",
	};
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
	bool runs = false;
	for (size_t i = 0; i < ARRAY_LEN(dirs) && !runs; i++) {
		AUTO_TEXT char *dir = config && *config == '/'
					      ? text_format("%s/%s", config, dirs[i])
					      : text_format("%s/.config/%s", home, dirs[i]);
		runs = !dir || chromium_runs(dir);
	}
	return runs || chromium_runs_elsewhere();
}

bool app_is_running(const struct app *a)
{
	return a->kind == APP_FIREFOX ? firefox_runs(a->dir) : any_chromium_runs();
}

struct err *app_hold(const struct app *a, int *fd)
{
	*fd = -1;
	if (a->kind != APP_FIREFOX)
		return NULL;
	AUTO_TEXT char *lock = text_format("%s/.parentlock", a->dir);
	if (!lock)
		return err_no_memory();
	int held = open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	if (held < 0)
		return errno == ENOENT ? NULL : err_errno("open", lock, errno);
	if (fcntl(held, F_SETLK, &all) != 0) {
		struct err *e = err_errno("fcntl", lock, errno);
		close(held);
		return e;
	}
	*fd = held;
	return NULL;
}
