// The maker's attestation of a key, where a module shows it.
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "pkcs11/keypair.h"
#include "pkcs11/quirks.h"
#include "pkcs11/session.h"
#include "x509/attestation.h"

// Fetches what the token says of the key, unjudged, in the model's way (quirks->attestation): kind ATTESTATION_NONE for a model without, and
// where the token shows none for this key (imported, or of an older firmware). Null quirks: none.
//
// ykcs11 shows them as certificate objects: "X.509 Certificate for PIV Attestation 9a" with the CKA_ID of the slot's key, made anew by the card
// when the module looks; "X.509 Certificate for PIV Attestation" (CKA_ID 25) is the one of slot F9 (yubico-piv-tool, ykcs11/objects.c).
// An object that cannot be read is an empty certificate, which is judged malformed.
MUST struct err *attest_fetch(struct session *s, const struct keypair *k, const struct quirks *q,
			      struct attestation_statement *out);
// The PIV slot of a CKA_ID as ykcs11 numbers them (1 is 9A, 2 9C, 3 9D, 4 9E, then 82 to 95); 0 for what is none.
uint8_t attest_slot(const struct key_id *id);
