// token init: everything on the token goes, it gets a label, the security officer's PIN and the user's.
//
// Three calls change the token: C_InitToken, C_SetPIN of the SO PIN (where it is to be another one), C_InitPIN. Cut off before the first,
// nothing has happened. After it the token is empty and has the SO PIN that was typed, after the second the new one, which is kept by then
// (token_custody.h): in both cases `inkan token unblock`, or `inkan token init` once more, goes on from there.
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "enroll/ask.h"
#include "enroll/run.h"
#include "enroll/say.h"
#include "enroll/token_card.h"
#include "enroll/token_custody.h"
#include "enroll/token_job.h"

struct initing {
	struct enrolment e;
	char *label;
	struct keeping custody;
	bool keeps_so_pin;     // it stays as it is
	struct secret *so_now; // what C_InitToken gets
	struct secret *so_new; // null: the same
	struct secret *pin;
	struct keeping manager;	   // of a card: the custody of its management key
	struct secret *management; // the new one
	struct records open;	   // unfinished enrolments of the token as it was
	struct err *unnoted; // the token is whole, but the escrow does not say that it has its PIN
};

// --- what will be lost

static struct err *name_objects(struct enrolment *e, size_t *n)
{
	AUTO_THINGS struct things t = { 0 };
	TRY(session_open(e->module, &e->token, false, &e->session));
	struct err *err = things_read(e, &t);
	// No session may be open when the token is initialised.
	session_close(e->session);
	e->session = NULL;
	if (err)
		return err;
	for (size_t i = 0; i < t.n; i++)
		say_note(e, thing_words(&t.list[i]));
	*n = t.n;
	return NULL;
}

static struct err *name_losses(struct initing *in, size_t *objects)
{
	struct enrolment *e = &in->e;
	TRY(journal_unfinished(e->journal, e->token_uri, &in->open));
	if (!e->token.initialised)
		return NULL;
	struct err *blind = name_objects(e, objects);
	if (blind)
		say_note(e, msg_new(N_("What is on the token cannot be seen.")));
	err_ignore(blind); // a token that is broken may be initialised all the more
	for (size_t i = 0; i < in->open.n; i++)
		say_note(e, msg_new(N_("unfinished enrolment %1 for %2: it will be given up"),
				    ARG_TEXT(in->open.list[i]->id),
				    ARG_TEXT(in->open.list[i]->common_name
						     ? in->open.list[i]->common_name
						     : "-")));
	return NULL;
}

static bool new_identity(const struct enrolment *e)
{
	return e->profile && e->profile->token.card_identity != IDENTITY_NONE;
}

static void say_of_card(const struct enrolment *e)
{
	say_note(e, msg_new(N_("The card can only be emptied while its PIN and its PUK are both "
			       "locked: they will be locked on purpose, with wrong tries. If that "
			       "is cut off, run this command once more.")));
	say_note(e,
		 msg_new(N_("What goes is all that belongs to PIV: its keys and certificates, PIN, "
			    "PUK, management key, and the card's identity for Windows (CHUID "
			    "and CCC).")));
	say_note(e, msg_new(N_("What stays is all that the device has besides: FIDO (passkeys), "
			       "OATH (one-time passwords), OpenPGP, and whatever else is not "
			       "PIV. The maker's key for attestations (slot F9) stays, too.")));
	if (new_identity(e))
		say_note(e, msg_new(N_("Windows will take the card for a new one: it gets another "
				       "identity (CHUID and CCC).")));
}

static struct err *agree(struct initing *in)
{
	struct enrolment *e = &in->e;
	size_t objects = 0;
	bool yes = false;
	TRY(name_losses(in, &objects));
	if (life_of(&e->token)->card)
		say_of_card(e);
	struct msg *words =
		e->token.initialised
			? msg_new(N_("EVERYTHING on the token %1 (serial number %2) will be lost "
				     "for "
				     "good: %3 objects can be seen, and there may be others that "
				     "only "
				     "show with the PIN. Initialise it?"),
				  ARG_TEXT(e->token.label), ARG_TEXT(e->token.serial),
				  ARG_NUM(objects))
			: msg_new(N_("The blank token in %1 will be initialised. Go on?"),
				  ARG_TEXT(e->token.slot_description));
	TRY(ask_consent(e, "init", words, &yes));
	if (!yes)
		return token_declined();
	return e->token.initialised ? token_confirm(e) : NULL;
}

