// The accounts of the practice bank: their names, their rows, their failures.
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "practiceca/accounts.h"

// Failures of names are remembered for this many names at most, so that strangers cannot fill the disk.
enum { FAILURES_KEPT = 10000 };

bool letters_and_digits(const char *s, size_t len)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	for (size_t i = 0; i < len; i++)
		if (!s[i] || !strchr(allowed, s[i]))
			return false;
	return len > 0;
}

bool holder_is_user(const struct holder *h)
{
	return h->user_id[0] != '\0';
}

const char *holder_role(const struct holder *h)
{
	return holder_is_user(h) ? "user" : "admin";
}

int64_t holder_pin_cost(const struct holder *h)
{
	return holder_is_user(h) ? PIN_COST_ALONE : PIN_COST_OF_TWO;
}

bool holder_read(const char *name, size_t len, struct holder *out)
{
	struct holder h = { 0 };
	if (len < CONTRACT_ID_LEN || !text_is_digits(name, CONTRACT_ID_LEN))
		return false;
	memcpy(h.contract_id, name, CONTRACT_ID_LEN);
	if (len > CONTRACT_ID_LEN) {
		size_t user_len = len - CONTRACT_ID_LEN - 1;
		const char *user = name + CONTRACT_ID_LEN + 1;
		if (user[-1] != '/' || user_len > USER_ID_MAX ||
		    !letters_and_digits(user, user_len))
			return false;
		memcpy(h.user_id, user, user_len);
	}
	*out = h;
	return true;
}

struct err *holder_make(const char *contract_id, const char *user_id, struct holder *out)
{
	struct holder h = { 0 };
	if (strlen(contract_id) != CONTRACT_ID_LEN || !text_is_digits(contract_id, CONTRACT_ID_LEN))
		return err_new(ERR_ANSWER, N_("A contract ID has %1 digits."),
			       ARG_NUM(CONTRACT_ID_LEN));
	memcpy(h.contract_id, contract_id, CONTRACT_ID_LEN);
	size_t len = user_id ? strlen(user_id) : 0;
	if (user_id && (len > USER_ID_MAX || !letters_and_digits(user_id, len)))
		return err_new(ERR_ANSWER, N_("A user ID has 1 to %1 letters and digits."),
			       ARG_NUM(USER_ID_MAX));
	if (user_id)
		memcpy(h.user_id, user_id, len);
	*out = h;
	return NULL;
}

void holder_name(const struct holder *h, char out[static NAME_MAX_LEN + 1])
{
	snprintf(out, NAME_MAX_LEN + 1, "%s%s%s", h->contract_id, holder_is_user(h) ? "/" : "",
		 h->user_id);
}

void holder_common_name(const struct holder *h, char out[static COMMON_NAME_MAX + 1])
{
	snprintf(out, COMMON_NAME_MAX + 1, "%s%s%s", h->contract_id, h->user_id, INSTITUTION_CODE);
}

struct err *account_add(struct store *s, const struct account *a, int64_t now)
{
	bool user = holder_is_user(&a->holder);
	struct err *e = store_run(
		s,
		"INSERT INTO account(role, contract_id, user_id, pin_cost, pin_salt, pin_hash, "
		"confirm_cost,"
		" confirm_salt, confirm_hash, otp_kind, otp_secret, otp_next, pending_polls, "
		"pending_seconds,"
		" made_at) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		VALUES(V_TEXT(holder_role(&a->holder)), V_TEXT(a->holder.contract_id),
		       V_TEXT(a->holder.user_id), V_INT(a->pin.cost),
		       V_BYTES(a->pin.salt, PIN_SALT), V_BYTES(a->pin.hash, PIN_HASH),
		       user ? V_NULL : V_INT(a->confirm.cost),
		       user ? V_NULL : V_BYTES(a->confirm.salt, PIN_SALT),
		       user ? V_NULL : V_BYTES(a->confirm.hash, PIN_HASH), V_INT(a->otp.kind),
		       user ? V_BYTES(a->otp.secret, a->otp.len) : V_NULL,
		       V_INT((int64_t)a->otp.next), V_INT(a->pending_polls),
		       V_INT(a->pending_seconds), V_INT(now)),
		NULL);
	if (e && strcmp(err_slug(e), "store-duplicate") == 0) {
		err_ignore(e);
		char name[NAME_MAX_LEN + 1];
		holder_name(&a->holder, name);
		return err_new(ERR_ANSWER, N_("There is an account %1 already."), ARG_TEXT(name));
	}
	return e;
}

#define ACCOUNT_COLUMNS                                                                            \
	"SELECT id, contract_id, user_id, pin_cost, pin_salt, pin_hash, confirm_cost, "            \
	"confirm_salt,"                                                                            \
	" confirm_hash, otp_kind, otp_secret, otp_next, pending_polls, pending_seconds FROM "      \
	"account"

