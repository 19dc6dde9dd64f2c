// The log: one line a message, in English, with one write each so that lines of two processes do not mix.
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"

static enum log_level level_now = LOG_QUIET;
static int log_fd = -1;

void log_open(enum log_level level, int fd)
{
	level_now = fd < 0 ? LOG_QUIET : level;
	log_fd = fd;
}

enum log_level log_level(void)
{
	return level_now;
}

static void put_line(const char *line, size_t len)
{
	while (len > 0) {
		ssize_t n = write(log_fd, line, len);
		if (n < 0 && errno == EINTR)
			continue;
		// A log that cannot be written must not stop what it tells about.
		if (n <= 0)
			return;
		line += n;
		len -= (size_t)n;
	}
}

// Writes "time room: prefix text codes"; the text is made safe for one line.
static void put_msg(const char *room, const char *prefix, const struct msg *m, const char *codes)
{
	AUTO_TEXT char *text = msg_render_english(m);
	AUTO_TEXT char *flat = text ? text_safe(text, strlen(text), 8192) : NULL;
	char when[24];
	clock_utc(clock_now(), when);
	AUTO_TEXT char *line = text_format("%s %s: %s%s%s\n", when, room, prefix,
					   flat ? flat : "(no memory)", codes);
	if (line)
		put_line(line, strlen(line));
}

static bool wanted(enum log_level level)
{
	return level != LOG_QUIET && level <= level_now;
}

void log_msg(enum log_level level, const char *room, struct msg *m)
{
	if (wanted(level))
		put_msg(room, "", m, "");
	msg_free(m);
}

void log_err(enum log_level level, const char *room, const struct err *e)
{
	if (!wanted(level))
		return;
	const char *prefix = "error: ";
	for (; e; e = err_cause(e)) {
		char codes[192] = "";
		if (err_call_name(e))
			snprintf(codes, sizeof(codes), " [%s: %s 0x%llx]", err_call_name(e),
				 err_code_name(e) ? err_code_name(e) : "-",
				 (unsigned long long)err_code(e));
		put_msg(room, prefix, err_what(e), codes);
		prefix = "because: ";
	}
}
