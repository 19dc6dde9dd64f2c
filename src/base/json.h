// JSON as this project writes and reads it: compact, UTF-8, one object a line.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct json_t; // jansson's

// No space after ':' or ',', keys in insertion order, no newline. New string, or null when memory is out.
char *json_line(const struct json_t *j);
// An object or array of at most `cap` bytes, no duplicate keys, nothing after it. All that jansson held of it is wiped when
// dropped, and no message quotes it, since answers carry secrets. kind is the error's kind; `name` is what it is called in messages.
MUST struct err *json_read(const void *bytes, size_t len, size_t cap, enum err_kind kind,
			   const char *name, struct json_t **out);
const char *json_text(const struct json_t *obj, const char *key); // null when missing or no string
int64_t json_number(const struct json_t *obj, const char *key, int64_t otherwise);
bool json_flag(const struct json_t *obj, const char *key, bool otherwise);
void json_drop(struct json_t *j);
DEFINE_CLEANUP(json, struct json_t, json_drop)
