// The accounts of the practice bank.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "practiceca/database.h"
#include "practiceca/otp.h"
#include "practiceca/pin_hash.h"

// The bank's shapes: contract IDs of ten digits; user IDs and PINs of letters and digits.
enum {
	CONTRACT_ID_LEN = 10,
	USER_ID_MAX = 20,
	PIN_MIN = 4,
	PIN_MAX = 12,
	NAME_MAX_LEN = CONTRACT_ID_LEN + 1 + USER_ID_MAX,
	COMMON_NAME_MAX = CONTRACT_ID_LEN + USER_ID_MAX + 4,
	LOCK_AFTER = 5, // failures in a row
};

// The bank's code in the federation; every Common Name ends in it.
#define INSTITUTION_CODE "1283"

// Who someone says they are: an admin has an empty user_id.
struct holder {
	char contract_id[CONTRACT_ID_LEN + 1];
	char user_id[USER_ID_MAX + 1];
};
bool holder_is_user(const struct holder *h);
const char *holder_role(const struct holder *h); // "admin" or "user"
// ASCII letters and digits only, at least one.
bool letters_and_digits(const char *s, size_t len);
int64_t holder_pin_cost(const struct holder *h); // of each PIN's hash
// "contract" or "contract/user"; false when it has another shape.
bool holder_read(const char *name, size_t len, struct holder *out);
MUST struct err *holder_make(const char *contract_id, const char *user_id,
			     struct holder *out); // ERR_ANSWER
void holder_name(const struct holder *h, char out[static NAME_MAX_LEN + 1]);
// Contract ID, user ID for a user, institution code.
void holder_common_name(const struct holder *h, char out[static COMMON_NAME_MAX + 1]);

struct account {
	int64_t id;
	struct holder holder;
	struct pin_hash pin;	 // contract PIN of an admin, user PIN of a user
	struct pin_hash confirm; // of an admin
	struct otp_key otp;	 // of a user
	int64_t pending_polls, pending_seconds;
};
static inline void account_cleanup(struct account *a)
{
	wipe(a, sizeof *a);
}
#define AUTO_ACCOUNT __attribute__((cleanup(account_cleanup)))

// All take a store that database_take gave.
// ERR_ANSWER when there is one with these IDs already.
MUST struct err *account_add(struct store *s, const struct account *a, int64_t now);
MUST struct err *account_find(struct store *s, const struct holder *h, bool *there,
			      struct account *out);
MUST struct err *account_by_id(struct store *s, int64_t id, struct account *out);
// The serial number of the token that the account is bound to; empty: none. account_bind leaves a bound one as it is.
enum { TOKEN_SERIAL_MAX = 20 };
MUST struct err *account_token(struct store *s, int64_t id, char out[static TOKEN_SERIAL_MAX + 1]);
MUST struct err *account_bind(struct store *s, int64_t id, const char *serial);
MUST struct err *account_release(struct store *s, int64_t id);
// What the lock is about: failures in a row of a name, with an account or without.
MUST struct err *failures_count(struct store *s, const char *name, int64_t *count);
MUST struct err *failures_add(struct store *s, const char *name, int64_t now);
MUST struct err *failures_clear(struct store *s, const char *name);
