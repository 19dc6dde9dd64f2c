// Rows of the journal with anything in any column, put in by SQL: what is read is within its bounds and can be written back.
//
// The input is the columns, one a line: "i" and a number, "t" and a text, "b" and bytes, anything else a null.
#include <sqlite3.h>

#include "journal/journal.h"
#include "state_dir.h"

static sqlite3 *db;
static sqlite3_stmt *insert, *clear;
static struct journal *journal;
static int columns;

static void end(void)
{
	journal_close(journal);
	sqlite3_finalize(insert);
	sqlite3_finalize(clear);
	sqlite3_close(db);
}

// As many values as the table has columns.
static void prepare_insert(void)
{
	sqlite3_stmt *all = NULL;
	MUST_HOLD(sqlite3_prepare_v2(db, "SELECT * FROM enrolments", -1, &all, NULL) == SQLITE_OK);
	columns = sqlite3_column_count(all);
	sqlite3_finalize(all);
	AUTO_BUF struct buf sql = { 0 };
	MUST_HOLD(fuzz_fine(buf_puts(&sql, "INSERT INTO enrolments VALUES (?")));
	for (int c = 1; c < columns; c++)
		MUST_HOLD(fuzz_fine(buf_puts(&sql, ",?")));
	MUST_HOLD(fuzz_fine(buf_puts(&sql, ")")));
	MUST_HOLD(sqlite3_prepare_v2(db, (const char *)sql.data, -1, &insert, NULL) == SQLITE_OK);
}

static void begin(void)
{
	if (journal)
		return;
	state_begin();
	MUST_HOLD(fuzz_fine(journal_open(&journal)));
	atexit(end);
	AUTO_TEXT char *path = text_format("%s/journal.db", state_path);
	MUST_HOLD(path && sqlite3_open(path, &db) == SQLITE_OK);
	prepare_insert();
	MUST_HOLD(sqlite3_prepare_v2(db, "DELETE FROM enrolments", -1, &clear, NULL) == SQLITE_OK);
}

static void bind(int column, const uint8_t *piece, size_t len)
{
	const char *rest = len > 1 ? (const char *)piece + 1 : "";
	int rest_len = len > 1 ? (int)(len - 1) : 0;
	char number[24] = "";
	memcpy(number, rest,
	       (size_t)rest_len < sizeof(number) ? (size_t)rest_len : sizeof(number) - 1);
	switch (len ? piece[0] : 0) {
	case 'i':
		sqlite3_bind_int64(insert, column, strtoll(number, NULL, 10));
		break;
	case 't':
		sqlite3_bind_text(insert, column, rest, rest_len, SQLITE_TRANSIENT);
		break;
	case 'b':
		sqlite3_bind_blob(insert, column, rest, rest_len, SQLITE_TRANSIENT);
		break;
	default:
		sqlite3_bind_null(insert, column);
	}
}

static bool put_row(const uint8_t *data, size_t size)
{
	struct pieces p = { data, size };
	const uint8_t *piece = NULL;
	size_t len = 0;
	sqlite3_clear_bindings(insert);
	for (int c = 1; c <= columns && fuzz_piece(&p, '\n', &piece, &len); c++)
		bind(c, piece, len);
	bool put = sqlite3_step(insert) == SQLITE_DONE;
	sqlite3_reset(insert);
	return put;
}

static void look(struct record *r)
{
	MUST_HOLD((unsigned)r->state <= ENROLMENT_ABANDONED && (unsigned)r->mark <= MARK_DONE);
	MUST_HOLD(mark_name(r->mark) && r->submits >= 0);
	if (!r->id || !r->id[0])
		return;
	AUTO(record) struct record *again = NULL;
	if (!fuzz_fine(journal_write(journal, r)))
		return;
	MUST_HOLD(fuzz_fine(journal_read(journal, r->id, &again)) && again);
	MUST_HOLD(again->state == r->state && again->mark == r->mark);
	MUST_HOLD(again->request.len == r->request.len && again->ca_state.len == r->ca_state.len);
}

static void read_all(void)
{
	AUTO_RECORDS struct records all = { 0 };
	AUTO(record) struct record *made = NULL, *known = NULL;
	AUTO_TEXT char *module = NULL;
	(void)fuzz_fine(journal_read(journal, "k7qf-3m2x", &known));
	(void)fuzz_fine(journal_by_certificate(journal, "00ff", &made));
	(void)fuzz_fine(journal_profile_module(journal, 0, &module));
	if (fuzz_fine(journal_unfinished(journal, NULL, &all)))
		for (size_t i = 0; i < all.n; i++)
			look(all.list[i]);
	if (made)
		look(made);
	if (known)
		look(known);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 65536)
		return 0;
	begin();
	if (put_row(data, size))
		read_all();
	MUST_HOLD(sqlite3_step(clear) == SQLITE_DONE);
	sqlite3_reset(clear);
	return 0;
}
