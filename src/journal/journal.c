// The journal on its database: one row an enrolment, one line of history a write.
#include "journal/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/proc.h"
#include "store/store.h"

struct journal {
	struct store *store;
	char *dir, *path;
	struct stat file; // as it was opened
};

enum { JOURNAL_BUSY_MS = 10000, JOURNAL_MAX_RECORDS = 1000 };

static const char *const migrations[] = {
	"CREATE TABLE enrolments ("
	" id TEXT PRIMARY KEY, created BIGINT NOT NULL, updated BIGINT NOT NULL,"
	" state BIGINT NOT NULL, mark BIGINT NOT NULL,"
	" profile_name TEXT, profile_path TEXT, profile_fingerprint TEXT, role TEXT,"
	" fields TEXT, common_name TEXT, token_uri TEXT, module_path TEXT,"
	" module_from_profile BIGINT NOT NULL, key_id TEXT, old_key_id TEXT, old_sha256 TEXT,"
	" evidence TEXT, request BLOB, ca_state BLOB, certificates BLOB, sha256 TEXT,"
	" retry_at BIGINT NOT NULL, submits BIGINT NOT NULL, outcome TEXT);"
	"CREATE INDEX enrolments_by_sha256 ON enrolments (sha256);"
	"CREATE TABLE history ("
	" enrolment TEXT NOT NULL, at BIGINT NOT NULL, state BIGINT NOT NULL, mark BIGINT NOT NULL,"
	" outcome TEXT);"
	"CREATE TABLE profiles ("
	" path TEXT NOT NULL, fingerprint TEXT NOT NULL, accepted BIGINT NOT NULL,"
	" PRIMARY KEY (path, fingerprint));",
	"ALTER TABLE enrolments ADD COLUMN keys_before TEXT;",
	"CREATE INDEX enrolments_by_key ON enrolments (key_id);",
	"CREATE TABLE factory_refused (token_uri TEXT PRIMARY KEY, at BIGINT NOT NULL);",
	"ALTER TABLE enrolments ADD COLUMN renews BIGINT NOT NULL DEFAULT 0;",
	"ALTER TABLE enrolments ADD COLUMN vouched_by TEXT;",
	"ALTER TABLE enrolments ADD COLUMN revoked_at BIGINT NOT NULL DEFAULT 0;",
	// What was written later: a clock of seconds says it of two in one second to nobody, and goes backwards when it is set.
	("ALTER TABLE enrolments ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;"
	 "CREATE INDEX enrolments_by_turn ON enrolments (turn);"),
};

#define COLUMNS                                                                                    \
	"id, created, updated, state, mark, profile_name, profile_path, profile_fingerprint, "     \
	"role,"                                                                                    \
	" fields, common_name, token_uri, module_path, module_from_profile, key_id, old_key_id,"   \
	" old_sha256, evidence, request, ca_state, certificates, sha256, retry_at, submits, "      \
	"outcome, keys_before, renews, vouched_by, revoked_at"

static struct err *open_failed(struct err *cause)
{
	return err_caused_by(
		err_hint(
			err_tag(err_new(ERR_FAILED,
					N_("The journal cannot be written, so nothing was begun.")),
				"journal-not-writable"),
			N_("Make sure that the state directory (XDG_STATE_HOME, or ~/.local/state) "
			   "can be "
			   "written and has room, then try again.")),
		cause);
}

struct err *journal_open(struct journal **out)
{
	AUTO_TEXT char *dir = NULL;
	struct err *e = proc_state_dir(&dir);
	if (e)
		return open_failed(e);
	AUTO_TEXT char *path = text_format("%s/journal.db", dir);
	AUTO(journal) struct journal *j = calloc(1, sizeof *j);
	if (!path || !j)
		return err_no_memory();
	e = store_open(&(struct store_terms){ .path = path,
					      .migrations = migrations,
					      .n_migrations = ARRAY_LEN(migrations),
					      .busy_ms = JOURNAL_BUSY_MS },
		       &j->store);
	if (e)
		return open_failed(e);
	if (stat(path, &j->file) != 0)
		return open_failed(err_errno("stat", path, errno));
	j->dir = dir;
	j->path = path;
	dir = path = NULL;
	*out = j;
	j = NULL;
	return NULL;
}

