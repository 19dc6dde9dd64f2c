// YAML as a document, once it was seen to be harmless.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#include "base/attr.h"
#include "base/err.h"
#include "profile/fault.h"

enum {
	DOCUMENT_MAX_BYTES = 256 * 1024,
	DOCUMENT_MAX_DEPTH = 12,
	DOCUMENT_MAX_NODES = 4000,
};

// Puts what is wrong into f (bytes that are no text, aliases, anchors, tags, too deep, too much, a second document, no YAML at
// all). *loaded tells whether out holds a document, which is then freed with yaml_document_delete. Errors: memory only.
MUST struct err *document_read(const void *bytes, size_t len, struct faults *f,
			       yaml_document_t *out, bool *loaded);

static inline struct mark mark_of(yaml_mark_t m)
{
	return (struct mark){ (unsigned)m.line + 1, (unsigned)m.column + 1 };
}
