// One token, one owner, by an open-file-description lock.
//
// Such a lock belongs to the open file, not to the process: it ends with the last descriptor, so that a worker killed in any way gives it
// up, and another part of the same process that opens and closes the file does not (fcntl(2), F_OFD_SETLK).
#include "token/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/text.h"
#include "token/readers.h"

enum { LOOK_EVERY_MS = 100, TELL_EVERY_MS = 1000 };

struct lease {
	int fd;
	bool ours;	      // the lock is ours, and so what stands in the file
	struct lease *reader; // of the reader that the token stands in; null: it stands in none
};

// Not the URI itself, which may hold slashes and be too long, but the four fields it is made of; the label is among them, since
// some modules give every token the same serial.
static struct err *lease_path(const struct token_info *t, char **out)
{
	AUTO_TEXT char *dir = NULL;
	TRY(proc_state_subdir("lease", &dir));
	AUTO_TEXT char *serial = text_hex(t->raw_serial, sizeof(t->raw_serial), 0);
	AUTO_TEXT char *label = text_hex(t->raw_label, sizeof(t->raw_label), 0);
	AUTO_TEXT char *model = text_hex(t->raw_model, sizeof(t->raw_model), 0);
	AUTO_TEXT char *maker = text_hex(t->raw_manufacturer, sizeof(t->raw_manufacturer), 0);
	char *path = serial && label && model && maker
			     ? text_format("%s/%s%s%s%s", dir, serial, label, model, maker)
			     : NULL;
	if (!path)
		return err_no_memory();
	*out = path;
	return NULL;
}

// A module's slot description holds 64 bytes of the reader's name, padded (CK_SLOT_INFO).
static struct err *reader_path(const char *reader, char **out)
{
	AUTO_TEXT char *dir = NULL;
	TRY(proc_state_subdir("lease", &dir));
	size_t n = strnlen(reader, 64);
	while (n && reader[n - 1] == ' ')
		n--;
	AUTO_TEXT char *name = text_hex(reader, n, 0);
	char *path = name ? text_format("%s/reader-%s", dir, name) : NULL;
	if (!path)
		return err_no_memory();
	*out = path;
	return NULL;
}

static struct err *no_locks(const char *path, int errnum)
{
	struct err *e = err_new(ERR_FAILED,
				N_("The file system of %1 has no locks, so inkan cannot keep a "
				   "second inkan away from the token."),
				ARG_TEXT(path));
	e = err_hint(e,
		     N_("Set XDG_STATE_HOME to a directory on a local disk and run inkan again."));
	return err_caused_by(err_tag(e, "lease-no-locks"), err_errno("fcntl", path, errnum));
}

// *taken false: somebody else has it.
static struct err *try_lock(int fd, const char *path, bool *taken)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int rc;
	do
		rc = fcntl(fd, F_OFD_SETLK, &whole);
	while (rc != 0 && errno == EINTR);
	*taken = rc == 0;
	if (rc == 0 || errno == EAGAIN || errno == EACCES)
		return NULL;
	return no_locks(path, errno);
}

// "PID SECONDS what": for words only, so anything unreadable is just unknown.
static void read_holder(int fd, struct lease_holder *who)
{
	char text[128] = { 0 };
	*who = (struct lease_holder){ 0 };
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return;
	char *end = text;
	who->pid = strtoll(text, &end, 10);
	who->since = strtoll(end, &end, 10);
	while (*end == ' ')
		end++;
	end[strcspn(end, "\n")] = '\0';
	strncpy(who->what, end, sizeof(who->what) - 1);
}

static struct err *write_holder(int fd, const char *path, const char *what)
{
	AUTO_TEXT char *text =
		text_format("%ld %" PRId64 " %.60s\n", (long)getpid(), clock_now(), what);
	if (!text)
		return err_no_memory();
	size_t len = strlen(text);
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, len, 0) != (ssize_t)len)
		return err_errno("write", path, errno);
	return NULL;
}

