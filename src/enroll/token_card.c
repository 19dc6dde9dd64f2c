// What PIV cards and their like need besides PKCS#11: a look at their secrets, and asking for management keys.
#include "enroll/token_card.h"

#include <stdlib.h>
#include <string.h>

#include "enroll/ask.h"
#include "enroll/say.h"

enum { CARD_WAIT_MS = 20000, ALL_TRIES = 3 };

static bool tell_who_has_it(void *ctx, const char *who)
{
	struct enrolment *e = ctx;
	say_wait(e,
		 *who ? msg_new(N_("Another program is at work with the card. These use the smart "
				   "card service: %1."),
				ARG_TEXT(who))
		      : msg_new(N_("Another program is at work with the card.")),
		 -1, false);
	return said_stop(e);
}

struct pcsc_patience card_patience(struct enrolment *e)
{
	return (struct pcsc_patience){ .wait_ms = CARD_WAIT_MS,
				       .waiting = tell_who_has_it,
				       .ctx = e };
}

struct err *card_look(struct enrolment *e, struct card_secrets *out)
{
	struct pcsc_patience p = card_patience(e);
	struct card_secrets s;
	TRY(life_of(&e->token)->card->look(&e->token, &p, &s));
	if (s.puk_left >= 0 && s.puk_left < ALL_TRIES)
		say_note(e, msg_new(N_("Tries left for the PUK: %1."), ARG_NUM(s.puk_left)));
	*out = s;
	return NULL;
}

struct err *card_renew(struct enrolment *e)
{
	session_close(e->session);
	e->session = NULL;
	module_unload(e->module);
	e->module = NULL;
	module_finalise_now();
	free(e->token_uri);
	e->token_uri = NULL;
	return find_token(e);
}

// --- management keys

static struct err *form(const struct enrolment *e, unsigned length)
{
	return err_tag(err_hint(err_new(ERR_PIN,
					N_("The management key of the token %1 has %2 characters, "
					   "each 0 to 9 or A to F. What was entered was not sent "
					   "to it."),
					ARG_TEXT(e->token.label), ARG_NUM(length)),
				N_("Enter the management key, which is neither the PIN nor the "
				   "PUK. No try was used.")),
		       "management-key-form");
}

struct err *card_management_fits(const struct enrolment *e, unsigned length,
				 const struct secret *key)
{
	const char *text = secret_text(key);
	bool fits = secret_len(key) == length && strspn(text, "0123456789abcdefABCDEF") == length;
	return fits ? NULL : form(e, length);
}

static struct err *new_one_fits(const struct enrolment *e, const struct card_secrets *is,
				const struct secret *key, const struct secret *old)
{
	TRY(card_management_fits(e, is->management_hex, key));
	if (old && same_management_key(is->management_des, old, key))
		return err_tag(
			err_hint(err_new(ERR_PIN, N_("This is the management key that the token "
						     "has already.")),
				 N_("Choose another one.")),
			"pin-same");
	if (is_factory_management_key(&e->token, key))
		return err_tag(err_hint(err_new(ERR_PIN, N_("This management key is the maker's: "
							    "everybody can look it up.")),
					N_("Choose another one.")),
			       "pin-factory");
	return NULL;
}

static struct err *put(struct enrolment *e, const char *name, const struct msg *words,
		       const struct msg *again, struct secret **out)
{
	const struct question q = { .kind = ASK_PIN, .name = name, .words = words, .again = again };
	AUTO(secret) struct secret *given = NULL;
	TRY(ask_question(e, &q, &given));
	if (!given)
		return err_hint(err_tag(err_new(ERR_ANSWER, N_("An answer is missing: %1."),
						ARG_TEXT(name)),
					"answer-missing"),
				N_("Give it in the file of --answers, or run the command on a "
				   "terminal."));
	*out = given;
	given = NULL;
	return NULL;
}

static struct err *present_one_fits(const struct enrolment *e, const struct card_secrets *is,
				    const struct secret *key)
{
	TRY(card_management_fits(e, is->management_hex, key));
	return card_management_possible(e, is, key);
}

// The card says which of its secrets are the maker's: one that it does not have is not given to it.
struct err *card_management_possible(const struct enrolment *e, const struct card_secrets *is,
				     const struct secret *key)
{
	AUTO(secret) struct secret *makers = NULL;
	TRY(factory_management_key(&e->token, &makers));
	if (!is->tells || is->management_factory || !makers ||
	    !same_management_key(false, makers, key))
		return NULL;
	return err_hint(err_tag(err_new(ERR_PIN,
					N_("This is the maker's management key, and the "
					   "card %1 says that it has another one. It was "
					   "not sent to the card."),
					ARG_TEXT(e->token.label)),
				"not-the-makers"),
			N_("Enter the one that the card has now. No try was used."));
}

struct wanted_key {
	const char *name;
	const struct msg *words;
	const struct card_secrets *is;
	bool fresh;
	const struct secret *old; // may be null
};

static struct err *type_key(struct enrolment *e, const void *ctx, const struct msg *again,
			    struct secret **out)
{
	const struct wanted_key *w = ctx;
	return put(e, w->name, w->words, again, out);
}

static struct err *key_fits(const struct enrolment *e, const void *ctx, const struct secret *key)
{
	const struct wanted_key *w = ctx;
	return w->fresh ? new_one_fits(e, w->is, key, w->old) : present_one_fits(e, w->is, key);
}

static struct err *ask_key(struct enrolment *e, const struct wanted_key *w, struct secret **out)
{
	const struct secret_ask how = { w, type_key, key_fits };
	return ask_fitting(e, &how, NULL, out);
}

struct err *card_ask_management(struct enrolment *e, const struct card_secrets *is,
				struct secret **out)
{
	if (!is->management_factory) {
		AUTO(msg)
		struct msg *words =
			msg_new(N_("Management key of the token %1"), ARG_TEXT(e->token.label));
		return ask_key(
			e,
			&(struct wanted_key){ .name = "management_key", .words = words, .is = is },
			out);
	}
	say_note(e, msg_new(N_("The card says that its management key is the maker's, so nobody "
			       "has to type it.")));
	return factory_management_key(&e->token, out);
}

struct err *card_ask_new_management(struct enrolment *e, const struct card_secrets *is,
				    const struct secret *old, struct secret **out)
{
	AUTO(secret) struct secret *first = NULL;
	AUTO(secret) struct secret *second = NULL;
	AUTO(msg)
	struct msg *asked =
		msg_new(N_("New management key for the token %1"), ARG_TEXT(e->token.label));
	bool ahead = false;
	TRY(token_has_answer(e, "new_management_key", &ahead));
	TRY(ask_key(e,
		    &(struct wanted_key){ .name = "new_management_key",
					  .words = asked,
					  .is = is,
					  .fresh = true,
					  .old = old },
		    &first));
	if (e->face->interactive && !ahead) {
		AUTO(msg) struct msg *words = msg_new(N_("The same once more"));
		TRY(put(e, "new_management_key_again", words, NULL, &second));
		if (!secret_equal(first, second))
			return err_tag(err_new(ERR_ANSWER, N_("The two were not the same. Nothing "
							      "was changed.")),
				       "pin-not-the-same");
	}
	*out = first;
	first = NULL;
	return NULL;
}
