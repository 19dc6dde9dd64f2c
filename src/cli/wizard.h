// inkan alone on a terminal: the guide. Private to the room.
#pragma once

#include "cli/faces.h"
#include "cli/inside.h"

// What is here: the object of status_object, of the modules that are registered, or else of those that profiles name.
struct look {
	struct json_t *status;
	bool blank;   // a token that is not initialised was seen
	bool renewal; // a certificate can be renewed, or got anew
};
void look_free(struct look *l);
static inline void look_cleanup(struct look *l)
{
	look_free(l);
}
#define AUTO_LOOK __attribute__((cleanup(look_cleanup)))
size_t look_tokens(const struct look *l);
size_t look_unfinished(const struct look *l);

// Looks for tokens and shows them; waits for one when there is none, until the person presses Enter. ERR_INTERRUPTED on ^C.
MUST struct err *wizard_look(struct cli *cli, struct look *out);

void wizard_welcome(void);
// What an enrolment will be like, before it begins. ERR_INTERRUPTED on ^C.
MUST struct err *wizard_before_enrolling(void);
// What should be at hand for this role. ERR_INTERRUPTED on ^C.
struct profile_role;
MUST struct err *wizard_at_hand(const struct profile_role *role);
// ^C in the guide.
struct err *wizard_stopped(void) MUST;
// Where a new screen of the enrolment begins with this step: what comes, what to do when it goes wrong, how to leave.
void wizard_explain(struct screen *s, const char *step);
