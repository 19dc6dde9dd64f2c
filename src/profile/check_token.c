// Rules of the security officer's PIN: what each custody needs.
#include <string.h>

#include "profile/check.h"

struct err *check_token(struct draft *d, const char *dir, struct faults *f)
{
	struct profile *p = &d->profile;
	struct profile_token *t = &p->token;
	t->recovery = BUF(ANCHORS_MAX_BYTES);
	for (size_t i = 0; i < d->n_recovery; i++)
		TRY(check_pem_file(p, "token.recovery", dir, d->recovery[i], f, &t->recovery));
	if (t->so_custody == SO_ESCROW && !d->n_recovery)
		FAULT_AT(f, "token.so_pin",
			 N_("%1: %2: escrow needs recovery: the certificates of those who may read "
			    "the PIN later."));
	if (t->so_custody == SO_DERIVE && !t->master)
		FAULT_AT(f, "token.so_pin",
			 N_("%1: %2: derive needs master: the file of the master secret."));
	if (t->management_custody == SO_ESCROW && !d->n_recovery)
		FAULT_AT(f, "token.management_key",
			 N_("%1: %2: escrow needs recovery: the certificates of those who may read "
			    "the PIN later."));
	if (t->management_custody == SO_DERIVE && !t->master)
		FAULT_AT(f, "token.management_key",
			 N_("%1: %2: derive needs master: the file of the master secret."));
	if (t->master && t->master[0] != '/')
		FAULT_AT(f, "token.master", N_("%1: %2: this is not allowed. Allowed: %3."),
			 ARG_ID(N_("the absolute path of a file of mode 0600")));
	return NULL;
}
