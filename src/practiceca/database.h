// The practice CA's database: one connection for all threads of the server, taken in turns.
#pragma once

#include <pthread.h>

#include "base/err.h"
#include "store/store.h"

struct database {
	struct store *store; // only between database_take and database_give
	pthread_mutex_t turn;
};

// DIR/practice-ca.db; DIR is made (0700) when it is missing.
MUST struct err *database_open(const char *dir, struct database **out);
void database_close(struct database *d);
// What brings a database up, oldest first: a test begins with an old one.
const char *const *database_migrations(size_t *n);
DEFINE_CLEANUP(database, struct database, database_close)

// In turns, so that threads of this process do not poll for SQLite's lock; other processes are waited for by the store.
struct store *database_take(struct database *d);
void database_give(struct database *d);