// --- the PINs

// Whether the token has no SO PIN yet: what C_InitToken gets is then its first one (PKCS#11 2.40 §5.5). A model that comes with one is in the
// table; CKF_SO_PIN_TO_BE_CHANGED does not tell, for SoftHSM sets it on a blank token, too.
static bool has_no_so_pin(const struct token_info *t)
{
	return !t->initialised && !so_pin_expires(t);
}

// A script, or somebody who says so: no random PIN that nobody could be shown.
static struct err *gives_so_pin(struct initing *in, bool *given)
{
	struct enrolment *e = &in->e;
	*given = false;
	if (e->job->custody || in->custody.how != SO_SHOW)
		return NULL;
	TRY(token_has_answer(e, "new_so_pin", given));
	return NULL;
}

static struct err *first_so_pin(struct initing *in)
{
	struct enrolment *e = &in->e;
	bool given = false, plain = false;
	TRY(gives_so_pin(in, &given));
	if (given)
		in->custody.how = SO_TYPED;
	else if (!e->job->custody && in->custody.how == SO_SHOW)
		TRY(token_has_answer(e, "so_pin", &plain));
	// Of a blank token the PIN that it has and the PIN that it gets are one.
	if (plain)
		return token_ask_pin(e, NAME_SO_PIN, false, &in->so_now);
	return custody_make(e, &in->custody, NULL, &in->so_now);
}

static bool must_be_changed(const struct token_info *t)
{
	return t->so_pin_to_be_changed || so_pin_expires(t);
}

// Whether the one that the institution derives is the one that the token has: a script that gives none says so, a person is asked, for a wrong
// one costs a try.
static struct err *has_the_derived(struct initing *in, bool *yes)
{
	struct enrolment *e = &in->e;
	bool given = false;
	*yes = false;
	if (in->custody.how != SO_DERIVE)
		return NULL;
	TRY(token_has_answer(e, "so_pin", &given));
	*yes = !given;
	if (given || !e->face->interactive || e->job->yes)
		return NULL;
	return ask_consent(e, "derived",
			   msg_new(N_("Does the token %1 have the security officer's PIN (PUK) "
				      "that the profile derives already? Say no to enter "
				      "another one."),
				   ARG_TEXT(e->token.label)),
			   yes);
}

static struct err *so_pin_now(struct initing *in)
{
	bool derived = false;
	TRY(has_the_derived(in, &derived));
	return derived ? custody_again(&in->e, in->custody.how, &in->so_now)
		       : token_ask_pin(&in->e, NAME_SO_PIN, false, &in->so_now);
}

// A derived one that the token has already is not set once more: some tokens refuse the same PIN.
static struct err *make_so_pin(struct initing *in)
{
	TRY(custody_make(&in->e, &in->custody, in->so_now, &in->so_new));
	in->keeps_so_pin = in->custody.how == SO_DERIVE && !must_be_changed(&in->e.token) &&
			   secret_equal(in->so_now, in->so_new);
	if (in->keeps_so_pin) {
		secret_free(in->so_new);
		in->so_new = NULL;
	}
	return NULL;
}

static struct err *another_so_pin(struct initing *in)
{
	struct enrolment *e = &in->e;
	bool given = false;
	TRY(so_pin_now(in));
	if (is_factory_so_pin(&e->token, in->so_now))
		say_note(
			e,
			msg_new(N_("This security officer's PIN is the maker's, so it gets another "
				   "one.")));
	TRY(gives_so_pin(in, &given));
	if (given)
		in->custody.how = SO_TYPED;
	bool said = given || e->job->custody || (e->profile && in->custody.how != SO_SHOW);
	in->keeps_so_pin =
		!said && !must_be_changed(&e->token) && !is_factory_so_pin(&e->token, in->so_now);
	return in->keeps_so_pin ? NULL : make_so_pin(in);
}

static struct err *ask_so_pins(struct initing *in)
{
	struct enrolment *e = &in->e;
	if (so_pin_is_empty(&e->token)) {
		in->keeps_so_pin = true;
		return secret_new(1, &in->so_now);
	}
	return has_no_so_pin(&e->token) ? first_so_pin(in) : another_so_pin(in);
}

