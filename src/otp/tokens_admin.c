// Importing, assigning and unlocking.
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "otp/tokens_inside.h"

// --- importing

static struct err *duplicate(const char *serial)
{
	return err_hint(
		err_tag(err_new(ERR_ANSWER,
				N_("The one-time password token %1 is known here already."),
				ARG_TEXT(serial)),
			"otp-duplicate"),
		N_("Nothing was imported. With --replace its seed is exchanged: do that only when "
		   "the token was given a new one."));
}

static const char *statement(bool replaces)
{
	return replaces
		       ? "UPDATE otp_tokens SET issuer = ?, maker = ?, model = ?, person = ?,"
			 " kind = ?, hash = ?, digits = ?, step = ?, t0 = ?, suite = ?,"
			 " not_before = ?, not_after = ?, seed = ?, next = ?, drift = ?,"
			 " imported = ?, failures = 0, wait_until = 0, locked = 0, used = 0"
			 " WHERE serial = ?"
		       : "INSERT INTO otp_tokens (issuer, maker, model, person, kind, hash, digits,"
			 " step, t0, suite, not_before, not_after, seed, next, drift, imported,"
			 " serial, failures, wait_until, locked, used)"
			 " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,0,0,0,0)";
}

// The seed that is there already, brought once more, does not bring back values that are spent.
static struct err *first_counter(struct otp_tokens *t, const struct seal *seal,
				 const struct seed *s, uint64_t *first)
{
	AUTO_ROW struct otp_row row = { 0 };
	TRY(otp_row_read(t, s->serial, &row));
	struct err *unread = otp_row_open(seal, &row);
	bool same = !unread && row.seed.kind == s->kind && secret_equal(row.seed.secret, s->secret);
	err_free(unread);
	// Steps of the same length are the same for every seed; where the length is another one, they count anew.
	bool clock = s->kind == SEED_TOTP,
	     counts_alike = s->step == row.seed.step && s->t0 == row.seed.t0;
	if (clock ? row.seed.kind == SEED_TOTP && counts_alike : same)
		*first = row.state.next > *first ? row.state.next : *first;
	return NULL;
}

static struct err *write_seed(struct otp_tokens *t, const struct seal *seal, const struct seed *s,
			      int64_t now, bool replaces)
{
	AUTO_TEXT char *bound = NULL;
	AUTO_BUF struct buf sealed = { 0 };
	uint64_t first = s->counter;
	if (replaces)
		TRY(first_counter(t, seal, s, &first));
	TRY(otp_bound(s, &bound));
	TRY(seal_put(seal, secret_bytes(s->secret), secret_len(s->secret), bound, &sealed));
	return store_run(t->store, statement(replaces),
			 VALUES(V_TEXT(s->issuer), V_TEXT(s->maker), V_TEXT(s->model),
				V_TEXT(s->person), V_INT(s->kind), V_INT(s->hash), V_INT(s->digits),
				V_INT(s->step), V_INT(s->t0), V_TEXT(s->suite),
				V_INT(s->not_before), V_INT(s->not_after),
				V_BYTES(sealed.data, sealed.len), V_INT((int64_t)first),
				V_INT(s->drift), V_INT(now), V_TEXT(s->serial)),
			 NULL);
}

static struct err *is_there(struct otp_tokens *t, const char *serial, bool *yes)
{
	AUTO(rows) struct rows *rows = NULL;
	TRY(store_query(t->store, "SELECT 1 FROM otp_tokens WHERE serial = ?",
			VALUES(V_TEXT(serial)), &rows));
	return rows_next(rows, yes);
}

static struct err *import_one(struct otp_tokens *t, const struct seal *seal, const struct seed *s,
			      enum otp_replace replace, int64_t now, size_t *replaced)
{
	bool there = false;
	TRY(seed_check(s));
	TRY(is_there(t, s->serial, &there));
	if (there && replace == REPLACE_REFUSE)
		return duplicate(s->serial);
	TRY(write_seed(t, seal, s, now, there));
	*replaced += there;
	return otp_write_event(t, now, s->serial, there ? "replaced" : "imported", NULL, NULL);
}

struct err *otp_import(struct otp_tokens *t, const struct seal *seal, const struct seeds *s,
		       enum otp_replace replace, size_t *replaced)
{
	size_t n = 0;
	int64_t now = clock_now();
	struct err *e = NULL;
	TRY(store_begin(t->store));
	for (size_t i = 0; i < s->n && !e; i++)
		e = import_one(t, seal, &s->list[i], replace, now, &n);
	TRY(otp_end(t, e));
	if (replaced)
		*replaced = n;
	return NULL;
}

// --- unlocking

static struct err *unlock(struct otp_tokens *t, const char *serial, const char *by, bool *was)
{
	AUTO_ROW struct otp_row row = { 0 };
	TRY(otp_row_read(t, serial, &row));
	*was = row.state.locked;
	row.state.locked = false;
	row.state.failures = 0;
	row.state.wait_until = 0;
	TRY(otp_write_state(t, serial, &row.state, 0));
	return otp_write_event(t, clock_now(), serial, "unlocked", by, NULL);
}

struct err *otp_unlock(struct otp_tokens *t, const char *serial, const char *by, bool *was)
{
	bool locked = false;
	TRY(store_begin(t->store));
	TRY(otp_end(t, unlock(t, serial, by, &locked)));
	*was = locked;
	return NULL;
}

// --- assigning

static struct err *held(const char *serial, const char *person)
{
	return err_hint(
		err_tag(err_new(ERR_ANSWER,
				N_("The one-time password token %1 is held by %2 already."),
				ARG_TEXT(serial), ARG_TEXT(person)),
			"otp-assigned"),
		N_("Nothing was changed. Make sure of the number on the token in your hand; with "
		   "--replace it changes hands."));
}

static struct err *assign(struct otp_tokens *t, const char *serial, const char *person,
			  bool replace, const char *by)
{
	AUTO(otp_token) struct otp_token *now = NULL;
	TRY(otp_find(t, serial, &now));
	if (!now)
		return otp_unknown(serial);
	if (person && now->person && strcmp(now->person, person) != 0 && !replace)
		return held(serial, now->person);
	TRY(store_run(t->store, "UPDATE otp_tokens SET person = ? WHERE serial = ?",
		      VALUES(V_TEXT(person), V_TEXT(serial)), NULL));
	return otp_write_event(t, clock_now(), serial, person ? "assigned" : "taken-back", by,
			       person ? person : now->person);
}

struct err *otp_assign(struct otp_tokens *t, const char *serial, const char *person, bool replace,
		       const char *by)
{
	TRY(store_begin(t->store));
	return otp_end(t, assign(t, serial, person, replace, by));
}
