// Private keys from the numbers that IMPORT brings. Null: they are none.
#pragma once

#include <openssl/evp.h>

#include "bytes.h"

EVP_PKEY *import_rsa(unsigned bits, struct span numbers);
EVP_PKEY *import_ec(const char *curve, struct span numbers);
