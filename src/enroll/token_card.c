// What PIV cards and their like need besides PKCS#11: asking for management keys, and changing them and PUKs.
//
// token pin --puk, --management-key: kept as the custody says before the card gets it, which it does in one command.
#include "enroll/token_card.h"

#include <stdlib.h>
#include <string.h>

#include "enroll/ask.h"
#include "enroll/run.h"
#include "enroll/say.h"
#include "token/so_pin.h"

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

static struct err *new_one_fits(const struct enrolment *e, unsigned length,
				const struct secret *key, const struct secret *old)
{
	TRY(card_management_fits(e, length, key));
	if (old && secret_equal(old, key))
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

struct wanted_key {
	const char *name;
	const struct msg *words;
	unsigned length;
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
	return w->fresh ? new_one_fits(e, w->length, key, w->old)
			: card_management_fits(e, w->length, key);
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
		return ask_key(e,
			       &(struct wanted_key){ .name = "management_key",
						     .words = words,
						     .length = is->management_hex },
			       out);
	}
	say_note(e, msg_new(N_("The card says that its management key is the maker's, so nobody "
			       "has to type it.")));
	return factory_management_key(&e->token, out);
}

struct err *card_ask_new_management(struct enrolment *e, unsigned length, const struct secret *old,
				    struct secret **out)
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
					  .length = length,
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

// --- token pin --puk, --management-key

struct changing {
	struct enrolment e;
	struct keeping custody;
	struct card_secrets is;
	struct secret *old, *fresh;
};

static struct err *no_way(const struct enrolment *e)
{
	return err_tag(
		err_hint(err_new(ERR_TOKEN, N_("The module of the token %1 cannot do this."),
				 ARG_TEXT(e->token.label)),
			 N_("Use the program of the token's maker for it. Nothing was changed.")),
		"token-cannot-manage");
}

// A script, or somebody who says so, gives the new one.
static struct err *may_be_given(struct changing *c, const char *field)
{
	struct enrolment *e = &c->e;
	bool given = false;
	if (e->job->custody || c->custody.how != SO_SHOW)
		return NULL;
	TRY(token_has_answer(e, field, &given));
	if (given)
		c->custody.how = SO_TYPED;
	return NULL;
}

static struct err *change_management(struct changing *c)
{
	struct enrolment *e = &c->e;
	const struct card_life *card = life_of(&e->token)->card;
	if (!card)
		return no_way(e);
	TRY(card_look(e, &c->is));
	TRY(custody_of_management(e, c->is.management_hex, &c->custody));
	TRY(may_be_given(c, "new_management_key"));
	TRY(card_ask_management(e, &c->is, &c->old));
	TRY(custody_make(e, &c->custody, c->old, &c->fresh));
	TRY(go_on(e));
	token_step(e, "token-pins");
	struct pcsc_patience p = card_patience(e);
	TRY(card->change_management(&e->token, &p, c->old, c->fresh));
	return custody_done(e, &c->custody);
}

static struct err *give_puk(struct changing *c)
{
	struct enrolment *e = &c->e;
	const struct life *life = life_of(&e->token);
	struct pcsc_patience p = card_patience(e);
	if (life->card)
		return life->card->change_puk(&e->token, &p, c->old, c->fresh, e->job->last_try);
	TRY(session_open(e->module, &e->token, true, &e->session));
	return life->change_so_pin(e->session, c->old, c->fresh, e->job->last_try);
}

static struct err *change_puk(struct changing *c)
{
	struct enrolment *e = &c->e;
	bool on_card = life_of(&e->token)->card != NULL;
	if (!on_card && (e->token.pin_pad || so_pin_is_empty(&e->token)))
		return no_way(e);
	if (on_card)
		TRY(card_look(e, &c->is));
	TRY(on_card ? card_puk_ready(&e->token, c->is.puk_left, e->job->last_try)
		    : so_pin_ready(&e->token, e->job->last_try));
	TRY(custody_choose(e, &c->custody));
	TRY(may_be_given(c, "new_so_pin"));
	TRY(token_ask_pin(e, NAME_SO_PIN, &c->old));
	if (is_factory_so_pin(&e->token, c->old))
		say_note(e, msg_new(N_("This PUK is the maker's: it is high time to change it.")));
	TRY(custody_make(e, &c->custody, c->old, &c->fresh));
	TRY(go_on(e));
	token_step(e, "token-pins");
	TRY(give_puk(c));
	return custody_done(e, &c->custody);
}

static struct err *change(struct changing *c, bool puk)
{
	struct enrolment *e = &c->e;
	TRY(token_begin(e, "token pin", "token-look"));
	TRY(token_usable(e));
	TRY(journal_open(&e->journal));
	// A profile says who can read it later: it is agreed to as before an enrolment.
	if (e->job->profile)
		TRY(open_profile(e, e->job->profile));
	return puk ? change_puk(c) : change_management(c);
}

void token_change_run(const struct job *j, struct face *f, struct result *out)
{
	struct changing c = { .e = { .job = j, .face = f } };
	bool puk = !strcmp(j->change, "puk");
	struct err *err = change(&c, puk);
	secret_free(c.old);
	secret_free(c.fresh);
	token_end(&c.e, puk ? "puk-changed" : "management-key-changed", NULL, err, out);
}
