// A certificate as OpenSSL has it, for the room's other files. Private to the room.
#pragma once

#include "x509/cert.h"
#include "x509/ossl.h"

X509 *cert_x509(const struct cert *c);	     // borrowed
int cert_common_names(const struct cert *c); // how many the subject holds
