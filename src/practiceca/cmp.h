// CMP (RFC 9810, RFC 9483) over HTTP (RFC 9811): OpenSSL's server makes and judges the messages, one for each transaction; what it does not
// look at is judged before it or in its callbacks.
#pragma once

#include "practiceca/est.h"

struct cmp_desk;
MUST struct err *cmp_desk_new(const struct service *s, struct cmp_desk **out);
void cmp_desk_free(struct cmp_desk *d);
// POST of one PKIMessage at /.well-known/cmp or /cmp, with TLS or without.
MUST struct err *cmp_answer(const struct service *s, const struct call *c, struct answer *out);

// cmp_keys.c: the secret that protects a first request. It is good until a certificate that it got is confirmed.
enum { CMP_SECRET_LEN = 20 };
MUST struct err *cmp_secret_make(struct store *s, int64_t account,
				 char out[static CMP_SECRET_LEN + 1]);
// Empty where the account has none.
MUST struct err *cmp_secret_of(struct store *s, int64_t account,
			       char out[static CMP_SECRET_LEN + 1]);
// Inside the caller's transaction of s. A number is good once; used ones are remembered for a week.
MUST struct err *cmp_transaction_take(struct store *s, const char *id, int64_t now, bool *fresh);
// Certificates that wait for certConf: written when issued, closed by the word (then the secret is used up), and revoked when no word comes
// within an hour or the same account asks anew.
MUST struct err *cmp_open_add(struct store *s, int64_t issued, int64_t account, int64_t now);
MUST struct err *cmp_open_close(struct store *s, int64_t issued, int64_t account, bool accepted,
				int64_t now);
MUST struct err *cmp_open_sweep(struct store *s, int64_t account, int64_t now);
