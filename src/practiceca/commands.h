// Every command of the program.
#pragma once

#include "practiceca/options.h"

extern const struct command command_serve;	 // cmd_serve.c
extern const struct command command_account_add; // cmd_account.c
extern const struct command command_account_list;
extern const struct command command_account_unlock;
extern const struct command command_issued;

// The whole program after main has hardened the process; returns what main returns as an error's kind.
MUST struct err *commands_run(int argc, char **argv);
