// What the CA is given for one exchange: the request, and the keys on the token that the protocol signs or decrypts with. Private to the room.
#pragma once

#include "enroll/enrolment.h"

// A pair of the token in the hands of OpenSSL.
struct lent_key {
	struct keypair_use use;
	struct private_key *key;
};

struct conversation {
	struct ca_request request; // for ca_submit, ca_poll, ca_confirm, ca_reject
	struct pin_asker pin;
	struct keypair *old_pair;
	struct lent_key own, old;
	struct private_key *ra; // of who vouches
};

// The request's own key where the protocol needs it, and the key of a certificate that is renewed (renewal_find_pair's errors), and the RA's that vouches. Not to be moved
// until conversation_end.
MUST struct err *conversation_begin(struct enrolment *e, struct conversation *c);
void conversation_end(struct conversation *c);
static inline void conversation_cleanup(struct conversation *c)
{
	conversation_end(c);
}
#define AUTO_CONVERSATION __attribute__((cleanup(conversation_cleanup)))
