// token pin --puk, --management-key, --all: what a token has besides the PIN for the daily use is changed, alone or together.
//
// Everything is asked for, and the new ones are kept as their custody says, before the first is given to the card. They go in this order, each once and in one
// command: PIN, PUK, management key. So what is left after a failure can always be named by the options of this command.
#include <jansson.h>
#include <string.h>

#include "enroll/ask.h"
#include "enroll/run.h"
#include "enroll/say.h"
#include "enroll/token_card.h"

enum part { PART_PIN = 1, PART_PUK = 2, PART_MANAGEMENT = 4, PARTS_ALL = 7 };

struct changed {
	struct secret *old, *fresh;
	struct keeping custody; // not of the PIN
};
struct changing {
	struct enrolment e;
	struct card_secrets is;
	unsigned parts, done;
	unsigned doubt; // the card went away while it was at this one
	struct changed pin, puk, management;
	struct err *unnoted; // the card has its new one, but the escrow does not say so
};

static bool several(const struct changing *c)
{
	return (c->parts & (c->parts - 1)) != 0;
}

// --- what cannot be done

static struct err *no_way(const struct enrolment *e)
{
	return err_tag(
		err_hint(err_new(ERR_TOKEN, N_("The module of the token %1 cannot do this."),
				 ARG_TEXT(e->token.label)),
			 N_("Use the program of the token's maker for it. Nothing was changed.")),
		"token-cannot-manage");
}

static struct err *no_management(const struct enrolment *e)
{
	return err_tag(err_hint(err_new(ERR_TOKEN,
					N_("The token %1 has no management key that inkan could "
					   "change: PIV cards have one, seen through Yubico's "
					   "module (ykcs11). Nothing was tried or changed."),
					ARG_TEXT(e->token.label)),
				N_("The PIN is changed by `inkan token pin`, the security "
				   "officer's PIN (the PUK) by `inkan token pin --puk`.")),
		       "token-cannot-manage");
}

struct err *token_takes_puk(const struct enrolment *e)
{
	if (e->model->quirks.no_officer)
		return err_tag(err_hint(err_new(ERR_TOKEN,
						N_("Through this module the token %1 takes no PUK. "
						   "Nothing was tried or changed."),
						ARG_TEXT(e->token.label)),
					N_("Name the module of its maker with --module (ykcs11 for "
					   "a YubiKey), or use the program of the token's "
					   "maker.")),
			       "token-cannot-manage");
	if (e->model->challenge == CHALLENGE_NONE)
		return NULL;
	return err_tag(err_hint(err_new(ERR_TOKEN,
					N_("The token %1 has no PUK: its PIN is unblocked with the "
					   "administrator's key. Nothing was tried or changed."),
					ARG_TEXT(e->token.label)),
				N_("`inkan token unblock --challenge` sets a new PIN with the help "
				   "of who has that key.")),
		       "token-cannot-manage");
}

static struct err *can_be_done(const struct changing *c)
{
	const struct enrolment *e = &c->e;
	if (life_of(&e->token)->card)
		return NULL;
	if (c->parts & PART_MANAGEMENT)
		return no_management(e);
	TRY(token_takes_puk(e));
	return e->token.pin_pad || so_pin_is_empty(&e->token) ? no_way(e) : NULL;
}

// --- asked for

// A script, or somebody who says so, gives the new one.
static struct err *may_be_given(struct enrolment *e, const char *field, struct keeping *custody)
{
	bool given = false;
	if (e->job->custody || custody->how != SO_SHOW)
		return NULL;
	TRY(token_has_answer(e, field, &given));
	if (given)
		custody->how = SO_TYPED;
	return NULL;
}

static struct err *type_pin(struct changing *c, enum pin_name name, struct secret **out)
{
	struct enrolment *e = &c->e;
	bool puk = name == NAME_SO_PIN;
	TRY(token_ask_pin(e, name, c->is.tells && !(puk ? c->is.puk_factory : c->is.pin_factory),
			  out));
	if (puk && is_factory_so_pin(&e->token, *out))
		say_note(e, msg_new(N_("This PUK is the maker's: it is high time to change it.")));
	else if (!puk && is_factory_pin(&e->token, *out))
		say_note(e, msg_new(N_("This PIN is the maker's: it is high time to change it.")));
	return NULL;
}

// The one that holds; not asked for where the card itself says that it is the maker's.
static struct err *present_pin(struct changing *c, enum pin_name name, struct secret **out)
{
	struct enrolment *e = &c->e;
	bool puk = name == NAME_SO_PIN, given = false;
	bool makers = puk ? c->is.puk_factory : c->is.pin_factory;
	TRY(token_has_answer(e, puk ? "so_pin" : "token_pin", &given));
	if (makers && !given)
		TRY(factory_pin(&e->token, name, out));
	if (!*out)
		return type_pin(c, name, out);
	say_note(e, puk ? msg_new(N_("The card says that its PUK is the maker's, so nobody has to "
				     "type it."))
			: msg_new(N_("The card says that its PIN is the maker's, so nobody has to "
				     "type it.")));
	return NULL;
}