struct err *journal_room(struct journal *j)
{
	return journal_room_in(j->dir);
}

struct err *journal_room_in(const char *dir)
{
	struct statvfs disk;
	if (statvfs(dir, &disk) != 0)
		return err_errno("statvfs", dir, errno);
	uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize;
	if (left >= JOURNAL_ROOM)
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_FAILED,
				N_("The disk of %1 is nearly full: what comes of the enrolment "
				   "could not be written down."),
				ARG_TEXT(dir)),
			"journal-no-room"),
		N_("Nothing was sent. Make room on it (at least 1 MB), then try again."));
}

struct err *journal_check(struct journal *j)
{
	AUTO(rows) struct rows *rows = NULL;
	bool more = false;
	struct err *e = store_query(j->store, "PRAGMA integrity_check(1)", NO_VALUES, &rows);
	if (!e)
		e = rows_next(rows, &more);
	if (!e && more && !strcmp(rows_text(rows, 0), "ok"))
		return NULL;
	struct err *damaged = err_hint(
		err_tag(err_new(ERR_FAILED, N_("The journal %1 is damaged."), ARG_TEXT(j->path)),
			"journal-damaged"),
		N_("Keep a copy of the file for the help desk, then move it away: inkan makes a "
		   "new "
		   "one. What is unfinished on tokens can then no longer be resumed."));
	return e ? err_caused_by(damaged, e) : damaged;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	store_close(j->store);
	free(j->dir);
	free(j->path);
	free(j);
}

static struct err *id_taken(struct journal *j, const char *id, bool *taken)
{
	AUTO(rows) struct rows *rows = NULL;
	TRY(store_query(j->store, "SELECT 1 FROM enrolments WHERE id = ?", VALUES(V_TEXT(id)),
			&rows));
	return rows_next(rows, taken);
}

struct err *journal_new_id(struct journal *j, char out[static 16])
{
	static const char letters[] = "23456789abcdefghjkmnpqrstuvwxyz"; // without 0 o 1 i l
	for (int attempt = 0; attempt < 16; attempt++) {
		uint8_t random[8];
		if (getrandom(random, sizeof random, 0) != sizeof random)
			return err_new(ERR_FAILED, N_("The system gives no random numbers."));
		char id[16];
		size_t n = 0;
		for (size_t i = 0; i < sizeof random; i++) {
			if (i == 4)
				id[n++] = '-';
			id[n++] = letters[random[i] % (sizeof letters - 1)];
		}
		id[n] = '\0';
		bool taken = true;
		TRY(id_taken(j, id, &taken));
		if (!taken) {
			memcpy(out, id, n + 1);
			return NULL;
		}
	}
	return err_new(ERR_FAILED, N_("No new enrolment number could be found."));
}

static struct value bytes_value(const struct buf *b)
{
	return b->len ? V_BYTES(b->data, b->len) : V_NULL;
}

// How an enrolment follows the one before it: one column of two flags.
enum { RENEWS_NOT = 0, RENEWS_VOUCHED = 1, RENEWS_NAME = 2 };

static int renewal_number(const struct record *r)
{
	if (r->renews)
		return RENEWS_VOUCHED;
	return r->keeps_name ? RENEWS_NAME : RENEWS_NOT;
}

static void take_renewal(struct record *r, int64_t number)
{
	r->renews = number == RENEWS_VOUCHED;
	r->keeps_name = number == RENEWS_NAME;
}

