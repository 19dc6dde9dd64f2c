// Files that bring seeds: PSKC (RFC 6030), a vendor's CSV, otpauth:// URIs (as text or in a picture of a QR code).
//
// A file is read whole or not at all. Errors are ERR_ANSWER and name the place (line, key number, serial), never a secret. What an
// importer does not know (an algorithm, an encoding) is named and refused, not passed over. Every importer gives back seeds that can be used
// (seed_check), at least one ("import-empty"), none with another's serial ("import-duplicate"; where `out` hands seeds on (struct seeds), that is for who takes them).
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

// PSKC: plain values, AES-128/192/256-CBC with a ValueMAC (HMAC-SHA1 to -SHA512, with the MAC key of the file), AES key wrap; keys pre-shared or
// derived (PBKDF2). No DTD, no entities, no network. Tags: "pskc-damaged", "pskc-unknown" (an algorithm), "pskc-mac", "pskc-key-wanted",
// "pskc-key-wrong" (a wrong key or passphrase shows as this one or as "pskc-mac"), "import-too-large".
// A key whose device has no SerialNo takes its own Id for one. A PIN's key (keyprov:pskc:pin) is passed over: it is for a PIN that the token itself
// asks for; a PIN that would be part of the value is refused, and so is a signature, for none is checked.
MUST struct err *import_pskc(const void *bytes, size_t len, const struct import_keys *keys,
			     struct seeds *out);
// One URI, or one a line (Google's Key URI format). Tagged "otpauth-wrong". The serial is the parameter of that name, or else the account
// (without its issuer), percent-encoded where a serial cannot have it; the account is the person, too. A parameter that changes nothing
// but how an application shows the account (image, icon, color) may be there, any other must be known.
MUST struct err *import_otpauth(const char *text, size_t len, struct seeds *out);
// A PNG with QR codes that hold otpauth:// URIs. Tagged "picture-wrong"; "picture-library" (ERR_FAILED) where libzbar is not installed.
MUST struct err *import_picture(const void *png, size_t len, struct seeds *out);
