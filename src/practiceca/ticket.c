// Tickets.
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "practiceca/openssl_error.h"
#include "practiceca/ticket.h"

static void hex(const uint8_t bytes[static 32], char out[static 65])
{
	for (size_t i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static void hash_of(const char *value, char out[static 65])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)value, strlen(value), hash);
	hex(hash, out);
}

bool ticket_from_cookie(const char *cookie, char out[static TICKET_LEN + 1])
{
	static const char name[] = TICKET_COOKIE "=";
	for (const char *p = cookie; p && *p; p += strcspn(p, ";"), p += strspn(p, "; ")) {
		if (strncmp(p, name, sizeof name - 1) != 0)
			continue;
		p += sizeof name - 1;
		if (strspn(p, "0123456789abcdef") != TICKET_LEN || strcspn(p, "; ") != TICKET_LEN)
			return false;
		memcpy(out, p, TICKET_LEN);
		out[TICKET_LEN] = '\0';
		return true;
	}
	return false;
}

#define TICKET_COLUMNS                                                                             \
	"SELECT id, account, request_sha256, ready_at, waits_left, poll_after, issued, "           \
	"vouched_by FROM ticket "

// What a poll of the ticket in this row comes to.
static struct err *step(struct store *s, const struct rows *r, const struct request *request,
			int64_t now, int64_t retry_after, struct ticket *t)
{
	int64_t ready_at = rows_int(r, 3);
	int64_t waits_left = rows_int(r, 4);
	int64_t poll_after = rows_int(r, 5);
	t->id = rows_int(r, 0);
	t->account = rows_int(r, 1);
	t->issued = rows_int(r, 6);
	t->vouched_by = rows_int(r, 7);
	if (strcmp(rows_text(r, 2), request->asked_sha256) != 0) {
		t->kind = TICKET_OTHER_REQUEST;
		return NULL;
	}
	if (!rows_null(r, 6)) {
		t->kind = TICKET_DONE;
		return NULL;
	}
	if (now < poll_after) {
		t->kind = TICKET_WAIT;
		t->retry_after = poll_after - now;
		return NULL;
	}
	if (now >= ready_at && waits_left == 0) {
		t->kind = TICKET_READY;
		return NULL;
	}
	t->kind = TICKET_WAIT;
	t->retry_after = ready_at - now > retry_after ? ready_at - now : retry_after;
	return store_run(s, "UPDATE ticket SET waits_left=?, poll_after=? WHERE id=?",
			 VALUES(V_INT(waits_left > 0 ? waits_left - 1 : 0),
				V_INT(now + t->retry_after), V_INT(t->id)),
			 NULL);
}

struct err *ticket_poll(struct store *s, const char *value, const struct request *request,
			int64_t now, int64_t retry_after, struct ticket *out)
{
	AUTO(rows) struct rows *r = NULL;
	char hash[65];
	bool more = false;
	struct ticket t = { .kind = TICKET_UNKNOWN };
	hash_of(value, hash);
	TRY(store_query(s, TICKET_COLUMNS "WHERE ticket_sha256=? AND made_at>? AND renews=?",
			VALUES(V_TEXT(hash), V_INT(now - TICKET_LIFE), V_INT(request->renews)),
			&r));
	TRY(rows_next(r, &more));
	if (more)
		TRY(step(s, r, request, now, retry_after, &t));
	*out = t;
	return NULL;
}

static struct err *new_value(char value[static TICKET_LEN + 1], char hash[static 65])
{
	uint8_t bytes[32];
	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return openssl_error("RAND_bytes");
	hex(bytes, value);
	hash_of(value, hash);
	return NULL;
}

static struct err *ticket_new(struct store *s, const struct account *who,
			      const struct request *request, int64_t now, int64_t retry_after,
			      struct ticket *t)
{
	char hash[65];
	int64_t ready_at = now + who->pending_seconds;
	TRY(new_value(t->value, hash));
	t->kind = TICKET_WAIT;
	t->retry_after = who->pending_seconds > retry_after ? who->pending_seconds : retry_after;
	TRY(store_run(s, "DELETE FROM ticket WHERE made_at<=?", VALUES(V_INT(now - TICKET_LIFE)),
		      NULL));
	// This answer is the first that says wait.
	return store_run(
		s,
		"INSERT INTO ticket(account, ticket_sha256, request_sha256, made_at, ready_at,"
		" waits_left, poll_after, renews, vouched_by) VALUES(?,?,?,?,?,?,?,?,?)",
		VALUES(V_INT(who->id), V_TEXT(hash), V_TEXT(request->asked_sha256), V_INT(now),
		       V_INT(ready_at), V_INT(who->pending_polls > 0 ? who->pending_polls - 1 : 0),
		       V_INT(now + t->retry_after), V_INT(request->renews),
		       V_INT(request->vouched_by)),
		NULL);
}

struct err *ticket_take(struct store *s, const struct account *who, const struct request *request,
			int64_t now, int64_t retry_after, struct ticket *out)
{
	AUTO(rows) struct rows *r = NULL;
	char hash[65];
	bool more = false;
	struct ticket t = { .kind = TICKET_UNKNOWN };
	TRY(store_query(
		s,
		TICKET_COLUMNS
		"WHERE account=? AND request_sha256=? AND made_at>? AND renews=? AND issued IS "
		"NULL",
		VALUES(V_INT(who->id), V_TEXT(request->asked_sha256), V_INT(now - TICKET_LIFE),
		       V_INT(request->renews)),
		&r));
	TRY(rows_next(r, &more));
	if (!more) {
		TRY(ticket_new(s, who, request, now, retry_after, &t));
	} else {
		TRY(step(s, r, request, now, retry_after, &t));
		TRY(new_value(t.value, hash));
		TRY(store_run(s, "UPDATE ticket SET ticket_sha256=? WHERE id=?",
			      VALUES(V_TEXT(hash), V_INT(t.id)), NULL));
	}
	*out = t;
	return NULL;
}

struct err *ticket_done(struct store *s, int64_t id, int64_t issued)
{
	return store_run(s, "UPDATE ticket SET issued=? WHERE id=?",
			 VALUES(V_INT(issued), V_INT(id)), NULL);
}
