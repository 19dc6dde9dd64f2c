// Opening a database: durable, ours, undamaged, at the schema this program knows; and its transactions.
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/store_private.h"

static struct err *foreign_file(const char *path)
{
	struct err *e = err_new(ERR_FAILED, N_("The file %1 is a database of another program."),
				ARG_TEXT(path));
	return err_tag(e, "store-foreign");
}

// What must hold for every connection. Power may fail after any call that said it was done: WAL with FULL syncs at each commit.
static struct err *set_up_connection(struct store *s, int64_t busy_ms)
{
	int wait = busy_ms < 0 ? 0 : busy_ms > 600000 ? 600000 : (int)busy_ms;
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, wait);
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, STORE_MAX_VALUE);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (sqlite3_db_readonly(s->db, "main") == 1)
		return store_not_writable(s->path, NULL, 0);
	return store_script(s, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
			       "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;");
}

static struct err *ask_for_wal(struct store *s)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(s, "PRAGMA journal_mode=WAL", NO_VALUES, &r));
	TRY(rows_next(r, &more));
	// A file system without shared memory leaves another mode, without an error.
	if (!more || strcmp(rows_text(r, 0), "wal") != 0)
		return err_tag(err_new(ERR_FAILED,
				       N_("The file system of %1 cannot hold a write-ahead log."),
				       ARG_TEXT(s->path)),
			       "store-not-writable");
	return NULL;
}

// The change to WAL needs the file alone for a moment, and SQLite does not always wait for that by itself.
static struct err *use_wal(struct store *s, int64_t busy_ms)
{
	int64_t until = clock_monotonic_ms() + (busy_ms > 0 ? busy_ms : 0);
	for (;;) {
		struct err *e = ask_for_wal(s);
		if (!e || strcmp(err_slug(e), "store-busy") != 0 || clock_monotonic_ms() >= until)
			return e;
		err_ignore(e);
		clock_sleep_ms(5);
	}
}

// Ours by its application id, or still empty.
static struct err *check_ours(struct store *s)
{
	int64_t id = 0;
	int64_t version = 0;
	int64_t things = 0;
	TRY(store_number(s, "PRAGMA application_id", &id));
	if (id == STORE_APPLICATION_ID)
		return NULL;
	TRY(store_number(s, "PRAGMA user_version", &version));
	TRY(store_number(s, "SELECT count(*) FROM sqlite_master", &things));
	// Another process may have written its first schema between these reads.
	TRY(store_number(s, "PRAGMA application_id", &id));
	if (id != STORE_APPLICATION_ID && (id || version || things))
		return foreign_file(s->path);
	return NULL;
}

// Whole for a small file, the schema and the page count for a large one: opening stays cheap.
static struct err *check_undamaged(struct store *s)
{
	int64_t pages = 0;
	TRY(store_number(s, "PRAGMA page_count", &pages));
	if (pages > STORE_QUICK_CHECK_PAGES)
		return NULL;
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(s, "PRAGMA quick_check(1)", NO_VALUES, &r));
	TRY(rows_next(r, &more));
	if (more && strcmp(rows_text(r, 0), "ok") != 0)
		return store_damaged(s->path);
	return NULL;
}

static struct err *migrate_one(struct store *s, const char *script, size_t n)
{
	AUTO_TEXT char *mark = text_format("PRAGMA application_id=%d; PRAGMA user_version=%zu",
					   (int)STORE_APPLICATION_ID, n + 1);
	if (!mark)
		return err_no_memory();
	TRY(store_begin(s));
	int64_t version = 0;
	struct err *e = store_number(s, "PRAGMA user_version", &version);
	// While we waited for the lock another process may have done it.
	if (!e && (size_t)version == n) {
		e = store_script(s, script);
		if (!e)
			e = store_script(s, mark);
	}
	if (e) {
		store_rollback(s);
		return e;
	}
	return store_commit(s);
}

static struct err *migrate(struct store *s, const struct store_terms *t)
{
	int64_t version = 0;
	TRY(store_number(s, "PRAGMA user_version", &version));
	if (version < 0 || (uint64_t)version > t->n_migrations) {
		struct err *e = err_new(
			ERR_FAILED, N_("The file %1 was made by a later version of this program."),
			ARG_TEXT(s->path));
		e = err_hint(e, N_("Use the later version, or put the file aside."));
		return err_tag(e, "store-newer");
	}
	for (size_t n = (size_t)version; n < t->n_migrations; n++)
		TRY(migrate_one(s, t->migrations[n], n));
	return NULL;
}

static struct err *open_database(struct store *s)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	int rc = sqlite3_open_v2(s->path, &s->db, flags, NULL);
	if (rc != SQLITE_OK)
		return store_error(s, "sqlite3_open_v2", rc);
	return NULL;
}

struct err *store_open(const struct store_terms *t, struct store **out)
{
	TRY(store_prepare_file(t->path));
	AUTO(store) struct store *s = calloc(1, sizeof *s);
	if (!s || !(s->path = text_copy(t->path)))
		return err_no_memory();
	TRY(open_database(s));
	TRY(set_up_connection(s, t->busy_ms));
	TRY(check_ours(s));
	TRY(use_wal(s, t->busy_ms));
	TRY(check_undamaged(s));
	TRY(migrate(s, t));
	*out = s;
	s = NULL;
	return NULL;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	store_rollback(s);
	store_drop_statements(s);
	sqlite3_close_v2(s->db);
	free(s->path);
	free(s);
}

struct err *store_begin(struct store *s)
{
	return store_run(s, "BEGIN IMMEDIATE", NO_VALUES, NULL);
}

struct err *store_commit(struct store *s)
{
	struct err *e = store_run(s, "COMMIT", NO_VALUES, NULL);
	if (e)
		store_rollback(s);
	return e;
}

void store_rollback(struct store *s)
{
	// Without a transaction, or after SQLite has rolled back by itself, there is nothing to do.
	if (s && s->db && !sqlite3_get_autocommit(s->db))
		err_ignore(store_run(s, "ROLLBACK", NO_VALUES, NULL));
}
