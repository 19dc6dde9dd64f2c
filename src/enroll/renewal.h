// The certificate that is renewed, and its key as the one that vouches. Private to the room.
#pragma once

#include "enroll/enrolment.h"

// Which certificate on the token the job is to renew, whether its window is open, and the record for it: taken up where a renewal of it is
// unfinished. A certificate that has expired is acquired again: the record is then that of an enrolment. ERR_POLICY tagged "window-early" or
// "window-closed"; ERR_TOKEN tagged "renewal-missing", ERR_USAGE tagged "certificate-ambiguous".
MUST struct err *renewal_choose(struct enrolment *e);
// The certificate of a record that renews, from the token: e->old_cert. ERR_TOKEN tagged "renewal-missing" where it is gone, ERR_POLICY
// tagged "renewal-expired" where it has expired since.
MUST struct err *renewal_recall(struct enrolment *e);

// The old key for one sending. Nothing for an enrolment that is no renewal; "renewal-expired" as above.
struct renewal_key {
	struct keypair *pair;
	struct pin_asker pin;
	struct keypair_use use;
	struct private_key *key;
};
MUST struct err *renewal_key_open(struct enrolment *e, struct renewal_key *k,
				  struct ca_request *request);
void renewal_key_close(struct renewal_key *k);
static inline void renewal_key_cleanup(struct renewal_key *k)
{
	renewal_key_close(k);
}
#define AUTO_RENEWAL_KEY __attribute__((cleanup(renewal_key_cleanup)))
