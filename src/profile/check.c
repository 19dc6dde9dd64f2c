// Rules between values: names, the key's floors, the windows. Roles and the CA have files of their own.
#include "profile/check.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
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

static void check_reminders(const struct profile_window *w, struct faults *f)
{
	for (size_t i = 0; i < w->n_remind; i++) {
		if (w->remind_days[i] > w->renew_before_days) {
			FAULT_AT(f, "window.remind_days",
				 N_("%1: %2: a reminder of %3 days comes before the renewal "
				    "opens (%4 days)."),
				 ARG_NUM(w->remind_days[i]), ARG_NUM(w->renew_before_days));
			return;
		}
		if (i > 0 && w->remind_days[i] >= w->remind_days[i - 1]) {
			FAULT_AT(f, "window.remind_days",
				 N_("%1: %2: this is not allowed. Allowed: %3."),
				 ARG_ID(N_("a list of whole numbers of days, the greatest first")));
			return;
		}
	}
}

static void check_window(const struct profile_window *w, struct faults *f)
{
	int64_t day;
	struct err *e = w->zone ? clock_day(0, w->zone, &day) : NULL;
	if (e) {
		FAULT_AT(f, "window.zone", N_("%1: %2: there is no time zone %3."),
			 ARG_TEXT(w->zone));
		err_ignore(e);
	}
	if (w->after == AFTER_CLOSED && w->reacquire_days > 0)
		FAULT_AT(f, "window.reacquire_days",
			 N_("%1: %2: these days have no meaning with after_expiry: closed. Write "
			    "after_expiry: renew or reacquire, or 0 days."));
	if (w->after != AFTER_CLOSED && w->reacquire_days == 0)
		FAULT_AT(f, "window.after_expiry",
			 N_("%1: %2: renew and reacquire need reacquire_days of at least 1."));
	check_reminders(w, f);
}

struct err *check_draft(struct draft *d, const char *dir, struct faults *f)
{
	struct profile *p = &d->profile;
	p->key.retire_destroy = d->retire == 1;
	check_names(p, f);
	check_floors(p, f);
	check_window(&p->window, f);
	for (size_t i = 0; i < p->n_roles; i++)
		TRY(check_role(p, &p->roles[i], f));
	check_est(p, f);
	TRY(check_attestation(d, dir, f));
	TRY(check_token(d, dir, f));
	return check_ca(d, dir, f);
}
