// Rules of the makers' attestation: whose word is taken, and how it reaches the CA.
#include "profile/check.h"

struct err *check_attestation(struct draft *d, const char *dir, struct faults *f)
{
	struct profile *p = &d->profile;
	struct profile_attestation *a = &p->key.attestation;
	if (p->key.custody_floor == CUSTODY_ATTESTED && !place_known(f, "key.attestation.roots"))
		FAULT_AT(
			f, "key.custody",
			N_("%1: %2: attested needs the roots of the makers that are believed. Name "
			   "them in attestation: roots:"));
	if (a->send == ATTESTATION_SEND_CERTIFICATES &&
	    (p->ca.protocol == CA_PORTAL || p->ca.protocol == CA_FILE))
		FAULT_AT(f, "key.attestation.send",
			 N_("%1: %2: extra-certificates have a place only in EST, CMP and SCEP. "
			    "Write pkcs10-attribute or file."));
	a->roots = BUF(ANCHORS_MAX_BYTES);
	for (size_t i = 0; i < d->n_roots; i++)
		TRY(check_pem_file(p, "key.attestation.roots", dir, d->roots[i], f, &a->roots));
	return NULL;
}
