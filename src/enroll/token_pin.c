// token pin: the user's PIN is changed by one who knows it. token unblock: it is set by one who has the security officer's (the PUK).
//
// Either is one call that the token does as a whole: cut off before it, the old PIN holds, after it the new one. Nothing of it is kept, and
// nothing is tried twice.
#include "enroll/run.h"
#include "enroll/say.h"
#include "enroll/token_card.h"
#include "enroll/token_custody.h"
#include "enroll/token_job.h"

static struct err *open_writable(struct enrolment *e)
{
	TRY(token_usable(e));
	return session_open(e->module, &e->token, true, &e->session);
}

// What the token says of the PIN afterwards: some want a PIN that somebody else set to be changed at first use.
static struct err *look_after(struct enrolment *e)
{
	TRY(slot_refresh(e->module, &e->token));
	if (e->token.user_pin_to_be_changed)
		say_note(e,
			 msg_new(N_("The token wants this PIN to be changed at the first use, by "
				    "the one who will use it: `inkan token pin`.")));
	return NULL;
}

// --- pin

static struct err *change_by_keypad(struct enrolment *e)
{
	token_say_keypad(e, msg_new(N_("On the keypad of the reader type the PIN of %1, then the "
				       "new one, and the new one again."),
				    ARG_TEXT(e->token.label)));
	return life_of(&e->token)->change_pin(e->session, NULL, NULL, e->job->last_try);
}

static struct err *change_pin(struct enrolment *e)
{
	AUTO(secret) struct secret *old = NULL;
	AUTO(secret) struct secret *fresh = NULL;
	TRY(token_begin(e, "token pin", "token-look"));
	TRY(open_writable(e));
	TRY(session_pin_ready(e->session, e->job->last_try));
	if (!e->token.pin_pad) {
		TRY(token_ask_pin(e, NAME_PIN, false, &old));
		if (is_factory_pin(&e->token, old))
			say_note(e, msg_new(N_("This PIN is the maker's: it is high time to change "
					       "it.")));
		TRY(token_ask_new_pin(e, NAME_NEW_PIN, old, &fresh));
	}
	TRY(go_on(e));
	token_step(e, "token-pins");
	TRY(e->token.pin_pad
		    ? change_by_keypad(e)
		    : life_of(&e->token)->change_pin(e->session, old, fresh, e->job->last_try));
	token_step(e, "token-login");
	TRY(token_check_login(e, fresh));
	return look_after(e);
}

void token_pin_run(const struct job *j, struct face *f, struct result *out)
{
	struct enrolment e = { .job = j, .face = f };
	if (j->change) {
		token_change_run(j, f, out);
		return;
	}
	struct err *err = change_pin(&e);
	token_end(&e, "pin-changed", NULL, err, out);
}

// --- unblock

// One that the institution derives need not be known to anybody.
static struct err *made_again(struct enrolment *e, struct secret **so_pin)
{
	struct keeping c;
	AUTO(profile) struct profile *said = NULL;
	if (!e->job->profile)
		return NULL;
	TRY(profile_load(e->job->profile, &said));
	if (said->token.so_custody != SO_DERIVE)
		return NULL;
	TRY(journal_open(&e->journal));
	TRY(open_profile(e, e->job->profile));
	TRY(custody_choose(e, &c));
	return custody_again(e, c.how, so_pin);
}

static struct err *ask_both(struct enrolment *e, bool not_makers, struct secret **so_pin,
			    struct secret **fresh)
{
	if (so_pin_is_empty(&e->token))
		TRY(secret_new(1, so_pin));
	else
		TRY(made_again(e, so_pin));
	if (!*so_pin)
		TRY(token_ask_pin(e, NAME_SO_PIN, not_makers, so_pin));
	TRY(token_ask_new_pin(e, NAME_NEW_PIN, NULL, fresh));
	// The two PINs of a token are two. Who gives the same for both has taken one for the other, and a try would be lost.
	if (!secret_equal(*so_pin, *fresh))
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_PIN, N_("The security officer's PIN (the PUK) and the new PIN "
					    "are the same: one of them is mistaken for the other. "
					    "Neither was sent to the token.")),
			"pin-mixed-up"),
		N_("Enter the security officer's PIN where it is asked for, and choose another PIN "
		   "for the daily use. No try was used."));
}

// No session with the card is open: it is spoken to directly.
static struct err *unblock_card(struct enrolment *e)
{
	AUTO(secret) struct secret *puk = NULL;
	AUTO(secret) struct secret *fresh = NULL;
	struct card_secrets is;
	TRY(token_usable(e));
	TRY(card_look(e, &is));
	TRY(card_puk_ready(&e->token, is.puk_left, e->job->last_try));
	TRY(ask_both(e, is.tells && !is.puk_factory, &puk, &fresh));
	TRY(go_on(e));
	token_step(e, "token-pins");
	struct pcsc_patience p = card_patience(e);
	TRY(life_of(&e->token)->card->unblock(&e->token, &p, puk, fresh, e->job->last_try));
	token_step(e, "token-login");
	TRY(card_renew(e));
	TRY(token_check_login(e, fresh));
	if (is_factory_so_pin(&e->token, puk))
		say_note(e, msg_new(N_("The PUK of this token is the maker's: everybody can look "
				       "it up. Change it with `inkan token pin --puk`.")));
	return look_after(e);
}

static struct err *unblock(struct enrolment *e)
{
	AUTO(secret) struct secret *so_pin = NULL;
	AUTO(secret) struct secret *fresh = NULL;
	TRY(token_begin(e, "token unblock", "token-look"));
	if (life_of(&e->token)->card)
		return unblock_card(e);
	TRY(token_takes_puk(e));
	TRY(open_writable(e));
	TRY(so_pin_ready(&e->token, e->job->last_try));
	if (!e->token.pin_pad)
		TRY(ask_both(e, false, &so_pin, &fresh));
	TRY(go_on(e));
	token_step(e, "token-pins");
	if (e->token.pin_pad)
		token_say_keypad(e, msg_new(N_("On the keypad of the reader type the security "
					       "officer's PIN (the PUK) of %1, then a new PIN for "
					       "the daily use, and that again."),
					    ARG_TEXT(e->token.label)));
	TRY(life_of(&e->token)->unblock(e->session, so_pin, fresh, e->job->last_try));
	token_step(e, "token-login");
	TRY(token_check_login(e, fresh));
	return look_after(e);
}

void token_unblock_run(const struct job *j, struct face *f, struct result *out)
{
	struct enrolment e = { .job = j, .face = f };
	struct err *err = j->challenge ? unblock_by_challenge(&e) : unblock(&e);
	token_end(&e, "unblocked", NULL, err, out);
}
