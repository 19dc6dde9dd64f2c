// The rows of a CSV file.
#include "otp/csv_rows.h"

#include <string.h>

#include "base/text.h"

static struct err *fault_at(uint64_t line, size_t column, const char *what)
{
	return err_tag(err_hint(err_new(ERR_ANSWER, N_("The CSV file, line %1, column %2: %3."),
					ARG_NUM(line), ARG_NUM(column + 1), ARG_ID(what)),
				N_("Correct the file, or the columns that are named for it, then "
				   "import it again.")),
		       "csv-wrong");
}

struct err *csv_fault(const struct csv_rows *r, size_t column, const char *what)
{
	return fault_at(r->row_line, column, what);
}

// Of the first line outside quotes.
static char usual_separator(const char *at, size_t len)
{
	static const char separators[] = { ',', ';', '\t' };
	size_t count[sizeof(separators)] = { 0 };
	bool quoted = false;
	for (size_t i = 0; i < len && (quoted || at[i] != '\n'); i++) {
		quoted = quoted != (at[i] == '"');
		for (size_t s = 0; s < sizeof(separators) && !quoted; s++)
			count[s] += at[i] == separators[s];
	}
	size_t most = 0;
	for (size_t s = 1; s < sizeof(separators); s++)
		if (count[s] > count[most])
			most = s;
	return separators[most];
}

struct err *csv_open(const void *bytes, size_t len, char separator, struct csv_rows *out)
{
	struct csv_rows r = { .at = bytes, .left = len, .line = 1 };
	if (!text_is_utf8(bytes, len) || (len > 0 && memchr(bytes, 0, len)))
		return err_tag(err_hint(err_new(ERR_ANSWER, N_("The CSV file is not in UTF-8.")),
					N_("Save it as CSV in UTF-8, then import it again.")),
			       "csv-wrong");
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		r.at += 3;
		r.left -= 3;
	}
	r.separator = separator ? separator : usual_separator(r.at, r.left);
	TRY(secret_new(CSV_ROW_MAX, &r.fields));
	*out = r;
	return NULL;
}

void csv_close(struct csv_rows *r)
{
	secret_free(r->fields);
	*r = (struct csv_rows){ 0 };
}

static struct err *put(struct csv_rows *r, char c)
{
	return secret_len(r->fields) < CSV_ROW_MAX ? secret_append(r->fields, &c, 1)
						   : csv_fault(r, r->n, N_("the line is too long"));
}

static char take(struct csv_rows *r)
{
	char c = *r->at++;
	r->left--;
	r->line += c == '\n';
	return c;
}

// After the opening quote, up to the closing one; two in a row are one.
static struct err *take_quoted(struct csv_rows *r)
{
	while (r->left > 0) {
		char c = take(r);
		if (c == '"' && (r->left == 0 || *r->at != '"'))
			return NULL;
		if (c == '"')
			take(r);
		TRY(put(r, c));
	}
	return csv_fault(r, r->n, N_("a quotation mark is not closed"));
}

static bool ends_line(const struct csv_rows *r)
{
	return r->left == 0 || *r->at == '\n' ||
	       (*r->at == '\r' && r->left > 1 && r->at[1] == '\n');
}

static struct err *take_field(struct csv_rows *r)
{
	if (r->n == CSV_COLUMNS_MAX)
		return csv_fault(r, r->n, N_("there are too many columns"));
	size_t begin = secret_len(r->fields);
	bool quoted = r->left > 0 && *r->at == '"';
	if (quoted) {
		take(r);
		TRY(take_quoted(r));
	}
	while (!ends_line(r) && *r->at != r->separator) {
		if (quoted || *r->at == '"')
			return csv_fault(r, r->n, N_("a quotation mark stands within a field"));
		TRY(put(r, take(r)));
	}
	r->field[r->n].at = begin;
	r->field[r->n].len = secret_len(r->fields) - begin;
	TRY(put(r, '\0'));
	r->n++;
	return NULL;
}

static struct err *take_row(struct csv_rows *r)
{
	secret_wipe(r->fields);
	r->row_line = r->line;
	r->n = 0;
	TRY(take_field(r));
	while (!ends_line(r)) {
		take(r); // the separator
		TRY(take_field(r));
	}
	while (r->left > 0 && take(r) != '\n')
		;
	return NULL;
}

struct err *csv_next(struct csv_rows *r, bool *more)
{
	while (r->left > 0) {
		TRY(take_row(r));
		for (size_t i = 0; i < r->n; i++) {
			size_t len;
			csv_cell(r, i, &len);
			if (len == 0)
				continue;
			*more = true;
			return NULL;
		}
	}
	*more = false;
	return NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

const char *csv_cell(const struct csv_rows *r, size_t column, size_t *len)
{
	*len = 0;
	if (column >= r->n)
		return "";
	const char *at = secret_text(r->fields) + r->field[column].at;
	size_t n = r->field[column].len;
	while (n > 0 && is_blank(at[n - 1]))
		n--;
	while (n > 0 && is_blank(*at)) {
		at++;
		n--;
	}
	*len = n;
	return at;
}
