// PKCS#10 requests (RFC 2986), signed by a key that is somewhere else.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

// An RSA public key as a token gives it: big-endian, no sign byte.
struct rsa_public {
	const uint8_t *modulus;
	size_t modulus_len;
	const uint8_t *exponent;
	size_t exponent_len;
};

// Signs `data` with RSASSA-PKCS1-v1_5 and SHA-256 (hashing is the signer's). Appends to sig.
struct signer {
	struct err *(*sign)(void *ctx, const void *data, size_t len, struct buf *sig);
	void *ctx;
};

struct request_rdn {
	const char *type;  // short name
	const char *value; // UTF-8; C is PrintableString of two letters, CN at most 64 characters
};

struct request_terms {
	const struct request_rdn *subject;
	size_t n_subject;
	const uint8_t
		*subject_der; // instead of the above, copied as it is (renewal); null otherwise
	size_t subject_der_len;
	const uint8_t *
		alt_names_der; // value of the subjectAltName extension asked for, as it is; null: none
	size_t alt_names_der_len;
	// Each null where there is none; at most 255 bytes.
	const struct secret *challenge_password;
	const struct secret *otp_challenge, *revocation_challenge; // RFC 7894 §3.1, §3.2
	const struct secret *identity_linking;			   // RFC 7894 §3.3
	const uint8_t *
		extra_attributes; // DER: concatenated Attribute values (csrattrs, attestation); null: none
	size_t extra_attributes_len;
	bool digital_signature,
		key_encipherment; // keyUsage asked for in extensionRequest; none when both are false
	bool client_auth;	  // extendedKeyUsage
};

// Builds, signs and checks its own signature (RFC 2986 §3). ERR_POLICY tagged "signature-wrong" when the token's signature does not verify.
MUST struct err *request_sign(const struct request_terms *t, const struct rsa_public *key,
			      const struct signer *s, struct buf *der);

// SHA-256 of the SubjectPublicKeyInfo in a request, hex; "" where it cannot be read.
void request_key_sha256(const void *der, size_t len, char out[static 65]);
// SHA-256 of any bytes, hex: of a whole request, as two people compare it; of a SubjectPublicKeyInfo. "" where memory is out.
void der_sha256(const void *der, size_t len, char out[static 65]);
// As text: "-----BEGIN CERTIFICATE REQUEST-----" (RFC 7468). Appends.
MUST struct err *request_pem(const void *der, size_t len, struct buf *out);

// SubjectPublicKeyInfo of the key, DER (RFC 3279 §2.3.1).
MUST struct err *rsa_public_der(const struct rsa_public *key, struct buf *out);
// Bits of the modulus.
unsigned rsa_public_bits(const struct rsa_public *key);
// True when the modulus has the ROCA fingerprint (CVE-2017-15361).
bool rsa_public_is_roca(const struct rsa_public *key);
// Verifies RSASSA-PKCS1-v1_5 SHA-256. ERR_POLICY tagged "signature-wrong".
MUST struct err *rsa_public_check(const struct rsa_public *key, const void *data, size_t len,
				  const void *sig, size_t sig_len);
