// Whether a certificate was revoked, where the profile wants it looked up. Private to the room.
#pragma once

#include "enroll/enrolment.h"

struct revocation_terms {
	const struct profile *profile;
	const struct cert *leaf;
	const struct cert_list *others, *anchors;
	struct face *face;
};
// *looked is false where the profile wants no look. ERR_POLICY tagged "certificate-revoked", or "revocation-nowhere" where the certificate does not say where
// to look; the errors of http.h; ERR_NETWORK tagged "revocation-not-there", "crl-unusable" or "ocsp-unusable".
MUST struct err *revocation_look(const struct revocation_terms *t, bool *looked);
