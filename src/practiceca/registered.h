// Attestations that came to the CA otherwise than in a request: carried there by somebody as a file, kept until the request comes.
#pragma once

#include <openssl/evp.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"
#include "x509/attestation.h"

// A file as inkan writes it (PEM: the statement, and who signed it, in any order). ERR_ANSWER when there is no statement in it.
MUST struct err *registered_read(const char *path, struct attestation_statement *out);
// Kept under the key that it is about; one that was there for this key gives way. Judged when the request comes.
MUST struct err *registered_add(struct store *s, const struct attestation_statement *said,
				int64_t now);
// ATTESTATION_NONE when there is none for this key.
MUST struct err *registered_find(struct store *s, EVP_PKEY *key, struct attestation_statement *out);
