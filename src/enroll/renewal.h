// The certificate that is renewed, and its key as the one that vouches. Private to the room.
#pragma once

#include "enroll/enrolment.h"

// Which certificate on the token the job is to renew, whether its window is open, and the record for it: taken up where a renewal of it is
// unfinished. A certificate that has expired vouches for nothing: the record is then that of an enrolment, with the old name where the profile still calls it renewing. ERR_POLICY tagged "window-early" or
// "window-closed"; ERR_TOKEN tagged "renewal-missing", ERR_USAGE tagged "certificate-ambiguous".
MUST struct err *renewal_choose(struct enrolment *e);
// The certificate of a record that renews, from the token: e->old_cert. ERR_TOKEN tagged "renewal-missing" where it is gone, ERR_POLICY
// tagged "renewal-expired" where it has expired since.
MUST struct err *renewal_recall(struct enrolment *e);
// The pair of the certificate that is renewed, the caller's; null for an enrolment that renews none. ERR_TOKEN tagged "key-missing" where it is gone,
// ERR_POLICY tagged "renewal-expired" as above.
MUST struct err *renewal_find_pair(struct enrolment *e, struct keypair **out);
