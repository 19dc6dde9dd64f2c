// OpenSSL's types, freed by scope.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/attr.h"

DEFINE_CLEANUP(x509, X509, X509_free)
DEFINE_CLEANUP(x509_crl, X509_CRL, X509_CRL_free)
DEFINE_CLEANUP(x509_name, X509_NAME, X509_NAME_free)
DEFINE_CLEANUP(x509_req, X509_REQ, X509_REQ_free)
DEFINE_CLEANUP(pkey, EVP_PKEY, EVP_PKEY_free)
DEFINE_CLEANUP(bio, BIO, BIO_free_all)
DEFINE_CLEANUP(bignum, BIGNUM, BN_clear_free)
