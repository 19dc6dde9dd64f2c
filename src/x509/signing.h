// What an RSA private key is applied to when it signs, for keys that are somewhere else (RFC 8017 §8.1, §8.2).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

enum signing_hash { SIGNING_SHA256, SIGNING_SHA384, SIGNING_SHA512 };
enum { SIGNING_DIGEST_MAX = 64, SIGNING_INFO_MAX = 19 + SIGNING_DIGEST_MAX };

struct signing_terms {
	bool pss; // RSASSA-PSS, MGF1 with the same hash; otherwise RSASSA-PKCS1-v1_5
	enum signing_hash hash;
	size_t salt_len; // bytes; PSS only
	const uint8_t *data;
	size_t len;
	bool hashed; // data is the digest already, not the message
};

size_t signing_hash_len(enum signing_hash hash);
// "SHA256"; static storage.
const char *signing_hash_name(enum signing_hash hash);
// By any name that OpenSSL knows it by. ERR_FAILED tagged "hash-unknown" for another one.
MUST struct err *signing_hash_named(const char *name, enum signing_hash *out);

// The digest of the data, or the data where it is one. ERR_FAILED for a digest of another length.
MUST struct err *signing_digest(const struct signing_terms *t,
				uint8_t out[static SIGNING_DIGEST_MAX]);
// DigestInfo, DER (RFC 8017 §9.2 note 1): what CKM_RSA_PKCS is given. Appends.
MUST struct err *signing_digest_info(const struct signing_terms *t, struct buf *out);
// The whole encoded message for a key of so many bits, as long as the modulus: what raw RSA is given. EMSA-PKCS1-v1_5 or EMSA-PSS with a random
// salt (RFC 8017 §9.1.1, §9.2). ERR_FAILED tagged "key-too-short" where it does not fit. Appends.
MUST struct err *signing_block(const struct signing_terms *t, unsigned bits, struct buf *out);
