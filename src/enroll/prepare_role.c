// The person and the CA, before the key: answers judged ahead, IDs asked, the name made, the CA asked what it wants.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "enroll/ask.h"
#include "enroll/by_file.h"
#include "enroll/on_behalf.h"
#include "enroll/prepare.h"
#include "enroll/renewal.h"
#include "enroll/say.h"
#include "enroll/window.h"

static bool stop(void *ctx)
{
	return said_stop(ctx);
}

struct err *open_ca_by(struct enrolment *e, const struct cert *by, bool on_behalf)
{
	const struct ca_terms terms = {
		.profile = e->profile,
		.role = e->role,
		.transaction = e->record->id,
		.renews = by,
		.request_file = e->request_file,
		.replace_file = e->replace_file,
		.answer_file = e->job->answer,
		.on_behalf = on_behalf,
		.stop = stop,
		.stop_ctx = e,
	};
	return e->ca ? NULL
		     : ca_open(&terms, e->record->ca_state.data, e->record->ca_state.len, &e->ca);
}

struct err *open_ca(struct enrolment *e)
{
	const struct record *r = e->record;
	return open_ca_by(e, r->renews ? e->old_cert : NULL, r->vouched_by != NULL);
}

// Is the field a part of the certificate's name?
static bool is_in_name(const struct profile_role *r, const char *field)
{
	for (size_t i = 0; i < r->n_subject; i++)
		if (template_uses(r->subject[i].value, field))
			return true;
	return template_uses(r->common_name, field);
}

// Off a terminal everything that will be asked is judged now, so that nothing is begun that cannot be ended.
static struct err *judge_ahead(struct enrolment *e)
{
	if (e->face->interactive)
		return NULL;
	for (size_t i = 0; i < e->questions.n; i++) {
		bool absent = false;
		const char *field = e->questions.q[i].field;
		if (!answers_get(e->answers, field))
			TRY(ask_ahead(e, field, &absent));
	}
	return NULL;
}

// A renewal copies the name that is there.
static struct err *ask_names(struct enrolment *e)
{
	if (takes_name(e))
		return NULL;
	for (size_t i = 0; i < e->role->n_fields; i++)
		if (is_in_name(e->role, e->role->fields[i].name))
			TRY(ask_field(e, &e->role->fields[i]));
	return NULL;
}

static struct err *ask_what_comes_first(struct enrolment *e)
{
	for (size_t i = 0; i < e->questions.n; i++)
		if (e->questions.q[i].when == ASK_BEFORE_KEY)
			TRY(ask_named(e, e->questions.q[i].field));
	return NULL;
}

static struct err *remember_fields(struct enrolment *e)
{
	AUTO(json) json_t *fields = json_object();
	for (size_t i = 0; i < e->role->n_fields; i++) {
		const struct profile_field *f = &e->role->fields[i];
		bool agents = e->record->vouched_by && on_behalf_is_agents(e->role, f->name);
		const struct secret *value =
			f->secret || agents ? NULL : answers_get(e->answers, f->name);
		if (value)
			json_object_set_new(fields, f->name, json_string(secret_text(value)));
	}
	free(e->record->fields);
	e->record->fields = json_line(fields);
	return e->record->fields ? NULL : err_no_memory();
}

static struct err *keep_name(struct enrolment *e)
{
	free(e->record->common_name);
	e->record->common_name = text_copy(e->common_name);
	return e->record->common_name ? NULL : err_no_memory();
}

static struct err *copy_name(struct enrolment *e)
{
	e->common_name = text_copy(cert_common_name(e->old_cert));
	return e->common_name ? keep_name(e) : err_no_memory();
}

struct err *subject_name(struct enrolment *e)
{
	free(e->common_name);
	e->common_name = NULL;
	if (takes_name(e))
		return copy_name(e);
	TRY(answers_fill_text(e->answers, e->profile, e->role, e->role->common_name,
			      &e->common_name));
	TRY(keep_name(e));
	return remember_fields(e);
}

static struct err *check_bits(struct enrolment *e)
{
	unsigned bits = e->constraints.rsa_bits ? e->constraints.rsa_bits : e->profile->key.bits;
	if (bits < e->profile->key.bits)
		bits = e->profile->key.bits;
	e->constraints.rsa_bits = bits;
	const struct token_info *t = &e->token;
	if (t->makes_rsa && (t->rsa_max == 0 || (bits >= t->rsa_min && bits <= t->rsa_max)))
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_TOKEN, N_("The token %1 cannot make an RSA key of %2 bits."),
				ARG_TEXT(t->label), ARG_NUM(bits)),
			"token-cannot"),
		N_("Use a token of a model that your institution names."));
}

// Before a key is made that could never open what the CA answers.
static struct err *check_decrypts(const struct enrolment *e)
{
	if (!e->constraints.decrypt || keypair_decrypts(e->session))
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_TOKEN,
				N_("The token %1 cannot decrypt with an RSA key "
				   "(CKM_RSA_PKCS), but the CA encrypts its answer to the "
				   "new key."),
				ARG_TEXT(e->token.label)),
			"token-cannot-decrypt"),
		N_("No key was made. Use another token, or ask the institution for a profile with "
		   "another protocol (EST)."));
}

