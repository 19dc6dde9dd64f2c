// Names: built from a profile's parts, shown as text. Private to the room.
#pragma once

#include "x509/ossl.h"
#include "x509/request.h"

// ERR_PROFILE for an unknown type, ERR_ANSWER for a value that does not fit its type.
MUST struct err *name_from_rdns(const struct request_rdn *rdns, size_t n, X509_NAME **out);
// The DER of a Name, whole; it stays as it is when it is encoded again. ERR_FAILED.
MUST struct err *name_from_der(const uint8_t *der, size_t len, X509_NAME **out);
// RFC 4514, UTF-8, safe to show. New string; null when memory is out.
char *name_text(const X509_NAME *name);
// The last commonName, UTF-8, safe to compare: a value with a zero byte in it is "". New string; *count gets how many there are.
char *name_common_name(const X509_NAME *name, int *count);
