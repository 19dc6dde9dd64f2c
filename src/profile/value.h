// One scalar, read by its shape into the struct it belongs to.
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "profile/fault.h"
#include "profile/schema.h"

// Where a value stands, and how to complain about it.
struct spot {
	struct faults *f;
	struct mark mark;
	const char *path;
};

// Judges and stores a scalar of `len` bytes at base + key->at. What is wrong goes into the faults. Errors: memory only.
MUST struct err *value_store(const struct spot *s, const struct schema_key *k, const char *text,
			     size_t len, void *base);
// A text alone: no control characters (new lines pass when `lines`), from 1 to max bytes.
MUST struct err *value_text(const struct spot *s, const struct schema_key *k, const char *text,
			    size_t len, bool lines, char **out);
// A whole number within the key's bounds; false and a fault otherwise.
bool value_number(const struct spot *s, const struct schema_key *k, const char *text,
		  unsigned *out);
// "This is not allowed here", with what is.
void value_refuse(const struct spot *s, const struct schema_key *k);
