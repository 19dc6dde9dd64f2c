// What the steps of an enrolment share: its end, its marks in the journal, and undoing it.
#include "enroll/enrolment.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "enroll/attested.h"
#include "enroll/management.h"
#include "enroll/say.h"

void enrolment_end(struct enrolment *e)
{
	ca_constraints_free(&e->constraints);
	ca_close(e->ca);
	ca_ahead_end();
	secret_free(e->challenge);
	ca_challenges_free(&e->challenges);
	secret_free(e->pin);
	secret_free(e->management);
	answers_free(e->answers);
	buf_free(&e->request);
	attestation_statement_free(&e->attested);
	cert_list_free(&e->beside);
	cert_list_free(&e->issued);
	cert_list_free(&e->anchors);
	cert_free(e->leaf);
	json_decref(e->login);
	cert_free(e->old_cert);
	cert_free(e->ra);
	keypair_free(e->key);
	session_close(e->session);
	module_unload(e->module);
	card_place_free(e->place);
	lease_drop(e->renamed);
	lease_drop(e->lease);
	free(e->token_uri);
	free(e->common_name);
	free(e->request_file);
	record_free(e->record);
	journal_close(e->journal);
	profile_free(e->profile);
}

struct err *enrolment_step(struct enrolment *e, const struct step *s)
{
	TRY(go_on(e));
	e->step = s->name;
	bool skipped = e->written && e->record->mark > s->until;
	if (!skipped) {
		struct err *err = s->run(e, &skipped);
		if (err) {
			err = enrolment_pulled(e, err);
			say_failed(e, err);
			return err;
		}
	}
	say_step(e, skipped ? STEP_SKIPPED : STEP_DONE, NULL, 0);
	return NULL;
}

// How long a reader may take to tell that its card is out, after a call has failed for it.
enum { TOLD_WITHIN_MS = 1500 };

enum place_state enrolment_place(const struct enrolment *e)
{
	return card_place_look(e->place, TOLD_WITHIN_MS);
}

// Asked of the reader, and of the module anew: what a call says when a card is pulled under it differs from module to module.
static bool is_gone(struct enrolment *e, const struct err *err, enum place_state *where)
{
	if (err_has_tag(err, "token-absent"))
		return true;
	if (!e->away && !err_has_tag(err, "token-fault") && !err_has_tag(err, "token-session") &&
	    !err_has_tag(err, "token-refused") && !err_has_tag(err, "object-gone"))
		return false;
	*where = enrolment_place(e);
	if (*where != PLACE_SAME)
		return true;
	if (!e->module)
		return false;
	struct token_info now = e->token;
	AUTO(err) struct err *gone = slot_refresh(e->module, &now);
	return gone && err_has_tag(gone, "token-absent");
}

static struct err *taken_out(const struct enrolment *e, bool resumable)
{
	struct err *gone = err_new(resumable ? ERR_INTERRUPTED : ERR_TOKEN,
				   N_("The token %1 was taken out."), ARG_TEXT(e->token.label));
	gone = err_tag(gone, "token-absent");
	if (resumable)
		return err_hint(gone, N_("Put the same token in, then go on with: inkan resume %1"),
				ARG_TEXT(e->record->id));
	return err_hint(gone, N_("Put the token in and run inkan again."));
}

static struct err *service_ended(const struct enrolment *e, bool resumable)
{
	struct err *gone = err_new(resumable ? ERR_INTERRUPTED : ERR_TOKEN,
				   N_("The smart card service (pcscd) ended while the token %1 was "
				      "in use."),
				   ARG_TEXT(e->token.label));
	gone = err_tag(gone, "pcsc-ended");
	if (resumable)
		return err_hint(gone, N_("When it runs again, go on with: inkan resume %1"),
				ARG_TEXT(e->record->id));
	return err_hint(gone, N_("When it runs again, run inkan again."));
}

struct err *enrolment_pulled(struct enrolment *e, struct err *err)
{
	enum place_state where = PLACE_SAME;
	if ((!e->session && !e->away) || err_kind(err) != ERR_TOKEN || !is_gone(e, err, &where))
		return err;
	e->pulled = true;
	bool resumable = e->written && e->record->state == ENROLMENT_OPEN;
	if (err_has_tag(err, "token-absent") && !resumable)
		return err;
	struct err *gone = where == PLACE_SERVICE_ENDED ? service_ended(e, resumable)
							: taken_out(e, resumable);
	return err_caused_by(gone, err);
}

struct err *enrolment_mark(struct enrolment *e, enum mark mark)
{
	enum mark before = e->record->mark;
	e->record->mark = mark;
	struct err *err = journal_write(e->journal, e->record);
	if (err)
		e->record->mark = before;
	else
		e->written = true;
	return err;
}

struct err *enrolment_close(struct enrolment *e, enum enrolment_state state, const char *outcome)
{
	free(e->record->outcome);
	e->record->outcome = text_copy(outcome);
	e->record->state = state;
	buf_free(&e->record->request);
	buf_free(&e->record->ca_state);
	if (state != ENROLMENT_DONE)
		attested_forget(e);
	return journal_write(e->journal, e->record);
}

void enrolment_clear_fragments(struct enrolment *e)
{
	size_t removed = 0;
	if (e->record->mark != MARK_KEY_BEGUN || !e->record->keys_before)
		return;
	AUTO(err)
	struct err *err = keypair_clear_fragments(e->session, e->record->keys_before, &removed);
	if (err)
		log_err(LOG_INFO, "enroll", err);
	if (removed)
		say_note(e, msg_new(N_("What an earlier run that was cut off had left of a key, of "
				       "no use to anybody, was removed.")));
}

struct err *enrolment_clear_stray(struct enrolment *e)
{
	const struct record *r = e->record;
	AUTO(keypair) struct keypair *stray = NULL;
	if (r->mark != MARK_KEY_BEGUN || !r->keys_before || !r->common_name)
		return NULL;
	TRY(keypair_find_stray(e->session, r->keys_before, r->common_name, &stray));
	if (!stray)
		return NULL;
	TRY(keypair_destroy(e->session, stray));
	say_note(e, msg_new(N_("The key of an earlier run, to which the token gave no identifier, "
			       "was removed.")));
	return NULL;
}

static struct err *destroy_all(struct enrolment *e, bool *stays)
{
	struct key_id id = { 0 };
	TRY(key_id_from_hex(e->record->key_id, &id));
	keypair_free(e->key);
	e->key = NULL;
	TRY(pair_remove(e, &id, e->record->sha256, stays));
	if (*stays)
		say_key_stays(e, &id);
	return NULL;
}

struct err *enrolment_undo(struct enrolment *e, struct err *why)
{
	bool stays = false;
	AUTO(err) struct err *left = destroy_all(e, &stays);
	if (!left)
		left = enrolment_close(e, ENROLMENT_CLOSED,
				       stays ? "refused, key left in its slot" : "refused");
	if (!left) {
		if (!stays && e->replaced)
			say_note(e, msg_new(N_("The new key was removed. What was replaced of the "
					       "maker's (PIN, PUK, management key) stays as it is "
					       "now.")));
		else if (!stays)
			say_note(e, msg_new(N_("The new key was removed; the token is as it was "
					       "before.")));
		return why;
	}
	struct err *both = err_hint(
		err_new(err_kind(why), N_("The new key could not be removed from the token.")),

		N_("Run `inkan abandon %1` to clean the token up."), ARG_TEXT(e->record->id));
	return err_caused_by(both, why);
}
