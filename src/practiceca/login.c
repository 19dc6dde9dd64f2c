// PINs and one-time passwords judged.
//
// The slow part (scrypt) runs outside the database. Everything that decides runs in one write transaction: a lock reached meanwhile
// wins over a right PIN, so that fifty guesses sent at once are still five; and a one-time password is compared with what was
// spent and spent in the same transaction, so that of two processes only one accepts it.
#include "practiceca/login.h"

#include <pthread.h>

// An administrator's second PIN, which takes as long as the first.
struct second_pin {
	const struct account *a;
	const struct basic *b;
	bool right;
	struct err *err;
};

static void *check_second(void *ctx)
{
	struct second_pin *s = ctx;
	s->err = pin_hash_check(&s->a->confirm, secret_bytes(s->b->second),
				secret_len(s->b->second), &s->right);
	return NULL;
}

// Both are always checked, and at the same time where there are two cores: how long it takes must not tell which one was wrong.
static struct err *pins_right(const struct account *a, const struct basic *b, bool *right)
{
	struct second_pin second = { .a = a, .b = b, .right = true };
	pthread_t thread = 0;
	bool apart = false, two = !holder_is_user(&b->holder);
	if (two)
		apart = pthread_create(&thread, NULL, check_second, &second) == 0;
	bool first_right = false;
	struct err *e =
		pin_hash_check(&a->pin, secret_bytes(b->first), secret_len(b->first), &first_right);
	if (apart)
		pthread_join(thread, NULL);
	else if (two)
		check_second(&second);
	if (e) {
		err_ignore(second.err);
		return e;
	}
	TRY(second.err);
	*right = first_right && second.right;
	return NULL;
}

static struct err *spend_otp(struct store *s, const struct login_rules *rules,
			     const struct account *seen, const struct basic *b, int64_t now,
			     bool *right)
{
	AUTO_ACCOUNT struct account fresh = { 0 };
	uint64_t next = 0;
	TRY(account_by_id(s, seen->id, &fresh)); // as it is now that nobody else can spend
	TRY(otp_judge(&fresh.otp, secret_text(b->second), now, rules->hotp_look_ahead, right,
		      &next));
	if (!*right)
		return NULL;
	return store_run(s, "UPDATE account SET otp_next=? WHERE id=?",
			 VALUES(V_INT((int64_t)next), V_INT(seen->id)), NULL);
}

// What is decided in the transaction. `right`: there is such an account and its PINs are right.
static struct err *decide(struct store *s, const struct login_rules *rules, const struct account *a,
			  const struct basic *b, bool right, int64_t now,
			  enum login_verdict *verdict)
{
	char name[NAME_MAX_LEN + 1];
	int64_t failures = 0;
	holder_name(&b->holder, name);
	TRY(failures_count(s, name, &failures));
	if (failures >= LOCK_AFTER) {
		*verdict = LOGIN_LOCKED;
		return NULL;
	}
	if (right && holder_is_user(&b->holder))
		TRY(spend_otp(s, rules, a, b, now, &right));
	if (right) {
		*verdict = LOGIN_GOOD;
		return failures_clear(s, name);
	}
	*verdict = failures + 1 >= LOCK_AFTER ? LOGIN_NOW_LOCKED : LOGIN_WRONG;
	return failures_add(s, name, now);
}

static struct err *look_up(struct database *d, const struct basic *b, bool *there,
			   struct account *a)
{
	struct store *s = database_take(d);
	struct err *e = account_find(s, &b->holder, there, a);
	database_give(d);
	return e;
}

struct err *login_judge(struct database *d, const struct login_rules *rules, const struct basic *b,
			int64_t now, enum login_verdict *verdict, struct account *out)
{
	AUTO_ACCOUNT struct account a = { .pin = rules->nobody, .confirm = rules->nobody };
	bool there = false;
	bool right = false;
	a.pin.cost = a.confirm.cost = holder_pin_cost(&b->holder);
	enum login_verdict found = LOGIN_WRONG;
	if (b->shaped)
		TRY(look_up(d, b, &there, &a));
	TRY(pins_right(&a, b, &right));
	if (!b->shaped) { // no name of ours can look like this: nothing to count
		*verdict = LOGIN_WRONG;
		return NULL;
	}
	struct store *s = database_take(d);
	struct err *e = store_begin(s);
	if (!e)
		e = decide(s, rules, &a, b, there && right, now, &found);
	if (!e)
		e = store_commit(s);
	database_give(d);
	if (e)
		return e;
	*verdict = found;
	if (found == LOGIN_GOOD)
		*out = a;
	return NULL;
}

enum refusal login_refusal(enum login_verdict v)
{
	switch (v) {
	case LOGIN_GOOD:
		return REFUSE_NOTHING;
	case LOGIN_LOCKED:
		return REFUSE_LOCKED;
	case LOGIN_NOW_LOCKED:
		return REFUSE_NOW_LOCKED;
	case LOGIN_WRONG:
	default:
		return REFUSE_CREDENTIALS;
	}
}
