// The maker's word for a key, asked of the token and judged by the profile.
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "pkcs11/attest.h"
#include "pkcs11/keypair.h"
#include "profile/profile.h"
#include "token/evidence.h"
#include "x509/attestation.h"

// For evidence that was gathered: asks the token where the profile names roots, and judges what it says by them. Good: custody becomes
// CUSTODY_ATTESTED, e->attestation is filled, and what the token said is in *said. No roots, or nothing said (another model, an imported
// key): *said is of no kind and the custody stays. Something said that is wrong: ERR_POLICY with the tags of attestation_judge.
MUST struct err *evidence_attest(struct session *s, const struct keypair *k,
				 const struct profile *p, struct evidence *e,
				 struct attestation_statement *said);
