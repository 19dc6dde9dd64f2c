// Printing for people.
#include "cli/print.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/errors.h"

enum { MIN_COLUMNS = 40, MAX_TEXT = 65536, PAIR_INDENT = 2 };

size_t print_columns(FILE *f)
{
	struct winsize size = { 0 };
	if (ioctl(fileno(f), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return PRINT_COLUMNS;
	if (size.ws_col < MIN_COLUMNS)
		return MIN_COLUMNS;
	return size.ws_col < PRINT_COLUMNS ? size.ws_col : PRINT_COLUMNS;
}

static void put_indent(FILE *f, size_t indent)
{
	fprintf(f, "%*s", (int)indent, "");
}

// Each line of the paragraph, indented.
static void put_paragraph(FILE *f, size_t indent, const char *text)
{
	AUTO_TEXT char *wrapped = NULL;
	struct err *e = text_wrap(text, print_columns(f) - indent, 0, &wrapped);
	if (e) {
		err_ignore(e);
		put_indent(f, indent);
		fprintf(f, "%s\n", text);
		return;
	}
	for (char *line = wrapped; *line;) {
		size_t len = strcspn(line, "\n");
		if (len)
			put_indent(f, indent);
		fprintf(f, "%.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

void print_msg(FILE *f, size_t indent, struct msg *m)
{
	AUTO_TEXT char *text = msg_render(m);
	msg_free(m);
	if (text)
		put_paragraph(f, indent, text);
}

void print_text(FILE *f, size_t indent, const char *text)
{
	AUTO_TEXT char *safe = text_safe_lines(text, strlen(text), MAX_TEXT);
	if (safe)
		put_paragraph(f, indent, safe);
}

void print_line(FILE *f, size_t indent, const char *text)
{
	AUTO_TEXT char *safe = text_safe(text, strlen(text), MAX_TEXT);
	put_indent(f, indent);
	fprintf(f, "%s\n", safe ? safe : "?");
}

void print_pair(FILE *f, size_t width, struct msg *label, const char *value)
{
	AUTO_TEXT char *name = msg_render(label);
	msg_free(label);
	AUTO_TEXT char *safe = text_safe(value, strlen(value), MAX_TEXT);
	AUTO_TEXT char *padded = NULL;
	if (!name || !safe)
		return;
	bool fits = text_width(name) <= width &&
		    PAIR_INDENT + width + 2 + text_width(safe) <= print_columns(f);
	if (fits)
		err_ignore(text_pad(name, width, &padded));
	if (fits && padded)
		fprintf(f, "%*s%s  %s\n", PAIR_INDENT, "", padded, safe);
	else
		fprintf(f, "%*s%s\n%*s%s\n", PAIR_INDENT, "", name, 2 * PAIR_INDENT, "", safe);
}

void print_err(FILE *f, const struct err *e)
{
	fflush(stdout);
	error_print(f, e);
	fflush(f);
}

void print_blank(FILE *f)
{
	fputc('\n', f);
}

void print_json(FILE *f, const struct json_t *j)
{
	AUTO_TEXT char *line = json_line(j);
	if (line)
		fprintf(f, "%s\n", line);
	fflush(f);
}