static struct err *ask_pin_part(struct changing *c)
{
	struct enrolment *e = &c->e;
	TRY(present_pin(c, NAME_PIN, &c->pin.old));
	return token_ask_new_pin(e, NAME_NEW_PIN, c->pin.old, &c->pin.fresh);
}

static struct err *choose_custodies(struct changing *c)
{
	struct enrolment *e = &c->e;
	if (c->parts & PART_PUK) {
		TRY(custody_choose(e, &c->puk.custody));
		TRY(may_be_given(e, "new_so_pin", &c->puk.custody));
	}
	if (c->parts & PART_MANAGEMENT) {
		TRY(custody_of_management(e, &c->is, &c->management.custody));
		TRY(may_be_given(e, "new_management_key", &c->management.custody));
	}
	return NULL;
}

static struct err *make(struct enrolment *e, struct changed *what)
{
	return custody_make(e, &what->custody, what->old, &what->fresh);
}

static struct err *not_one_for_both(const struct changing *c)
{
	if (!c->pin.fresh || !c->puk.fresh || !secret_equal(c->pin.fresh, c->puk.fresh))
		return NULL;
	return err_hint(err_tag(err_new(ERR_PIN, N_("The PIN for the daily use and the security "
						    "officer's PIN (the PUK) are to be two.")),
				"pin-mixed-up"),
			N_("Choose another PIN. Nothing was changed."));
}

// What is shown comes last: whoever gives up before has nothing to throw away.
static struct err *ask_everything(struct changing *c)
{
	struct enrolment *e = &c->e;
	TRY(choose_custodies(c));
	if (c->parts & PART_PIN)
		TRY(ask_pin_part(c));
	if (c->parts & PART_PUK)
		TRY(present_pin(c, NAME_SO_PIN, &c->puk.old));
	if (c->parts & PART_MANAGEMENT)
		TRY(card_ask_management(e, &c->is, &c->management.old));
	if (c->parts & PART_PUK)
		TRY(make(e, &c->puk));
	TRY(not_one_for_both(c));
	return c->parts & PART_MANAGEMENT ? make(e, &c->management) : NULL;
}

// --- given to the token

static void close_session(struct enrolment *e)
{
	session_close(e->session);
	e->session = NULL;
}

static struct err *give_pin(struct changing *c)
{
	struct enrolment *e = &c->e;
	TRY(session_open(e->module, &e->token, true, &e->session));
	struct err *err = life_of(&e->token)->change_pin(e->session, c->pin.old, c->pin.fresh,
							 e->job->last_try);
	close_session(e);
	return err;
}

static struct err *give_puk(struct changing *c)
{
	struct enrolment *e = &c->e;
	const struct life *life = life_of(&e->token);
	struct pcsc_patience p = card_patience(e);
	if (life->card)
		return life->card->change_puk(&e->token, &p, c->puk.old, c->puk.fresh,
					      e->job->last_try);
	TRY(session_open(e->module, &e->token, true, &e->session));
	return life->change_so_pin(e->session, c->puk.old, c->puk.fresh, e->job->last_try);
}

static struct err *give_management(struct changing *c)
{
	struct enrolment *e = &c->e;
	struct pcsc_patience p = card_patience(e);
	return life_of(&e->token)->card->change_management(&e->token, &p, c->management.old,
							   c->management.fresh);
}

// An answer that never came, or was none, may have been lost on its way back.
static bool in_doubt(const struct err *err)
{
	const char *call = err_call_name(err);
	if (err_kind(err) == ERR_PIN)
		return false;
	return err_has_tag(err, "card-nonsense") ||
	       (call && (!strcmp(call, "SCardTransmit") || !strcmp(call, "C_SetPIN")));
}

// The escrow is told, where it has it. The card goes first: what could not be noted is said at the end.
static void note(struct changing *c, const struct changed *what)
{
	struct err *err = custody_done(&c->e, &what->custody);
	if (c->unnoted)
		err_ignore(err);
	else
		c->unnoted = err;
}

static struct err *give(struct changing *c, enum part part)
{
	struct err *err = part == PART_PIN   ? give_pin(c)
			  : part == PART_PUK ? give_puk(c)
					     : give_management(c);
	if (err) {
		c->doubt = in_doubt(err) ? (unsigned)part : 0;
		return err;
	}
	c->done |= part;
	if (part != PART_PIN)
		note(c, part == PART_PUK ? &c->puk : &c->management);
	return NULL;
}

// --- what came of several

static const char *named(unsigned parts)
{
	static const char *const words[PARTS_ALL + 1] = {
		[0] = N_("nothing"),
		[PART_PIN] = N_("the PIN"),
		[PART_PUK] = N_("the PUK"),
		[PART_MANAGEMENT] = N_("the management key"),
		[PART_PIN | PART_PUK] = N_("the PIN and the PUK"),
		[PART_PUK | PART_MANAGEMENT] = N_("the PUK and the management key"),
		[PARTS_ALL] = N_("the PIN, the PUK and the management key"),
	};
	return words[parts] ? words[parts] : words[0];
}

