// Readers and tokens, shown once or watched. Private to the room.
#pragma once

#include "cli/faces.h"
#include "cli/status.h"

// The tokens of a listing as `inkan token list --json` has them: those of status, blank ones too, with "initialised", "room", and the days left of
// each certificate. New array.
MUST struct err *token_list_tokens(const struct listing *l, struct journal *j, struct json_t **out);
// {"tokens":[…],"pcsc":WORD,"readers":[…]} of a listing with readers. New object.
MUST struct err *token_list_object(const struct listing *l, struct journal *j, struct json_t **out);
// The same for people, on standard output.
MUST struct err *token_list_say(struct journal *j, const struct json_t *o);

// Shows it, then a line (with --json an object) for each event, until ^C, which is no error.
MUST struct err *token_list_watch(struct cli *cli, struct screen *s);
