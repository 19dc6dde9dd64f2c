// The database of one-time password tokens: its schema, its rows, its record.
#include "otp/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/proc.h"
#include "base/text.h"
#include "otp/tokens_inside.h"

enum { BUSY_MS = 30000 };

static const char *const migrations[] = {
	"CREATE TABLE otp_tokens ("
	" serial TEXT PRIMARY KEY, issuer TEXT, maker TEXT, model TEXT, person TEXT,"
	" kind BIGINT NOT NULL, hash BIGINT NOT NULL, digits BIGINT NOT NULL, step BIGINT NOT NULL,"
	" t0 BIGINT NOT NULL, suite TEXT, not_before BIGINT NOT NULL, not_after BIGINT NOT NULL,"
	" seed BLOB NOT NULL, next BIGINT NOT NULL, drift BIGINT NOT NULL, failures BIGINT NOT "
	"NULL,"
	" wait_until BIGINT NOT NULL, locked BIGINT NOT NULL, imported BIGINT NOT NULL,"
	" used BIGINT NOT NULL);"
	"CREATE INDEX otp_tokens_by_person ON otp_tokens (person);"
	"CREATE TABLE otp_events ("
	" turn INTEGER PRIMARY KEY, at BIGINT NOT NULL, serial TEXT NOT NULL, what TEXT NOT NULL, "
	"by_whom TEXT, detail TEXT);"
	"CREATE INDEX otp_events_by_serial ON otp_events (serial);",
};

static char *place(const char *path, const char *name)
{
	if (!path)
		return NULL;
	const char *slash = strrchr(path, '/');
	return text_format("%.*s%s", slash ? (int)(slash - path + 1) : 0, path, name);
}

static struct err *state_path(const char *name, char **out)
{
	AUTO_TEXT char *dir = NULL;
	TRY(proc_state_dir(&dir));
	*out = text_format("%s/%s", dir, name);
	return *out ? NULL : err_no_memory();
}

struct err *otp_tokens_key_path(const char *path, char **out)
{
	if (!path)
		return state_path("otp.key", out);
	*out = place(path, "otp.key");
	return *out ? NULL : err_no_memory();
}

struct err *otp_tokens_open(const char *path, struct otp_tokens **out)
{
	AUTO_TEXT char *usual = NULL;
	AUTO(otp_tokens) struct otp_tokens *t = calloc(1, sizeof(*t));
	if (!t)
		return err_no_memory();
	if (!path)
		TRY(state_path("otp.db", &usual));
	TRY(store_open(&(struct store_terms){ .path = path ? path : usual,
					      .migrations = migrations,
					      .n_migrations = ARRAY_LEN(migrations),
					      .busy_ms = BUSY_MS },
		       &t->store));
	*out = t;
	t = NULL;
	return NULL;
}

void otp_tokens_close(struct otp_tokens *t)
{
	if (!t)
		return;
	store_close(t->store);
	free(t);
}

// --- what is read

void otp_row_clear(struct otp_row *r)
{
	seed_clear(&r->seed);
	buf_free(&r->sealed);
	*r = (struct otp_row){ 0 };
}

struct err *otp_bound(const struct seed *s, char **out)
{
	*out = text_format("otp|%s|%d|%d|%u|%u|%lld|%s", s->serial, s->kind, s->hash, s->digits,
			   s->step, (long long)s->t0, s->suite ? s->suite : "");
	return *out ? NULL : err_no_memory();
}

static struct err *row_damaged(const char *serial)
{
	return err_hint(err_tag(err_new(ERR_FAILED,
					N_("What is kept of the one-time password token %1 is "
					   "damaged."),
					ARG_TEXT(serial)),
				"otp-damaged"),
			N_("No value of it was accepted. Bring the database back from a copy, or "
			   "import its seed again."));
}

struct err *otp_unknown(const char *serial)
{
	return err_hint(err_tag(err_new(ERR_ANSWER,
					N_("No one-time password token with the serial number %1 "
					   "is known here."),
					ARG_TEXT(serial)),
				"otp-unknown"),
			N_("Compare it with the number on the back of the token; `inkan otp list` "
			   "shows those that are known."));
}

static char *text_or_null(const struct rows *rows, int column)
{
	return rows_null(rows, column) ? NULL : text_copy(rows_text(rows, column));
}

static bool within(int64_t n, int64_t least, int64_t most)
{
	return n >= least && n <= most;
}

