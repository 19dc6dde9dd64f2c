// The token's side of the plain enrolment: the calls that it takes, and nothing besides. Whatever fails ends the program.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct plain_key {
	unsigned long private_key; // handle
	uint8_t modulus[512], exponent[8];
	size_t modulus_len, exponent_len;
};

__attribute__((noreturn)) void die(const char *what);

// Loads the module, finds the token by its label, opens a session and logs in.
void token_begin(const char *module, const char *label, const char *pin);
void token_generate(const uint8_t *id, size_t id_len, const char *label, struct plain_key *out);
// CKM_SHA256_RSA_PKCS; *sig_len is the room, then the length.
void token_sign(const struct plain_key *k, uint8_t *data, size_t len, uint8_t *sig,
		size_t *sig_len);
// Attributes of a certificate, all DER.
struct plain_cert {
	uint8_t *der, *subject, *issuer, *serial;
	size_t der_len, subject_len, issuer_len, serial_len;
};
void token_store(const struct plain_cert *c, const uint8_t *id, size_t id_len, const char *label);
void token_end(void);