static struct err *write_row(struct journal *j, const struct record *r, int64_t now)
{
	return store_run(
		j->store,
		"INSERT OR REPLACE INTO enrolments (" COLUMNS
		", turn) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
		" (SELECT COALESCE(MAX(turn), 0) + 1 FROM enrolments))",
		VALUES(V_TEXT(r->id), V_INT(r->created ? r->created : now), V_INT(now),
		       V_INT(r->state), V_INT(r->mark), V_TEXT(r->profile_name),
		       V_TEXT(r->profile_path), V_TEXT(r->profile_fingerprint), V_TEXT(r->role),
		       V_TEXT(r->fields), V_TEXT(r->common_name), V_TEXT(r->token_uri),
		       V_TEXT(r->module_path), V_INT(r->module_from_profile), V_TEXT(r->key_id),
		       V_TEXT(r->old_key_id), V_TEXT(r->old_sha256), V_TEXT(r->evidence),
		       bytes_value(&r->request), bytes_value(&r->ca_state),
		       bytes_value(&r->certificates), V_TEXT(r->sha256), V_INT(r->retry_at),
		       V_INT(r->submits), V_TEXT(r->outcome), V_TEXT(r->keys_before),
		       V_INT(renewal_number(r)), V_TEXT(r->vouched_by), V_INT(r->revoked_at)),
		NULL);
}

static struct err *write_both(struct journal *j, const struct record *r, int64_t now)
{
	TRY(store_begin(j->store));
	TRY(write_row(j, r, now));
	TRY(store_run(
		j->store,
		"INSERT INTO history (enrolment, at, state, mark, outcome) VALUES (?,?,?,?,?)",
		VALUES(V_TEXT(r->id), V_INT(now), V_INT(r->state), V_INT(r->mark),
		       V_TEXT(r->outcome)),
		NULL));
	return store_commit(j->store);
}

// What is written to a file that was moved away or removed is written for nobody.
static struct err *still_there(const struct journal *j)
{
	struct stat now;
	if (stat(j->path, &now) == 0 && now.st_dev == j->file.st_dev &&
	    now.st_ino == j->file.st_ino)
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_FAILED, N_("The journal %1 has vanished while it was in use."),
				ARG_TEXT(j->path)),
			"journal-vanished"),
		N_("Bring its directory back, then run `inkan status`. Until then a key that was "
		   "made may stand on the token without anybody knowing."));
}

struct err *journal_write(struct journal *j, struct record *r)
{
	int64_t now = clock_now();
	struct err *e = write_both(j, r, now);
	if (!e)
		TRY(still_there(j));
	if (e) {
		store_rollback(j->store);
		return err_caused_by(
			err_hint(err_tag(err_new(ERR_FAILED,
						 N_("The journal could not be written.")),
					 "journal-not-writable"),
				 N_("Make room on the disk or mend its permissions, then run "
				    "`inkan resume`.")),
			e);
	}
	r->updated = now;
	if (!r->created)
		r->created = now;
	return NULL;
}

static char *column_text(const struct rows *rows, int column)
{
	return rows_null(rows, column) ? NULL : text_copy(rows_text(rows, column));
}

static struct err *column_bytes(const struct rows *rows, int column, struct buf *out)
{
	size_t len = 0;
	const void *bytes = rows_bytes(rows, column, &len);
	return len ? buf_put(out, bytes, len) : NULL;
}

static int64_t within(int64_t value, int64_t most)
{
	return value < 0 || value > most ? 0 : value;
}

