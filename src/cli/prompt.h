// Asking: from the answers given ahead of time, or the person. Private to the room.
#pragma once

#include "cli/inside.h"
#include "enroll/face.h"

// Whether the question can be answered without a person, or needs none; *out is then filled in. A one-time password is given
// once and then forgotten.
MUST struct err *prompt_ahead(struct cli *cli, const struct question *q, bool *answered,
			      struct answer *out);
// Asks the person on the terminal.
MUST struct err *prompt_person(struct cli *cli, const struct question *q, struct answer *out);
// A secret that is made here, shown once, and typed back by the person (shown.c). Private to the prompts.
MUST struct err *prompt_shown(const struct question *q, struct answer *out);
// "Press Enter to go on": *stopped: ^C.
MUST struct err *prompt_enter(bool *stopped);

// A numbered choice of our own. *stopped: ^C.
MUST struct err *prompt_choice(struct msg *words, const char *const *choices, size_t n,
			       size_t *choice, bool *stopped);
