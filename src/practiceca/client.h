// The certificate that a client proved to have in the TLS handshake, judged by this CA.
//
// The TLS library has seen that the client has the key, and asks nothing else of the certificate: so that one that does not serve is
// answered in words, and not with a broken connection.
#pragma once

#include "base/err.h"
#include "practiceca/accounts.h"
#include "practiceca/authority.h"
#include "practiceca/database.h"
#include "practiceca/refusal.h"

struct der { // borrowed; empty: none came
	const uint8_t *bytes;
	size_t len;
};

struct client {
	X509 *certificate;
	int64_t issued, account; // rows of the log and of the accounts
	char role[8];
	char serial[64]; // hexadecimal, as the log has it
};
void client_free(struct client *c);
static inline void client_cleanup(struct client *c)
{
	client_free(c);
}
#define AUTO_CLIENT __attribute__((cleanup(client_cleanup)))

// Good is: signed by the issuing CA, for TLS clients, within its validity at `now`, this very certificate in the log, not revoked. What
// is wrong first in this order is in *no, and out is empty.
MUST struct err *client_judge(struct database *d, const struct authority *a, const struct der *der,
			      int64_t now, struct client *out, enum refusal *no);
MUST struct err *client_account(struct database *d, const struct client *c, struct account *out);
// Inside the transaction that issues: not revoked by now, and the account not locked.
MUST struct err *client_may_renew(struct store *s, int64_t issued, const struct account *who,
				  enum refusal *no);