static struct err *record_from_row(const struct rows *rows, struct record **out)
{
	AUTO(record) struct record *r = calloc(1, sizeof *r);
	if (!r)
		return err_no_memory();
	int c = 0;
	r->id = column_text(rows, c++);
	r->created = rows_int(rows, c++);
	r->updated = rows_int(rows, c++);
	r->state = (enum enrolment_state)within(rows_int(rows, c++), ENROLMENT_ABANDONED);
	r->mark = (enum mark)within(rows_int(rows, c++), MARK_DONE);
	r->profile_name = column_text(rows, c++);
	r->profile_path = column_text(rows, c++);
	r->profile_fingerprint = column_text(rows, c++);
	r->role = column_text(rows, c++);
	r->fields = column_text(rows, c++);
	r->common_name = column_text(rows, c++);
	r->token_uri = column_text(rows, c++);
	r->module_path = column_text(rows, c++);
	r->module_from_profile = rows_int(rows, c++) != 0;
	r->key_id = column_text(rows, c++);
	r->old_key_id = column_text(rows, c++);
	r->old_sha256 = column_text(rows, c++);
	r->evidence = column_text(rows, c++);
	TRY(column_bytes(rows, c++, &r->request));
	TRY(column_bytes(rows, c++, &r->ca_state));
	TRY(column_bytes(rows, c++, &r->certificates));
	r->sha256 = column_text(rows, c++);
	r->retry_at = rows_int(rows, c++);
	r->submits = (int)within(rows_int(rows, c++), 1000000);
	r->outcome = column_text(rows, c++);
	r->keys_before = column_text(rows, c++);
	take_renewal(r, rows_int(rows, c++));
	r->vouched_by = column_text(rows, c++);
	r->revoked_at = rows_int(rows, c++);
	*out = r;
	r = NULL;
	return NULL;
}

static struct err *read_one(struct rows *rows, struct record **out)
{
	bool more = false;
	TRY(rows_next(rows, &more));
	if (!more) {
		*out = NULL;
		return NULL;
	}
	return record_from_row(rows, out);
}

struct err *journal_read(struct journal *j, const char *id, struct record **out)
{
	AUTO(rows) struct rows *rows = NULL;
	TRY(store_query(j->store, "SELECT " COLUMNS " FROM enrolments WHERE id = ?",
			VALUES(V_TEXT(id)), &rows));
	return read_one(rows, out);
}

static struct err *read_all(struct rows *rows, struct records *out)
{
	AUTO_RECORDS struct records found = { 0 };
	for (;;) {
		bool more = false;
		TRY(rows_next(rows, &more));
		if (!more || found.n == JOURNAL_MAX_RECORDS)
			break;
		struct record **grown =
			reallocarray(found.list, found.n + 1, sizeof(struct record *));
		if (!grown)
			return err_no_memory();
		found.list = grown;
		TRY(record_from_row(rows, &found.list[found.n]));
		found.n++;
	}
	*out = found;
	found = (struct records){ 0 };
	return NULL;
}

struct err *journal_unfinished(struct journal *j, const char *token_uri, struct records *out)
{
	AUTO(rows) struct rows *rows = NULL;
	if (token_uri)
		TRY(store_query(
			j->store,
			"SELECT " COLUMNS
			" FROM enrolments WHERE state = 0 AND token_uri = ? ORDER BY created, id",
			VALUES(V_TEXT(token_uri)), &rows));
	else
		TRY(store_query(j->store,
				"SELECT " COLUMNS
				" FROM enrolments WHERE state = 0 ORDER BY created, id",
				NO_VALUES, &rows));
	return read_all(rows, out);
}

struct err *journal_by_certificate(struct journal *j, const char *sha256, struct record **out)
{
	AUTO(rows) struct rows *rows = NULL;
	TRY(store_query(
		j->store,
		"SELECT " COLUMNS
		" FROM enrolments WHERE sha256 = ? ORDER BY turn DESC, updated DESC LIMIT 1",
		VALUES(V_TEXT(sha256)), &rows));
	return read_one(rows, out);
}

struct err *journal_certificates(struct journal *j, struct records *out)
{
	AUTO(rows) struct rows *rows = NULL;
	TRY(store_query(j->store,
			"SELECT " COLUMNS " FROM enrolments WHERE state = ? AND sha256 IS NOT NULL"
			" AND NOT EXISTS (SELECT 1 FROM enrolments AS later WHERE later.state = ?"
			" AND later.old_sha256 = enrolments.sha256) ORDER BY created, id",
			VALUES(V_INT(ENROLMENT_DONE), V_INT(ENROLMENT_DONE)), &rows));
	return read_all(rows, out);
}

