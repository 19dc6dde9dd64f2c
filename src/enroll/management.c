// The management key of a PIV card: asked for once, given to the card once, wiped when the certificate is stored.
#include "enroll/management.h"

#include "base/buf.h"
#include "enroll/ask.h"
#include "enroll/factory.h"
#include "enroll/say.h"
#include "enroll/token_card.h"
#include "enroll/token_custody.h"
#include "pkcs11/admin.h"
#include "pkcs11/certobj.h"
#include "token/life.h"

static struct err *put(struct enrolment *e, bool check_only, const struct msg *again,
		       struct secret **out)
{
	AUTO(msg)
	struct msg *words =
		msg_new(N_("Management key of the token %1 (48 characters, 0 to 9 and A to F)"),
			ARG_TEXT(e->token.label));
	const struct question q = { .kind = ASK_PIN,
				    .name = "management_key",
				    .words = words,
				    .again = again,
				    .check_only = check_only };
	return ask_question(e, &q, out);
}

// Takes the error: what the person or the script can do about a management key that is not there.
static struct err *how_to_give(const struct enrolment *e, struct err *err)
{
	err = err_tag(err, "answer-missing");
	if (e->written && e->record->mark >= MARK_KEY_BEGUN)
		err = err_as(err, ERR_INTERRUPTED);
	if (e->job->kind == JOB_ABANDON)
		return err_hint(err,
				N_("Nothing was removed. Without it a card removes nothing: give "
				   "management_key in the file of `inkan abandon --answers`, or "
				   "run the command on a terminal."));
	return err_hint(err, N_("Give management_key in the file of --answers, or run the command "
				"on a terminal."));
}

static struct err *missing(const struct enrolment *e)
{
	return how_to_give(e,
			   err_new(ERR_ANSWER, N_("The management key of the token %1 is missing."),
				   ARG_TEXT(e->token.label)));
}

// The maker's was refused, in this run or in an earlier one, and nobody is there to be asked.
static struct err *not_the_makers(const struct enrolment *e)
{
	return how_to_give(e, err_new(ERR_ANSWER,
				      N_("The token %1 has a management key of its own, not the "
					 "maker's, and it is missing."),
				      ARG_TEXT(e->token.label)));
}

static struct err *put_it(struct enrolment *e, const void *ctx, const struct msg *again,
			  struct secret **out)
{
	(void)ctx;
	AUTO(secret) struct secret *key = NULL;
	TRY(put(e, false, again, &key));
	if (!key)
		return missing(e);
	*out = key;
	key = NULL;
	return NULL;
}

static struct err *fits(const struct enrolment *e, const void *ctx, const struct secret *key)
{
	(void)ctx;
	TRY(life_management_key_fits(&e->token, key));
	return card_management_possible(e, &e->secrets, key);
}

static struct err *ask(struct enrolment *e, const struct msg *first)
{
	static const struct secret_ask how = { .ask = put_it, .fits = fits };
	return ask_fitting(e, &how, first, &e->management);
}

// Whether the maker's own may be given to the card, though nobody gave it: where it is only for practising, or a person who is there says so.
static struct err *may_use_factory(struct enrolment *e, bool *yes)
{
	*yes = e->profile && e->profile->practice;
	if (*yes || !e->face->interactive || e->job->yes || !e->model->management_key.value)
		return NULL;
	return ask_consent(e, "management",
			   msg_new(N_("The token %1 wants its management key. Shall the one with "
				      "which the maker delivers it be tried, once? Say no to "
				      "enter another one."),
				   ARG_TEXT(e->token.label)),
			   yes);
}

// One that the institution derives need not be known to anybody: used where the card does not have the maker's.
static struct err *made_again(struct enrolment *e, bool refused)
{
	return refused ? custody_management_again(e, &e->management) : NULL;
}

// Given ahead of time, the maker's (*factory), or asked for. A card that refused the maker's once, or says that it has
// another, is not given it.
static struct err *find_key(struct enrolment *e, bool *factory)
{
	bool refused = false;
	AUTO(secret) struct secret *ahead = NULL;
	TRY(put(e, true, NULL, &ahead));
	*factory = false;
	if (ahead)
		return ask(e, NULL);
	TRY(journal_factory_refused(e->journal, e->token_uri, &refused));
	refused |= factory_management_another(e);
	TRY(made_again(e, refused));
	if (e->management)
		return NULL;
	if (!refused)
		TRY(may_use_factory(e, factory));
	if (*factory)
		TRY(factory_management_key(&e->token, &e->management));
	*factory = e->management != NULL;
	if (*factory)
		return NULL;
	return refused && !e->face->interactive ? not_the_makers(e) : ask(e, NULL);
}

// One that was wrong is not given to the card again.
static struct err *log_in(struct enrolment *e)
{
	struct err *err = session_login_manager(e->session, e->management);
	if (err)
		management_forget(e);
	return err;
}

// Typed is what the card refused just now.
static struct err *the_makers_again(struct enrolment *e)
{
	management_forget(e);
	return err_hint(err_tag(err_new(ERR_PIN, N_("This is the maker's management key, which the "
						    "card refused. It was not given to it again.")),
				"management-key-wrong"),
			N_("Ask the one who issued the token for its own management key."));
}

// The card does not have the maker's, which nobody had given: whoever is there has the right one, perhaps. Takes the error.
static struct err *ask_instead(struct enrolment *e, struct err *wrong)
{
	err_ignore(wrong);
	TRY(journal_note_factory(e->journal, e->token_uri, true));
	if (!e->face->interactive)
		return not_the_makers(e);
	AUTO(msg)
	struct msg *first = msg_new(N_("The management key of this token is not the maker's."));
	TRY(ask(e, first));
	if (is_factory_management_key(&e->token, e->management))
		return the_makers_again(e);
	return log_in(e);
}

// A card that has the maker's (again) may be given it without a question.
static struct err *take_note(struct enrolment *e)
{
	if (!is_factory_management_key(&e->token, e->management))
		return NULL;
	TRY(journal_note_factory(e->journal, e->token_uri, false));
	return factory_management_judge(e);
}

struct err *management_begin(struct enrolment *e)
{
	bool fresh = !e->management, factory = false;
	if (!e->model->quirks.needs_management)
		return NULL;
	if (fresh)
		TRY(find_key(e, &factory));
	struct err *err = log_in(e);
	if (err && factory && err_has_tag(err, "management-key-wrong"))
		err = ask_instead(e, err);
	return err || !fresh ? err : take_note(e);
}

struct err *management_end(struct enrolment *e)
{
	if (!e->model->quirks.needs_management)
		return NULL;
	TRY(session_logout(e->session));
	return open_login(e);
}

void management_forget(struct enrolment *e)
{
	secret_free(e->management);
	e->management = NULL;
}

struct err *pair_remove(struct enrolment *e, const struct key_id *id, const char *sha256,
			bool *stays)
{
	AUTO(keypair) struct keypair *pair = NULL;
	*stays = false;
	if (in_slot(e))
		return slot_remove(e, id, sha256, stays);
	TRY(certobj_destroy(e->session, id, NULL, NULL));
	TRY(keypair_find(e->session, id, &pair));
	return pair ? keypair_destroy(e->session, pair) : NULL;
}
