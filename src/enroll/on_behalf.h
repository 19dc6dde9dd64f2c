// An RA vouches for the person: its certificate is known from the start, its key is on another token and in another worker, and is asked for each
// signature through the face. Private to the room.
#pragma once

#include "enroll/enrolment.h"

// Reads the job's RA certificate (e->ra) and looks whether profile and record go with it; the record remembers who vouches. Nothing where nobody
// does. ERR_POLICY tagged "on-behalf-forbidden", "ra-expired" or "ra-not-agent"; ERR_USAGE tagged "on-behalf-other" for an enrolment that was begun the other way.
MUST struct err *on_behalf_begin(struct enrolment *e);
// Before a key is made, when everything is answered that the name of the account is made of: whether the request can carry it. ERR_ANSWER tagged
// "requester-wrong".
MUST struct err *on_behalf_requester(struct enrolment *e);
// In an enrolment that somebody vouches for: a field that the agent alone is asked, to log in. It says nothing of the person, and belongs into no record:
// another agent may go on.
bool on_behalf_is_agents(const struct profile_role *r, const char *field);
// Whether the token that was found is also the RA's: its canonical URI, or the reader that it stands in (null: none).
bool on_behalf_same_token(const struct token_info *t, const char *uri, const char *reader);
// The RA's key in the hands of OpenSSL: uses the enrolment until private_key_free.
MUST struct err *on_behalf_key(struct enrolment *e, struct private_key **out);
