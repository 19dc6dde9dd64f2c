// What a token model does other than the standard says. pkcs11/ declares the shape; token/ owns the table (token/models.h).
#pragma once

#include <stdbool.h>

#include "x509/attestation.h"

struct quirks {
	bool firmware_packed; // the minor number of CK_TOKEN_INFO's firmware is ten times the minor and the patch: 5.43 is 5.4.3
	unsigned
		hides_keys_before; // firmware (major * 100 + minor, as CK_TOKEN_INFO has them) that does not show a key brought without a certificate
	unsigned
		deletes_keys_from; // firmware, as above, with which the card itself can delete and move keys (token/life.h); 0: it cannot
	bool no_label;		   // refuses CKA_LABEL in a key template
	bool no_extractable;	   // refuses CKA_EXTRACTABLE in a key template
	bool no_id;		   // refuses CKA_ID in a key template
	bool slot_ids;		   // CKA_ID is a slot number of the card
	bool destroy_keeps_key;	   // C_DestroyObject of a key leaves the key
	bool needs_management; // makes, stores and removes only after C_Login(CKU_SO), with a management key that is no PIN
	bool no_officer; // C_Login(CKU_SO) is not to be had, so no PUK is used or changed through the module
	bool so_pin_empty;   // the security officer's PIN is the empty one and cannot be otherwise
	bool so_pin_expires; // a blank token has the maker's SO PIN, and after C_InitToken the SO PIN must be changed before anything else
	bool init_once; // initialised again after its SO PIN was changed, it lets nobody in any more
	bool serial_not_unique;		   // all tokens report the same serial
	enum attestation_kind attestation; // how its maker attests keys (pkcs11/attest.h)
};
