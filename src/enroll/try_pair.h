// Do key and certificate on a token work together? Private to the room.
#pragma once

#include "base/err.h"
#include "pkcs11/keypair.h"
#include "pkcs11/session.h"
#include "x509/cert.h"

// Reads the certificate back from the session, signs a random challenge with the key, checks it with the certificate.
MUST struct err *try_pair(struct session *s, const struct keypair *key, const struct pin_asker *pin,
			  const struct cert *cert);
