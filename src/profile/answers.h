// What the person answered: values by field name, for filling a role's templates.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/secret.h"
#include "profile/profile.h"

struct answers;

MUST struct err *answers_new(struct answers **out);
void answers_free(struct answers *a); // wipes
DEFINE_CLEANUP(answers, struct answers, answers_free)

// Judges a raw answer for the field: NFKC folding, white space (and hyphens in all-digit fields) forgiven, then length and
// pattern; puts the folded value in. ERR_ANSWER says what is allowed, never what was typed. For `otp` give the role's otp.
MUST struct err *answers_put(struct answers *a, const struct profile_field *f,
			     const struct secret *raw);
MUST struct err *answers_put_otp(struct answers *a, const struct profile_otp *otp,
				 const struct secret *raw);
// Takes a value that is known to be folded already (from the journal: fields that are not secret).
MUST struct err *answers_put_known(struct answers *a, const char *field, const char *value);
// Null when not answered. Borrowed.
const struct secret *answers_get(const struct answers *a, const char *field);
void answers_forget(struct answers *a, const char *field); // wipes one (a spent one-time password)
void answers_forget_secrets(struct answers *a, const struct profile_role *r);

// Fills a template. ERR_PROFILE for an unknown field, ERR_ANSWER for one not answered yet.
MUST struct err *answers_fill(const struct answers *a, const struct profile *p,
			      const char *template_text, struct secret **out);
// The same where the template holds no secret field (CN, subject).
MUST struct err *answers_fill_text(const struct answers *a, const struct profile *p,
				   const struct profile_role *r, const char *template_text,
				   char **out);
// Whether the template needs the field.
bool template_uses(const char *template_text, const char *field);
