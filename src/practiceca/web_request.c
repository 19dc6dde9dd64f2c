// Requests over pages.
#include "practiceca/web_request.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "practiceca/base64.h"
#include "practiceca/conclude.h"
#include "practiceca/issue.h"

static const char *const places[] = { [WEB_PORTAL] = "portal", [WEB_CERTSRV] = "certsrv" };

void web_request_free(struct web_request *w)
{
	buf_free(&w->body);
	buf_free(&w->wrapped);
	*w = (struct web_request){ 0 };
}

// What stands between the lines of a PEM of this kind, with nothing around it.
static struct err *unwrap(const char *text, const char *kind, bool *good, struct buf *body)
{
	AUTO_TEXT char *begin = text_format("-----BEGIN %s-----", kind);
	AUTO_TEXT char *end = text_format("-----END %s-----", kind);
	*good = false;
	if (!begin || !end)
		return err_no_memory();
	const char *to = strstr(text, end);
	if (strncmp(text, begin, strlen(begin)) != 0 || !to)
		return NULL;
	const char *from = text + strlen(begin), *rest = to + strlen(end);
	*good = rest[strspn(rest, "\r\n")] == '\0';
	return *good ? buf_put(body, from, (size_t)(to - from)) : NULL;
}

struct err *web_pem(const char *text, bool *good, struct buf *body)
{
	TRY(unwrap(text, "CERTIFICATE REQUEST", good, body));
	return *good ? NULL : unwrap(text, "NEW CERTIFICATE REQUEST", good, body);
}

bool web_is_pkcs7(const char *text)
{
	static const char begin[] = "-----BEGIN PKCS7-----";
	return strncmp(text, begin, sizeof begin - 1) == 0;
}

struct err *web_pkcs7(const char *text, bool *good, struct buf *der)
{
	AUTO_BUF struct buf base64 = BUF(REQUEST_BODY_MAX);
	TRY(unwrap(text, "PKCS7", good, &base64));
	return *good ? base64_read_body(base64.data, base64.len, good, der) : NULL;
}

struct err *web_judge(const struct service *s, const struct call *c, const struct holder *who,
		      const struct buf *body, enum refusal *no, char sha256[static 65])
{
	AUTO_REQUEST struct request r = { 0 };
	char wanted[COMMON_NAME_MAX + 1];
	TRY(request_read(body, NULL, &r, no));
	if (!*no && s->csrattrs.rsa_bits > r.rsa_bits)
		*no = REFUSE_KEY_SIZE;
	if (!*no)
		TRY(attested_judge(&s->attested, s->database, &r, no));
	holder_common_name(who, wanted);
	if (!*no && strcmp(wanted, r.common_name) != 0)
		*no = REFUSE_OTHER_NAME;
	if (!*no)
		*no = challenge_check(s, c, &r);
	memcpy(sha256, r.sha256, sizeof r.sha256);
	return NULL;
}

static struct err *add(struct store *db, enum web_place place, struct web_request *w)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	if (place == WEB_PORTAL)
		TRY(store_run(db, "UPDATE web_request SET fetched=1 WHERE account=? AND place=?",
			      VALUES(V_INT(w->account), V_TEXT(places[place])), NULL));
	TRY(store_query(db,
			"INSERT INTO web_request(account, place, request, request_sha256, at, "
			"fetched, requested_for, vouched_by, wrapped) VALUES(?,?,?,?,?,0,?,?,?) "
			"RETURNING id",
			VALUES(V_INT(w->account), V_TEXT(places[place]),
			       V_BYTES(w->body.data, w->body.len), V_TEXT(w->sha256),
			       V_INT(clock_now()), V_INT(w->requested_for), V_INT(w->vouched_by),
			       w->wrapped.len ? V_BYTES(w->wrapped.data, w->wrapped.len) : V_NULL),
			&r));
	TRY(rows_next(r, &more));
	w->id = rows_int(r, 0);
	return NULL;
}

struct err *web_add(const struct service *s, enum web_place place, struct web_request *w)
{
	struct store *db = database_take(s->database);
	struct err *e = store_begin(db);
	if (!e)
		e = add(db, place, w);
	if (!e)
		e = store_commit(db);
	database_give(s->database);
	return e;
}

