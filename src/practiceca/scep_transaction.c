// Transactions: what was accepted, whether it still waits, and what it brought.
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "practiceca/openssl_error.h"
#include "practiceca/scep.h"

static struct err *put_key(EVP_PKEY *key, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	if (len <= 0)
		return openssl_error("i2d_PUBKEY");
	struct err *e = buf_put(out, der, (size_t)len);
	OPENSSL_free(der);
	return e;
}

static struct err *restore(const struct rows *r, struct scep_transaction *t)
{
	size_t len = 0, attested = 0;
	const unsigned char *der = rows_bytes(r, 1, &len);
	const void *attestation = rows_bytes(r, 3, &attested);
	t->account = rows_int(r, 0);
	t->request.public_key = d2i_PUBKEY(NULL, &der, (long)len);
	if (!t->request.public_key || attested != sizeof t->request.attestation)
		return openssl_error("d2i_PUBKEY");
	memcpy(&t->request.attestation, attestation, attested);
	snprintf(t->request.sha256, sizeof t->request.sha256, "%s", rows_text(r, 2));
	t->request.renews = rows_int(r, 4);
	t->issued = rows_int(r, 8);
	return NULL;
}

// Whoever signs a renewal and its polls has the old certificate; everybody else the key that is to be certified.
static bool is_same(const struct scep_message *m, const struct request *r, int64_t renews,
		    const struct scep_transaction *t)
{
	if (t->request.renews != renews)
		return false;
	if (r && EVP_PKEY_eq(t->request.public_key, r->public_key) != 1)
		return false;
	return renews || EVP_PKEY_eq(t->request.public_key, X509_get0_pubkey(m->certificate)) == 1;
}

static struct err *step(struct store *s, const struct rows *r, const char *id, int64_t now,
			int64_t retry_after, struct scep_transaction *t)
{
	int64_t ready_at = rows_int(r, 5);
	int64_t waits_left = rows_int(r, 6);
	int64_t poll_after = rows_int(r, 7);
	t->state = SCEP_WAIT;
	t->retry_after = poll_after - now;
	if (!rows_null(r, 8))
		t->state = SCEP_DONE;
	if (t->state == SCEP_DONE || now < poll_after)
		return NULL;
	if (now >= ready_at && waits_left == 0) {
		t->state = SCEP_READY;
		return NULL;
	}
	t->retry_after = ready_at - now > retry_after ? ready_at - now : retry_after;
	return store_run(s, "UPDATE scep SET waits_left=?, poll_after=? WHERE transaction_id=?",
			 VALUES(V_INT(waits_left > 0 ? waits_left - 1 : 0),
				V_INT(now + t->retry_after), V_TEXT(id)),
			 NULL);
}

struct err *scep_transaction_find(struct store *s, const struct scep_message *m,
				  const struct request *r, int64_t renews, int64_t now,
				  int64_t retry_after, struct scep_transaction *out)
{
	AUTO(rows) struct rows *rows = NULL;
	bool more = false;
	out->state = SCEP_NEW;
	TRY(store_query(s,
			"SELECT account, key_der, request_sha256, attestation, renews, ready_at,"
			" waits_left, poll_after, issued FROM scep WHERE transaction_id=?",
			VALUES(V_TEXT(m->transaction)), &rows));
	TRY(rows_next(rows, &more));
	if (!more)
		return NULL;
	TRY(restore(rows, out));
	out->state = SCEP_OTHER;
	bool same = is_same(m, r, renews, out);
	ERR_clear_error();
	return same ? step(s, rows, m->transaction, now, retry_after, out) : NULL;
}

struct err *scep_transaction_begin(struct store *s, const char *id, const struct account *who,
				   const struct request *r, int64_t now, int64_t retry_after,
				   struct scep_transaction *out)
{
	AUTO_BUF struct buf key = BUF(8192);
	bool waits = who->pending_polls > 0 || who->pending_seconds > 0;
	TRY(put_key(r->public_key, &key));
	out->state = waits ? SCEP_WAIT : SCEP_READY;
	out->account = who->id;
	out->retry_after = who->pending_seconds > retry_after ? who->pending_seconds : retry_after;
	return store_run(s,
			 "INSERT INTO scep(transaction_id, account, key_der, request_sha256,"
			 " attestation, renews, made_at, ready_at, waits_left, poll_after)"
			 " VALUES(?,?,?,?,?,?,?,?,?,?)",
			 VALUES(V_TEXT(id), V_INT(who->id), V_BYTES(key.data, key.len),
				V_TEXT(r->sha256), V_BYTES(&r->attestation, sizeof r->attestation),
				V_INT(r->renews), V_INT(now), V_INT(now + who->pending_seconds),
				V_INT(who->pending_polls > 0 ? who->pending_polls - 1 : 0),
				V_INT(now + out->retry_after)),
			 NULL);
}

struct err *scep_transaction_done(struct store *s, const char *id, int64_t issued)
{
	return store_run(s, "UPDATE scep SET issued=? WHERE transaction_id=?",
			 VALUES(V_INT(issued), V_TEXT(id)), NULL);
}
