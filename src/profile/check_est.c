// Rules of what only EST has.
#include <stdio.h>
#include <string.h>

#include "profile/check.h"

enum { KEY_PATH = 400 };

static void needs_est(const struct profile_role *r, const char *key, const char *value,
		      struct faults *f)
{
	char path[KEY_PATH];
	snprintf(path, sizeof(path), "roles.%s.%s", r->name, key);
	if (value)
		FAULT_AT(f, path, N_("%1: %2: this is for protocol: est only."));
}

static void check_link(const struct profile *p, const struct profile_role *r, struct faults *f)
{
	if (p->ca.est.link == EST_LINK_ALWAYS && r->challenge_password)
		FAULT_AT(f, "ca.est.link",
			 N_("%1: %2: always puts the link where the challenge_password of the role "
			    "%3 stands. Write asked, or leave challenge_password out."),
			 ARG_TEXT(r->name));
}

static void check_auth(const struct profile *p, const struct profile_role *r, struct faults *f)
{
	if (p->ca.est.auth == EST_AUTH_DIGEST && !r->user_name)
		FAULT_AT(f, "ca.est.auth",
			 N_("%1: %2: digest needs user_name and password; the role %3 has none."),
			 ARG_TEXT(r->name));
}

static void check_operation(const struct profile *p, struct faults *f)
{
	static const char *const operations[] = { "fullcmc",	  "simpleenroll", "simplereenroll",
						  "serverkeygen", "cacerts",	  "csrattrs" };
	const char *last = p->ca.url ? strrchr(p->ca.url, '/') : NULL;
	for (size_t i = 0; last && i < ARRAY_LEN(operations); i++)
		if (strcmp(last + 1, operations[i]) == 0)
			FAULT_AT(
				f, "ca.url",
				i == 0 ? N_("%1: %2: the Full CMC of EST (/fullcmc) is not spoken "
					    "here. Write the address without it: the CA must offer "
					    "/simpleenroll.")
				       : N_("%1: %2: the address ends before the operation %3, "
					    "which inkan adds itself."),
				ARG_TEXT(operations[i]));
}

void check_est(const struct profile *p, struct faults *f)
{
	bool est = p->ca.protocol == CA_EST;
	if (!est && place_known(f, "ca.est"))
		FAULT_AT(f, "ca.est", N_("%1: %2: this is for protocol: est only."));
	if (est)
		check_operation(p, f);
	for (size_t i = 0; i < p->n_roles; i++) {
		const struct profile_role *r = &p->roles[i];
		if (est) {
			check_link(p, r, f);
			check_auth(p, r, f);
		} else {
			needs_est(r, "otp_challenge", r->otp_challenge, f);
			needs_est(r, "revocation_challenge", r->revocation_challenge, f);
		}
	}
}
