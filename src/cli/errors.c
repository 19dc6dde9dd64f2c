// How errors read, and inkan errors: the whole table for docs/ERRORS.md.
#include "cli/errors.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/lang.h"
#include "cli/commands.h"
#include "cli/inside.h"
#include "cli/print.h"

// Of both tables; null behind the last.
static const struct error_row *row_at(size_t i)
{
	if (i < n_error_rows)
		return &error_rows[i];
	return i - n_error_rows < n_error_rows_otp ? &error_rows_otp[i - n_error_rows] : NULL;
}

const struct error_row *error_find(const char *code)
{
	const struct error_row *row;
	for (size_t i = 0; (row = row_at(i)) != NULL; i++)
		for (size_t k = 0; k < ERROR_MAX_CODES && row->codes[k]; k++)
			if (!strcmp(row->codes[k], code))
				return row;
	return NULL;
}

// A slip on the command line, and a stop with its own words about going on, explain themselves.
static bool explains_itself(const struct err *e)
{
	return err_kind(e) == ERR_USAGE ||
	       (err_kind(e) == ERR_INTERRUPTED && err_next_step(e) != NULL);
}

static void print_todo(FILE *f, const struct err *e, const struct error_row *row)
{
	AUTO_TEXT char *hint = err_next_step(e) ? msg_render(err_next_step(e)) : NULL;
	const struct text2 with_its_lines = { .en = hint };
	if (explains_itself(e) && hint)
		print_msg(f, 0, msg_copy(err_next_step(e)));
	else if (hint)
		say(f, N_("What to do: %1"), ARG_BOTH(with_its_lines));
	else if (row)
		say(f, N_("What to do: %1"), ARG_ID(row->todo));
}

void error_print(FILE *f, const struct err *e)
{
	const struct error_row *row = error_find(err_nearest_slug(e));
	for (const struct err *c = e; c; c = err_cause(c))
		print_msg(f, 0, msg_copy(err_what(c)));
	if (row && !explains_itself(e))
		say(f, N_("What it means: %1"), ARG_ID(row->meaning));
	print_todo(f, e, row);
	AUTO_TEXT char *codes = err_codes(e);
	if (codes && *codes)
		print_text(f, 0, codes);
}

static json_t *row_object(const struct error_row *row)
{
	json_t *o = json_object(), *codes = json_array();
	for (size_t k = 0; k < ERROR_MAX_CODES && row->codes[k]; k++)
		json_array_append_new(codes, json_string(row->codes[k]));
	json_object_set_new(o, "codes", codes);
	json_object_set_new(o, "meaning", json_string(lang_text(row->meaning)));
	json_object_set_new(o, "todo", json_string(lang_text(row->todo)));
	return o;
}

int run_errors(struct cli *cli)
{
	(void)cli;
	const struct error_row *row;
	for (size_t i = 0; (row = row_at(i)) != NULL; i++) {
		json_t *o = row_object(row);
		print_json(stdout, o);
		json_decref(o);
	}
	return 0;
}
