// What an RA's key is asked to sign, in words for a socket: the enrolment's worker asks for it, the parent hands it to the worker of the RA's token,
// and neither knows more of the other.
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "x509/signing.h"

enum { VOUCH_MAX_DATA = 65536 };

// "pss SHA256 32 message 0a1b…": the padding ("pkcs1", "pss"), the hash, the salt's length, "message" or "digest", and the bytes in hexadecimal. New
// string.
MUST struct err *vouch_write(const struct signing_terms *t, char **out);
// Back again: t->data points into `data`, which gets the bytes. ERR_FAILED for anything else.
MUST struct err *vouch_read(const char *text, struct buf *data, struct signing_terms *t);
