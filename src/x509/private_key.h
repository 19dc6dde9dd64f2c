// An RSA private key that is somewhere else (on a token), as OpenSSL's EVP_PKEY: for TLS client authentication, CMS, CMP. OpenSSL sees a key of a
// provider of ours, in a library context of its own, and asks the holder for each signature and each decryption; no private number exists here.
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "x509/cert.h"
#include "x509/request.h"
#include "x509/signing.h"

struct evp_pkey_st; // OpenSSL's EVP_PKEY
struct private_key;

struct decryption_terms {
	bool oaep; // RSAES-OAEP without label, MGF1 with the same hash; otherwise RSAES-PKCS1-v1_5 (RFC 8017 §7)
	bool sha1; // OAEP only: SHA-1 (the default of RFC 8017 §A.2.1), whatever hash says
	enum signing_hash hash; // OAEP only
	const uint8_t *data;
	size_t len;
};

// Who holds it. Both append to out, which is empty.
struct private_key_ops {
	struct err *(*sign)(void *ctx, const struct signing_terms *t, struct buf *out);
	struct err *(*decrypt)(void *ctx, const struct decryption_terms *t, struct buf *out);
	void *ctx;
};

// Copies the public numbers. The ops are used until private_key_free; what OpenSSL still holds of the key fails after that, and frees itself.
MUST struct err *private_key_new(const struct rsa_public *key, const struct private_key_ops *ops,
				 struct private_key **out);
// The same for the key of a certificate. ERR_POLICY tagged "key-type" where it is not RSA.
MUST struct err *private_key_of(const struct cert *c, const struct private_key_ops *ops,
				struct private_key **out);
void private_key_free(struct private_key *k);
DEFINE_CLEANUP(private_key, struct private_key, private_key_free)
// Borrowed; valid until private_key_free, and longer for whoever raised its count.
struct evp_pkey_st *private_key_pkey(const struct private_key *k);
// What the holder said when the last use failed, where OpenSSL only says that it did: the caller's; null when no use failed since it was last asked.
struct err *private_key_error(struct private_key *k);
