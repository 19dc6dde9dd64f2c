// --help. Private to the room.
#pragma once

#include <stdio.h>

#include "cli/options.h"

void help_all(FILE *f);
void help_command(FILE *f, const struct command *c);
void help_group(FILE *f, const char *word); // the commands that begin with this word
void help_short(FILE *f);		    // `inkan` alone