static struct err *busy(const char *name, const struct lease_holder *who)
{
	char since[48] = "?";
	if (who->since)
		clock_shown(who->since, NULL, since);
	struct err *e = who->pid ? err_new(ERR_TOKEN,
					   N_("Another inkan is using the token %1: process %2 "
					      "(%3), since %4."),
					   ARG_TEXT(name), ARG_NUM(who->pid), ARG_TEXT(who->what),
					   ARG_TEXT(since))
				 : err_new(ERR_TOKEN, N_("Another inkan is using the token %1."),
					   ARG_TEXT(name));
	e = err_hint(e, N_("Wait until it has ended, then run inkan again."));
	return err_tag(e, "token-busy");
}

static struct err *stopped(const char *name)
{
	return err_tag(err_new(ERR_INTERRUPTED, N_("The waiting for the token %1 was stopped."),
			       ARG_TEXT(name)),
		       "lease-stopped");
}

static struct err *wait_lock(const char *name, int fd, const char *path, int64_t wait_ms,
			     bool (*waiting)(void *, const struct lease_holder *), void *ctx)
{
	int64_t begun = clock_monotonic_ms(), told = begun - TELL_EVERY_MS;
	for (;;) {
		bool taken = false;
		TRY(try_lock(fd, path, &taken));
		if (taken)
			return NULL;
		struct lease_holder who;
		read_holder(fd, &who);
		int64_t now = clock_monotonic_ms();
		if (now - begun >= wait_ms)
			return busy(name, &who);
		if (waiting && now - told >= TELL_EVERY_MS) {
			told = now;
			if (waiting(ctx, &who))
				return stopped(name);
		}
		clock_sleep_ms(LOOK_EVERY_MS);
	}
}

// `name` is the token's or the reader's, for people.
static struct err *take(const char *path, const char *name, const char *what, int64_t wait_ms,
			bool (*waiting)(void *, const struct lease_holder *), void *ctx,
			struct lease **out)
{
	AUTO(lease) struct lease *l = calloc(1, sizeof(*l));
	if (!l)
		return err_no_memory();
	l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->fd < 0)
		return err_errno("open", path, errno);
	TRY(wait_lock(name, l->fd, path, wait_ms, waiting, ctx));
	l->ours = true;
	TRY(write_holder(l->fd, path, what));
	*out = l;
	l = NULL;
	return NULL;
}

struct err *lease_take_reader(const char *reader, const char *what, int64_t wait_ms,
			      bool (*waiting)(void *, const struct lease_holder *), void *ctx,
			      struct lease **out)
{
	AUTO_TEXT char *path = NULL;
	TRY(reader_path(reader, &path));
	return take(path, reader, what, wait_ms, waiting, ctx, out);
}

// Of two readers whose names are alike as far as a module shows them, each with a card of its own, the one is not taken for the other: then the token
// alone is held.
static bool stands_in_one(const struct token_info *t)
{
	return t->removable && t->slot_description[0] && readers_called(t->slot_description) < 2;
}

// First the token, then its reader, and nobody takes them in another order.
struct err *lease_take(const struct token_info *t, const char *what, int64_t wait_ms,
		       bool (*waiting)(void *ctx, const struct lease_holder *who), void *ctx,
		       struct lease **out)
{
	AUTO_TEXT char *path = NULL;
	TRY(lease_path(t, &path));
	AUTO(lease) struct lease *l = NULL;
	TRY(take(path, t->label, what, wait_ms, waiting, ctx, &l));
	if (stands_in_one(t))
		TRY(lease_take_reader(t->slot_description, what, wait_ms, waiting, ctx,
				      &l->reader));
	*out = l;
	l = NULL;
	return NULL;
}

struct err *lease_take_renamed(const struct token_info *t, const char *what, struct lease **out)
{
	AUTO_TEXT char *path = NULL;
	TRY(lease_path(t, &path));
	struct err *err = take(path, t->label, what, 0, NULL, NULL, out);
	if (!err || !err_has_tag(err, "token-busy"))
		return err;
	err_ignore(err);
	*out = NULL;
	return NULL;
}

// The file stays: removing it would race with one who has just opened it.
void lease_drop(struct lease *l)
{
	if (!l)
		return;
	lease_drop(l->reader);
	if (l->fd >= 0) {
		if (l->ours && ftruncate(l->fd, 0) != 0)
			log_debug("token", N_("The lease file could not be emptied."));
		close(l->fd);
	}
	free(l);
}
