// What the files of this room share: the open database, its statements, its errors.
#pragma once

#include <sqlite3.h>

#include "store/store.h"

// "INKN": written in the file's header, so that another program's database is never taken for ours.
enum { STORE_APPLICATION_ID = 0x494e4b4e };

enum { STORE_CACHE = 48, STORE_MAX_VALUE = 16 << 20, STORE_QUICK_CHECK_PAGES = 2048 };

// One prepared statement that is kept for the next call with the same text.
struct statement {
	char *sql;
	sqlite3_stmt *handle;
	bool in_use;
	uint64_t last_use;
};

struct store {
	sqlite3 *db;
	char *path;
	struct statement cache[STORE_CACHE];
	uint64_t uses;
};

// sqlite_error.c: what SQLite said, as an error of ours with the tag that store.h promises. Null db: nothing more is known.
MUST struct err *store_error(const struct store *s, const char *call, int rc);
// The file cannot be used for writing, with the reason.
MUST struct err *store_not_writable(const char *path, const char *call, int errnum);
MUST struct err *store_damaged(const char *path);

// sqlite_file.c: the file before SQLite sees it. It is made (0600) when missing; when it is there it must be a regular file of ours.
MUST struct err *store_prepare_file(const char *path);

// statement.c
void store_drop_statements(struct store *s);
// The first column of the first row of a statement without values.
MUST struct err *store_number(struct store *s, const char *sql, int64_t *out);
// A script of several statements (a migration).
MUST struct err *store_script(struct store *s, const char *sql);
