// Seeds at rest: AES-256-GCM (NIST SP 800-38D), a random nonce each, bound to what the row says so that rows cannot be exchanged.
//
// The key is in a file of 0600 that is made at the first import.
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

enum { SEAL_KEY = 32, SEAL_NONCE = 12, SEAL_TAG = 16, SEAL_OVERHEAD = SEAL_NONCE + SEAL_TAG };

struct seal;
void seal_free(struct seal *s);
DEFINE_CLEANUP(seal, struct seal, seal_free)

// The key in a file: 64 hexadecimal digits. `make`: made 0600 when it is not there, synced. ERR_ANSWER where others can read it
// ("seal-key-open"), where it is missing ("seal-key-missing") or has another form ("seal-key-wrong").
MUST struct err *seal_from_file(const char *path, bool make, struct seal **out);
MUST struct err *seal_from_key(const struct secret *key, struct seal **out); // SEAL_KEY bytes

// Nonce, ciphertext and tag, appended.
MUST struct err *seal_put(const struct seal *s, const void *plain, size_t len, const char *bound_to,
			  struct buf *out);
// ERR_FAILED tagged "seal-broken" where it was changed, is another row's, or the key is another.
MUST struct err *seal_open(const struct seal *s, const void *sealed, size_t len,
			   const char *bound_to, struct secret **out);
