// The provider's key, and what its files share. Private to the room.
#pragma once

#include <stdatomic.h>

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "x509/ossl.h"
#include "x509/private_key.h"

// The reference that makes a key of the provider a private one: a pointer to struct far_key, as bytes.
#define FAR_KEY_PARAM "inkan-far-key"

// Held by each view and each operation that uses it, and by its private_key.
struct far_key {
	atomic_uint held;
	BIGNUM *n, *e;
	struct private_key_ops ops; // sign is null: the public half alone
	struct err *err;
};
struct far_key *far_key_new(void);
// What OpenSSL holds as a key of the provider: EVP_PKEY_fromdata makes it empty, and fills it then.
struct far_view {
	struct far_key *far; // null: empty
};
struct far_key *far_key_hold(struct far_key *k);
void far_key_drop(struct far_key *k);
size_t far_key_size(const struct far_key *k);
// Keeps the first error since it was last taken, and puts a word in OpenSSL's queue. Always 0.
int far_key_failed(struct far_key *k, struct err *err);

// A parameter as text: a UTF-8 string, or one of the numbers that OpenSSL has for some of them. False for anything else.
struct param_word {
	int number;
	const char *word;
};
bool param_number(const OSSL_PARAM *p, const struct param_word *words, size_t n, int *out);

extern const OSSL_DISPATCH far_key_management[], far_key_signature[], far_key_decryption[];
