// OCSP (RFC 6960): is a certificate of this CA good? Answered by the issuing CA itself, out of the log as it is now.
#pragma once

#include "practiceca/est.h"

// POST /ocsp; what cannot be read is answered with malformedRequest, for that is OCSP's word for it.
MUST struct err *ocsp_answer(const struct service *s, const struct call *c, struct answer *out);
