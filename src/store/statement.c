// Statements: prepared once, kept, bound, stepped; and the rows they give.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_private.h"

struct rows {
	struct store *store;
	struct statement *kept; // the place in the cache, or null when `handle` is ours alone
	sqlite3_stmt *handle;
	bool done;
};

struct value store_text_value(const char *s)
{
	if (!s)
		return V_NULL;
	return (struct value){ .kind = VALUE_TEXT, .data = s, .len = strlen(s) };
}

void store_drop_statements(struct store *s)
{
	for (size_t i = 0; i < STORE_CACHE; i++) {
		sqlite3_finalize(s->cache[i].handle);
		free(s->cache[i].sql);
		s->cache[i] = (struct statement){ 0 };
	}
}

static struct err *prepare(struct store *s, const char *sql, sqlite3_stmt **out)
{
	const char *tail = NULL;
	sqlite3_stmt *handle = NULL;
	int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, &tail);
	if (rc != SQLITE_OK)
		return store_error(s, "sqlite3_prepare_v3", rc);
	if (!handle || (tail && tail[strspn(tail, " \t\r\n;")] != '\0')) {
		sqlite3_finalize(handle);
		return store_error(s, "sqlite3_prepare_v3", SQLITE_MISUSE);
	}
	*out = handle;
	return NULL;
}

static struct statement *find_kept(struct store *s, const char *sql)
{
	for (size_t i = 0; i < STORE_CACHE; i++)
		if (s->cache[i].sql && !s->cache[i].in_use && strcmp(s->cache[i].sql, sql) == 0)
			return &s->cache[i];
	return NULL;
}

// A free place, or the one used longest ago; null when all are in use.
static struct statement *find_place(struct store *s)
{
	struct statement *oldest = NULL;
	for (size_t i = 0; i < STORE_CACHE; i++) {
		struct statement *c = &s->cache[i];
		if (!c->sql)
			return c;
		if (!c->in_use && (!oldest || c->last_use < oldest->last_use))
			oldest = c;
	}
	return oldest;
}

static struct err *take(struct store *s, const char *sql, struct rows *r)
{
	struct statement *kept = find_kept(s, sql);
	if (!kept) {
		sqlite3_stmt *handle = NULL;
		TRY(prepare(s, sql, &handle));
		r->handle = handle;
		kept = find_place(s);
		char *text = kept ? text_copy(sql) : NULL;
		if (!text)
			return NULL; // not kept, but good for this once
		sqlite3_finalize(kept->handle);
		free(kept->sql);
		*kept = (struct statement){ .sql = text, .handle = handle };
	}
	kept->in_use = true;
	kept->last_use = ++s->uses;
	r->kept = kept;
	r->handle = kept->handle;
	return NULL;
}

static void give_back(struct rows *r)
{
	if (!r->kept) {
		sqlite3_finalize(r->handle);
	} else {
		sqlite3_reset(r->handle);
		sqlite3_clear_bindings(
			r->handle); // what was bound may be a secret's hash; do not keep it
		r->kept->in_use = false;
	}
	r->handle = NULL;
	r->kept = NULL;
}

static int bind_one(sqlite3_stmt *handle, int place, const struct value *v)
{
	switch (v->kind) {
	case VALUE_INT:
		return sqlite3_bind_int64(handle, place, v->number);
	case VALUE_TEXT:
		return sqlite3_bind_text64(handle, place, v->data, v->len, SQLITE_TRANSIENT,
					   SQLITE_UTF8);
	case VALUE_BYTES:
		if (v->len == 0)
			return sqlite3_bind_zeroblob(handle, place, 0);
		return sqlite3_bind_blob64(handle, place, v->data, v->len, SQLITE_TRANSIENT);
	case VALUE_NULL:
	default:
		return sqlite3_bind_null(handle, place);
	}
}

static struct err *bind_all(struct rows *r, const struct value *values, size_t n)
{
	// A count that does not fit is a defect of the caller; unbound places would silently be NULL.
	if (n > INT_MAX || sqlite3_bind_parameter_count(r->handle) != (int)n)
		return store_error(r->store, "sqlite3_bind_parameter_count", SQLITE_MISUSE);
	for (size_t i = 0; i < n; i++) {
		int rc = bind_one(r->handle, (int)i + 1, &values[i]);
		if (rc != SQLITE_OK)
			return store_error(r->store, "sqlite3_bind", rc);
	}
	return NULL;
}

static struct err *start(struct store *s, const char *sql, const struct value *values, size_t n,
			 struct rows *r)
{
	*r = (struct rows){ .store = s };
	TRY(take(s, sql, r));
	struct err *e = bind_all(r, values, n);
	if (e)
		give_back(r);
	return e;
}

struct err *rows_next(struct rows *r, bool *more)
{
	if (r->done) {
		*more = false;
		return NULL;
	}
	int rc = sqlite3_step(r->handle);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		r->done = true;
		return store_error(r->store, "sqlite3_step",
				   sqlite3_extended_errcode(r->store->db));
	}
	r->done = rc == SQLITE_DONE;
	*more = !r->done;
	return NULL;
}

struct err *store_run(struct store *s, const char *sql, const struct value *values, size_t n,
		      int64_t *changed)
{
	struct rows r;
	TRY(start(s, sql, values, n, &r));
	int64_t before = sqlite3_total_changes64(s->db);
	struct err *e = NULL;
	bool more = true;
	while (!e && more)
		e = rows_next(&r, &more);
	give_back(&r);
	if (!e && changed)
		*changed = sqlite3_total_changes64(s->db) - before;
	return e;
}

struct err *store_query(struct store *s, const char *sql, const struct value *values, size_t n,
			struct rows **out)
{
	struct rows *r = calloc(1, sizeof *r);
	if (!r)
		return err_no_memory();
	struct err *e = start(s, sql, values, n, r);
	if (e) {
		free(r);
		return e;
	}
	*out = r;
	return NULL;
}

struct err *store_number(struct store *s, const char *sql, int64_t *out)
{
	AUTO(rows) struct rows *r = NULL;
	TRY(store_query(s, sql, NO_VALUES, &r));
	bool more = false;
	TRY(rows_next(r, &more));
	*out = more ? rows_int(r, 0) : 0;
	return NULL;
}

struct err *store_script(struct store *s, const char *sql)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return store_error(s, "sqlite3_exec", sqlite3_extended_errcode(s->db));
	return NULL;
}

bool rows_null(const struct rows *r, int column)
{
	return r->done || sqlite3_column_type(r->handle, column) == SQLITE_NULL;
}

int64_t rows_int(const struct rows *r, int column)
{
	return r->done ? 0 : sqlite3_column_int64(r->handle, column);
}

const char *rows_text(const struct rows *r, int column)
{
	const unsigned char *text = r->done ? NULL : sqlite3_column_text(r->handle, column);
	return text ? (const char *)text : "";
}

const void *rows_bytes(const struct rows *r, int column, size_t *len)
{
	const void *bytes = r->done ? NULL : sqlite3_column_blob(r->handle, column);
	int n = bytes ? sqlite3_column_bytes(r->handle, column) : 0;
	*len = n > 0 ? (size_t)n : 0;
	return bytes;
}

void rows_free(struct rows *r)
{
	if (!r)
		return;
	give_back(r);
	free(r);
}
