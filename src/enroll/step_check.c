// check-certificate, consent-store: what came back is judged before anybody is asked to store it.
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "enroll/ask.h"
#include "enroll/by_file.h"
#include "enroll/conversation.h"
#include "enroll/revocation.h"
#include "enroll/say.h"
#include "x509/judge.h"
#include "x509/request.h"

static struct err *recall_certificates(struct enrolment *e)
{
	if (e->issued.n)
		return NULL;
	return cert_list_from_pem(e->record->certificates.data, e->record->certificates.len,
				  &e->issued);
}

static struct err *judge(struct enrolment *e)
{
	AUTO_BUF struct buf spki = BUF(8192);
	TRY(rsa_public_der(keypair_public(e->key), &spki));
	const struct judge_terms terms = {
		.public_key_der = spki.data,
		.public_key_der_len = spki.len,
		.common_name = e->common_name,
		.anchors = &e->anchors,
		.now = clock_now(),
		.need_signature = true,
		.need_encipherment = e->constraints.decrypt,
	};
	TRY(judge_certificates(&terms, &e->issued, &e->leaf, NULL));
	bool looked = false;
	return revocation_look(&(struct revocation_terms){ .profile = e->profile,
							   .leaf = e->leaf,
							   .others = &e->issued,
							   .anchors = &e->anchors,
							   .face = e->face },
			       &looked);
}

static struct err *tell_the_ca(struct enrolment *e, const struct err *why, bool *told)
{
	AUTO_CONVERSATION struct conversation c = { 0 };
	if (!ca_confirms(e->ca))
		return NULL;
	TRY(conversation_begin(e, &c));
	return ca_reject(e->ca, &c.request, why, told);
}

static struct err *refused(struct enrolment *e, struct err *why)
{
	bool told = false;
	if (ca_request_file(e->ca))
		return by_file_refused(e, why);
	AUTO(err) struct err *untold = tell_the_ca(e, why, &told);
	if (untold || !told)
		say_note(e, msg_new(N_("The certificate authority could not be told that its "
				       "certificate is refused. Tell it by "
				       "another way, so that the certificate is revoked.")));
	return enrolment_undo(e, why);
}

// A dead battery sets a machine's clock years back. What the journal has written since tells it; the certificate is not to blame.
static bool clock_went_back(const struct enrolment *e, const struct err *why)
{
	enum { CLOCKS_DIFFER = 300 };
	return (err_has_tag(why, "certificate-not-yet") ||
		err_has_tag(why, "certificate-expired")) &&
	       clock_now() + CLOCKS_DIFFER < e->record->updated;
}

static struct err *set_the_clock(const struct enrolment *e, struct err *why)
{
	char last[48];
	clock_shown(e->record->updated, e->profile->window.zone, last);
	return err_caused_by(
		err_hint(
			err_tag(err_new(ERR_POLICY,
					N_("The clock of this machine is wrong: this enrolment "
					   "was worked on at %1 already."),
					ARG_TEXT(last)),
				"clock-wrong"),
			N_("Nothing was changed. Set the clock right, then run `inkan resume %1`."),
			ARG_TEXT(e->record->id)),
		why);
}

struct err *step_check_certificate(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(recall_certificates(e));
	struct err *err = judge(e);
	if (err && clock_went_back(e, err))
		return set_the_clock(e, err);
	if (err)
		return err_kind(err) == ERR_POLICY ? refused(e, err) : err;
	free(e->record->sha256);
	e->record->sha256 = text_copy(cert_sha256(e->leaf));
	return e->record->sha256 ? NULL : err_no_memory();
}

static struct msg *store_words(const struct enrolment *e)
{
	char until[48];
	clock_shown(cert_not_after(e->leaf), e->profile->window.zone, until);
	return msg_new(N_("%1 has issued a certificate for %2, valid until %3. It is for the key "
			  "on this token. Store it on the "
			  "token %4?"),
		       ARG_BOTH(e->profile->institution), ARG_TEXT(cert_common_name(e->leaf)),
		       ARG_TEXT(until), ARG_TEXT(e->token.label));
}

struct err *step_consent_store(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, 0);
	if (e->profile->consent_store.en || e->profile->consent_store.ja)
		say_note(e, msg_new("%1", ARG_BOTH(e->profile->consent_store)));
	bool yes = false;
	TRY(ask_consent(e, "store", store_words(e), &yes));
	if (yes)
		return enrolment_mark(e, MARK_STORE_BEGUN);
	return err_hint(
		err_tag(err_new(ERR_INTERRUPTED,
				N_("You did not agree, so the certificate was not stored.")),
			"consent-refused"),
		N_("`inkan resume %1` asks again; `inkan abandon %1` removes the key."),
		ARG_TEXT(e->record->id));
}
