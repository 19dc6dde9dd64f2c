// Rules of SCEP: what it has no place for, and what its own keys may say.
#include "profile/check.h"

#include <stdio.h>
#include <string.h>

enum { FINGERPRINT_LETTERS = 64 };

static void check_texts(const struct profile_scep *s, struct faults *f)
{
	for (size_t i = 0; i < s->n_fingerprints; i++) {
		const char *text = s->fingerprints[i];
		if (strlen(text) != FINGERPRINT_LETTERS ||
		    strspn(text, "0123456789abcdefABCDEF") != FINGERPRINT_LETTERS)
			FAULT_AT(f, "ca.scep.fingerprint",
				 N_("%1: %2: this is not allowed. Allowed: %3."),
				 ARG_ID(N_("a SHA-256 fingerprint of 64 hexadecimal digits, or a "
					   "list of them")));
	}
	if (s->identifier &&
	    (!s->identifier[0] ||
	     s->identifier[strspn(s->identifier,
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789-._")]))
		FAULT_AT(f, "ca.scep.identifier", N_("%1: %2: this is not allowed. Allowed: %3."),
			 ARG_ID(N_("1 to 100 letters, digits, '-', '.' and '_'")));
}

// SCEP has no login: whoever asks is known by the challenge password inside the encrypted request, or by an old certificate (RFC 8894 §2.4, §2.5).
static void check_login(const struct profile_role *r, struct faults *f)
{
	char path[200];
	if (!r->user_name && !r->password)
		return;
	snprintf(path, sizeof(path), "roles.%s.%s", r->name,
		 r->user_name ? "user_name" : "password");
	FAULT_AT(f, path,
		 N_("%1: %2: SCEP has no login with a user name. Write what proves the person into "
		    "challenge_password, which is encrypted to the CA."));
}

void check_scep(const struct profile *p, struct faults *f)
{
	if (p->ca.protocol != CA_SCEP) {
		if (place_known(f, "ca.scep"))
			FAULT_AT(f, "ca.scep", N_("%1: %2: these keys are for protocol: scep."));
		return;
	}
	check_texts(&p->ca.scep, f);
	if (p->ca.on_behalf)
		FAULT_AT(
			f, "ca.on_behalf",
			N_("%1: %2: SCEP has no place for one who vouches: a request is signed by "
			   "the new key, or by the certificate that it renews. Write false, or ask "
			   "the institution for EST or CMP."));
	for (size_t i = 0; i < p->n_roles; i++)
		check_login(&p->roles[i], f);
}
