// SQLite's result codes as errors: the tag a caller matches, the words a person reads.
#include <errno.h>
#include <string.h>

#include "store/store_private.h"

static const char *code_name(int rc)
{
	static const struct {
		int code;
		const char *name;
	} names[] = {
		{ SQLITE_ERROR, "SQLITE_ERROR" },
		{ SQLITE_INTERNAL, "SQLITE_INTERNAL" },
		{ SQLITE_PERM, "SQLITE_PERM" },
		{ SQLITE_ABORT, "SQLITE_ABORT" },
		{ SQLITE_BUSY, "SQLITE_BUSY" },
		{ SQLITE_LOCKED, "SQLITE_LOCKED" },
		{ SQLITE_NOMEM, "SQLITE_NOMEM" },
		{ SQLITE_READONLY, "SQLITE_READONLY" },
		{ SQLITE_IOERR, "SQLITE_IOERR" },
		{ SQLITE_CORRUPT, "SQLITE_CORRUPT" },
		{ SQLITE_FULL, "SQLITE_FULL" },
		{ SQLITE_CANTOPEN, "SQLITE_CANTOPEN" },
		{ SQLITE_PROTOCOL, "SQLITE_PROTOCOL" },
		{ SQLITE_SCHEMA, "SQLITE_SCHEMA" },
		{ SQLITE_TOOBIG, "SQLITE_TOOBIG" },
		{ SQLITE_CONSTRAINT, "SQLITE_CONSTRAINT" },
		{ SQLITE_MISMATCH, "SQLITE_MISMATCH" },
		{ SQLITE_MISUSE, "SQLITE_MISUSE" },
		{ SQLITE_NOTADB, "SQLITE_NOTADB" },
		{ SQLITE_AUTH, "SQLITE_AUTH" },
		{ SQLITE_INTERRUPT, "SQLITE_INTERRUPT" },
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].code == (rc & 0xff))
			return names[i].name;
	return "SQLITE_?";
}

struct err *store_damaged(const char *path)
{
	struct err *e = err_new(ERR_FAILED, N_("The file %1 is damaged or is not a database."),
				ARG_TEXT(path));
	e = err_hint(e,
		     N_("Put it aside (rename it together with its -wal and -shm files), or bring "
			"it back from a backup, and try again."));
	return err_tag(e, "store-damaged");
}

struct err *store_not_writable(const char *path, const char *call, int errnum)
{
	struct err *e = err_new(ERR_FAILED, N_("The file %1 cannot be written."), ARG_TEXT(path));
	if (errnum)
		e = err_caused_by(e, err_errno(call, path, errnum));
	e = err_hint(e,
		     N_("Check that its directory exists, belongs to you, can be written and has "
			"room."));
	return err_tag(e, "store-not-writable");
}

static struct err *by_kind(const char *path, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return err_tag(
			err_hint(err_new(ERR_FAILED,
					 N_("Another program holds the file %1 and does not let "
					    "go of it."),
					 ARG_TEXT(path)),
				 N_("Wait until the other program has finished, and try again.")),
			"store-busy");
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return store_damaged(path);
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_IOERR:
	case SQLITE_FULL:
	case SQLITE_CANTOPEN:
		return store_not_writable(path, NULL, 0);
	case SQLITE_NOMEM:
		return err_no_memory();
	default:
		return err_new(ERR_FAILED, N_("The database %1 refused an operation."),
			       ARG_TEXT(path));
	}
}

struct err *store_error(const struct store *s, const char *call, int rc)
{
	// A key that is there already is an everyday answer: no words of SQLite's below it.
	if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY)
		return err_tag(err_call(err_new(ERR_FAILED,
						N_("The database %1 holds this entry already."),
						ARG_TEXT(s->path)),
					call, code_name(rc), (uint64_t)(unsigned)rc),
			       "store-duplicate");
	const char *says = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);
	int errnum = s->db ? sqlite3_system_errno(s->db) : 0;
	struct err *e = err_call(by_kind(s->path, rc), call, code_name(rc), (uint64_t)(unsigned)rc);
	struct err *cause = err_new(ERR_FAILED, N_("SQLite says: %1"), ARG_TEXT(says));
	bool of_the_file = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN;
	if (of_the_file && errnum)
		cause = err_caused_by(cause, err_errno(call, s->path, errnum));
	return err_caused_by(e, cause);
}
