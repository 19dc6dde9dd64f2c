// submit, wait: the request leaves, once; what came of it is journalled before anything else happens.
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "enroll/by_file.h"
#include "enroll/conversation.h"
#include "enroll/request.h"
#include "enroll/say.h"

static struct err *keep_state(struct enrolment *e)
{
	buf_reset(&e->record->ca_state);
	return ca_save(e->ca, &e->record->ca_state);
}

static struct err *keep_certificates(struct enrolment *e, struct cert_list *issued)
{
	buf_reset(&e->record->certificates);
	for (size_t i = 0; i < issued->n; i++) {
		AUTO_TEXT char *pem = cert_pem(issued->certs[i]);
		if (!pem)
			return err_no_memory();
		TRY(buf_puts(&e->record->certificates, pem));
	}
	return NULL;
}

// The profile lets the CA answer so; nobody shall find out later that it did.
static void say_weakness(const struct enrolment *e)
{
	const char *weak = ca_weakness(e->ca);
	if (*weak)
		say_note(e, msg_new(N_("The CA protected its answer with weak algorithms (%1). The "
				       "profile allows it."),
				    ARG_TEXT(weak)));
}

static struct err *take_outcome(struct enrolment *e, struct ca_outcome *o)
{
	TRY(keep_state(e));
	e->waits_anew = o->state == CA_WAIT_ANEW;
	if (o->state != CA_ISSUED) {
		e->record->retry_at = o->retry_seconds ? clock_now() + o->retry_seconds : 0;
		return enrolment_mark(e, MARK_WAITING);
	}
	say_weakness(e);
	TRY(keep_certificates(e, &o->issued));
	e->issued = o->issued;
	o->issued = (struct cert_list){ 0 };
	e->record->retry_at = 0;
	return enrolment_mark(e, MARK_ISSUED);
}

// The CA said no, or nothing left: it has not issued for this sending.
static bool was_not_issued(const struct enrolment *e, const struct err *err, bool sent)
{
	if (!sent)
		return true;
	// After a form that carried the request, pages lead on; where that goes wrong says nothing of the request.
	if (e->profile->ca.protocol == CA_PORTAL && err_has_tag(err, "redirected"))
		return false;
	if (ca_no_is_open(e->ca)) // anybody on the way could have said it
		return false;
	return err_has_tag(err, "request-refused") || err_has_tag(err, "renewal-refused") ||
	       err_has_tag(err, "ra-refused") || err_has_tag(err, "ra-missing") ||
	       err_has_tag(err, "login-refused") || err_has_tag(err, "credentials-refused") ||
	       err_has_tag(err, "credentials-missing") || err_has_tag(err, "redirected") ||
	       err_has_tag(err, "digest-again") || err_has_tag(err, "account-locked") ||
	       err_has_tag(err, "session-expired");
}

// The way on from here, unless the error itself advises something: then the face tells of `inkan resume` by the result.
static struct err *stays(const struct enrolment *e, struct err *err)
{
	if (e->record->renews &&
	    (err_has_tag(err, "renewal-refused") || err_has_tag(err, "login-refused")))
		return err_hint(err,
				N_("The present certificate may have been revoked. Tell the "
				   "institution what is said here. With its consent give this "
				   "renewal up with `inkan abandon %1`; `inkan enroll` then gets a "
				   "new certificate with full authentication."),
				ARG_TEXT(e->record->id));
	if (err_next_step(err))
		return err;
	return err_hint(err, N_("The key stays on the token. `inkan resume %1` goes on from here."),
			ARG_TEXT(e->record->id));
}

// A resumed run sends the request anew.
static struct err *goes_anew(struct enrolment *e, struct err *err)
{
	AUTO(err) struct err *unwritten = enrolment_mark(e, MARK_KEY_MADE);
	if (unwritten)
		say_note(e, msg_copy(err_what(unwritten)));
	return stays(e, err);
}

static struct err *failed(struct enrolment *e, struct err *err, bool sent)
{
	if (!was_not_issued(e, err, sent))
		return stays(e, err);
	e->record->submits--;
	return goes_anew(e, err);
}

static struct err *journal_before_sending(struct enrolment *e)
{
	TRY(journal_room(e->journal));
	buf_reset(&e->record->request);
	if (!ca_request_is_secret(e->ca))
		TRY(buf_put(&e->record->request, e->request.data, e->request.len));
	TRY(keep_state(e));
	// Written to its file once more it is the same request in the same hands.
	if (!ca_request_file(e->ca) || e->record->submits == 0)
		e->record->submits++;
	return enrolment_mark(e, MARK_SUBMIT_BEGUN);
}

