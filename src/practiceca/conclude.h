// What simpleenroll and simplereenroll have in common: the body's type, the link to the connection, and the end - ticket or certificate.
#pragma once

#include <stdbool.h>

#include "practiceca/est.h"
#include "practiceca/request.h"

// vouched.c: the end of POST /simpleenroll where a client certificate came and no credentials. The request is judged already.
MUST struct err *vouched_answer(const struct service *s, const struct call *c, struct request *r,
				struct answer *out);
bool body_is_pkcs10(const char *content_type);
// challengePassword and the attributes of RFC 7894: what is demanded is there, what binds the request binds it to this connection. Without a
// configured password a challengePassword can only be that link (RFC 7030 §3.5). The one-time password is judged at the login.
enum refusal challenge_check(const struct service *s, const struct call *c,
			     const struct request *r);
// After a login or a client certificate `who` is known; a ticket alone is enough where it was given after a login. Who has a ticket that
// is gone is told by *unknown, and out is untouched.
MUST struct err *conclude(const struct service *s, const struct call *c, const struct account *who,
			  const char *ticket, struct request *r, bool *unknown, struct answer *out);