static struct err *not_one_for_both(const struct initing *in)
{
	if (!secret_equal(in->pin, in->so_new ? in->so_new : in->so_now))
		return NULL;
	return err_hint(err_tag(err_new(ERR_PIN, N_("The PIN for the daily use and the security "
						    "officer's PIN (the PUK) are to be two.")),
				"pin-mixed-up"),
			N_("Choose another PIN. Nothing was changed."));
}

// A card has no label to give, and forgets what it had: PIN, PUK and management key are all new.
static struct err *ask_for_card(struct initing *in)
{
	struct enrolment *e = &in->e;
	struct card_secrets is;
	bool given = false;
	TRY(card_look(e, &is));
	TRY(custody_choose(e, &in->custody));
	// A card that was reset has one of so many characters, whatever its algorithm.
	is.management_hex = FACTORY_MANAGEMENT_HEX;
	TRY(custody_of_management(e, &is, &in->manager));
	TRY(token_ask_new_pin(e, NAME_NEW_PIN, NULL, &in->pin));
	TRY(gives_so_pin(in, &given));
	if (given)
		in->custody.how = SO_TYPED;
	TRY(custody_make(e, &in->custody, NULL, &in->so_new));
	TRY(not_one_for_both(in));
	if (!e->job->custody && in->manager.how == SO_SHOW) {
		TRY(token_has_answer(e, "new_management_key", &given));
		in->manager.how = given ? SO_TYPED : SO_SHOW;
	}
	return custody_make(e, &in->manager, NULL, &in->management);
}

static struct err *ask_everything(struct initing *in)
{
	struct enrolment *e = &in->e;
	if (life_of(&e->token)->card)
		return ask_for_card(in);
	TRY(token_ask_label(e, &in->label));
	TRY(custody_choose(e, &in->custody));
	in->custody.label = in->label;
	if (e->token.pin_pad)
		return NULL;
	// The PIN that is kept last: whoever gives up before has nothing to throw away.
	TRY(token_ask_new_pin(e, NAME_NEW_PIN, NULL, &in->pin));
	TRY(ask_so_pins(in));
	return not_one_for_both(in);
}

// --- the acts

static struct err *init_token(struct initing *in)
{
	struct enrolment *e = &in->e;
	const struct token_info before = e->token;
	struct token_info after;
	if (e->token.pin_pad)
		token_say_keypad(
			e, msg_new(N_("On the keypad of the reader type the security officer's "
				      "PIN (the PUK).")));
	TRY(life_of(&e->token)->init(e->module, &e->token, in->so_now, in->label, e->job->last_try,
				     &after));
	e->token = after;
	free(e->token_uri);
	e->token_uri = token_info_uri(&e->token);
	if (!e->token_uri)
		return err_no_memory();
	bool same = !memcmp(before.raw_label, after.raw_label, sizeof(after.raw_label)) &&
		    !memcmp(before.raw_serial, after.raw_serial, sizeof(after.raw_serial));
	// Whoever looks for the token by its new name finds it in use, too.
	return same ? NULL : lease_take_renamed(&after, "token init", &e->renamed);
}

// What was begun on the token as it was can no longer be finished.
static struct err *close_records(struct initing *in)
{
	struct enrolment *e = &in->e;
	for (size_t i = 0; i < in->open.n; i++) {
		e->record = in->open.list[i];
		in->open.list[i] = NULL;
		struct err *err = enrolment_close(e, ENROLMENT_ABANDONED, "token initialised");
		record_free(e->record);
		e->record = NULL;
		if (err)
			return err;
	}
	return NULL;
}

static struct err *set_pins(struct initing *in)
{
	struct enrolment *e = &in->e;
	const struct life *life = life_of(&e->token);
	TRY(session_open(e->module, &e->token, true, &e->session));
	if (e->token.pin_pad) {
		token_say_keypad(
			e, msg_new(N_("On the keypad of the reader type the security officer's "
				      "PIN (the PUK) once more, then a new PIN for the daily "
				      "use, and that again.")));
		return life->unblock(e->session, NULL, NULL, e->job->last_try);
	}
	if (in->so_new)
		TRY(life->change_so_pin(e->session, in->so_now, in->so_new, e->job->last_try));
	in->unnoted = custody_done(e, &in->custody);
	return life->unblock(e->session, in->so_new ? in->so_new : in->so_now, in->pin,
			     e->job->last_try);
}

