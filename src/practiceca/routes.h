// Which part of the CA answers which path: one row a protocol.
#pragma once

#include "practiceca/est.h"

// Of a listener without TLS only what protects itself is answered (SCEP, CMP) or is public (the CRL, OCSP).
MUST struct err *routes_answer(const struct service *s, const struct call *c, struct answer *out);
