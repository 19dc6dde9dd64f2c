// What the jobs of a token's life ask: PINs that hold, PINs that shall hold, labels, and the second confirmation.
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "enroll/ask.h"
#include "enroll/say.h"
#include "enroll/token_job.h"

enum { MAX_ASKED = 20 };

static const char *field_of(enum pin_name name)
{
	static const char *const fields[] = {
		[NAME_PIN] = "token_pin",
		[NAME_SO_PIN] = "so_pin",
		[NAME_NEW_PIN] = "new_pin",
		[NAME_NEW_SO_PIN] = "new_so_pin",
	};
	return fields[name];
}

static const char *to_be_typed(const struct token_info *t)
{
	return t->label[0] ? t->label : t->serial[0] ? t->serial : t->slot_description;
}

// A blank token has the name that it is to get.
static const char *name_of(const struct enrolment *e)
{
	return !e->token.label[0] && e->job->label ? e->job->label : to_be_typed(&e->token);
}

static struct msg *words_of(const struct enrolment *e, enum pin_name name)
{
	switch (name) {
	case NAME_SO_PIN:
		return msg_new(N_("Security officer's PIN (PUK) of the token %1"),
			       ARG_TEXT(name_of(e)));
	case NAME_NEW_PIN:
		return msg_new(N_("New PIN for the token %1"), ARG_TEXT(name_of(e)));
	case NAME_NEW_SO_PIN:
		return msg_new(N_("New security officer's PIN (PUK) for the token %1"),
			       ARG_TEXT(name_of(e)));
	case NAME_PIN:
		break;
	}
	return msg_new(N_("PIN of the token %1"), ARG_TEXT(name_of(e)));
}

static struct err *missing(const char *field)
{
	return err_hint(
		err_tag(err_new(ERR_ANSWER, N_("An answer is missing: %1."), ARG_TEXT(field)),
			"answer-missing"),
		N_("Give it in the file of --answers, or run the command on a terminal."));
}

static struct err *ask_once(struct enrolment *e, const char *field, const struct msg *words,
			    const struct msg *again, struct secret **out)
{
	struct question q = {
		.kind = ASK_PIN, .name = field, .words = words, .again = again, .keypad = true
	};
	AUTO(secret) struct secret *value = NULL;
	TRY(ask_question(e, &q, &value));
	if (!value)
		return missing(field);
	*out = value;
	value = NULL;
	return NULL;
}

struct err *token_has_answer(struct enrolment *e, const char *field, bool *has)
{
	struct question q = { .kind = ASK_PIN, .name = field, .check_only = true };
	AUTO(secret) struct secret *value = NULL;
	TRY(ask_question(e, &q, &value));
	*has = value != NULL;
	return NULL;
}

// Nobody there to type it otherwise, or a person who may: then the error is what the next question begins with.
static struct err *judge(const struct enrolment *e, struct err *wrong, struct err **kept)
{
	if (!wrong || !e->face->interactive)
		return wrong;
	err_free(*kept);
	*kept = wrong;
	return NULL;
}

static struct err *give_up(struct err **wrong)
{
	struct err *e = *wrong;
	*wrong = NULL;
	return e;
}

// The card says which of its secrets are the maker's: one that it does not have costs a try.
struct err *token_not_the_makers(const struct enrolment *e, enum pin_name name)
{
	return err_hint(
		err_tag(err_new(ERR_PIN,
				name == NAME_SO_PIN ? N_("This PUK is the maker's, and the card %1 "
							 "says that it has another one. It was not "
							 "sent to the card.")
						    : N_("This PIN is the maker's, and the card %1 "
							 "says that it has another one. It was not "
							 "sent to the card."),
				ARG_TEXT(to_be_typed(&e->token))),
			"not-the-makers"),
		N_("Enter the one that the card has now. No try was used."));
}

static struct err *could_be(const struct enrolment *e, enum pin_name name, bool not_makers,
			    const struct secret *pin)
{
	TRY(life_pin_fits(&e->token, name, pin));
	bool makers = name == NAME_SO_PIN ? is_factory_so_pin(&e->token, pin)
					  : is_factory_pin(&e->token, pin);
	return makers && not_makers ? token_not_the_makers(e, name) : NULL;
}

struct err *token_ask_pin(struct enrolment *e, enum pin_name name, bool not_makers,
			  struct secret **out)
{
	AUTO(msg) struct msg *words = words_of(e, name);
	AUTO(err) struct err *wrong = NULL;
	for (int i = 0; i < MAX_ASKED; i++) {
		AUTO(secret) struct secret *value = NULL;
		TRY(ask_once(e, field_of(name), words, wrong ? err_what(wrong) : NULL, &value));
		struct err *err = could_be(e, name, not_makers, value);
		if (!err) {
			*out = value;
			value = NULL;
			return NULL;
		}
		TRY(judge(e, err, &wrong));
	}
	return give_up(&wrong);
}

