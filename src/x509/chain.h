// What building a chain with OpenSSL needs, shared by the room's judges. Private to the room.
#pragma once

#include <openssl/x509_vfy.h>

#include "x509/cert.h"
#include "x509/ossl.h"

enum { CHAIN_MAX_DEPTH = 8, LEVEL_112_BITS = 2 }; // level 2: RSA of 2048 bits, no MD5, no SHA-1

static inline void store_free(X509_STORE *s)
{
	X509_STORE_free(s);
}
static inline void store_ctx_free(X509_STORE_CTX *c)
{
	X509_STORE_CTX_free(c);
}
static inline void borrowed_stack_free(STACK_OF(X509) * s)
{
	sk_X509_free(s);
}
DEFINE_CLEANUP(store, X509_STORE, store_free)
DEFINE_CLEANUP(store_ctx, X509_STORE_CTX, store_ctx_free)
DEFINE_CLEANUP(borrowed_stack, STACK_OF(X509), borrowed_stack_free)

// Where chains may end.
MUST struct err *chain_store(const struct cert_list *anchors, X509_STORE **out);
// The certificates of a list, borrowed: what a chain may be built with.
MUST struct err *chain_borrow(const struct cert_list *list, STACK_OF(X509) * *out);
