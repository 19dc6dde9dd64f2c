// A YAML document, read by the schema table.
#pragma once

#include <yaml.h>

#include "base/attr.h"
#include "base/err.h"
#include "profile/fault.h"
#include "profile/schema.h"

// Fills `out` (zeroed by the caller, freed by draft_free whatever comes) and remembers the place of every path. What is wrong
// goes into f. Errors: memory only.
MUST struct err *document_fill(yaml_document_t *doc, struct faults *f, struct draft *out);
void draft_free(struct draft *d);

// The same for one table of the schema at its own struct (a preset).
MUST struct err *document_fill_table(yaml_document_t *doc, struct faults *f,
				     const struct schema_table *t, void *base);
