// The table of known token models: what they are, and their quirks, each with its source.
#pragma once

#include <stdbool.h>

#include "pkcs11/quirks.h"
#include "pkcs11/slot.h"

enum model_nature { MODEL_UNKNOWN, MODEL_SOFTWARE, MODEL_HARDWARE };

// A PIN as the maker delivers it, known to everybody who can read. It is recognised when a person types it, and never tried.
struct factory_pin {
	const char *value;
	const char *source;
};
enum { FACTORY_MAX = 3 };

// How a card takes a new PIN from who cannot be there, if at all (token/challenge.h).
enum challenge_kind { CHALLENGE_NONE, CHALLENGE_GIDS };

struct life;
struct model {
	const char *name;	  // "SoftHSM"; a message id
	const char *manufacturer; // of CK_TOKEN_INFO, whole or with a final '*'; null: any
	const char *model;	  // the same
	enum model_nature nature;
	unsigned slow_seconds; // how long a key may take; 0: not known
	struct quirks quirks;
	const char *source; // where this is known from
	// Both ended by a null value, unless full.
	struct factory_pin pins[FACTORY_MAX], so_pins[FACTORY_MAX];
	struct factory_pin
		management_key; // of a model with the quirk needs_management; of a null value where the maker's is not known
	unsigned pin_min,
		pin_max; // lengths of the user's PIN where the module tells other ones; 0 0: as the token says
	unsigned so_min,
		so_max; // lengths of the security officer's PIN; 0 0: as the token says of PINs
	const char *so_alphabet; // what it may be made of; null: any letters and digits
	enum challenge_kind challenge;
	const struct life *
		life; // how its PINs and its beginning are managed (token/life.h); null: as PKCS#11 says
};
enum { FIRMWARE_TEXT = 16 };
// "5.4.3", "2.6": the firmware as its maker writes it, into out.
const char *model_firmware(const struct model *m, const struct token_info *t,
			   char out[static FIRMWARE_TEXT]);
// Never null: an unknown token gets the entry that assumes nothing.
const struct model *model_of(const struct token_info *t);
