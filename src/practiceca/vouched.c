// POST /simpleenroll on behalf of a person (RFC 7030 §3.3.2, §3.7): a registration authority is known by its TLS client certificate.
#include "practiceca/vouched.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "practiceca/conclude.h"

static const char *const names[] = {
	[VOUCHES_NOBODY] = "nobody",
	[VOUCHES_CONTRACT] = "contract",
	[VOUCHES_ANYONE] = "anyone",
};

bool vouches_read(const char *word, enum vouches *out)
{
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], word) == 0) {
			*out = (enum vouches)i;
			return true;
		}
	}
	return false;
}

const char *vouches_name(enum vouches v)
{
	return names[v];
}

struct err *account_set_vouches(struct store *s, int64_t id, enum vouches v)
{
	return store_run(s, "UPDATE account SET vouches=? WHERE id=?",
			 VALUES(V_TEXT(v == VOUCHES_NOBODY ? "" : names[v]), V_INT(id)), NULL);
}

static struct err *account_vouches(struct store *s, int64_t id, enum vouches *out)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	*out = VOUCHES_NOBODY;
	TRY(store_query(s, "SELECT vouches FROM account WHERE id=?", VALUES(V_INT(id)), &r));
	TRY(rows_next(r, &more));
	if (more)
		vouches_read(rows_text(r, 0), out);
	return NULL;
}

// Contract ID, user ID, institution code: the other way round than holder_common_name.
static bool holder_of(const char *common_name, struct holder *out)
{
	size_t len = strlen(common_name), code = strlen(INSTITUTION_CODE);
	char name[NAME_MAX_LEN + 1];
	if (len < CONTRACT_ID_LEN + code || len > COMMON_NAME_MAX ||
	    strcmp(common_name + len - code, INSTITUTION_CODE) != 0)
		return false;
	int user = (int)(len - code - CONTRACT_ID_LEN);
	snprintf(name, sizeof name, "%.*s%s%.*s", CONTRACT_ID_LEN, common_name, user ? "/" : "",
		 user, common_name + CONTRACT_ID_LEN);
	return holder_read(name, strlen(name), out);
}

static enum refusal judge(enum vouches may, const struct account *desk, const struct account *who)
{
	if (may == VOUCHES_NOBODY)
		return REFUSE_NOT_RA;
	if (may == VOUCHES_CONTRACT &&
	    strcmp(desk->holder.contract_id, who->holder.contract_id) != 0)
		return REFUSE_NOT_ITS_PERSON;
	return who->id == desk->id ? REFUSE_ITSELF : REFUSE_NOTHING;
}

struct err *vouched_account(struct store *s, const struct client *ra, const char *common_name,
			    struct account *out, enum refusal *no)
{
	AUTO_ACCOUNT struct account desk = { 0 };
	enum vouches may = VOUCHES_NOBODY;
	struct holder h = { 0 };
	bool there = false;
	TRY(account_vouches(s, ra->account, &may));
	if (may == VOUCHES_NOBODY) {
		*no = REFUSE_NOT_RA;
		return NULL;
	}
	TRY(account_by_id(s, ra->account, &desk));
	if (holder_of(common_name, &h))
		TRY(account_find(s, &h, &there, out));
	*no = there ? judge(may, &desk, out) : REFUSE_NO_ACCOUNT;
	return NULL;
}

static struct err *locked(struct store *s, const struct holder *h, bool *is)
{
	char name[NAME_MAX_LEN + 1];
	int64_t failures = 0;
	holder_name(h, name);
	TRY(failures_count(s, name, &failures));
	*is = *is || failures >= LOCK_AFTER;
	return NULL;
}

struct err *vouched_still(struct store *s, int64_t ra_issued, const struct account *who,
			  enum refusal *no)
{
	AUTO(rows) struct rows *r = NULL;
	AUTO_ACCOUNT struct account desk = { 0 };
	enum vouches may = VOUCHES_NOBODY;
	bool more = false, is = false;
	TRY(store_query(s, "SELECT revoked_at, account FROM issued WHERE id=?",
			VALUES(V_INT(ra_issued)), &r));
	TRY(rows_next(r, &more));
	if (!more || !rows_null(r, 0)) {
		*no = REFUSE_CERTIFICATE_REVOKED;
		return NULL;
	}
	TRY(account_by_id(s, rows_int(r, 1), &desk));
	TRY(account_vouches(s, desk.id, &may));
	*no = judge(may, &desk, who);
	if (*no)
		return NULL;
	TRY(locked(s, &desk.holder, &is));
	TRY(locked(s, &who->holder, &is));
	if (is)
		*no = REFUSE_RENEWAL_LOCKED;
	return NULL;
}

struct err *vouched_answer(const struct service *s, const struct call *c, struct request *r,
			   struct answer *out)
{
	AUTO_CLIENT struct client ra = { 0 };
	AUTO_ACCOUNT struct account who = { 0 };
	bool unknown = false;
	enum refusal no = challenge_check(s, c, r);
	if (!no)
		TRY(client_judge(s->database, s->authority, &c->certificate, clock_now(), &ra,
				 &no));
	if (no)
		return answer_refuse(out, c, no);
	struct store *db = database_take(s->database);
	struct err *e = vouched_account(db, &ra, r->common_name, &who, &no);
	database_give(s->database);
	if (e)
		return e;
	if (no)
		return answer_refuse(out, c, no);
	r->vouched_by = ra.issued;
	return conclude(s, c, &who, NULL, r, &unknown, out);
}
