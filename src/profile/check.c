// Rules between values: names, the key's floors. Windows, roles and the CA have files of their own.
#include "profile/check.h"

#include <ctype.h>
#include <string.h>

#include "profile/names.h"

static void check_names(const struct profile *p, struct faults *f)
{
	if (p->name && !name_is_profile(p->name))
		FAULT_AT(f, "name", N_("%1: %2: this is not allowed. Allowed: %3."),
			 ARG_ID(N_("1 to 32 lower-case letters, digits and hyphens")));
	const char *code = p->institution_code;
	for (; code && *code; code++)
		if (!isascii((unsigned char)*code) || !isalnum((unsigned char)*code)) {
			FAULT_AT(f, "institution.code",
				 N_("%1: %2: this is not allowed. Allowed: %3."),
				 ARG_ID(N_("1 to 16 letters and digits")));
			break;
		}
	const char *m = p->module;
	if (m && m[0] != '/' && strchr(m, '/'))
		FAULT_AT(f, "module", N_("%1: %2: this is not allowed. Allowed: %3."),
			 ARG_ID(N_("the name of a PKCS#11 module, or its absolute path")));
}

static void check_floors(const struct profile *p, struct faults *f)
{
	if (p->practice)
		return;
	if (p->key.custody_floor == CUSTODY_SOFTWARE)
		FAULT_AT(f, "key.custody",
			 N_("%1: %2: software keys pass only in a profile with practice: true. "
			    "Write device or attested."));
	if (p->key.attributes_floor == KEY_OPEN)
		FAULT_AT(f, "key.attributes",
			 N_("%1: %2: open keys pass only in a profile with practice: true. "
			    "Write withheld or declared."));
}

struct err *check_draft(struct draft *d, const char *dir, struct faults *f)
{
	struct profile *p = &d->profile;
	p->key.retire_destroy = d->retire == 1;
	check_names(p, f);
	check_floors(p, f);
	TRY(check_windows(p, f));
	for (size_t i = 0; i < p->n_roles; i++) {
		TRY(check_role(p, &p->roles[i], f));
		TRY(check_otp_server(p, &p->roles[i], dir, f));
	}
	TRY(check_portal(p, f));
	check_est(p, f);
	TRY(check_attestation(d, dir, f));
	TRY(check_token(d, dir, f));
	check_scep(p, f);
	return check_ca(d, dir, f);
}