struct err *step_submit(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, (int64_t)e->profile->ca.answer_seconds);
	AUTO_CONVERSATION struct conversation c = { 0 };
	TRY(conversation_begin(e, &c));
	TRY(journal_before_sending(e));
	if (e->record->submits > 1)
		say_note(e, msg_new(N_("The request may have been sent before. It is sent again "
				       "with the same key; the certificate "
				       "authority may issue a second certificate, and this is "
				       "recorded.")));
	struct ca_outcome outcome = { 0 };
	bool sent = false;
	struct err *err = ca_submit(e->ca, &c.request, &outcome, &sent);
	if (!err)
		by_file_tell(e);
	err = err ? failed(e, err, sent) : take_outcome(e, &outcome);
	ca_outcome_free(&outcome);
	return err;
}

static struct err *pending(const struct enrolment *e)
{
	int64_t left = e->record->retry_at - clock_now();
	return err_hint(
		err_tag(err_new(ERR_PENDING, N_("The certificate authority has not decided yet.")),
			"pending"),
		N_("Ask again in %1 seconds or later with `inkan resume %2`. The key stays on the "
		   "token until then."),
		ARG_NUM(left > 1 ? left : 1), ARG_TEXT(e->record->id));
}

// Counts down to the time that the CA named; pending when that is longer than anybody should sit here.
static struct err *wait_until_asked(struct enrolment *e, int64_t deadline)
{
	if (e->record->retry_at > deadline)
		return pending(e);
	for (;;) {
		int64_t left = e->record->retry_at - clock_now();
		if (left <= 0)
			return NULL;
		TRY(go_on(e));
		say_wait(e, msg_new(N_("The certificate authority asks us to wait.")), left, false);
		clock_sleep_ms(left > 1 ? 1000 : 250);
	}
}

static struct err *poll(struct enrolment *e, struct ca_outcome *o)
{
	AUTO_CONVERSATION struct conversation c = { 0 };
	bool sent = false;
	TRY(conversation_begin(e, &c));
	TRY(ca_poll(e->ca, &c.request, o, &sent));
	return take_outcome(e, o);
}

// Without a ticket the credentials are needed anew: a person is asked, a script comes back with them later.
static struct err *authenticate_again(struct enrolment *e)
{
	if (!e->face->interactive && !e->resumed)
		return pending(e);
	struct err *err = authenticate_now(e);
	if (!err || e->face->interactive || !err_has_tag(err, "answer-missing"))
		return err;
	err_free(err);
	return pending(e);
}

static struct err *ask_the_ca(struct enrolment *e, bool *anew)
{
	struct ca_outcome outcome = { 0 };
	if (*anew)
		TRY(authenticate_again(e));
	struct err *err = poll(e, &outcome);
	if (err && !*anew && err_has_tag(err, "credentials-missing")) {
		err_free(err);
		err = authenticate_again(e);
		if (!err)
			err = poll(e, &outcome);
	}
	*anew = e->waits_anew;
	ca_outcome_free(&outcome);
	// A final no: the ticket is worth nothing any more, and a resumed run sends the request anew.
	if (err && err_has_tag(err, "request-refused"))
		return failed(e, err, true);
	if (err && (err_has_tag(err, "certificate-earlier") || err_has_tag(err, "request-gone")))
		return goes_anew(e, err);
	return err ? stays(e, err) : NULL;
}

struct err *step_wait(struct enrolment *e, bool *skipped)
{
	if (e->record->mark != MARK_WAITING) {
		*skipped = true;
		return NULL;
	}
	TRY(by_file_awaits(e));
	say_step(e, STEP_BEGUN, NULL, e->record->retry_at - clock_now());
	bool patient = e->resumed || e->job->wait_for_ca;
	int64_t deadline = clock_now() + (patient ? (int64_t)e->profile->ca.max_wait_seconds : -1);
	bool anew = e->waits_anew;
	bool asked = false;
	while (e->record->mark == MARK_WAITING) {
		// A resumed run asks at least once; after that only somebody who waits goes on asking.
		if (asked && !e->job->wait_for_ca)
			return pending(e);
		TRY(wait_until_asked(e, deadline));
		TRY(ask_the_ca(e, &anew));
		asked = true;
	}
	return NULL;
}
