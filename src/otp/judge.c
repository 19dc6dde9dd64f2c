// RFC 4226 §7 and RFC 6238 §5 and §6: windows, drift, delays and the lock.
#include "otp/judge.h"

enum { ROW_MAX = 3 };

const struct judge_rules judge_usual = {
	.look_ahead = 5,
	.steps = 1,
	.resync = 100,
	.drift_max = 120,
	.lock_after = 10,
	.delay = 1,
	.delay_max = 3600,
};

struct range {
	uint64_t first, last;
};

static uint64_t moved(uint64_t n, int64_t by)
{
	if (by < 0)
		return (uint64_t)-by > n ? 0 : n - (uint64_t)-by;
	return n + (uint64_t)by;
}

// The counters that may be accepted; those before `next` are spent. false: none.
static bool range_of(const struct seed *s, const struct judge_state *st, int64_t now,
		     unsigned ahead, unsigned either, struct range *out)
{
	if (s->kind == SEED_HOTP) {
		*out = (struct range){ st->next, st->next + ahead };
		return true;
	}
	uint64_t step = moved(seed_step_at(s, now), st->drift);
	out->first = moved(step, -(int64_t)either);
	out->last = step + either;
	if (out->first < st->next)
		out->first = st->next;
	return out->first <= out->last;
}

static int64_t clamp(int64_t n, int64_t most)
{
	return n > most ? most : n < -most ? -most : n;
}

static void follow(const struct seed *s, const struct judge_rules *r, uint64_t counter, int64_t now,
		   struct judge_state *io)
{
	io->next = counter + 1;
	if (s->kind == SEED_TOTP)
		io->drift = clamp((int64_t)counter - (int64_t)seed_step_at(s, now), r->drift_max);
}

static void count_right(struct judge_state *io)
{
	io->failures = 0;
	io->wait_until = 0;
}

static int64_t delay_of(const struct judge_rules *r, unsigned failures)
{
	int64_t delay = r->delay;
	for (unsigned i = 1; i < failures && delay < r->delay_max; i++)
		delay *= 2;
	return delay < r->delay_max ? delay : r->delay_max;
}

static void count_wrong(const struct judge_rules *r, int64_t now, struct judge_state *io)
{
	io->failures++;
	io->locked = r->lock_after && io->failures >= r->lock_after;
	io->wait_until = r->delay ? now + delay_of(r, io->failures) : 0;
}

// A clock that was set back must not make anybody wait longer than was meant.
static bool must_wait(const struct judge_rules *r, const struct judge_state *st, int64_t now)
{
	return st->wait_until > now && st->wait_until - now <= delay_of(r, st->failures);
}

static struct err *question_wanted(void)
{
	return err_hint(err_tag(err_new(ERR_ANSWER,
					N_("This one-time password token answers questions (OCRA): "
					   "a value alone says nothing.")),
				"otp-question-wanted"),
			N_("Use a token that makes values by itself."));
}

static bool is_looked_at(const struct seed *s, const struct judge_rules *r,
			 const struct judge_state *st, int64_t now, enum judgement *out)
{
	if (st->locked)
		*out = JUDGED_LOCKED;
	else if ((s->not_before && now < s->not_before) || (s->not_after && now > s->not_after))
		*out = JUDGED_OUTSIDE;
	else if (must_wait(r, st, now))
		*out = JUDGED_WAIT;
	else
		return true;
	return false;
}

// Whether it was a right one a short while ago: said to who typed it, for it is no guess.
static struct err *was_used(const struct seed *s, const struct judge_rules *r,
			    const struct judge_state *st, const struct secret *typed, bool *used)
{
	uint64_t at = 0, back = s->kind == SEED_TOTP ? 2 * (uint64_t)r->steps + 1 : r->look_ahead;
	*used = false;
	if (!st->next)
		return NULL;
	return seed_find(s, typed, back < st->next ? st->next - back : 0, st->next - 1, used, &at);
}

static struct err *refuse(const struct seed *s, const struct judge_rules *r,
			  const struct secret *typed, int64_t now, struct judge_state *io,
			  enum judgement *out)
{
	bool used = false;
	TRY(was_used(s, r, io, typed, &used));
	count_wrong(r, now, io);
	*out = used ? JUDGED_USED : JUDGED_WRONG;
	return NULL;
}

struct err *judge(const struct seed *s, const struct judge_rules *r, const struct secret *typed,
		  int64_t now, struct judge_state *io, enum judgement *out)
{
	struct range in;
	bool found = false;
	uint64_t counter = 0;
	if (s->kind == SEED_OCRA)
		return question_wanted();
	if (!is_looked_at(s, r, io, now, out))
		return NULL;
	if (range_of(s, io, now, r->look_ahead, r->steps, &in))
		TRY(seed_find(s, typed, in.first, in.last, &found, &counter));
	if (!found)
		return refuse(s, r, typed, now, io, out);
	follow(s, r, counter, now, io);
	count_right(io);
	*out = JUDGED_RIGHT;
	return NULL;
}

// Every place of the first value is tried: a value may come by chance more than once in a wide window.
static struct err *find_row(const struct seed *s, const struct secret *const *typed, size_t n,
			    struct range in, bool *found, uint64_t *last)
{
	*found = false;
	while (in.first <= in.last && in.last - in.first >= n - 1) {
		uint64_t at = 0, next = 0;
		bool row = false;
		TRY(seed_find(s, typed[0], in.first, in.last - (n - 1), &row, &at));
		if (!row)
			return NULL;
		for (size_t i = 1; i < n && row; i++)
			TRY(seed_find(s, typed[i], at + i, at + i, &row, &next));
		if (row) {
			*found = true;
			*last = at + n - 1;
			return NULL;
		}
		in.first = at + 1;
	}
	return NULL;
}

struct err *judge_resync(const struct seed *s, const struct judge_rules *r,
			 const struct secret *const *typed, size_t n, int64_t now,
			 struct judge_state *io, enum judgement *out)
{
	struct range in;
	struct judge_state nominal = *io;
	uint64_t last = 0;
	bool found = false;
	if (s->kind == SEED_OCRA)
		return question_wanted();
	if (n < 2 || n > ROW_MAX)
		return err_new(ERR_ANSWER, N_("Two or three values in a row are wanted."));
	if (!io->locked && !is_looked_at(s, r, io, now, out))
		return NULL;
	nominal.drift = 0;
	if (range_of(s, &nominal, now, r->resync, r->drift_max, &in))
		TRY(find_row(s, typed, n, in, &found, &last));
	if (!found) {
		if (!io->locked)
			count_wrong(r, now, io);
		*out = JUDGED_WRONG;
		return NULL;
	}
	follow(s, r, last, now, io);
	if (!io->locked)
		count_right(io);
	*out = JUDGED_RIGHT;
	return NULL;
}
