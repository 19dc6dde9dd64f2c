// XML from outside, a piece at a time, and nothing of it left in memory. Only for src/otp/import_pskc*.c.
//
// libxml2 is used without DTDs, entities and network, with memory of its own: capped, and wiped when it is freed.
#pragma once

#include <libxml/tree.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

// Calls `each` for the root element (with nothing in it) and then, one after the other, for each element right below it, whole. The nodes live
// during the call only. Any fault of the XML is "pskc-damaged".
typedef struct err *xml_each(void *ctx, const xmlNode *element, bool is_root);
MUST struct err *xml_walk(const void *bytes, size_t len, xml_each *each, void *ctx);

// "pskc-damaged": line and what (an N_ sentence part).
struct err *xml_damaged(const xmlNode *at, const char *what) MUST;
// "pskc-unknown": line, what, and the name that stands there (null: none).
struct err *xml_unknown(const xmlNode *at, const char *what, const char *name) MUST;

// Of PSKC's namespace, or null namespace `ns` (any).
bool xml_is(const xmlNode *n, const char *ns, const char *name);
const xmlNode *xml_first(
	const xmlNode *parent);		   // the first element in it; null: none, or no parent
const xmlNode *xml_next(const xmlNode *n); // the next element beside it
const xmlNode *xml_child(const xmlNode *parent, const char *ns, const char *name);

// Trimmed text of an element without elements in it, or of an attribute: a new string; null where it is empty or not there.
MUST struct err *xml_words(const xmlNode *n, char **out);
MUST struct err *xml_attribute(const xmlNode *n, const char *name, char **out);
// The same element's text as Base64.
MUST struct err *xml_base64(const xmlNode *n, struct secret **out);
