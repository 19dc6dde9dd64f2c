// What the files of the store of one-time password tokens share.
#pragma once

#include "otp/tokens.h"
#include "store/store.h"

struct otp_tokens {
	struct store *store;
};

// A row with what is needed for judging. ERR_ANSWER tagged "otp-unknown" where it is not there.
struct otp_row {
	struct seed seed; // without its secret
	struct judge_state state;
	struct buf sealed;
};
void otp_row_clear(struct otp_row *r);
#define AUTO_ROW __attribute__((cleanup(otp_row_clear)))
MUST struct err *otp_row_read(struct otp_tokens *t, const char *serial, struct otp_row *out);
MUST struct err *otp_unknown(const char *serial);
// Opens the seed of the row.
MUST struct err *otp_row_open(const struct seal *seal, struct otp_row *r);
// What a seed is bound to: everything that a value is made of beside the secret. New string.
MUST struct err *otp_bound(const struct seed *s, char **out);

MUST struct err *otp_write_state(struct otp_tokens *t, const char *serial,
				 const struct judge_state *st, int64_t used);
MUST struct err *otp_write_event(struct otp_tokens *t, int64_t at, const char *serial,
				 const char *what, const char *by, const char *detail);
// Ends the transaction: committed where `e` is null, rolled back otherwise.
MUST struct err *otp_end(struct otp_tokens *t, struct err *e);
