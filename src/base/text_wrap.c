// Breaking text into lines of a terminal, English and Japanese mixed.
//
// Where a line may break comes from Unicode's line breaking rules (UAX #14, which keeps 。 and 」 off the
// start of a line), less the breaks inside ASCII words that it allows: an option, a path or an ID that a
// person copies must stay whole.
#include <stdlib.h>
#include <string.h>
#include <unilbrk.h>
#include <unistr.h>
#include <uniwidth.h>

#include "base/buf.h"
#include "base/text.h"

static const char encoding[] = "UTF-8";

struct wrap {
	struct buf out;
	size_t columns, indent;
	size_t column; // where the next character of the line goes
	size_t spaces; // spaces seen and not yet written: dropped at the end of a line
};

static struct err *new_line(struct wrap *w)
{
	w->column = 0;
	w->spaces = 0;
	return buf_puts(&w->out, "\n");
}

// The spaces owed before the next piece: those between words, and the indent at the start of a line.
static struct err *put_spaces(struct wrap *w)
{
	bool first_line = !w->out.data || !memchr(w->out.data, '\n', w->out.len);
	size_t n = w->spaces;
	if (w->column == 0 && !first_line)
		n += w->indent;
	for (size_t i = 0; i < n; i++)
		TRY(buf_puts(&w->out, " "));
	w->column += n;
	w->spaces = 0;
	return NULL;
}

static size_t width_of(const uint8_t *s, size_t len)
{
	int n = u8_width(s, len, encoding);
	return n > 0 ? (size_t)n : 0;
}

// A word to copy (a URI, a fingerprint) that is wider than a whole line stays whole on a line of its own: the terminal folds it,
// and who copies it gets no break into it.
static bool is_word_to_copy(const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] >= 0x80)
			return false;
	return true;
}

// Anything else that is wider than a whole line is cut wherever the line ends.
static struct err *put_cut(struct wrap *w, const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		ucs4_t c;
		int used = u8_mbtouc(&c, s + i, len - i);
		size_t n = used > 0 ? (size_t)used : 1;
		size_t width = width_of(s + i, n);
		if (w->column > w->indent && w->column + width > w->columns)
			TRY(new_line(w));
		if (w->column == 0)
			TRY(put_spaces(w));
		TRY(buf_put(&w->out, s + i, n));
		w->column += width;
		i += n;
	}
	return NULL;
}

// Puts what stands between two places where the line may break; its last spaces are only remembered.
static struct err *put_piece(struct wrap *w, const uint8_t *s, size_t len)
{
	size_t solid = len;
	while (solid > 0 && s[solid - 1] == ' ')
		solid--;
	size_t width = width_of(s, solid);
	size_t indent = w->column == 0 && w->out.len > 0 ? w->indent : 0;
	if (w->column > 0 && w->column + w->spaces + width > w->columns) {
		TRY(new_line(w));
		indent = w->indent;
	}
	// What begins a line and has no width (or is nothing but spaces) pushes nothing over its end.
	if (w->column == 0 && indent + w->spaces + width > w->columns)
		w->spaces = 0;
	if (solid > 0 && indent + w->column + w->spaces + width > w->columns &&
	    !is_word_to_copy(s, solid)) {
		TRY(put_cut(w, s, solid));
	} else if (solid > 0) {
		TRY(put_spaces(w));
		TRY(buf_put(&w->out, s, solid));
		w->column += width;
	}
	w->spaces += len - solid;
	return NULL;
}

static bool may_break(const uint8_t *s, const char *marks, size_t i)
{
	// UAX #14 keeps a "/" with the word before it, even over a space: "see /etc/inkan".
	if (s[i - 1] == ' ' && s[i] > ' ' && s[i] < 0x80)
		return true;
	return marks[i] == UC_BREAK_POSSIBLE &&
	       (s[i - 1] == ' ' || s[i - 1] >= 0x80 || s[i] >= 0x80);
}

static struct err *wrap_paragraph(struct wrap *w, const uint8_t *s, size_t len)
{
	AUTO_TEXT char *marks = malloc(len + 1);
	if (!marks)
		return err_no_memory();
	u8_possible_linebreaks(s, len, encoding, marks);
	size_t from = 0;
	for (size_t i = 1; i < len; i++) {
		if (!may_break(s, marks, i))
			continue;
		TRY(put_piece(w, s + from, i - from));
		from = i;
	}
	if (len > 0)
		TRY(put_piece(w, s + from, len - from));
	return new_line(w);
}

struct err *text_wrap(const char *utf8, size_t columns, size_t indent, char **out)
{
	// A line holds at least one wide character after its indent.
	struct wrap w = { .columns = columns > indent + 2 ? columns : indent + 2,
			  .indent = indent };
	struct err *e = NULL;
	for (const char *p = utf8; !e && *p;) {
		size_t len = strcspn(p, "\n");
		e = wrap_paragraph(&w, (const uint8_t *)p, len);
		p += len + (p[len] == '\n');
	}
	char *text = e ? NULL : text_copy(w.out.data ? (const char *)w.out.data : "");
	buf_free(&w.out);
	if (e)
		return e;
	if (!text)
		return err_no_memory();
	*out = text;
	return NULL;
}
