// prepare: institution, token, journal, person, CA - everything that can be known before the key is made.
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "enroll/ask.h"
#include "enroll/by_file.h"
#include "enroll/enrolment.h"
#include "enroll/prepare.h"
#include "enroll/renewal.h"
#include "enroll/say.h"

static struct msg *words_of_files(const struct profile *p)
{
	return msg_new(N_("This profile is used for the first time, or has changed: %1 (%2). It "
			  "decides whose certificates are believed, and how the key must be "
			  "protected; nothing is sent over a network. Its fingerprint (SHA-256) is "
			  "%3. Compare it with the one that your institution gave you. Use this "
			  "profile?"),
		       ARG_BOTH(p->institution), ARG_TEXT(p->path), ARG_TEXT(p->fingerprint));
}

static struct err *agree_to_profile(struct enrolment *e)
{
	const struct profile *p = e->profile;
	bool known = false;
	TRY(journal_profile_known(e->journal, p->path, p->fingerprint, &known));
	if (known)
		return NULL;
	bool yes = false;
	struct msg *words =
		p->ca.protocol == CA_FILE
			? words_of_files(p)
			: msg_new(N_("This profile is used for the first time, or has changed: "
				     "%1 (%2). It decides which site gets "
				     "your secrets: %3. Its fingerprint (SHA-256) is %4. Compare "
				     "it with the one that your institution "
				     "gave you. Use this profile?"),
				  ARG_BOTH(p->institution), ARG_TEXT(p->path), ARG_TEXT(p->ca.url),
				  ARG_TEXT(p->fingerprint));
	TRY(ask_consent(e, "profile", words, &yes));
	if (!yes)
		return err_tag(err_new(ERR_INTERRUPTED,
				       N_("The profile was not agreed to; nothing was begun.")),
			       "consent-refused");
	return journal_profile_accept(e->journal, p->path, p->fingerprint);
}

// What the profile says of attestations can be used: seen before a key is made, not after.
static struct err *check_roots(const struct profile *p)
{
	const struct buf *pem = &p->key.attestation.roots;
	AUTO_CERTS struct cert_list roots = { 0 };
	return pem->len ? cert_list_from_pem(pem->data, pem->len, &roots) : NULL;
}

struct err *open_profile(struct enrolment *e, const char *path)
{
	TRY(profile_load(path, &e->profile));
	TRY(cert_list_from_pem(e->profile->ca.anchors.data, e->profile->ca.anchors.len,
			       &e->anchors));
	TRY(check_roots(e->profile));
	if (e->profile->practice)
		say_note(e, msg_new(N_("This is a practice profile: its certificates are only for "
				       "practising.")));
	return agree_to_profile(e);
}

static char *role_names(const struct profile *p)
{
	struct buf names = BUF(4096);
	for (size_t i = 0; p->roles && i < p->n_roles; i++)
		// NOLINTNEXTLINE(clang-analyzer-core.NullDereference): as many roles as n_roles
		err_ignore(buf_printf(&names, "%s%s", i ? ", " : "", p->roles[i].name));
	return names.data ? (char *)names.data : text_copy("");
}

struct err *open_role(struct enrolment *e, const char *name)
{
	e->role = name ? profile_find_role(e->profile, name) : NULL;
	if (!e->role && !name && e->profile->n_roles == 1)
		e->role = &e->profile->roles[0];
	if (!e->role) {
		AUTO_TEXT char *names = role_names(e->profile);
		struct err *err =
			name ? err_new(ERR_USAGE, N_("The profile has no role called %1."),
				       ARG_TEXT(name))
			     : err_new(ERR_USAGE,
				       N_("The profile has several roles, and none was chosen."));
		return err_hint(err_tag(err, "role-unknown"), N_("Give --role with one of: %1."),
				ARG_TEXT(names ? names : ""));
	}
	return answers_new(&e->answers);
}

// Where nothing is to be done before somebody brings a file, neither the token nor its PIN is needed to say so.
static struct err *what_is_awaited(struct enrolment *e)
{
	if (e->record->mark != MARK_WAITING || e->profile->ca.protocol != CA_FILE)
		return NULL;
	TRY(open_ca(e));
	return by_file_awaits(e);
}

struct err *step_prepare(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(journal_open(&e->journal));
	if (e->job->kind == JOB_RENEW) {
		TRY(open_token(e, "renew"));
		TRY(renewal_choose(e));
		return prepare_role(e);
	}
	if (e->job->kind == JOB_RESUME) {
		TRY(resume_record(e, e->job->enrolment));
	} else {
		TRY(open_profile(e, e->job->profile));
		TRY(open_role(e, e->job->role));
	}
	TRY(by_file_fits(e));
	if (e->resumed)
		TRY(what_is_awaited(e));
	TRY(open_token(e, e->resumed ? "resume" : "enroll"));
	if (e->resumed)
		TRY(record_again(e));
	if (!e->resumed)
		TRY(offer_unfinished(e));
	if (!e->resumed)
		TRY(new_record(e));
	return prepare_role(e);
}