static struct err *begin_card_anew(struct initing *in)
{
	struct enrolment *e = &in->e;
	struct pcsc_patience p = card_patience(e);
	const struct card_new n = { .pin = in->pin,
				    .puk = in->so_new,
				    .management = in->management,
				    .identity = new_identity(e) };
	TRY(life_of(&e->token)->card->begin_anew(&e->token, &p, &n));
	in->unnoted = custody_done(e, &in->custody);
	struct err *unnoted = custody_done(e, &in->manager);
	if (in->unnoted)
		err_ignore(unnoted);
	else
		in->unnoted = unnoted;
	return card_renew(e);
}

static struct err *half_done(const struct initing *in, struct err *err)
{
	return err ? err_hint(err,
			      N_("The token is initialised as %1 and has no PIN for the daily use "
				 "yet: `inkan token unblock` sets it, with the security officer's "
				 "PIN."),
			      ARG_TEXT(in->label))
		   : NULL;
}

static struct err *no_way(const struct enrolment *e)
{
	if (e->token.write_protected)
		return err_tag(err_new(ERR_TOKEN, N_("The token %1 is write-protected."),
				       ARG_TEXT(e->token.label)),
			       "token-read-only");
	if (e->model->quirks.init_once && e->token.initialised && !e->token.so_pin_to_be_changed)
		return err_tag(err_hint(err_new(ERR_TOKEN,
						N_("Tokens of this kind (%1) are initialised once: "
						   "a second "
						   "time leaves a token into which nobody can log "
						   "in. Nothing "
						   "was changed."),
						ARG_ID(e->model->name)),
					N_("`inkan token wipe --all` empties it. To begin anew, "
					   "have its files "
					   "removed with its own programs.")),
			       "token-init-once");
	if (life_of(&e->token)->card && e->job->label)
		return err_tag(err_hint(err_new(ERR_TOKEN,
						N_("Tokens of this kind (%1) have no label of "
						   "their own. Nothing was changed."),
						ARG_ID(e->model->name)),
					N_("Repeat the command without a label.")),
			       "token-label-stays");
	if (life_of(&e->token)->init || life_of(&e->token)->card)
		return NULL;
	return err_tag(
		err_hint(err_new(ERR_TOKEN, N_("The module of the token %1 cannot do this."),
				 ARG_TEXT(e->token.label)),
			 N_("Use the program of the token's maker for it. Nothing was changed.")),
		"token-cannot-manage");
}

static struct err *initialise(struct initing *in)
{
	struct enrolment *e = &in->e;
	TRY(token_begin(e, "token init", "token-look"));
	TRY(no_way(e));
	if (e->token.initialised && !life_of(&e->token)->card)
		TRY(so_pin_ready(&e->token, e->job->last_try));
	TRY(journal_open(&e->journal));
	// A profile says who can read the SO PIN later: it is agreed to as before an enrolment.
	if (e->job->profile)
		TRY(open_profile(e, e->job->profile));
	TRY(agree(in));
	TRY(ask_everything(in));
	TRY(go_on(e));
	token_step(e, "token-init");
	if (life_of(&e->token)->card) {
		TRY(begin_card_anew(in));
	} else {
		TRY(init_token(in));
		token_step(e, "token-pins");
		TRY(half_done(in, set_pins(in)));
	}
	TRY(close_records(in));
	token_step(e, "token-login");
	TRY(slot_refresh(e->module, &e->token));
	TRY(token_check_login(e, in->pin));
	if (e->token.user_pin_to_be_changed)
		say_note(e,
			 msg_new(N_("The token wants this PIN to be changed at the first use, by "
				    "the one who will use it: `inkan token pin`.")));
	struct err *unnoted = in->unnoted;
	in->unnoted = NULL;
	return unnoted;
}

void token_init_run(const struct job *j, struct face *f, struct result *out)
{
	struct initing in = { .e = { .job = j, .face = f } };
	struct err *err = initialise(&in);
	secret_free(in.so_now);
	secret_free(in.so_new);
	secret_free(in.pin);
	secret_free(in.management);
	records_free(&in.open);
	err_free(in.unnoted);
	free(in.label);
	token_end(&in.e, "initialised", NULL, err, out);
}
