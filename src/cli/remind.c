// inkan status --remind: tells the person in time, for a timer. What was told is remembered, so that nobody is told the same each day.
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/proc.h"
#include "cli/print.h"
#include "cli/status_check.h"
#include "worker/tool.h"

enum { KEPT_MAX = 1 << 20, LAST_DAY = 0, EXPIRED = -1, NONE = -2, NOTIFY_MS = 10000 };

// The nearest reminder that its time has come for: a number of days, the last day, or that it is over.
static int64_t reminder_of(const struct due *d)
{
	int64_t found = NONE;
	if (d->level == LEVEL_OK)
		return NONE;
	if (d->days_left < 0)
		return EXPIRED;
	for (size_t i = 0; i < d->thresholds.n; i++)
		if (d->days_left <= d->thresholds.days[i])
			found = d->thresholds.days[i];
	return d->days_left == 0 ? LAST_DAY : found;
}

static struct err *kept_path(char **out)
{
	AUTO_TEXT char *dir = NULL;
	TRY(proc_state_dir(&dir));
	*out = text_format("%s/reminded.json", dir);
	return *out ? NULL : err_no_memory();
}

// A file that is not there, or that cannot be read, costs one reminder too many.
static json_t *read_kept(const char *path)
{
	AUTO_BUF struct buf b = BUF(KEPT_MAX);
	json_t *j = NULL;
	struct err *e = buf_read_file(path, KEPT_MAX, &b);
	if (!e)
		e = json_read(b.data, b.len, KEPT_MAX, ERR_FAILED, "reminded.json", &j);
	err_ignore(e);
	if (json_is_object(j))
		return j;
	json_drop(j);
	return json_object();
}

static struct err *write_kept(const char *path, const json_t *kept)
{
	AUTO_TEXT char *beside = text_format("%s.new", path);
	AUTO_TEXT char *line = json_line(kept);
	if (!beside || !line)
		return err_no_memory();
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno("open", beside, errno);
	struct err *e = proc_write_all(fd, beside, line, strlen(line));
	if (close(fd) && !e)
		e = err_errno("close", beside, errno);
	if (!e && rename(beside, path))
		e = err_errno("rename", path, errno);
	return e;
}

// On the desktop, where there is one. Whose certificate it is stands there, and not its name: others may see the screen.
static bool notify(const char *program, const struct due *d)
{
	AUTO(msg)
	struct msg *m = d->days_left < 0
				? msg_new(N_("A certificate of %1 has expired. inkan "
					     "status tells more."),
					  ARG_BOTH(d->profile->institution))
				: msg_new(N_("A certificate of %1 ends in %2 days. inkan "
					     "status tells more."),
					  ARG_BOTH(d->profile->institution), ARG_NUM(d->days_left));
	AUTO_TEXT char *text = msg_render(m);
	const char *const argv[] = { program, "--app-name=inkan",
				     "--",    lang_text(N_("Your certificate")),
				     text,    NULL };
	AUTO_BUF struct buf out = BUF(4096);
	int status = -1;
	if (!text)
		return false;
	err_ignore(tool_run(argv, NOTIFY_MS, &out, &status));
	return status == 0;
}

static void tell(const char *program, const struct due *d)
{
	if (!program || !d->profile || d->pickup || !notify(program, d))
		due_say(d);
}

static const char *key_of(const struct due *d)
{
	return d->pickup ? d->record->id : d->record->sha256;
}

// Tells what was not told yet; *told is what is to be remembered of all that there is now.
static void tell_all(const struct dues *all, const json_t *kept, json_t *told)
{
	AUTO_TEXT char *program = NULL;
	err_ignore(tool_find("notify-send", &program));
	for (size_t i = 0; i < all->n; i++) {
		const struct due *d = &all->list[i];
		int64_t reminder = reminder_of(d);
		const char *key = key_of(d);
		if (reminder == NONE || !key)
			continue;
		if (json_number(kept, key, NONE) != reminder)
			tell(program, d);
		json_object_set_new(told, key, json_integer(reminder));
	}
}

static struct err *remind(void)
{
	AUTO(journal) struct journal *j = NULL;
	AUTO_DUES struct dues all = { 0 };
	AUTO_TEXT char *path = NULL;
	TRY(journal_open(&j));
	TRY(dues_find(j, NULL, &all));
	TRY(kept_path(&path));
	AUTO(json) json_t *kept = read_kept(path);
	AUTO(json) json_t *told = json_object();
	tell_all(&all, kept, told);
	return json_equal(kept, told) ? NULL : write_kept(path, told);
}

int status_remind(struct cli *cli)
{
	struct err *e = remind();
	return e ? cli_fail(cli, e, NULL) : 0;
}
