// Files that bring seeds: PSKC (RFC 6030), a vendor's CSV, otpauth:// URIs (as text or in a picture of a QR code).
//
// A file is read whole or not at all. Errors are ERR_ANSWER and name the place (line, key number, serial), never a secret. What an
// importer does not know (an algorithm, an encoding) is named and refused, not passed over.
#pragma once

#include "otp/seed.h"

enum { IMPORT_MAX = 64 * 1024 * 1024, IMPORT_SEEDS_MAX = 200000, PICTURE_MAX = 16 * 1024 * 1024 };

enum import_kind { IMPORT_PSKC, IMPORT_CSV, IMPORT_OTPAUTH, IMPORT_PICTURE };
// By the first bytes: XML, "otpauth://", PNG; otherwise CSV.
enum import_kind import_guess(const void *bytes, size_t len);

// How to open what is encrypted (RFC 6030 §6). Both null: nothing is given.
struct import_keys {
	const struct secret *preshared; // the AES key's bytes
	const struct secret *passphrase;
};
struct import_columns; // of CSV: import_csv.h

// PSKC: plain values, AES-128/192/256-CBC with a ValueMAC (HMAC-SHA1, -SHA256, … with the MAC key of the file), AES key wrap; keys pre-shared or
// derived (PBKDF2). No DTD, no entities, no network. Tags: "pskc-damaged", "pskc-unknown" (an algorithm), "pskc-mac", "pskc-key-wanted",
// "pskc-key-wrong", "import-too-large".
MUST struct err *import_pskc(const void *bytes, size_t len, const struct import_keys *keys,
			     struct seeds *out);
// One URI, or one a line (Google's Key URI format). Tagged "otpauth-wrong".
MUST struct err *import_otpauth(const char *text, size_t len, struct seeds *out);
// A PNG with a QR code that holds an otpauth:// URI. Tagged "picture-wrong".
MUST struct err *import_picture(const void *png, size_t len, struct seeds *out);
