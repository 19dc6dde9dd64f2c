// Logging in with what is on the token, at the page that the profile names. Private to the room.
#pragma once

#include "enroll/enrolment.h"
#include "x509/cert.h"

struct json_t;

// Opens the profile's login_url with the pair and its certificate (chain: others that go along, may be null): the token's PIN has been given. *out, always
// set, is {"url","tls","cipher","asked","given","status","words"} as far as it came. ERR_CA_REFUSED tagged "login-refused" (the server does not want
// this certificate, or answers with a status of 400 or more), "login-not-asked" (it let us in without asking who we are).
MUST struct err *login_try(struct enrolment *e, const struct keypair *pair, const struct cert *cert,
			   const struct cert_list *chain, struct json_t **out);
// With each certificate on the token that this machine got, at the page of its profile; the PIN has been given. `entries` is an array of
// certificates (certificate_to_json): what came of it is put there as "login". ERR_PROFILE tagged "login-unknown" where no profile has a page.
MUST struct err *login_each(struct enrolment *e, struct json_t *entries);
