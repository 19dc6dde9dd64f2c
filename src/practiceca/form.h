// The body of a form (application/x-www-form-urlencoded), read strictly.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

enum { FORM_FIELDS = 16, FORM_NAME = 40 };

struct form {
	struct form_field {
		char name[FORM_NAME + 1];
		struct secret *value;
	} list[FORM_FIELDS];
	size_t n;
};
void form_free(struct form *f);
static inline void form_cleanup(struct form *f)
{
	form_free(f);
}
#define AUTO_FORM __attribute__((cleanup(form_cleanup)))
// *good false for broken escapes, a field twice, too many, a zero byte.
MUST struct err *form_read(const struct buf *body, bool *good, struct form *out);
bool form_is_type(const char *content_type);
// Null when it is not there.
const struct secret *form_secret(const struct form *f, const char *name);
const char *form_text(const struct form *f, const char *name);
// Exactly these fields, and no other; names is ended by null.
bool form_has_exactly(const struct form *f, const char *const *names);