static bool read_exactly(const struct rows *r, int column, void *out, size_t wanted)
{
	size_t len = 0;
	const void *bytes = rows_bytes(r, column, &len);
	if (len != wanted)
		return false;
	memcpy(out, bytes, len);
	return true;
}

static bool read_hash(const struct rows *r, int column, struct pin_hash *h)
{
	h->cost = rows_int(r, column);
	return read_exactly(r, column + 1, h->salt, PIN_SALT) &&
	       read_exactly(r, column + 2, h->hash, PIN_HASH);
}

static bool read_otp(const struct rows *r, int column, struct otp_key *k)
{
	int64_t kind = rows_int(r, column);
	size_t len = 0;
	const void *secret = rows_bytes(r, column + 1, &len);
	if ((kind != OTP_TOTP && kind != OTP_HOTP) || len > OTP_SECRET_MAX || !secret)
		return false;
	memcpy(k->secret, secret, len);
	k->kind = kind == OTP_TOTP ? OTP_TOTP : OTP_HOTP;
	k->len = len;
	k->next = (uint64_t)rows_int(r, column + 2);
	return true;
}

static struct err *account_read(const struct rows *r, struct account *out)
{
	out->id = rows_int(r, 0);
	TRY(holder_make(rows_text(r, 1), *rows_text(r, 2) ? rows_text(r, 2) : NULL, &out->holder));
	bool whole = read_hash(r, 3, &out->pin);
	if (holder_is_user(&out->holder))
		whole = whole && read_otp(r, 9, &out->otp);
	else
		whole = whole && read_hash(r, 6, &out->confirm);
	out->pending_polls = rows_int(r, 12);
	out->pending_seconds = rows_int(r, 13);
	if (!whole)
		return err_new(ERR_FAILED, N_("The account %1 is damaged in the database."),
			       ARG_TEXT(rows_text(r, 1)));
	return NULL;
}

struct err *account_find(struct store *s, const struct holder *h, bool *there, struct account *out)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(s, ACCOUNT_COLUMNS " WHERE contract_id=? AND user_id=?",
			VALUES(V_TEXT(h->contract_id), V_TEXT(h->user_id)), &r));
	TRY(rows_next(r, &more));
	if (more)
		TRY(account_read(r, out));
	*there = more;
	return NULL;
}

struct err *account_by_id(struct store *s, int64_t id, struct account *out)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(s, ACCOUNT_COLUMNS " WHERE id=?", VALUES(V_INT(id)), &r));
	TRY(rows_next(r, &more));
	return account_read(r, out);
}

struct err *account_token(struct store *s, int64_t id, char out[static TOKEN_SERIAL_MAX + 1])
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(s, "SELECT attested_serial FROM account WHERE id=?", VALUES(V_INT(id)),
			&r));
	TRY(rows_next(r, &more));
	snprintf(out, TOKEN_SERIAL_MAX + 1, "%s", more ? rows_text(r, 0) : "");
	return NULL;
}

struct err *account_bind(struct store *s, int64_t id, const char *serial)
{
	return store_run(s,
			 "UPDATE account SET attested_serial=? WHERE id=? AND attested_serial=''",
			 VALUES(V_TEXT(serial), V_INT(id)), NULL);
}

struct err *account_release(struct store *s, int64_t id)
{
	return store_run(s, "UPDATE account SET attested_serial='' WHERE id=?", VALUES(V_INT(id)),
			 NULL);
}

struct err *failures_count(struct store *s, const char *name, int64_t *count)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(s, "SELECT count FROM failure WHERE name=?", VALUES(V_TEXT(name)), &r));
	TRY(rows_next(r, &more));
	*count = more ? rows_int(r, 0) : 0;
	return NULL;
}

// Names without an account are dropped, the oldest first, when there are too many; an account's own count never is.
static struct err *forget_a_stranger(struct store *s)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(s, "SELECT count(*) FROM failure", NO_VALUES, &r));
	TRY(rows_next(r, &more));
	if (rows_int(r, 0) <= FAILURES_KEPT)
		return NULL;
	return store_run(
		s,
		"DELETE FROM failure WHERE name ="
		" (SELECT f.name FROM failure f WHERE NOT EXISTS (SELECT 1 FROM account a WHERE"
		" a.contract_id = substr(f.name, 1, 10) AND a.user_id = substr(f.name, 12))"
		" ORDER BY f.last_at LIMIT 1)",
		NO_VALUES, NULL);
}

struct err *failures_add(struct store *s, const char *name, int64_t now)
{
	TRY(store_run(s,
		      "INSERT INTO failure(name, count, last_at) VALUES(?, 1, ?)"
		      " ON CONFLICT(name) DO UPDATE SET count = failure.count + 1, last_at = "
		      "excluded.last_at",
		      VALUES(V_TEXT(name), V_INT(now)), NULL));
	return forget_a_stranger(s);
}

struct err *failures_clear(struct store *s, const char *name)
{
	return store_run(s, "DELETE FROM failure WHERE name=?", VALUES(V_TEXT(name)), NULL);
}
