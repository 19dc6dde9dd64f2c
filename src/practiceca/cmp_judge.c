// What OpenSSL's server does not look at: version, numbers, time, who may ask for what (RFC 9483 §3.5).
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "practiceca/cmp_inside.h"
#include "practiceca/openssl_error.h"

enum { CLOCKS_DIFFER = 300 };

static const struct no fine = { 0, NULL };

static bool begins(int body)
{
	return body == CMP_IR || body == CMP_CR || body == CMP_P10CR || body == CMP_KUR ||
	       body == CMP_RR;
}

static bool goes_on(int body)
{
	return body == CMP_CERTCONF || body == CMP_POLLREQ;
}

static bool same(const struct buf *a, const struct buf *b)
{
	return a->len && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static struct no judge_header(const struct cmp_header *h, int64_t now)
{
	if (h->pvno != 2)
		return (struct no){ FAIL_UNSUPPORTED_VERSION,
				    "pvno must be 2, cmp2000 (RFC 9810 section 7.1)" };
	if (h->transaction.len != CMP_NONCE_LEN)
		return (struct no){ FAIL_BAD_DATA_FORMAT,
				    "transactionID must have 128 bits (RFC 9483 section 3.1)" };
	if (h->sender_nonce.len != CMP_NONCE_LEN)
		return (struct no){ FAIL_BAD_SENDER_NONCE,
				    "senderNonce must have 128 bits (RFC 9483 section 3.1)" };
	if (h->time < 0)
		return (struct no){ FAIL_BAD_TIME,
				    "messageTime is wanted here (RFC 9483 section 3.1)" };
	if (h->time > now + CLOCKS_DIFFER || h->time < now - CLOCKS_DIFFER)
		return (struct no){ FAIL_BAD_TIME, "messageTime is more than five minutes from now "
						   "(RFC 9483 section 3.5)" };
	if (h->protection == CMP_PROTECTION_NONE)
		return (struct no){ FAIL_BAD_MESSAGE_CHECK,
				    "the message is not protected (RFC 9483 section 3.2)" };
	return fine;
}

static struct no judge_first(const struct cmp_header *h)
{
	if (!begins(h->body))
		return (struct no){ FAIL_BAD_REQUEST,
				    goes_on(h->body)
					    ? "there is no such transaction (RFC 9483 section 3.5)"
					    : "this CA serves ir, cr, p10cr, kur, rr, certConf and "
					      "pollReq (RFC 9483 section 4)" };
	if (h->recipient_nonce.len)
		return (struct no){ FAIL_BAD_RECIPIENT_NONCE, "a first message has no recipNonce "
							      "(RFC 9483 section 3.5)" };
	bool secret = h->protection == CMP_PROTECTION_PBM;
	if (secret && h->body == CMP_KUR)
		return (struct no){ FAIL_WRONG_INTEGRITY, "kur is signed with the key that it "
							  "updates (RFC 9483 section 4.1.3)" };
	return fine;
}

static struct no judge_next(const struct transaction *t, const struct cmp_header *h)
{
	if (begins(h->body))
		return (struct no){ FAIL_TRANSACTION_IN_USE,
				    "the transactionID is in use (RFC 9483 section 3.5)" };
	if (!goes_on(h->body))
		return (struct no){ FAIL_BAD_REQUEST, "this CA serves ir, cr, p10cr, kur, rr, "
						      "certConf and pollReq (RFC 9483 section 4)" };
	if (!same(&h->recipient_nonce, &t->nonce))
		return (struct no){ FAIL_BAD_RECIPIENT_NONCE,
				    "recipNonce must be the senderNonce of the last answer (RFC "
				    "9483 section 3.5)" };
	if (h->protection != t->protection)
		return (struct no){ FAIL_WRONG_INTEGRITY, "the protection must stay as it was in "
							  "the first message (RFC 9483 section "
							  "3.5)" };
	if (h->body == CMP_CERTCONF && !t->leaf)
		return (struct no){ FAIL_BAD_REQUEST,
				    "there is no certificate to confirm (RFC 9483 "
				    "section 4.1.1)" };
	if (h->body == CMP_POLLREQ && !t->waiting.len)
		return (struct no){ FAIL_BAD_REQUEST, "nothing waits here (RFC 9483 section 4.4)" };
	return fine;
}

struct no judge_message(const struct cmp_desk *d, const struct transaction *t,
			const struct cmp_header *h, int64_t now)
{
	(void)d;
	struct no no = judge_header(h, now);
	if (no.words)
		return no;
	return t ? judge_next(t, h) : judge_first(h);
}

// --- who asks

static struct err *find_secret(struct store *s, struct transaction *t, const struct cmp_header *h,
			       char secret[static CMP_SECRET_LEN + 1], int64_t *failures)
{
	struct holder who;
	char name[NAME_MAX_LEN + 1];
	bool there = false;
	if (!h->sender_kid.len ||
	    !holder_read((const char *)h->sender_kid.data, h->sender_kid.len, &who))
		return NULL;
	holder_name(&who, name);
	TRY(failures_count(s, name, failures));
	TRY(account_find(s, &who, &there, &t->account));
	if (there)
		TRY(cmp_secret_of(s, t->account.id, secret));
	t->known = there && *secret;
	return NULL;
}

// Nobody learns which references exist: an unknown one, and one whose secret is used up, gets a secret that nobody has.
static struct err *by_secret(struct transaction *t, const struct cmp_header *h, struct no *no)
{
	OSSL_CMP_CTX *ctx = OSSL_CMP_SRV_CTX_get0_cmp_ctx(t->srv);
	struct database *db = t->desk->service->database;
	char secret[CMP_SECRET_LEN + 1] = "";
	unsigned char nobody[CMP_SECRET_LEN];
	int64_t failures = 0;
	struct err *e = find_secret(database_take(db), t, h, secret, &failures);
	database_give(db);
	if (e)
		return e;
	if (failures >= LOCK_AFTER) {
		*no = (struct no){ FAIL_NOT_AUTHORIZED,
				   "the account is locked after five errors in a row" };
		return NULL;
	}
	if (RAND_priv_bytes(nobody, sizeof nobody) != 1)
		return openssl_error("RAND_priv_bytes");
	const void *key = t->known ? (const void *)secret : nobody;
	bool set = OSSL_CMP_CTX_set1_referenceValue(ctx, h->sender_kid.data,
						    (int)h->sender_kid.len) == 1 &&
		   OSSL_CMP_CTX_set1_secretValue(ctx, key, CMP_SECRET_LEN) == 1;
	wipe(secret, sizeof secret);
	return set ? NULL : openssl_error("OSSL_CMP_CTX_set1_secretValue");
}

static struct no of_certificate(enum refusal r)
{
	return (struct no){ r == REFUSE_CERTIFICATE_REVOKED ? FAIL_CERT_REVOKED
							    : FAIL_SIGNER_NOT_TRUSTED,
			    refusal_words(r, "en") };
}

static struct err *by_certificate(struct transaction *t, const struct cmp_header *h, int64_t now,
				  struct no *no)
{
	const struct service *s = t->desk->service;
	OSSL_CMP_CTX *ctx = OSSL_CMP_SRV_CTX_get0_cmp_ctx(t->srv);
	enum refusal refused = REFUSE_NOTHING;
	struct der der = { NULL, 0 };
	if (!h->certificates.n) {
		*no = (struct no){ FAIL_BAD_MESSAGE_CHECK, "the certificate that signs comes first "
							   "in extraCerts (RFC 9483 section "
							   "3.3)" };
		return NULL;
	}
	der.bytes = cert_der(h->certificates.certs[0], &der.len);
	TRY(client_judge(s->database, s->authority, &der, now, &t->client, &refused));
	if (refused) {
		*no = of_certificate(refused);
		return NULL;
	}
	TRY(client_account(s->database, &t->client, &t->account));
	t->known = true;
	return OSSL_CMP_CTX_set1_srvCert(ctx, t->client.certificate) == 1
		       ? NULL
		       : openssl_error("OSSL_CMP_CTX_set1_srvCert");
}

struct err *judge_sender(struct transaction *t, const struct cmp_header *h, int64_t now,
			 struct no *no)
{
	*no = fine;
	return t->protection == CMP_PROTECTION_PBM ? by_secret(t, h, no)
						   : by_certificate(t, h, now, no);
}