// A database can be written by others: what no import would have put there is not worked with.
static bool take_numbers(const struct rows *rows, int c, struct seed *s, struct judge_state *st)
{
	int64_t kind = rows_int(rows, c), hash = rows_int(rows, c + 1),
		digits = rows_int(rows, c + 2), step = rows_int(rows, c + 3),
		next = rows_int(rows, c + 4), drift = rows_int(rows, c + 5),
		failures = rows_int(rows, c + 6);
	*st = (struct judge_state){ .next = (uint64_t)next,
				    .drift = drift,
				    .failures = (unsigned)failures,
				    .wait_until = rows_int(rows, c + 7),
				    .locked = rows_int(rows, c + 8) != 0 };
	s->kind = (enum seed_kind)kind;
	s->hash = (enum seed_hash)hash;
	s->digits = (unsigned)digits;
	s->step = (unsigned)step;
	return within(kind, SEED_HOTP, SEED_OCRA) && within(hash, SEED_SHA1, SEED_SHA512) &&
	       within(digits, 0, VALUE_MAX) && within(step, 0, SEED_STEP_MAX) &&
	       within(next, 0, (int64_t)SEED_COUNTER_MAX + 1) && within(drift, -100000, 100000) &&
	       within(failures, 0, INT32_MAX) && (kind != SEED_TOTP || step >= SEED_STEP_MIN);
}

#define NUMBERS "kind, hash, digits, step, next, drift, failures, wait_until, locked"
enum { N_NUMBERS = 9 };

struct err *otp_row_read(struct otp_tokens *t, const char *serial, struct otp_row *out)
{
	AUTO(rows) struct rows *rows = NULL;
	AUTO_ROW struct otp_row r = { 0 };
	bool more = false;
	TRY(store_query(t->store,
			"SELECT " NUMBERS ", t0, suite, not_before, not_after, seed"
			" FROM otp_tokens WHERE serial = ?",
			VALUES(V_TEXT(serial)), &rows));
	TRY(rows_next(rows, &more));
	if (!more)
		return otp_unknown(serial);
	if (!take_numbers(rows, 0, &r.seed, &r.state))
		return row_damaged(serial);
	r.seed.serial = text_copy(serial);
	r.seed.t0 = rows_int(rows, N_NUMBERS);
	r.seed.suite = text_or_null(rows, N_NUMBERS + 1);
	r.seed.not_before = rows_int(rows, N_NUMBERS + 2);
	r.seed.not_after = rows_int(rows, N_NUMBERS + 3);
	size_t len = 0;
	const void *sealed = rows_bytes(rows, N_NUMBERS + 4, &len);
	TRY(buf_put(&r.sealed, sealed, len));
	if (!r.seed.serial || (!r.seed.suite && !rows_null(rows, N_NUMBERS + 1)))
		return err_no_memory();
	*out = r;
	r = (struct otp_row){ 0 };
	return NULL;
}

struct err *otp_row_open(const struct seal *seal, struct otp_row *r)
{
	AUTO_TEXT char *bound = NULL;
	TRY(otp_bound(&r->seed, &bound));
	return seal_open(seal, r->sealed.data, r->sealed.len, bound, &r->seed.secret);
}

void otp_token_free(struct otp_token *t)
{
	if (!t)
		return;
	free(t->serial);
	free(t->issuer);
	free(t->maker);
	free(t->model);
	free(t->person);
	free(t);
}

void otp_list_free(struct otp_list *l)
{
	for (size_t i = 0; l->list && i < l->n; i++)
		otp_token_free(l->list[i]);
	free(l->list);
	*l = (struct otp_list){ 0 };
}

#define SHOWN NUMBERS ", serial, issuer, maker, model, person, imported, used"

static struct err *token_from(const struct rows *rows, struct otp_token **out)
{
	struct seed s = { 0 };
	AUTO(otp_token) struct otp_token *t = calloc(1, sizeof(*t));
	if (!t)
		return err_no_memory();
	bool fine = take_numbers(rows, 0, &s, &t->state);
	t->serial = text_copy(rows_text(rows, N_NUMBERS));
	t->issuer = text_or_null(rows, N_NUMBERS + 1);
	t->maker = text_or_null(rows, N_NUMBERS + 2);
	t->model = text_or_null(rows, N_NUMBERS + 3);
	t->person = text_or_null(rows, N_NUMBERS + 4);
	t->imported = rows_int(rows, N_NUMBERS + 5);
	t->used = rows_int(rows, N_NUMBERS + 6);
	if (!t->serial)
		return err_no_memory();
	if (!fine)
		return row_damaged(t->serial);
	t->kind = s.kind;
	t->hash = s.hash;
	t->digits = s.digits;
	t->step = s.step;
	*out = t;
	t = NULL;
	return NULL;
}

