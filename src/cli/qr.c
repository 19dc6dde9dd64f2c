// A QR code on the terminal: two rows of modules in a line of text.
#include "cli/qr.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <qrencode.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/print.h"

enum { QUIET = 4, LINES_MAX = 65536 };
static const char DARK_ON_LIGHT[] = "\x1b[30;107m", AS_BEFORE[] = "\x1b[0m";

static void code_cleanup(QRcode **code)
{
	QRcode_free(*code);
}

static bool is_dark(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width &&
	       code->data[y * code->width + x] & 1;
}

static struct err *put_line(const QRcode *code, int y, struct buf *out)
{
	for (int x = -QUIET; x < code->width + QUIET; x++) {
		bool upper = is_dark(code, x, y), lower = is_dark(code, x, y + 1);
		TRY(buf_puts(out, upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " "));
	}
	return buf_puts(out, "\n");
}

char *qr_lines(const char *text)
{
	__attribute__((cleanup(code_cleanup))) QRcode *code =
		QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
	AUTO_BUF struct buf out = BUF(LINES_MAX);
	struct err *e = NULL;
	if (!code)
		return NULL;
	for (int y = -QUIET; y < code->width + QUIET && !e; y += 2)
		e = put_line(code, y, &out);
	if (e) {
		err_ignore(e);
		return NULL;
	}
	return text_copy((const char *)out.data);
}

// What the person's terminal was set to; gettext may have been given another locale to speak Japanese at all.
static bool is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

bool qr_print(FILE *f, const char *text)
{
	if (isatty(fileno(f)) != 1 || !is_utf8())
		return false;
	AUTO_TEXT char *lines = qr_lines(text);
	AUTO_TEXT char *first = lines ? strndup(lines, strcspn(lines, "\n")) : NULL;
	if (!first || text_width(first) > print_columns(f))
		return false;
	for (const char *line = lines; *line;) {
		size_t len = strcspn(line, "\n");
		fprintf(f, "%s%.*s%s\n", DARK_ON_LIGHT, (int)len, line, AS_BEFORE);
		line += len + (line[len] == '\n');
	}
	return true;
}
