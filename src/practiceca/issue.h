// Issuing: the certificate, the log, the answer.
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "practiceca/accounts.h"
#include "practiceca/authority.h"
#include "practiceca/request.h"
#include "store/store.h"

// Valid from now to the end of the day a year later (365 days on), in the bank's time zone (Asia/Tokyo), as bank-issued
// certificates are: the last day is a whole day.
int64_t issue_last_moment(int64_t now);
// Signs, writes the issuance log, and binds the account to the token that was attested; inside the caller's transaction of s.
MUST struct err *issue(struct store *s, const struct authority *a, const struct account *who,
		       const struct request *r, int64_t now, int64_t *id, X509 **leaf);
// A certificate of the log.
MUST struct err *issue_again(struct store *s, int64_t id, X509 **leaf);
// A degenerate SignedData of the certificates (RFC 5652 §5.2, RFC 7030 §4.1.3) as an EST body in base64.
MUST struct err *certs_only(X509 *const *certs, size_t n, struct buf *body);
// The same in DER.
MUST struct err *certs_only_der(X509 *const *certs, size_t n, struct buf *der);
