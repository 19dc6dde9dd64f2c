// Why we believe that a key cannot leave its token: custody and attributes, judged apart.
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/msg.h"
#include "pkcs11/keypair.h"
#include "pkcs11/slot.h"
#include "profile/profile.h"
#include "token/models.h"
#include "x509/attestation.h"

struct evidence {
	enum custody custody;
	enum key_attributes attributes;
	struct key_facts facts;
	char model[65]; // the model's name, a message id
	bool always_authenticate;
	struct attestation
		attestation; // what the maker says, where custody is CUSTODY_ATTESTED (token/attest.h)
};

// Reads the key back and judges. Where the attributes do not declare enough, reading the private values and C_WrapKey are tried.
// A key that does not match its public half, that is weaker than `bits`, that the token does not keep, that works without the PIN, or
// that has the ROCA fingerprint is ERR_POLICY at once (tagged "key-mismatch", "key-weak", "key-not-kept", "key-without-pin", "key-roca").
MUST struct err *evidence_gather(struct session *s, const struct keypair *k, unsigned bits,
				 struct evidence *out);
// Tries to open a key that is only withheld, as keypair_try_opening does, and judges its attributes anew; for a key that nobody uses yet. A key
// that the token says cannot leave, now and always, is left alone.
MUST struct err *evidence_try_opening(struct session *s, const struct keypair *k,
				      struct evidence *e);
// ERR_POLICY tagged "evidence-custody" or "evidence-attributes" when under the profile's floor. Software custody passes only in a
// practice profile.
MUST struct err *evidence_judge(const struct evidence *e, const struct profile *p);
// In plain words for the consent and the receipt; `bits` known or planned. New message, never null.
struct msg *evidence_words(const struct evidence *e);
// What can be said of the token before the key is made.
struct msg *protection_words(const struct token_info *t, const struct profile *p);
// Compact text for the journal: "custody=device attributes=declared model=… …", with "firmware=5.4.3 serial=… slot=9a pin=once touch=never" where
// the maker attests the key.
char *evidence_text(const struct evidence *e);
