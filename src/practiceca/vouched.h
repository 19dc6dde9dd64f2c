// Who may vouch for whom: an account whose certificates make it a registration authority (RA).
#pragma once

#include "practiceca/accounts.h"
#include "practiceca/client.h"
#include "practiceca/refusal.h"

enum vouches { VOUCHES_NOBODY, VOUCHES_CONTRACT, VOUCHES_ANYONE };
// "nobody", "contract", "anyone"; false for another word.
bool vouches_read(const char *word, enum vouches *out);
const char *vouches_name(enum vouches v);
MUST struct err *account_set_vouches(struct store *s, int64_t id, enum vouches v);

// The account that a request's Common Name means, where the RA of this certificate may vouch for it. Take a store that database_take gave.
MUST struct err *vouched_account(struct store *s, const struct client *ra, const char *common_name,
				 struct account *out, enum refusal *no);
// Inside the transaction that issues: the RA's certificate is not revoked by now, the RA still may vouch for this account, and neither
// account is locked.
MUST struct err *vouched_still(struct store *s, int64_t ra_issued, const struct account *who,
			       enum refusal *no);
