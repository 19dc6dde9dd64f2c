// Accounts and issued certificates, shown: as JSON for scripts, as lines for people.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "practiceca/account_input.h"
#include "store/store.h"

// New accounts with their secrets, which are shown this once. JSON: one array on one line:
// [{"role":"user","fields":{"contract_id":"…","user_id":"…","user_pin":"…"},"totp":"BASE32","used":false}]
MUST struct err *show_new_accounts(const struct new_account *list, size_t n, bool json);
// All accounts, without secrets.
MUST struct err *show_accounts(struct store *s, bool json);
// The issuance log; JSON: one object a line.
MUST struct err *show_issued(struct store *s, bool json);