static struct err *typed_again(struct enrolment *e, enum pin_name name, const struct secret *first)
{
	AUTO(secret) struct secret *second = NULL;
	AUTO(msg) struct msg *words = msg_new(N_("The same once more"));
	TRY(ask_once(e, name == NAME_NEW_PIN ? "new_pin_again" : "new_so_pin_again", words, NULL,
		     &second));
	if (secret_equal(first, second))
		return NULL;
	return err_tag(err_new(ERR_ANSWER, N_("The two were not the same. Nothing was changed.")),
		       "pin-not-the-same");
}

// What stands in the answers was written once and is taken once; what a person types unseen is typed twice.
static struct err *ask_new_once(struct enrolment *e, enum pin_name name, const struct secret *old,
				const struct msg *again, struct secret **out)
{
	AUTO(msg) struct msg *words = words_of(e, name);
	AUTO(secret) struct secret *value = NULL;
	bool ahead = false;
	TRY(token_has_answer(e, field_of(name), &ahead));
	TRY(ask_once(e, field_of(name), words, again, &value));
	TRY(life_new_pin_fits(&e->token, name, value, old));
	if (e->face->interactive && (!ahead || again))
		TRY(typed_again(e, name, value));
	*out = value;
	value = NULL;
	return NULL;
}

static bool may_be_asked_again(const struct err *e)
{
	return err_kind(e) == ERR_PIN || err_has_tag(e, "pin-not-the-same");
}

struct err *token_ask_new_pin(struct enrolment *e, enum pin_name name, const struct secret *old,
			      struct secret **out)
{
	AUTO(err) struct err *wrong = NULL;
	for (int i = 0; i < MAX_ASKED; i++) {
		struct err *err = ask_new_once(e, name, old, wrong ? err_what(wrong) : NULL, out);
		if (!err)
			return NULL;
		if (!may_be_asked_again(err))
			return err;
		TRY(judge(e, err, &wrong));
	}
	return give_up(&wrong);
}

// --- the second confirmation

static bool names_it(const struct token_info *t, const struct secret *typed)
{
	const char *said = secret_text(typed);
	return !strcmp(said, to_be_typed(t)) || (t->serial[0] && !strcmp(said, t->serial));
}

struct err *token_confirm(struct enrolment *e)
{
	AUTO(secret) struct secret *typed = NULL;
	AUTO(msg)
	struct msg *words =
		msg_new(N_("This cannot be undone. To go on, type the label of the token (%1)"),
			ARG_TEXT(to_be_typed(&e->token)));
	struct question q = { .kind = ASK_TEXT, .name = "confirm", .words = words, .echo = true };
	TRY(ask_question(e, &q, &typed));
	if (!typed)
		return missing("confirm");
	if (names_it(&e->token, typed))
		return NULL;
	return err_hint(err_tag(err_new(ERR_INTERRUPTED,
					N_("That is not the label of this token, so nothing was "
					   "changed.")),
				"confirm-other"),
			N_("Look whether it is the token that is meant: `inkan token show`."));
}

static struct err *label_fits(const char *label)
{
	size_t len = strlen(label);
	if (len && len <= TOKEN_LABEL_MAX && text_is_ascii(label, len) && label[0] != ' ' &&
	    label[len - 1] != ' ')
		return NULL;
	return err_hint(err_tag(err_new(ERR_ANSWER,
					N_("A label has 1 to 32 plain letters, digits and signs, "
					   "and no blank at its ends.")),
				"label-invalid"),
			N_("Choose another label."));
}

struct err *token_ask_label(struct enrolment *e, char **out)
{
	AUTO(err) struct err *wrong = NULL;
	AUTO(msg) struct msg *words = msg_new(N_("Label for the token"));
	for (int i = 0; i < MAX_ASKED; i++) {
		AUTO(secret) struct secret *typed = NULL;
		struct question q = { .kind = ASK_TEXT,
				      .name = "label",
				      .words = words,
				      .again = wrong ? err_what(wrong) : NULL,
				      .echo = true };
		if (!e->job->label)
			TRY(ask_question(e, &q, &typed));
		if (!e->job->label && !typed)
			return missing("label");
		const char *label = e->job->label ? e->job->label : secret_text(typed);
		struct err *err = label_fits(label);
		if (err && e->job->label)
			return err;
		if (!err) {
			*out = text_copy(label);
			return *out ? NULL : err_no_memory();
		}
		TRY(judge(e, err, &wrong));
	}
	return give_up(&wrong);
}
