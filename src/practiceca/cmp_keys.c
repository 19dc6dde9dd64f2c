// What the database keeps for CMP.
#include "practiceca/cmp.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "practiceca/crl.h"
#include "practiceca/openssl_error.h"

#define WEEK	((int64_t)7 * 86400)
#define PATIENT ((int64_t)3600)

struct err *cmp_secret_make(struct store *s, int64_t account, char out[static CMP_SECRET_LEN + 1])
{
	// Letters and digits that cannot be mistaken for one another: 32 of them, so that a byte is drawn evenly.
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	unsigned char bytes[CMP_SECRET_LEN];
	if (RAND_priv_bytes(bytes, sizeof bytes) != 1)
		return openssl_error("RAND_priv_bytes");
	for (size_t i = 0; i < sizeof bytes; i++)
		out[i] = letters[bytes[i] % 32];
	out[CMP_SECRET_LEN] = '\0';
	wipe(bytes, sizeof bytes);
	return store_run(s, "UPDATE account SET cmp_secret=? WHERE id=?",
			 VALUES(V_TEXT(out), V_INT(account)), NULL);
}

struct err *cmp_secret_of(struct store *s, int64_t account, char out[static CMP_SECRET_LEN + 1])
{
	AUTO(rows) struct rows *r = NULL;
	bool more = false;
	TRY(store_query(s, "SELECT cmp_secret FROM account WHERE id=?", VALUES(V_INT(account)),
			&r));
	TRY(rows_next(r, &more));
	snprintf(out, CMP_SECRET_LEN + 1, "%s", more ? rows_text(r, 0) : "");
	return NULL;
}

struct err *cmp_transaction_take(struct store *s, const char *id, int64_t now, bool *fresh)
{
	int64_t changed = 0;
	TRY(store_run(s, "DELETE FROM cmp_transaction WHERE at<?", VALUES(V_INT(now - WEEK)),
		      NULL));
	TRY(store_run(s,
		      "INSERT INTO cmp_transaction(id, at) VALUES(?,?) ON CONFLICT(id) DO NOTHING",
		      VALUES(V_TEXT(id), V_INT(now)), &changed));
	*fresh = changed == 1;
	return NULL;
}

struct err *cmp_open_add(struct store *s, int64_t issued, int64_t account, int64_t now)
{
	return store_run(s, "INSERT INTO cmp_open(issued, account, at) VALUES(?,?,?)",
			 VALUES(V_INT(issued), V_INT(account), V_INT(now)), NULL);
}

static struct err *take_back(struct store *s, int64_t issued, const char *reason, int64_t now)
{
	TRY(store_run(s,
		      "UPDATE issued SET revoked_at=?, revoked_reason=? WHERE id=? AND revoked_at "
		      "IS NULL",
		      VALUES(V_INT(now), V_TEXT(reason), V_INT(issued)), NULL));
	return store_run(s, "DELETE FROM cmp_open WHERE issued=?", VALUES(V_INT(issued)), NULL);
}

struct err *cmp_open_close(struct store *s, int64_t issued, int64_t account, bool accepted,
			   int64_t now)
{
	if (!accepted)
		return take_back(s, issued, "cessationOfOperation", now);
	TRY(store_run(s, "DELETE FROM cmp_open WHERE issued=?", VALUES(V_INT(issued)), NULL));
	return store_run(s, "UPDATE account SET cmp_secret='' WHERE id=?", VALUES(V_INT(account)),
			 NULL);
}

struct err *cmp_open_sweep(struct store *s, int64_t account, int64_t now)
{
	for (;;) {
		AUTO(rows) struct rows *r = NULL;
		bool more = false;
		TRY(store_query(s, "SELECT issued FROM cmp_open WHERE account=? OR at<? LIMIT 1",
				VALUES(V_INT(account), V_INT(now - PATIENT)), &r));
		TRY(rows_next(r, &more));
		if (!more)
			return NULL;
		int64_t issued = rows_int(r, 0);
		rows_free(r);
		r = NULL;
		TRY(take_back(s, issued, "superseded", now));
	}
}
