// A database behind one header. SQLite now; the header holds nothing that PostgreSQL could not do.
//
// SQL is the common part of both: `?` placeholders in order, BIGINT, TEXT, BYTEA/BLOB as TEXT or bytes. A store is used by one
// thread. Every durable write is on the disk when the call returns (WAL, synchronous=FULL).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

struct store;

struct store_terms {
	const char *path; // of the SQLite file; its directory exists
	// SQL scripts, applied once each, in order, in one transaction each
	const char *const *migrations;
	size_t n_migrations;
	int64_t busy_ms; // how long another process's write is waited for
};
// Makes the file (0600) when it is missing, checks that it is ours and not damaged (cheaply: a large file is not read whole),
// brings its schema up. ERR_FAILED tagged "store-not-writable", "store-damaged", "store-foreign" (another program's), "store-newer" (made by a later version), "store-busy".
MUST struct err *store_open(const struct store_terms *t, struct store **out);
void store_close(struct store *s);
DEFINE_CLEANUP(store, struct store, store_close)

enum value_kind { VALUE_NULL, VALUE_INT, VALUE_TEXT, VALUE_BYTES };
struct value { // borrowed for the call
	enum value_kind kind;
	int64_t number;
	const void *data;
	size_t len;
};
#define V_NULL	      ((struct value){ .kind = VALUE_NULL })
#define V_INT(n)      ((struct value){ .kind = VALUE_INT, .number = (n) })
#define V_TEXT(s)     store_text_value(s) // null text is VALUE_NULL
#define V_BYTES(p, l) ((struct value){ .kind = VALUE_BYTES, .data = (p), .len = (l) })
struct value store_text_value(const char *s);
#define VALUES(...)                                                                                \
	(const struct value[]){ __VA_ARGS__ },                                                     \
		sizeof((const struct value[]){ __VA_ARGS__ }) / sizeof(struct value)
#define NO_VALUES NULL, 0

// One statement; *changed (may be null) counts rows. A unique key that is there already: ERR_FAILED tagged "store-duplicate".
MUST struct err *store_run(struct store *s, const char *sql, const struct value *values, size_t n,
			   int64_t *changed);
// A write transaction (taken at once, so that two processes cannot both read and then both write).
MUST struct err *store_begin(struct store *s);
MUST struct err *store_commit(struct store *s); // on failure the transaction is rolled back
void store_rollback(struct store *s);		// nothing when there is none

struct rows;
MUST struct err *store_query(struct store *s, const char *sql, const struct value *values, size_t n,
			     struct rows **out);
MUST struct err *rows_next(struct rows *r, bool *more);
bool rows_null(const struct rows *r, int column);
int64_t rows_int(const struct rows *r, int column);
const char *rows_text(const struct rows *r, int column); // "" for null; alive until the next row
const void *rows_bytes(const struct rows *r, int column, size_t *len);
void rows_free(struct rows *r);
DEFINE_CLEANUP(rows, struct rows, rows_free)