static const char *command_for(unsigned parts)
{
	if (parts == PARTS_ALL)
		return "inkan token pin --all";
	if (parts == PART_MANAGEMENT)
		return "inkan token pin --management-key";
	return parts == PART_PUK ? "inkan token pin --puk"
				 : "inkan token pin --puk --management-key";
}

// Takes the error, and says in front of it how far it came.
static struct err *how_far(const struct changing *c, struct err *err)
{
	unsigned left = c->parts & ~c->done, sure = left & ~c->doubt;
	if (!c->doubt)
		return err_while(err,
				 N_("Changed: %1. Not changed: %2; what was shown or entered for "
				    "it does not hold. What is left is done by `%3`."),
				 ARG_ID(named(c->done)), ARG_ID(named(left)),
				 ARG_TEXT(command_for(left)));
	return err_hint(err_while(err,
				  N_("Changed: %1. Not known, for the card went away in the "
				     "middle of it: %2. Not changed: %3. What is left is done by "
				     "`%4`."),
				  ARG_ID(named(c->done)), ARG_ID(named(c->doubt)),
				  ARG_ID(named(sure)), ARG_TEXT(command_for(left))),
			N_("Keep the old one and the new one of what is not known. Where the old "
			   "one is asked for, enter the new one first: it is probably the one "
			   "that holds."));
}

static json_t *names(unsigned parts)
{
	static const struct {
		enum part part;
		const char *name;
	} all[] = { { PART_PIN, "pin" },
		    { PART_PUK, "puk" },
		    { PART_MANAGEMENT, "management-key" } };
	json_t *list = json_array();
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (parts & all[i].part)
			json_array_append_new(list, json_string(all[i].name));
	return list;
}

static json_t *what_came_of_it(const struct changing *c)
{
	json_t *o = json_object();
	json_object_set_new(o, "changed", names(c->done));
	json_object_set_new(o, "unchanged", names(c->parts & ~c->done & ~c->doubt));
	json_object_set_new(o, "unknown", names(c->doubt));
	return o;
}

// --- the job

// The PIN's tries are told by the module.
static struct err *pin_ready(struct enrolment *e)
{
	TRY(session_open(e->module, &e->token, true, &e->session));
	struct err *err = session_pin_ready(e->session, e->job->last_try);
	close_session(e);
	return err;
}

static struct err *look(struct changing *c)
{
	struct enrolment *e = &c->e;
	bool on_card = life_of(&e->token)->card != NULL;
	if (c->parts & PART_PIN)
		TRY(pin_ready(e));
	if (on_card)
		TRY(card_look(e, &c->is));
	if (!(c->parts & PART_PUK))
		return NULL;
	return on_card ? card_puk_ready(&e->token, c->is.puk_left, e->job->last_try)
		       : so_pin_ready(&e->token, e->job->last_try);
}

static struct err *give_all(struct changing *c)
{
	struct err *err = NULL;
	for (unsigned part = PART_PIN; !err && part <= PART_MANAGEMENT; part <<= 1)
		if (c->parts & part)
			err = give(c, (enum part)part);
	return err && several(c) ? how_far(c, err) : err;
}

static struct err *try_out(struct changing *c)
{
	struct enrolment *e = &c->e;
	token_step(e, "token-login");
	TRY(card_renew(e));
	return token_check_login(e, c->pin.fresh);
}

static struct err *change(struct changing *c)
{
	struct enrolment *e = &c->e;
	TRY(token_begin(e, "token pin", "token-look"));
	TRY(token_usable(e));
	TRY(can_be_done(c));
	TRY(journal_open(&e->journal));
	// A profile says who can read it later: it is agreed to as before an enrolment.
	if (e->job->profile)
		TRY(open_profile(e, e->job->profile));
	TRY(look(c));
	TRY(ask_everything(c));
	TRY(go_on(e));
	token_step(e, "token-pins");
	TRY(give_all(c));
	if (c->parts & PART_PIN)
		TRY(try_out(c));
	struct err *unnoted = c->unnoted;
	c->unnoted = NULL;
	return unnoted;
}

static const char *outcome(unsigned parts)
{
	switch (parts) {
	case PARTS_ALL:
		return "pin-puk-management-key-changed";
	case PART_PUK | PART_MANAGEMENT:
		return "puk-management-key-changed";
	case PART_MANAGEMENT:
		return "management-key-changed";
	default:
		return "puk-changed";
	}
}

static unsigned parts_of(const char *what)
{
	if (!strcmp(what, "all"))
		return PARTS_ALL;
	if (!strcmp(what, "puk"))
		return PART_PUK;
	return !strcmp(what, "management-key") ? PART_MANAGEMENT : PART_PUK | PART_MANAGEMENT;
}

static void forget(struct changed *what)
{
	secret_free(what->old);
	secret_free(what->fresh);
}

void token_change_run(const struct job *j, struct face *f, struct result *out)
{
	struct changing c = { .e = { .job = j, .face = f }, .parts = parts_of(j->change) };
	struct err *err = change(&c);
	forget(&c.pin);
	forget(&c.puk);
	forget(&c.management);
	err_free(c.unnoted);
	token_end(&c.e, outcome(c.parts), several(&c) ? what_came_of_it(&c) : NULL, err, out);
}
