#include "enroll/factory.h"

#include <string.h>

#include "enroll/ask.h"
#include "enroll/management.h"
#include "enroll/run.h"
#include "enroll/say.h"
#include "enroll/token_card.h"
#include "enroll/token_custody.h"
#include "enroll/token_job.h"

enum factory_policy factory_policy(const struct enrolment *e)
{
	if (!e->profile)
		return FACTORY_WARN;
	if (e->profile->token.factory != FACTORY_USUAL)
		return e->profile->token.factory;
	return e->profile->practice ? FACTORY_WARN : FACTORY_REFUSE;
}

static bool is_enrolment(const struct enrolment *e)
{
	enum job_kind kind = e->job->kind;
	return kind == JOB_ENROLL || kind == JOB_RENEW || kind == JOB_RESUME;
}

bool factory_replaces(const struct enrolment *e)
{
	return is_enrolment(e) && factory_policy(e) == FACTORY_REPLACE;
}

// --- refused

static struct err *management_refused(const struct enrolment *e)
{
	return err_hint(
		err_tag(err_new(ERR_PIN,
				N_("The management key of the token %1 is the maker's: everybody "
				   "can look it up. No key was made."),
				ARG_TEXT(e->token.label)),
			"management-key-factory"),
		N_("Change it with `inkan token pin --management-key`, then run inkan again."));
}

static struct err *puk_refused(const struct enrolment *e)
{
	return err_hint(err_tag(err_new(ERR_PIN,
					N_("The PUK of the token %1 is the maker's: everybody can "
					   "look it up. No key was made."),
					ARG_TEXT(e->token.label)),
				"puk-factory"),
			N_("Change it with `inkan token pin --puk`, then run inkan again."));
}

// All of them are named, so that nobody has to come back for each.
static struct err *refuse(const struct enrolment *e, const struct card_secrets *is)
{
	if (is->pin_factory)
		say_note(e, msg_new(N_("The PIN of this token is the maker's. Change it with "
				       "`inkan token pin`.")));
	if (is->management_factory && is->puk_factory)
		say_note(e, msg_new(N_("The PUK of this token is the maker's. Change it with "
				       "`inkan token pin --puk`.")));
	if (is->management_factory)
		return management_refused(e);
	return is->puk_factory ? puk_refused(e) : NULL;
}

// A key that is there already is finished with what the token has.
static bool comes_too_late(const struct enrolment *e)
{
	return e->resumed && e->record->mark >= MARK_KEY_MADE;
}

static bool is_asked(const struct enrolment *e)
{
	return life_of(&e->token)->card && is_enrolment(e) && !comes_too_late(e) &&
	       factory_policy(e) != FACTORY_WARN;
}

struct err *factory_look(struct enrolment *e)
{
	const struct card_life *card = life_of(&e->token)->card;
	struct pcsc_patience p = card_patience(e);
	struct card_secrets is;
	if (!is_asked(e))
		return NULL;
	TRY(card->look(&e->token, &p, &is)); // a rule that cannot be seen to hold does not hold
	e->secrets = is;
	return factory_policy(e) == FACTORY_REFUSE ? refuse(e, &is) : NULL;
}

struct err *factory_look_late(struct enrolment *e)
{
	if (!is_asked(e))
		return NULL;
	leave_token(e);
	TRY(factory_look(e));
	return return_to_token(e);
}

// --- what the card says that it does not have

struct err *factory_pin_possible(const struct enrolment *e, const struct secret *pin)
{
	bool another = e->secrets.tells && !e->secrets.pin_factory;
	return another && is_factory_pin(&e->token, pin) ? token_not_the_makers(e, NAME_PIN) : NULL;
}

bool factory_management_another(const struct enrolment *e)
{
	return e->secrets.tells && !e->secrets.management_factory;
}

// --- the PIN

static struct err *replace_pin(struct enrolment *e)
{
	AUTO(secret) struct secret *fresh = NULL;
	say_note(e, msg_new(N_("This PIN is the maker's: everybody can look it up. The profile "
			       "wants another one before a key is made.")));
	TRY(token_ask_new_pin(e, NAME_NEW_PIN, e->pin, &fresh));
	TRY(go_on(e));
	TRY(life_of(&e->token)->change_pin(e->session, e->pin, fresh, e->job->last_try));
	say_note(e, msg_new(N_("The token has the new PIN.")));
	e->replaced |= REPLACED_PIN;
	e->secrets.pin_factory = false;
	secret_free(e->pin);
	e->pin = fresh;
	fresh = NULL;
	return session_renew(e->session, false);
}

struct err *factory_pin_judge(struct enrolment *e)
{
	if (!is_factory_pin(&e->token, e->pin))
		return NULL;
	if (factory_policy(e) == FACTORY_WARN) {
		say_note(e, msg_new(N_("This PIN is the maker's: everybody can look it up. Change "
				       "it with `inkan token pin`.")));
		return NULL;
	}
	if (factory_replaces(e) && !comes_too_late(e))
		return replace_pin(e);
	return err_hint(err_tag(err_new(ERR_PIN, N_("This PIN is the maker's: everybody can "
						    "look it up. It was not sent to the "
						    "token.")),
				"pin-factory"),
			N_("Change it with `inkan token pin`, then run inkan again."));
}

