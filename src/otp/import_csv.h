// Seeds from a vendor's CSV (RFC 4180): which column is what, and what is meant where none says it.
//
// The first line may name the columns. Fields may be quoted; lines end in LF or CRLF; UTF-8, with or without its mark (BOM). Errors name line and column.
#pragma once

#include "otp/import.h"

enum csv_field {
	CSV_SERIAL, // this one and the secret must be there
	CSV_SECRET,
	CSV_KIND, // "hotp" or "event", "totp" or "time"; CSV_HASH "sha1", "HMAC-SHA256", …: each understands the other's words, too
	CSV_HASH,
	CSV_DIGITS,
	CSV_STEP,    // seconds
	CSV_COUNTER, // HOTP: the next one
	CSV_MODEL,
	CSV_MAKER,
	CSV_ISSUER,
	CSV_PERSON,
	CSV_FIELDS,
};
// "serial", "secret", "kind", "hash", "digits", "step", "counter", "model", "maker", "issuer", "person".
const char *csv_field_name(enum csv_field field);

enum csv_encoding {
	CSV_GUESS, // hexadecimal where every secret of the file is, otherwise Base32
	CSV_HEX,
	CSV_BASE32,
	CSV_BASE64,
};

// Where a field stands: by the name in the first line (either case), or by its number from 1 on. Neither: there is none.
struct import_column {
	const char *name; // borrowed
	unsigned number;
};
struct import_columns {
	struct import_column of[CSV_FIELDS];
	enum csv_encoding encoding;
	char separator; // 0: whichever of comma, semicolon and tab the first line has most of
	bool header;	// the first line is no token
	// What is meant where there is no column, or nothing stands in it.
	enum seed_kind kind; // HOTP or TOTP
	enum seed_hash hash;
	unsigned digits, step;
};

// `columns` null: found by the usual names in the first line ("serial number", "secret key", "type", "time step", "upn", …); a token without a
// kind counts by time, unless it has a counter and no time step; SHA-1, 6 digits, 30 s. Errors are ERR_ANSWER tagged "csv-wrong" and "csv-columns" (the mapping does
// not fit the file), "seed-wrong", "import-empty", "import-duplicate", "import-too-large".
MUST struct err *import_csv(const void *bytes, size_t len, const struct import_columns *columns,
			    struct seeds *out);