static struct err *find(struct store *db, enum web_place place, int64_t id, int64_t account,
			bool *there, struct web_request *out)
{
	AUTO(rows) struct rows *r = NULL;
	size_t len = 0;
	TRY(store_query(db,
			"SELECT id, account, request, request_sha256, at, requested_for, "
			"vouched_by, fetched FROM web_request WHERE "
			"place=? AND account=? AND (id=? OR (?=0 AND fetched=0)) AND at>? ORDER BY "
			"id DESC LIMIT 1",
			VALUES(V_TEXT(places[place]), V_INT(account), V_INT(id), V_INT(id),
			       V_INT(clock_now() - TICKET_LIFE)),
			&r));
	TRY(rows_next(r, there));
	if (!*there)
		return NULL;
	out->id = rows_int(r, 0);
	out->account = rows_int(r, 1);
	out->body = BUF(REQUEST_BODY_MAX);
	const void *bytes = rows_bytes(r, 2, &len);
	snprintf(out->sha256, sizeof out->sha256, "%s", rows_text(r, 3));
	out->at = rows_int(r, 4);
	out->requested_for = rows_int(r, 5);
	out->vouched_by = rows_int(r, 6);
	out->done = rows_int(r, 7) != 0;
	return buf_put(&out->body, bytes, len);
}

struct err *web_find(const struct service *s, enum web_place place, int64_t id, int64_t account,
		     bool *there, struct web_request *out)
{
	struct store *db = database_take(s->database);
	struct err *e = find(db, place, id, account, there, out);
	database_give(s->database);
	return e;
}

struct err *web_done(const struct service *s, int64_t id)
{
	struct store *db = database_take(s->database);
	struct err *e = store_run(db, "UPDATE web_request SET fetched=1 WHERE id=?",
				  VALUES(V_INT(id)), NULL);
	database_give(s->database);
	return e;
}

static int64_t gets_it(const struct web_request *w)
{
	return w->requested_for ? w->requested_for : w->account;
}

static struct err *waiting(struct store *db, enum web_place place, int64_t account, int64_t *ids,
			   size_t *n)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(
		db,
		"SELECT w.id FROM web_request w WHERE w.place=? AND w.account=? AND w.fetched=0 "
		"AND w.at>? "
		"AND NOT EXISTS (SELECT 1 FROM issued i WHERE i.request_sha256 = "
		"w.request_sha256 AND i.at >= w.at) ORDER BY w.id",
		VALUES(V_TEXT(places[place]), V_INT(account), V_INT(clock_now() - TICKET_LIFE)),
		&r));
	*n = 0;
	TRY(rows_next(r, &more));
	while (more && *n < WEB_WAITING_MAX) {
		ids[(*n)++] = rows_int(r, 0);
		TRY(rows_next(r, &more));
	}
	return NULL;
}

struct err *web_waiting(const struct service *s, enum web_place place, int64_t account,
			int64_t ids[static WEB_WAITING_MAX], size_t *n)
{
	struct err *e = waiting(database_take(s->database), place, account, ids, n);
	database_give(s->database);
	return e;
}

// What was issued for this request since it was handed in.
static struct err *find_issued(struct store *db, const struct web_request *w, X509 **leaf)
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(db,
			"SELECT id FROM issued WHERE account=? AND request_sha256=? AND at>=? "
			"ORDER BY id DESC LIMIT 1",
			VALUES(V_INT(gets_it(w)), V_TEXT(w->sha256), V_INT(w->at)), &r));
	TRY(rows_next(r, &more));
	return more ? issue_again(db, rows_int(r, 0), leaf) : NULL;
}

static struct err *look(const struct service *s, const struct web_request *w, struct account *who,
			X509 **leaf)
{
	struct store *db = database_take(s->database);
	struct err *e = find_issued(db, w, leaf);
	if (!e)
		e = account_by_id(db, gets_it(w), who);
	database_give(s->database);
	return e;
}

struct err *web_step(const struct service *s, const struct call *c, const struct web_request *w,
		     enum web_state *state, X509 **leaf, int64_t *wait, enum refusal *no)
{
	AUTO_ACCOUNT struct account who = { 0 };
	AUTO_REQUEST struct request r = { 0 };
	AUTO_ANSWER struct answer a = { 0 };
	bool unknown = false;
	*state = WEB_ISSUED;
	TRY(look(s, w, &who, leaf));
	if (*leaf)
		return NULL;
	TRY(request_read(&w->body, NULL, &r, no));
	if (!*no)
		TRY(attested_judge(&s->attested, s->database, &r, no));
	r.vouched_by = w->vouched_by;
	if (!*no)
		TRY(conclude(s, c, &who, NULL, &r, &unknown, &a));
	if (*no || a.refusal) {
		*no = *no ? *no : a.refusal;
		*state = WEB_REFUSED;
		return NULL;
	}
	if (a.status == 200)
		return look(s, w, &who, leaf);
	*state = WEB_WAITS;
	*wait = a.retry_after;
	return NULL;
}
