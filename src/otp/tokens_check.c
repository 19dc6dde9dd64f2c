// Judging and spending a value: one durable transaction.
#include "otp/tokens_inside.h"

static const char *what_of(enum judgement j)
{
	switch (j) {
	case JUDGED_RIGHT:
		return "checked";
	case JUDGED_USED:
		return "used-again";
	default:
		return "refused";
	}
}

static bool was_looked_at(enum judgement j)
{
	return j == JUDGED_RIGHT || j == JUDGED_WRONG || j == JUDGED_USED;
}

struct err *otp_write_state(struct otp_tokens *t, const char *serial, const struct judge_state *st,
			    int64_t used)
{
	// An older state never takes the place of a newer one.
	return store_run(t->store,
			 "UPDATE otp_tokens SET next = ?, drift = ?, failures = ?, wait_until = ?,"
			 " locked = ?, used = CASE WHEN ? > used THEN ? ELSE used END"
			 " WHERE serial = ? AND next <= ?",
			 VALUES(V_INT((int64_t)st->next), V_INT(st->drift), V_INT(st->failures),
				V_INT(st->wait_until), V_INT(st->locked), V_INT(used), V_INT(used),
				V_TEXT(serial), V_INT((int64_t)st->next)),
			 NULL);
}

struct err *otp_end(struct otp_tokens *t, struct err *e)
{
	if (!e)
		return store_commit(t->store);
	store_rollback(t->store);
	return e;
}

// What came of it, written before anybody is told.
static struct err *keep(struct otp_tokens *t, const char *serial, const struct judge_state *before,
			const struct judge_state *after, const char *what, enum judgement verdict,
			int64_t now, const char *by)
{
	if (!was_looked_at(verdict))
		return NULL;
	TRY(otp_write_state(t, serial, after, verdict == JUDGED_RIGHT ? now : 0));
	TRY(otp_write_event(t, now, serial, what, by, NULL));
	if (after->locked && !before->locked)
		TRY(otp_write_event(t, now, serial, "locked", by, NULL));
	return NULL;
}

static struct err *check(struct otp_tokens *t, const struct seal *seal, const char *serial,
			 const struct judge_rules *r, const struct secret *typed, int64_t now,
			 const char *by, enum judgement *out, struct judge_state *state)
{
	AUTO_ROW struct otp_row row = { 0 };
	TRY(otp_row_read(t, serial, &row));
	TRY(otp_row_open(seal, &row));
	struct judge_state before = row.state;
	TRY(judge(&row.seed, r, typed, now, &row.state, out));
	TRY(keep(t, serial, &before, &row.state, what_of(*out), *out, now, by));
	*state = row.state;
	return NULL;
}

struct err *otp_check(struct otp_tokens *t, const struct seal *seal, const char *serial,
		      const struct judge_rules *r, const struct secret *typed, int64_t now,
		      const char *by, enum judgement *out, struct judge_state *state)
{
	enum judgement verdict = JUDGED_WRONG;
	struct judge_state after = { 0 };
	TRY(store_begin(t->store));
	TRY(otp_end(t, check(t, seal, serial, r, typed, now, by, &verdict, &after)));
	*out = verdict;
	if (state)
		*state = after;
	return NULL;
}

static struct err *resync(struct otp_tokens *t, const struct seal *seal, const char *serial,
			  const struct judge_rules *r, const struct secret *const *typed, size_t n,
			  int64_t now, const char *by, enum judgement *out)
{
	AUTO_ROW struct otp_row row = { 0 };
	TRY(otp_row_read(t, serial, &row));
	TRY(otp_row_open(seal, &row));
	struct judge_state before = row.state;
	TRY(judge_resync(&row.seed, r, typed, n, now, &row.state, out));
	const char *what = *out == JUDGED_RIGHT ? "resynchronised" : what_of(*out);
	return keep(t, serial, &before, &row.state, what, *out, now, by);
}

struct err *otp_resync(struct otp_tokens *t, const struct seal *seal, const char *serial,
		       const struct judge_rules *r, const struct secret *const *typed, size_t n,
		       int64_t now, const char *by, enum judgement *out)
{
	enum judgement verdict = JUDGED_WRONG;
	TRY(store_begin(t->store));
	TRY(otp_end(t, resync(t, seal, serial, r, typed, n, now, by, &verdict)));
	*out = verdict;
	return NULL;
}
