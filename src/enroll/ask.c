// What an enrolment asks: fields, the one-time password, the PIN, consents.
#include "enroll/ask.h"

#include <string.h>

#include "base/clock.h"
#include "enroll/say.h"
#include "otp/read.h"

enum { MAX_ASKED_AGAIN = 20 };

static struct err *missing(const struct enrolment *e, struct text2 label)
{
	struct err *err =
		err_tag(err_new(ERR_ANSWER, N_("An answer is missing: %1."), ARG_BOTH(label)),
			"answer-missing");
	if (e->key)
		err = err_as(err, ERR_INTERRUPTED);
	return err_hint(err,
			N_("Give it in the file of --answers, or run the command on a terminal."));
}

static struct err *stopped(void)
{
	return err_tag(err_new(ERR_INTERRUPTED, N_("Stopped as you asked.")), "stopped");
}

struct err *ask_question(struct enrolment *e, const struct question *q, struct secret **value)
{
	struct answer a = { 0 };
	TRY(e->face->ask(e->face->ctx, q, &a));
	AUTO(secret) struct secret *given = a.value;
	if (a.state == ANSWER_STOPPED)
		return stopped();
	if (a.state == ANSWER_GIVEN && !given)
		return err_new(ERR_FAILED, N_("An answer came without its value."));
	*value = NULL;
	if (a.state == ANSWER_GIVEN) {
		*value = given;
		given = NULL;
	}
	return NULL;
}

static struct question field_question(const struct profile_field *f)
{
	return (struct question){
		.kind = f->secret ? ASK_SECRET : ASK_TEXT,
		.name = f->name,
		.label = f->label,
		.help = f->help,
		.echo = !f->secret,
		.keypad = f->keypad,
	};
}

static const struct text2 otp_label = { .en = (char *)(uintptr_t) "one-time password",
					.ja = (char *)(uintptr_t) "ワンタイムパスワード" };

static struct question otp_question(const struct profile_otp *otp)
{
	return (struct question){
		.kind = ASK_OTP,
		.name = "otp",
		.label = otp->label.en ? otp->label : otp_label,
		.help = otp->n_models ? otp->models[0].instruction : (struct text2){ 0 },
		.echo = otp->echo,
	};
}

static struct err *judge(struct enrolment *e, const struct profile_field *f,
			 const struct secret *value)
{
	return f ? answers_put(e->answers, f, value)
		 : answers_put_otp(e->answers, &e->role->otp, value);
}

// How long the value on the token still lives, for a person who reads it now.
static struct msg *moment_words(const struct enrolment *e)
{
	const struct otp_moment moment =
		otp_moment_at(&e->role->otp, clock_now(), OTP_MARGIN_SECONDS);
	return e->face->interactive ? otp_moment_words(&moment) : NULL;
}

// Asks until the answer fits, or once when nobody is there. f null: the one-time password.
static struct err *ask_until_it_fits(struct enrolment *e, struct question q,
				     const struct profile_field *f)
{
	AUTO(err) struct err *wrong = NULL;
	for (int i = 0; i < MAX_ASKED_AGAIN; i++) {
		AUTO(secret) struct secret *value = NULL;
		AUTO(msg) struct msg *moment = f ? NULL : moment_words(e);
		q.words = moment;
		q.again = wrong ? err_what(wrong) : NULL;
		TRY(ask_question(e, &q, &value));
		if (!value)
			return missing(e, q.label);
		struct err *err = judge(e, f, value);
		if (!err || !e->face->interactive)
			return err;
		err_free(wrong);
		wrong = err;
	}
	struct err *err = wrong;
	wrong = NULL;
	return err;
}

struct err *ask_field(struct enrolment *e, const struct profile_field *f)
{
	if (answers_get(e->answers, f->name))
		return NULL;
	return ask_until_it_fits(e, field_question(f), f);
}

struct err *ask_otp(struct enrolment *e)
{
	if (answers_get(e->answers, "otp"))
		return NULL;
	return ask_until_it_fits(e, otp_question(&e->role->otp), NULL);
}

struct err *ask_named(struct enrolment *e, const char *field)
{
	if (!strcmp(field, "otp"))
		return ask_otp(e);
	const struct profile_field *f = profile_find_field(e->role, field);
	if (!f)
		return err_new(ERR_PROFILE, N_("The profile has no field called %1."),
			       ARG_TEXT(field));
	return ask_field(e, f);
}

struct err *ask_ahead(struct enrolment *e, const char *field, bool *absent)
{
	const struct profile_field *f =
		strcmp(field, "otp") != 0 ? profile_find_field(e->role, field) : NULL;
	struct question q = f ? field_question(f) : otp_question(&e->role->otp);
	q.check_only = true;
	AUTO(secret) struct secret *value = NULL;
	TRY(ask_question(e, &q, &value));
	*absent = !value;
	if (!value)
		return e->face->interactive ? NULL : missing(e, q.label);
	TRY(judge(e, f, value));
	if (!f || f->secret)
		answers_forget(e->answers, field);
	return NULL;
}

struct err *ask_pin(struct enrolment *e, const struct msg *again, struct secret **pin)
{
	AUTO(msg) struct msg *words = msg_new(N_("PIN of the token %1"), ARG_TEXT(e->token.label));
	struct question q = {
		.kind = ASK_PIN, .name = "token_pin", .words = words, .again = again, .keypad = true
	};
	TRY(ask_question(e, &q, pin));
	if (*pin)
		return NULL;
	struct err *err =
		err_tag(err_new(ERR_ANSWER, N_("The token's PIN is missing.")), "answer-missing");
	if (e->written && e->record->mark >= MARK_KEY_MADE)
		err = err_as(err, ERR_INTERRUPTED);
	return err_hint(err, N_("Give token_pin in the file of --answers, a pin-source in the "
				"token's URI, or run the "
				"command on a terminal."));
}

struct err *ask_fitting(struct enrolment *e, const struct secret_ask *how, const struct msg *first,
			struct secret **out)
{
	AUTO(err) struct err *wrong = NULL;
	for (int i = 0; i < MAX_ASKED_AGAIN; i++) {
		AUTO(secret) struct secret *value = NULL;
		TRY(how->ask(e, how->ctx, wrong ? err_what(wrong) : first, &value));
		struct err *err = how->fits(e, how->ctx, value);
		if (!err) {
			*out = value;
			value = NULL;
			return NULL;
		}
		if (!e->face->interactive)
			return err;
		err_free(wrong);
		wrong = err;
	}
	struct err *err = wrong;
	wrong = NULL;
	return err;
}

struct err *ask_consent(struct enrolment *e, const char *name, struct msg *words, bool *yes)
{
	AUTO(msg) struct msg *owned = words;
	if (e->job->yes) {
		say_note(e, msg_copy(owned));
		*yes = true;
		return NULL;
	}
	struct question q = { .kind = ASK_CONSENT, .name = name, .words = owned };
	struct answer a = { 0 };
	TRY(e->face->ask(e->face->ctx, &q, &a));
	secret_free(a.value);
	if (a.state == ANSWER_STOPPED)
		return stopped();
	if (a.state == ANSWER_MISSING) {
		struct err *err = err_tag(err_new(ERR_ANSWER, N_("Nobody is there to say yes.")),
					  "consent-missing");
		if (e->key)
			err = err_as(err, ERR_INTERRUPTED);
		return err_hint(
			err,
			N_("Give --yes to agree ahead of time, or run the command on a terminal."));
	}
	*yes = a.yes;
	return NULL;
}
