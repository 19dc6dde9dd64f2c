// The subject that a CA's template is made of (RFC 9908 §3.4), laid against the profile's.
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ca/est.h"

enum { SUBJECT_MAX = 16 };

static struct err *does_not_fit(struct msg *what)
{
	return err_hint(err_tag(err_make(ERR_POLICY, what), "subject-template"),
			N_("No key was made and nothing was sent. Tell the institution what is "
			   "said here."));
}

// The n-th part of this type in the role's subject.
static bool find_place(const struct profile_role *r, const char *type, size_t n, size_t *place)
{
	for (size_t i = 0; i < r->n_subject; i++)
		if (strcmp(r->subject[i].type, type) == 0 && n-- == 0) {
			*place = i;
			return true;
		}
	return false;
}

static size_t same_before(const struct csrattrs *w, size_t at)
{
	size_t n = 0;
	for (size_t i = 0; i < at; i++)
		n += strcmp(w->subject[i].type, w->subject[at].type) == 0;
	return n;
}

static struct err *take_part(const struct profile_role *r, const struct csrattrs *w, size_t i,
			     struct ca_rdn *out)
{
	const struct csrattrs_rdn *wanted = &w->subject[i];
	bool name = strcmp(wanted->type, "CN") == 0;
	if (name && wanted->value)
		return does_not_fit(msg_new(N_("The CA's template for the request has a Common "
					       "Name of its own. It is the person's.")));
	if (!wanted->value && !find_place(r, wanted->type, same_before(w, i), &out->place))
		return does_not_fit(
			msg_new(N_("The CA's template for the request wants %1 in the subject, and "
				   "the profile does not say what goes there."),
				ARG_TEXT(wanted->type)));
	out->type = text_copy(wanted->type);
	out->value = wanted->value ? text_copy(wanted->value) : NULL;
	return out->type && !wanted->value == !out->value ? NULL : err_no_memory();
}

static bool names_once(const struct csrattrs *w)
{
	size_t n = 0;
	for (size_t i = 0; i < w->n_subject; i++)
		n += strcmp(w->subject[i].type, "CN") == 0;
	return n == 1;
}

struct err *est_subject(const struct profile_role *r, const struct csrattrs *w,
			struct ca_constraints *out)
{
	if (!w->n_subject && !w->strange_subject)
		return NULL;
	if (w->strange_subject || w->n_subject > SUBJECT_MAX || !names_once(w))
		return does_not_fit(msg_new(N_("The CA's template for the request has a subject "
					       "that cannot be made here.")));
	out->subject = calloc(w->n_subject, sizeof(*out->subject));
	if (!out->subject)
		return err_no_memory();
	for (size_t i = 0; i < w->n_subject; i++) {
		out->n_subject = i + 1;
		TRY(take_part(r, w, i, &out->subject[i]));
	}
	return NULL;
}