static struct err *list_from(struct rows *rows, struct otp_list *out)
{
	struct otp_list l = { 0 };
	size_t room = 0;
	bool more = true;
	struct err *e = NULL;
	while (!e && !(e = rows_next(rows, &more)) && more) {
		if (l.n == room) {
			room = room ? room * 2 : 16;
			void *grown = realloc(l.list, room * sizeof(struct otp_token *));
			if (!grown) {
				e = err_no_memory();
				break;
			}
			l.list = grown;
		}
		e = token_from(rows, &l.list[l.n]);
		l.n += !e;
	}
	if (e)
		otp_list_free(&l);
	else
		*out = l;
	return e;
}

struct err *otp_find(struct otp_tokens *t, const char *serial, struct otp_token **out)
{
	AUTO(rows) struct rows *rows = NULL;
	bool more = false;
	*out = NULL;
	TRY(store_query(t->store, "SELECT " SHOWN " FROM otp_tokens WHERE serial = ?",
			VALUES(V_TEXT(serial)), &rows));
	TRY(rows_next(rows, &more));
	return more ? token_from(rows, out) : NULL;
}

struct err *otp_of_person(struct otp_tokens *t, const char *person, struct otp_list *out)
{
	AUTO(rows) struct rows *rows = NULL;
	TRY(store_query(t->store,
			"SELECT " SHOWN " FROM otp_tokens WHERE person = ? ORDER BY serial",
			VALUES(V_TEXT(person)), &rows));
	return list_from(rows, out);
}

struct err *otp_all(struct otp_tokens *t, struct otp_list *out)
{
	AUTO(rows) struct rows *rows = NULL;
	TRY(store_query(t->store, "SELECT " SHOWN " FROM otp_tokens ORDER BY serial", NO_VALUES,
			&rows));
	return list_from(rows, out);
}

struct err *otp_is_empty(struct otp_tokens *t, bool *empty)
{
	AUTO(rows) struct rows *rows = NULL;
	bool any = false;
	TRY(store_query(t->store, "SELECT 1 FROM otp_tokens LIMIT 1", NO_VALUES, &rows));
	TRY(rows_next(rows, &any));
	*empty = !any;
	return NULL;
}

// --- the record

struct err *otp_write_event(struct otp_tokens *t, int64_t at, const char *serial, const char *what,
			    const char *by, const char *detail)
{
	return store_run(
		t->store,
		"INSERT INTO otp_events (at, serial, what, by_whom, detail) VALUES (?,?,?,?,?)",
		VALUES(V_INT(at), V_TEXT(serial), V_TEXT(what), V_TEXT(by), V_TEXT(detail)), NULL);
}

void otp_events_free(struct otp_events *e)
{
	for (size_t i = 0; e->list && i < e->n; i++) {
		free(e->list[i].serial);
		free(e->list[i].what);
		free(e->list[i].by);
		free(e->list[i].detail);
	}
	free(e->list);
	*e = (struct otp_events){ 0 };
}

static struct err *event_from(const struct rows *rows, struct otp_events *io)
{
	struct otp_event *grown = realloc(io->list, (io->n + 1) * sizeof(*grown));
	if (!grown)
		return err_no_memory();
	io->list = grown;
	grown[io->n++] = (struct otp_event){ .at = rows_int(rows, 0),
					     .serial = text_or_null(rows, 1),
					     .what = text_or_null(rows, 2),
					     .by = text_or_null(rows, 3),
					     .detail = text_or_null(rows, 4) };
	return NULL;
}

struct err *otp_history(struct otp_tokens *t, const char *serial, struct otp_events *out)
{
	AUTO(rows) struct rows *rows = NULL;
	struct otp_events all = { 0 };
	bool more = true;
	TRY(store_query(t->store,
			"SELECT at, serial, what, by_whom, detail FROM otp_events WHERE serial = ?"
			" ORDER BY turn",
			VALUES(V_TEXT(serial)), &rows));
	struct err *e = NULL;
	while (!e && !(e = rows_next(rows, &more)) && more)
		e = event_from(rows, &all);
	if (e)
		otp_events_free(&all);
	else
		*out = all;
	return e;
}
