// revoke: the CA is asked to take a certificate on the token back.
#include <string.h>

#include "base/clock.h"
#include "enroll/ask.h"
#include "enroll/certificates.h"
#include "enroll/prepare.h"
#include "enroll/request.h"
#include "enroll/result.h"
#include "enroll/run.h"
#include "enroll/say.h"

// RFC 5280 §5.3.1: the reasons that the holder of a certificate can have.
static const struct reason {
	const char *name;
	int number;
	const char *words;
} reasons[] = {
	{ "unspecified", 0, N_("no reason is given") },
	{ "keyCompromise", 1, N_("somebody else may have the key or the token") },
	{ "affiliationChanged", 3, N_("the person has another position now") },
	{ "superseded", 4, N_("another certificate takes its place") },
	{ "cessationOfOperation", 5, N_("it is not needed any more") },
};

static struct err *find_reason(const char *name, const struct reason **out)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (strcmp(reasons[i].name, name ? name : "unspecified") != 0)
			continue;
		*out = &reasons[i];
		return NULL;
	}
	return err_hint(err_tag(err_new(ERR_USAGE, N_("The option --reason does not know %1."),
					ARG_TEXT(name)),
				"reason-unknown"),
			N_("It takes unspecified, keyCompromise, affiliationChanged, superseded "
			   "or cessationOfOperation."));
}

static struct err *elsewhere(const struct enrolment *e)
{
	return err_hint(
		err_tag(err_new(ERR_POLICY,
				N_("The way to the CA that the profile %1 names has no "
				   "place for a revocation."),
				ARG_TEXT(e->profile->name)),
			"revoke-elsewhere"),
		N_("Ask %1 to revoke the certificate of %2 with the serial number %3. Until they "
		   "have, it is valid."),
		ARG_BOTH(e->profile->institution), ARG_TEXT(cert_common_name(e->leaf)),
		ARG_TEXT(cert_serial_hex(e->leaf)));
}

static struct err *already(const struct record *r)
{
	char at[48];
	clock_shown(r->revoked_at, NULL, at);
	return err_tag(err_new(ERR_POLICY,
			       N_("This certificate was revoked from here at %1 already."),
			       ARG_TEXT(at)),
		       "revoked-already");
}

static struct err *agree(struct enrolment *e, const struct reason *why)
{
	bool yes = false;
	TRY(ask_consent(
		e, "revoke",
		msg_new(N_("The certificate of %1 with the serial number %2 will be revoked "
			   "by %3 (%4): %5. That cannot be taken back, and nobody will "
			   "accept the certificate any more. Revoke it?"),
			ARG_TEXT(cert_common_name(e->leaf)), ARG_TEXT(cert_serial_hex(e->leaf)),
			ARG_BOTH(e->profile->institution), ARG_TEXT(e->profile->ca.url),
			ARG_ID(why->words)),
		&yes));
	if (yes)
		return NULL;
	return err_tag(err_new(ERR_INTERRUPTED, N_("You did not agree, so nothing was revoked.")),
		       "consent-refused");
}

// The certificate signs for its own revocation as long as it is valid and its key is there; otherwise the person's answers vouch.
static struct err *open_conversation(struct enrolment *e, const struct our_certificate *c)
{
	AUTO(keypair) struct keypair *pair = NULL;
	if (cert_not_after(e->leaf) > clock_now()) {
		TRY(open_login(e));
		TRY(keypair_find(e->session, &c->object->id, &pair));
	}
	if (pair && keypair_has_private(pair)) {
		e->key = pair;
		pair = NULL;
		e->old_cert = cert_ref(e->leaf);
	}
	// How it was got once does not matter here: it vouches where it can sign.
	bool renewed = e->record->renews;
	e->record->renews = e->old_cert != NULL;
	struct err *err = open_ca(e);
	e->record->renews = renewed;
	return err;
}

static struct err *send(struct enrolment *e)
{
	struct pin_asker asker = { .ask = pin_for_signature, .ctx = e };
	struct keypair_use use = { e->session, e->key, &asker };
	AUTO(private_key) struct private_key *key = NULL;
	struct ca_request r = { 0 };
	const struct reason *why = NULL;
	bool sent = false;
	TRY(find_reason(e->job->reason, &why));
	if (e->key) {
		TRY(keypair_private_key(&use, &key));
		r.old = (struct ca_key){ .key = key,
					 .cert = e->leaf,
					 .pss = keypair_signs_pss(e->session) };
	} else {
		TRY(ca_questions(e->ca, &e->constraints, &e->questions));
		TRY(authenticate_now(e));
	}
	struct err *err = ca_revoke(e->ca, &r, e->leaf, why->number, &sent);
	if (!err || err_next_step(err) || !sent)
		return err;
	return err_hint(err, N_("The request may have arrived: the certificate may be revoked. The "
				"same command asks once more."));
}

static struct err *take(struct enrolment *e, struct our_certificate *c)
{
	const struct reason *why = NULL;
	TRY(find_reason(e->job->reason, &why));
	TRY(open_profile(e, e->job->profile ? e->job->profile : c->made->profile_path));
	TRY(open_role(e, c->made->role));
	e->leaf = cert_ref(c->object->cert);
	e->record = c->made;
	c->made = NULL;
	e->written = true;
	TRY(record_fields(e));
	if (e->record->revoked_at)
		return already(e->record);
	if (!ca_protocol_revokes(e->profile))
		return elsewhere(e);
	TRY(agree(e, why));
	TRY(journal_room(e->journal));
	TRY(open_conversation(e, c));
	TRY(send(e));
	e->record->revoked_at = clock_now();
	return journal_write(e->journal, e->record);
}

static struct err *revoke(struct enrolment *e)
{
	AUTO_OUR_CERTIFICATES struct our_certificates found = { 0 };
	const struct our_certificate *one = NULL;
	const struct reason *why = NULL;
	TRY(find_reason(e->job->reason, &why));
	if (e->job->unlisted)
		TRY(find_token(e));
	e->step = "revoke";
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(journal_open(&e->journal));
	TRY(open_token(e, "revoke"));
	TRY(our_certificates_find(e, &found));
	TRY(our_certificates_one(e, &found, &one));
	return take(e, &found.list[one - found.list]);
}

void revoke_run(const struct job *j, struct face *f, struct result *out)
{
	__attribute__((cleanup(enrolment_end))) struct enrolment e = { .job = j, .face = f };
	struct err *err = revoke(&e);
	if (err)
		err = enrolment_pulled(&e, err);
	if (err && e.step)
		say_failed(&e, err);
	else if (!err)
		say_step(&e, STEP_DONE, NULL, 0);
	out->object = result_to_json(err ? outcome_of(err) : "revoked", &e, err);
	out->err = err;
}
