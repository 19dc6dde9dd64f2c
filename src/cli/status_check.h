// inkan status --check and --nagios, and what --remind shares with them. Private to the room.
#pragma once

#include "cli/due.h"
#include "cli/inside.h"

// --check, --nagios: prints, and returns the exit status.
int status_check(struct cli *cli);
// --remind.
int status_remind(struct cli *cli);
// What is due, and what to do, on one line of standard output.
void due_say(const struct due *d);
