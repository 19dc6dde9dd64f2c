// What stands on the tokens, and what the journal adds to it. Private to the room.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "cli/pick.h"
#include "enroll/window.h"
#include "journal/journal.h"
#include "profile/profile.h"

// What the journal and its profile know about one certificate.
struct known {
	bool made_here; // the journal knows it, and its profile loads
	struct profile *profile;
	const struct profile_window *rules; // within the profile: those of the role
	enum window window;
	int64_t days_left;
};
void known_free(struct known *k);
static inline void known_cleanup(struct known *k)
{
	known_free(k);
}
MUST struct err *known_of(struct journal *j, const struct json_t *certificate, struct known *out);

// How long the first certificate of an unfinished enrolment can still be picked up, where its profile says.
struct pickup {
	bool counted, passed;
	int64_t days_left;
};
MUST struct err *pickup_for(const struct record *r, struct pickup *out);

// One token of a listing as such an object has it. New object.
MUST struct err *status_token(struct journal *j, const struct json_t *listed, struct json_t **out);
// The same token is among them already, shown by another module.
bool status_is_there(const struct json_t *tokens, const struct json_t *token);
// What is said of a certificate, on standard output.
MUST struct err *status_say_certificate(struct journal *j, const struct json_t *certificate);

// The tokens of such an object, and the windows of their certificates, on standard output.
MUST struct err *status_say_tokens(struct journal *j, const struct json_t *o);

// {"tokens":[…],"unfinished":[…]} of the listings that came, tokens that are not initialised left out, one shown by two modules
// once. New object.
MUST struct err *status_object(const struct listing *l, struct journal *j, struct json_t **out);
// The person's ^C, taken out of the listings; null when there was none.
MUST struct err *status_interrupted(struct listing *l);
// Tells which modules could not be asked: briefly, where others show a token. When none could, nothing is told and the error is returned.
MUST struct err *status_tell_failures(struct listing *l);
