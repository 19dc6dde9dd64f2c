// Certificates as people hand them over: a file that somebody brings, mails, or saves from a page.
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "x509/cert.h"

// What a certificate with its chain can need; more is no certificate.
enum { HANDED_MAX_BYTES = 1 << 20 };

// The certificates of such a file, in the order they stand: one certificate or several, PEM (any text before, between and behind, LF or CRLF) or
// DER, or a certs-only PKCS #7 in PEM or DER. ERR_CA_REFUSED tagged "certificate-unreadable" for what is nothing of the kind, or is cut off;
// "request-handed" for a request; ERR_POLICY tagged "private-key-handed" where a private key stands in it, or may (PKCS #12).
MUST struct err *cert_list_from_handed(const void *bytes, size_t len, struct cert_list *out);

// Reads the file. ERR_USAGE tagged "file-unreadable" for a directory, a device, one that is not there or may not be read; ERR_CA_REFUSED
// tagged "file-too-large" over HANDED_MAX_BYTES, "certificate-unreadable" when it is empty. Whatever came of it, the bytes are wiped.
MUST struct err *cert_list_from_handed_file(const char *path, struct cert_list *out);
