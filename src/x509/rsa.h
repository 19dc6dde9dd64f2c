// RSA public keys as OpenSSL has them. Private to the room.
#pragma once

#include "x509/ossl.h"
#include "x509/request.h"

// ERR_TOKEN for sizes and values that are no RSA key of 1024 to 16384 bits.
MUST struct err *rsa_public_key(const struct rsa_public *key, EVP_PKEY **out);
// RSASSA-PKCS1-v1_5 with SHA-256. ERR_POLICY tagged "signature-wrong".
MUST struct err *rsa_key_check(EVP_PKEY *key, const void *data, size_t len, const void *sig,
			       size_t sig_len);
