// What the room's files share about OpenSSL: its objects freed by scope, its error queue as our error. Private to the room.
#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/err.h"

static inline void ossl_free(void *p)
{
	OPENSSL_free(p);
}
static inline void x509_stack_free(STACK_OF(X509) * s)
{
	sk_X509_pop_free(s, X509_free);
}
static inline void extension_stack_free(STACK_OF(X509_EXTENSION) * s)
{
	sk_X509_EXTENSION_pop_free(s, X509_EXTENSION_free);
}
DEFINE_CLEANUP(ossl, unsigned char, ossl_free)
DEFINE_CLEANUP(bio, BIO, BIO_free_all)
DEFINE_CLEANUP(bn, BIGNUM, BN_free)
DEFINE_CLEANUP(pkey, EVP_PKEY, EVP_PKEY_free)
DEFINE_CLEANUP(digest, EVP_MD_CTX, EVP_MD_CTX_free)
DEFINE_CLEANUP(x509, X509, X509_free)
DEFINE_CLEANUP(x509_name, X509_NAME, X509_NAME_free)
DEFINE_CLEANUP(x509_req, X509_REQ, X509_REQ_free)
DEFINE_CLEANUP(x509_attribute, X509_ATTRIBUTE, X509_ATTRIBUTE_free)
DEFINE_CLEANUP(pkcs7, PKCS7, PKCS7_free)
DEFINE_CLEANUP(x509_extension, X509_EXTENSION, X509_EXTENSION_free)
DEFINE_CLEANUP(x509_stack, STACK_OF(X509), x509_stack_free)
DEFINE_CLEANUP(extension_stack, STACK_OF(X509_EXTENSION), extension_stack_free)
DEFINE_CLEANUP(cms, CMS_ContentInfo, CMS_ContentInfo_free)

// e with the failed call and the reason of OpenSSL's oldest queued error; empties the queue.
MUST struct err *ossl_reason(struct err *e, const char *call);
// The call failed where only a defect or missing memory can be why.
MUST struct err *ossl_failed(const char *call);

// A key as OpenSSL has it, from SubjectPublicKeyInfo: ERR_FAILED when it is none.
MUST struct err *ossl_public_key(const void *der, size_t len, EVP_PKEY **out);
// Empties the queue: what was tried and may fail has failed.
void ossl_clear(void);