struct err *journal_by_key(struct journal *j, const char *key_id, struct record **out)
{
	AUTO(rows) struct rows *rows = NULL;
	TRY(store_query(
		j->store,
		"SELECT " COLUMNS
		" FROM enrolments WHERE key_id = ? ORDER BY turn DESC, updated DESC LIMIT 1",
		VALUES(V_TEXT(key_id)), &rows));
	return read_one(rows, out);
}

struct err *journal_by_slot(struct journal *j, const char *token_uri, const char *key_id,
			    struct record **out)
{
	AUTO(rows) struct rows *rows = NULL;
	TRY(store_query(j->store,
			"SELECT " COLUMNS
			" FROM enrolments WHERE key_id = ? AND token_uri = ? AND sha256 IS NOT NULL"
			" ORDER BY turn DESC, updated DESC LIMIT 1",
			VALUES(V_TEXT(key_id), V_TEXT(token_uri)), &rows));
	return read_one(rows, out);
}

struct err *journal_retired(struct journal *j, const char *token_uri, struct records *out)
{
	AUTO(rows) struct rows *rows = NULL;
	TRY(store_query(
		j->store,
		"SELECT " COLUMNS
		" FROM enrolments WHERE state = ? AND token_uri = ? AND outcome = ?"
		" AND old_key_id IS NOT NULL AND old_sha256 IS NOT NULL"
		" ORDER BY turn, updated, id",
		VALUES(V_INT(ENROLMENT_DONE), V_TEXT(token_uri), V_TEXT(OUTCOME_OLD_KEY_STAYS)),
		&rows));
	return read_all(rows, out);
}

struct err *journal_profile_module(struct journal *j, size_t n, char **path)
{
	AUTO(rows) struct rows *rows = NULL;
	bool more = false;
	TRY(store_query(j->store,
			"SELECT DISTINCT module_path FROM enrolments WHERE module_from_profile = 1"
			" AND module_path IS NOT NULL ORDER BY module_path LIMIT 1 OFFSET ?",
			VALUES(V_INT((int64_t)n)), &rows));
	TRY(rows_next(rows, &more));
	char *found = more ? text_copy(rows_text(rows, 0)) : NULL;
	if (more && !found)
		return err_no_memory();
	*path = found;
	return NULL;
}

struct err *journal_profile_known(struct journal *j, const char *path, const char *fingerprint,
				  bool *known)
{
	AUTO(rows) struct rows *rows = NULL;
	TRY(store_query(j->store, "SELECT 1 FROM profiles WHERE path = ? AND fingerprint = ?",
			VALUES(V_TEXT(path), V_TEXT(fingerprint)), &rows));
	return rows_next(rows, known);
}

struct err *journal_profile_accept(struct journal *j, const char *path, const char *fingerprint)
{
	return store_run(
		j->store,
		"INSERT OR REPLACE INTO profiles (path, fingerprint, accepted) VALUES (?,?,?)",
		VALUES(V_TEXT(path), V_TEXT(fingerprint), V_INT(clock_now())), NULL);
}

struct err *journal_factory_refused(struct journal *j, const char *token_uri, bool *refused)
{
	AUTO(rows) struct rows *rows = NULL;
	TRY(store_query(j->store, "SELECT 1 FROM factory_refused WHERE token_uri = ?",
			VALUES(V_TEXT(token_uri)), &rows));
	return rows_next(rows, refused);
}

struct err *journal_note_factory(struct journal *j, const char *token_uri, bool refused)
{
	if (refused)
		return store_run(
			j->store,
			"INSERT OR REPLACE INTO factory_refused (token_uri, at) VALUES (?,?)",
			VALUES(V_TEXT(token_uri), V_INT(clock_now())), NULL);
	return store_run(j->store, "DELETE FROM factory_refused WHERE token_uri = ?",
			 VALUES(V_TEXT(token_uri)), NULL);
}