// What waits at the CA was begun by a run that took its state with it: the same key asks once more.
static struct err *begin_anew(struct enrolment *e)
{
	say_note(e, msg_new(N_("The exchange with the certificate authority that waited ended with "
			       "the run that began it. A new one is begun with the same key.")));
	return enrolment_mark(e, MARK_SUBMIT_BEGUN);
}

// The run that had the one-time password ended while it told the CA: that certificate may be as good as the next one.
static struct err *say_unsure(struct enrolment *e)
{
	TRY(recall_leaf(e));
	say_note(e, msg_new(N_("The certificate authority may hold the earlier certificate (serial "
			       "%1) as confirmed: have it revoked. The run that told it ended "
			       "before the answer, and the one-time password is spent. A new one "
			       "is requested with the same key."),
			    ARG_TEXT(e->leaf ? cert_serial_hex(e->leaf) : "?")));
	cert_free(e->leaf);
	e->leaf = NULL;
	return NULL;
}

// What was issued cannot be confirmed, and the CA takes it back: the same key asks for another.
static struct err *replace_unconfirmed(struct enrolment *e)
{
	if (ca_word(e->ca) == CA_WORD_UNSURE) {
		TRY(say_unsure(e));
		return enrolment_mark(e, MARK_SUBMIT_BEGUN);
	}
	say_note(e,
		 msg_new(N_("The certificate authority cannot be told any more that its "
			    "certificate has arrived: the one-time password for that was spent "
			    "by the run that ended. A new one is requested with the same key.")));
	return enrolment_mark(e, MARK_SUBMIT_BEGUN);
}

static bool is_unconfirmed(const struct enrolment *e)
{
	if (!e->resumed || !e->written || e->record->mark < MARK_ISSUED ||
	    e->record->mark > MARK_VERIFIED)
		return false;
	enum ca_word word = ca_word(e->ca);
	return word == CA_WORD_LOST || word == CA_WORD_UNSURE;
}

static bool before_the_key(const struct enrolment *e)
{
	return !e->written || e->record->mark < MARK_KEY_MADE;
}

// A ticket may do without the person. But a request that carries a secret was not kept: it has to be built again as it was, with
// what the CA wished then.
static struct err *prepare_poll(struct enrolment *e)
{
	if (ca_request_file(e->ca)) // it says the same at any time
		return ca_constraints(e->ca, &e->constraints);
	if (!ca_request_is_secret(e->ca) || ca_polls_alone(e->ca))
		return NULL;
	TRY(ask_names(e));
	TRY(subject_name(e));
	return ca_constraints(e->ca, &e->constraints);
}

// A request that has not got to the CA, for a first certificate whose days are over: it would only spend the person's credentials.
static struct err *look_at_deadline(const struct enrolment *e)
{
	bool passed = false;
	int64_t left = 0;
	const struct profile_window *w = &e->role->window;
	if (!e->resumed || e->record->mark >= MARK_WAITING || e->record->old_key_id)
		return NULL;
	TRY(pickup_of(w, e->record->created, clock_now(), &passed, &left));
	if (!passed)
		return NULL;
	return err_hint_msg(
		err_tag(err_new(ERR_POLICY,
				N_("The time for picking up this certificate is over: it was %1 "
				   "days. `inkan abandon %2` removes the key."),
				ARG_NUM(w->pickup_days), ARG_TEXT(e->record->id)),
			"window-pickup"),
		window_closed_words(w));
}

struct err *prepare_role(struct enrolment *e)
{
	TRY(by_file_fits(e));
	TRY(look_at_deadline(e));
	struct err *gone = renewal_recall(e);
	if (gone && (!e->written || e->record->mark < MARK_ISSUED))
		return gone;
	err_ignore(gone); // it has done its work: it can only not tell the CA any more
	TRY(by_file_choose(e));
	TRY(on_behalf_begin(e));
	TRY(open_ca(e));
	TRY(by_file_remember(e));
	if (e->written && e->record->mark == MARK_WAITING && !ca_polls(e->ca))
		TRY(begin_anew(e));
	if (is_unconfirmed(e))
		TRY(replace_unconfirmed(e));
	if (e->written && e->record->mark >= MARK_ISSUED)
		return NULL; // nothing more is asked
	TRY(ca_questions(e->ca, &e->constraints, &e->questions));
	if (e->written && e->record->mark == MARK_WAITING)
		return prepare_poll(e);
	TRY(judge_ahead(e));
	TRY(ask_names(e));
	TRY(subject_name(e));
	TRY(ca_constraints(e->ca, &e->constraints));
	if (e->constraints.notice)
		say_note(e, msg_copy(e->constraints.notice));
	if (before_the_key(e)) {
		if (!takes_name(e))
			TRY(find_old_pair(e));
		TRY(check_bits(e));
		TRY(check_decrypts(e));
	}
	TRY(ca_questions(e->ca, &e->constraints, &e->questions));
	TRY(ask_what_comes_first(e));
	return on_behalf_requester(e);
}