// --- PUK and management key

struct replacing {
	bool management, puk;
	struct keeping management_kept, puk_kept;
	struct secret *old_management, *new_management, *old_puk, *new_puk;
};

static void replacing_free(struct replacing *r)
{
	secret_free(r->old_management);
	secret_free(r->new_management);
	secret_free(r->old_puk);
	secret_free(r->new_puk);
}

// A script gives the new one instead of being shown it.
static struct err *may_be_given(struct enrolment *e, const char *field, struct keeping *c)
{
	bool given = false;
	if (c->how != SO_SHOW)
		return NULL;
	TRY(token_has_answer(e, field, &given));
	if (given)
		c->how = SO_TYPED;
	return NULL;
}

static struct err *make_management(struct enrolment *e, struct replacing *r)
{
	say_note(e, msg_new(N_("The management key of this token is the maker's. The profile wants "
			       "another one before a key is made.")));
	TRY(custody_of_management(e, &e->secrets, &r->management_kept));
	TRY(may_be_given(e, "new_management_key", &r->management_kept));
	TRY(factory_management_key(&e->token, &r->old_management));
	return custody_make(e, &r->management_kept, r->old_management, &r->new_management);
}

static struct err *not_one_for_both(const struct enrolment *e, const struct secret *puk)
{
	if (!e->pin || !secret_equal(e->pin, puk))
		return NULL;
	return err_hint(err_tag(err_new(ERR_PIN, N_("The PIN for the daily use and the security "
						    "officer's PIN (the PUK) are to be two.")),
				"pin-mixed-up"),
			N_("Choose another PUK. It was not changed."));
}

static struct err *make_puk(struct enrolment *e, struct replacing *r)
{
	const char *made = life_of(&e->token)->card->factory_puk;
	say_note(e, msg_new(N_("The PUK of this token is the maker's. The profile wants another "
			       "one before a key is made.")));
	TRY(custody_choose(e, &r->puk_kept));
	TRY(may_be_given(e, "new_so_pin", &r->puk_kept));
	TRY(secret_from(made, strlen(made), &r->old_puk));
	TRY(custody_make(e, &r->puk_kept, r->old_puk, &r->new_puk));
	return not_one_for_both(e, r->new_puk);
}

// Both are kept by now.
static struct err *give_to_card(struct enrolment *e, struct replacing *r)
{
	const struct card_life *card = life_of(&e->token)->card;
	struct pcsc_patience p = card_patience(e);
	if (r->management) {
		TRY(card->change_management(&e->token, &p, r->old_management, r->new_management));
		secret_free(e->management);
		e->management = r->new_management;
		r->new_management = NULL;
		e->secrets.management_factory = false;
		e->replaced |= REPLACED_MANAGEMENT;
		TRY(custody_done(e, &r->management_kept));
		// The maker's is not tried on this card any more.
		TRY(journal_note_factory(e->journal, e->token_uri, true));
		say_note(e, msg_new(N_("The card has the new management key.")));
	}
	if (!r->puk)
		return NULL;
	TRY(card->change_puk(&e->token, &p, r->old_puk, r->new_puk, e->job->last_try));
	e->secrets.puk_factory = false;
	e->replaced |= REPLACED_PUK;
	TRY(custody_done(e, &r->puk_kept));
	say_note(e, msg_new(N_("The card has the new PUK.")));
	return NULL;
}

static struct err *replace(struct enrolment *e, struct replacing *r)
{
	if (r->management)
		TRY(make_management(e, r));
	if (r->puk)
		TRY(make_puk(e, r));
	TRY(go_on(e));
	leave_token(e);
	TRY(give_to_card(e, r));
	return return_to_token(e);
}

struct err *factory_replace(struct enrolment *e)
{
	struct replacing r = { .management = e->secrets.management_factory,
			       .puk = e->secrets.puk_factory };
	if (!factory_replaces(e) || (!r.management && !r.puk))
		return NULL;
	struct err *err = replace(e, &r);
	replacing_free(&r);
	return err ? err : open_login(e);
}

struct err *factory_management_judge(struct enrolment *e)
{
	struct replacing r = { .management = true };
	bool before_key = is_enrolment(e) && !comes_too_late(e) && !e->key;
	if (!before_key || factory_policy(e) == FACTORY_WARN) {
		say_note(e, msg_new(N_("The management key of this token is the maker's: everybody "
				       "can look it up. Change it with `inkan token pin "
				       "--management-key`.")));
		return NULL;
	}
	if (!factory_replaces(e))
		return management_refused(e);
	struct err *err = replace(e, &r);
	replacing_free(&r);
	return err ? err : management_begin(e);
}
