// Every command of the program.
#pragma once

#include "base/msg.h"
#include "practiceca/accounts.h"
#include "practiceca/options.h"

extern const struct command command_serve;	 // cmd_serve.c
extern const struct command command_account_add; // cmd_account.c
extern const struct command command_account_list;
extern const struct command command_account_unlock;
extern const struct command command_issued;
extern const struct command command_account_release; // cmd_token.c
extern const struct command command_account_vouch;
extern const struct command command_attestation_add;
extern const struct command command_account_cmp_key; // cmd_cmp.c
extern const struct command command_revoke;	     // cmd_revoke.c

// What several commands do (cmd_account.c). For a CA that is there: a directory with a typing error must not become a new one.
MUST struct err *database_open_existing(const struct given *g, struct database **d);
// --contract-id and --user-id.
MUST struct err *given_holder(const struct given *g, struct holder *out);
// ERR_ANSWER when there is no such account.
MUST struct err *account_needed(struct store *s, const struct holder *h, struct account *out);
// The last line of a command that did what it should; takes m.
MUST struct err *say_done(struct msg *m);

// The whole program after main has hardened the process; returns what main returns as an error's kind.
MUST struct err *commands_run(int argc, char **argv);
