// verify: do token, key and certificate still work together? Signs a challenge for each certificate that has its key,
// and logs in with it where the job says so.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "enroll/ask.h"
#include "enroll/login.h"
#include "enroll/result.h"
#include "enroll/revocation.h"
#include "enroll/run.h"
#include "enroll/say.h"
#include "enroll/try_pair.h"
#include "pkcs11/certobj.h"
#include "x509/judge.h"
#include "x509/request.h"

struct check {
	struct enrolment e;
	json_t *list; // of certificates and what came of each
	size_t checked;
	struct err *first; // the first thing that is wrong
};

// The chain can only be judged when the journal knows which profile the certificate was made for.
static struct err *judge_chain(struct enrolment *e, const struct cert *c, const struct keypair *key,
			       bool *judged, bool *unrevoked)
{
	AUTO(record) struct record *made = NULL;
	struct profile *p = NULL;
	AUTO_CERTS struct cert_list anchors = { 0 };
	AUTO_CERTS struct cert_list all = { 0 };
	AUTO(cert) struct cert *leaf = NULL;
	AUTO_BUF struct buf spki = BUF(8192);
	*judged = false;
	TRY(journal_by_certificate(e->journal, cert_sha256(c), &made));
	if (!made || !made->profile_path)
		return NULL;
	err_ignore(profile_load(made->profile_path, &p));
	if (!p)
		return NULL;
	profile_free(e->profile); // the result names the last one
	e->profile = p;
	TRY(cert_list_from_pem(p->ca.anchors.data, p->ca.anchors.len, &anchors));
	TRY(cert_list_from_pem(made->certificates.data, made->certificates.len, &all));
	TRY(rsa_public_der(keypair_public(key), &spki));
	const struct judge_terms terms = {
		.public_key_der = spki.data,
		.public_key_der_len = spki.len,
		.common_name = made->common_name,
		.anchors = &anchors,
		.now = clock_now(),
		.need_signature = true,
	};
	*judged = true;
	TRY(judge_certificates(&terms, &all, &leaf, NULL));
	return revocation_look(&(struct revocation_terms){ .profile = p,
							   .leaf = leaf,
							   .others = &all,
							   .anchors = &anchors,
							   .face = e->face },
			       unrevoked);
}

static struct err *check_times(const struct cert *c)
{
	int64_t now = clock_now();
	if (now > cert_not_after(c))
		return err_hint(
			err_tag(err_new(ERR_POLICY, N_("The certificate for %1 has expired."),
					ARG_TEXT(cert_common_name(c))),
				"certificate-expired"),
			N_("Enrol again with `inkan enroll`."));
	if (now < cert_not_before(c))
		return err_hint(
			err_tag(err_new(ERR_POLICY, N_("The certificate for %1 is not valid yet."),
					ARG_TEXT(cert_common_name(c))),
				"certificate-not-yet"),
			N_("Check the clock of this machine."));
	return NULL;
}

static struct err *check_pair(struct check *ck, const struct certobj *c, json_t *entry)
{
	struct enrolment *e = &ck->e;
	AUTO(keypair) struct keypair *key = NULL;
	bool judged = false, unrevoked = false;
	TRY(keypair_find(e->session, &c->id, &key));
	if (!key || !keypair_has_private(key)) {
		json_object_set_new(entry, "key", json_string("missing"));
		return err_hint(
			err_tag(err_new(ERR_TOKEN,
					N_("The certificate for %1 has no key on the token."),
					ARG_TEXT(cert_common_name(c->cert))),
				"key-missing"),
			N_("It cannot be used. Enrol again with `inkan enroll`."));
	}
	json_object_set_new(entry, "key", json_string("present"));
	const struct pin_asker asker = { .ask = pin_for_signature, .ctx = e };
	TRY(try_pair(e->session, key, &asker, c->cert));
	TRY(check_times(c->cert));
	TRY(judge_chain(e, c->cert, key, &judged, &unrevoked));
	json_object_set_new(entry, "chain", json_string(judged ? "good" : "unknown"));
	if (unrevoked)
		json_object_set_new(entry, "revocation", json_string("good"));
	if (!e->have_evidence) {
		TRY(evidence_gather(e->session, key, 0, &e->evidence));
		if (e->profile)
			TRY(evidence_attest(e->session, key, e->profile, &e->evidence,
					    &e->attested));
		e->have_evidence = true;
		e->leaf = cert_ref(c->cert);
	}
	return NULL;
}

static void check_one(struct check *ck, const struct certobj *c)
{
	if (!c->cert || cert_is_ca(c->cert))
		return;
	json_t *entry = certificate_to_json(c->cert);
	struct err *err = check_pair(ck, c, entry);
	json_object_set_new(entry, "works", json_boolean(!err));
	json_array_append_new(ck->list, entry);
	ck->checked++;
	if (err) {
		say_note(&ck->e, msg_copy(err_what(err)));
	} else {
		say_note(&ck->e, msg_new(N_("%1: token, key and certificate work together."),
					 ARG_TEXT(cert_common_name(c->cert))));
	}
	if (err && !ck->first)
		ck->first = err;
	else
		err_free(err);
}

static struct err *check_all(struct check *ck)
{
	struct enrolment *e = &ck->e;
	AUTO_CERTOBJS struct certobj_list certs = { 0 };
	TRY(certobj_list(e->session, &certs));
	for (size_t i = 0; i < certs.n; i++) {
		TRY(go_on(e));
		if (!certs.list[i].placeholder)
			check_one(ck, &certs.list[i]);
	}
	if (ck->first || ck->checked)
		return NULL;
	return err_hint(err_tag(err_new(ERR_TOKEN, N_("There is no certificate on the token %1."),
					ARG_TEXT(e->token.label)),
				"certificate-missing"),
			N_("Enrol with `inkan enroll`."));
}

static struct err *verify(struct check *ck)
{
	struct enrolment *e = &ck->e;
	if (e->job->unlisted)
		TRY(find_token(e));
	e->step = "verify-token";
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(journal_open(&e->journal));
	TRY(open_token(e, "verify"));
	TRY(open_login(e));
	TRY(check_all(ck));
	struct err *first = ck->first;
	ck->first = NULL;
	if (first || !e->job->login)
		return first;
	say_step(e, STEP_DONE, NULL, 0);
	return login_each(e, ck->list);
}

void verify_run(const struct job *j, struct face *f, struct result *out)
{
	struct check ck = { .e = { .job = j, .face = f }, .list = json_array() };
	struct err *err = verify(&ck);
	if (err)
		err = enrolment_pulled(&ck.e, err);
	if (err && ck.e.step)
		say_failed(&ck.e, err);
	else if (!err)
		say_step(&ck.e, STEP_DONE, NULL, 0);
	out->object = result_to_json(err ? outcome_of(err) : "verified", &ck.e, err);
	json_object_set_new(out->object, "certificates", ck.list);
	out->err = err;
	err_free(ck.first);
	enrolment_end(&ck.e);
}
