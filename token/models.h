// The table of known token models: what they are, and their quirks, each with its source.
#pragma once

#include <stdbool.h>

#include "pkcs11/quirks.h"
#include "pkcs11/slot.h"

enum model_nature { MODEL_UNKNOWN, MODEL_SOFTWARE, MODEL_HARDWARE };

struct model {
	const char *name;	  // "SoftHSM"; a message id
	const char *manufacturer; // of CK_TOKEN_INFO, whole or with a final '*'; null: any
	const char *model;	  // the same
	enum model_nature nature;
	unsigned slow_seconds; // how long a key may take; 0: not known
	struct quirks quirks;
	const char *source; // where this is known from
};
// Never null: an unknown token gets the entry that assumes nothing.
const struct model *model_of(const struct token_info *t);
