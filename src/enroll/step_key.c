// consent-key, generate-key, prove-key: the person agrees, the token makes the key, and we see that it cannot leave.
#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "enroll/ask.h"
#include "enroll/attested.h"
#include "enroll/factory.h"
#include "enroll/identity.h"
#include "enroll/management.h"
#include "enroll/say.h"

// The maker's PIN may have been replaced by now.
static struct err *not_agreed(const struct enrolment *e)
{
	struct err *err =
		err_new(ERR_INTERRUPTED,
			e->replaced ? N_("You did not agree, so no key was made.")
				    : N_("You did not agree, so no key was made. The token is as "
					 "it was."));
	return err_tag(err, "consent-refused");
}

static struct msg *words_of_site(const struct enrolment *e)
{
	return msg_new(N_("A new RSA key of %1 bits will be made on the token %2, and "
			  "a certificate for it will be "
			  "asked of %3 (%4). Your name in it will be %5. Go on only "
			  "if you know this site. Make the "
			  "key?"),
		       ARG_NUM(e->constraints.rsa_bits), ARG_TEXT(e->token.label),
		       ARG_BOTH(e->profile->institution), ARG_TEXT(e->profile->ca.url),
		       ARG_TEXT(e->common_name));
}

static struct msg *words_of_file(const struct enrolment *e)
{
	return msg_new(N_("A new RSA key of %1 bits will be made on the token %2, and a request "
			  "for a certificate of %3 will be written to the file %4. Your name in it "
			  "will be %5. Make the key?"),
		       ARG_NUM(e->constraints.rsa_bits), ARG_TEXT(e->token.label),
		       ARG_BOTH(e->profile->institution), ARG_TEXT(ca_request_file(e->ca)),
		       ARG_TEXT(e->common_name));
}

struct err *step_consent_key(struct enrolment *e, bool *skipped)
{
	if (e->resumed) {
		*skipped = true; // agreed to when it was begun
		return NULL;
	}
	say_step(e, STEP_BEGUN, NULL, 0);
	AUTO(msg) struct msg *protection = protection_words(&e->token, e->profile);
	say_note(e, msg_copy(protection));
	slot_tell_ahead(e);
	identity_tell_ahead(e);
	if (e->profile->consent_key.en || e->profile->consent_key.ja)
		say_note(e, msg_new("%1", ARG_BOTH(e->profile->consent_key)));
	struct msg *words =
		e->profile->ca.protocol == CA_FILE ? words_of_file(e) : words_of_site(e);
	bool yes = false;
	TRY(ask_consent(e, "key", words, &yes));
	return yes ? NULL : not_agreed(e);
}

static void *warm(void *ctx)
{
	struct enrolment *e = ctx;
	return ca_warm(e->ca);
}

// The token makes its key while the connection is opened.
static struct err *generate(struct enrolment *e, const struct key_terms *terms)
{
	pthread_t thread;
	bool warming = pthread_create(&thread, NULL, warm, e) == 0;
	struct err *err = keypair_generate(e->session, terms, &e->model->quirks, &e->key);
	if (warming) {
		void *cold = NULL;
		pthread_join(thread, &cold);
		err_ignore(cold); // it is no failure yet: sending will say so
	}
	return err;
}

// A key that could not be made leaves nothing to resume, when the token is there to say that nothing is on it. One that was made and then
// not shown may be there again when the token is: a search now proves nothing.
static struct err *making_failed(struct enrolment *e, struct err *why)
{
	struct key_id id = { 0 };
	AUTO(keypair) struct keypair *half = NULL;
	AUTO(err) struct err *look = key_id_from_hex(e->record->key_id, &id);
	// A module may remember what it knew of a card that is out.
	bool out = enrolment_place(e) != PLACE_SAME;
	if (!look && !out)
		look = keypair_find(e->session, &id, &half);
	if (!look && !half && !out)
		look = session_present(e->session);
	if (look || out || (!half && err_has_tag(why, "object-gone")))
		return err_hint(why, N_("Put the token in again and run `inkan resume %1`."),
				ARG_TEXT(e->record->id));
	bool stays = false;
	if (half)
		look = pair_remove(e, &id, NULL, &stays);
	if (!look && !in_slot(e))
		look = enrolment_clear_stray(e);
	if (!look)
		look = enrolment_close(e, ENROLMENT_CLOSED, "no key was made");
	return why;
}

// A module that will not take our CKA_ID has its own: the journal learns it with the next mark.
static struct err *remember_id(struct enrolment *e)
{
	free(e->record->key_id);
	e->record->key_id = key_id_hex(keypair_id(e->key));
	return e->record->key_id ? NULL : err_no_memory();
}

// Anew in every run: a key that somebody made since the last one is not ours.
static struct err *count_keys(struct enrolment *e)
{
	char *census = NULL;
	TRY(keypair_census(e->session, &census));
	free(e->record->keys_before);
	e->record->keys_before = census;
	return NULL;
}

// Where the key will be. The management key is given before anything is begun: a wrong one leaves nothing to resume.
static struct err *choose_place(struct enrolment *e, struct key_id *out)
{
	if (e->record->key_id) {
		TRY(key_id_from_hex(e->record->key_id, out));
		TRY(slot_still_ours(e, out));
	} else {
		TRY(slot_choose(e, out));
	}
	TRY(count_keys(e));
	TRY(management_begin(e));
	if (!e->record->key_id)
		e->record->key_id = key_id_hex(out);
	return e->record->key_id ? enrolment_mark(e, MARK_KEY_BEGUN) : err_no_memory();
}

// Whoever made the key is logged out again, and what that one saw of it is worth nothing to the user.
static struct err *leave_management(struct enrolment *e)
{
	struct key_id id = *keypair_id(e->key);
	if (!e->model->quirks.needs_management)
		return NULL;
	keypair_free(e->key);
	e->key = NULL;
	TRY(management_end(e));
	TRY(keypair_find(e->session, &id, &e->key));
	if (e->key)
		return NULL;
	return err_hint(err_tag(err_new(ERR_INTERRUPTED,
					N_("The new key is not there for the one who uses the "
					   "token.")),
				"key-lost"),
			N_("`inkan resume %1` looks again, `inkan abandon %1` gives it up."),
			ARG_TEXT(e->record->id));
}

static struct err *make(struct enrolment *e)
{
	struct key_id id = { 0 };
	TRY(factory_replace(e));
	TRY(choose_place(e, &id));
	const struct key_terms terms = {
		.bits = e->constraints.rsa_bits,
		.decrypt = e->constraints.decrypt || e->profile->key.decrypt,
		.label = e->common_name,
		.id = id,
		.census = e->record->keys_before,
	};
	say_wait(e,
		 msg_new(N_("The token is making its key. A card can take 30 seconds. Do not take "
			    "the token out.")),
		 e->model->slow_seconds ? (int64_t)e->model->slow_seconds : -1, false);
	struct err *err = generate(e, &terms);
	if (err)
		return making_failed(e, err);
	e->made_key = true;
	TRY(remember_id(e));
	return leave_management(e);
}

static bool whole(const struct keypair *k)
{
	return k && keypair_has_private(k) && keypair_public(k);
}

static struct err *key_lost(const struct enrolment *e)
{
	return err_hint(err_tag(err_new(ERR_TOKEN,
					N_("The key of enrolment %1 is no longer on the token, "
					   "though its request was "
					   "sent."),
					ARG_TEXT(e->record->id)),
				"key-lost"),
			N_("The certificate authority may have issued a certificate that nobody "
			   "can use: tell it. Then run "
			   "`inkan abandon %1` and enrol anew."),
			ARG_TEXT(e->record->id));
}

// What an earlier run left: a whole pair is kept, half of one is cleared away, none is made now.
static struct err *find_made(struct enrolment *e)
{
	struct key_id id = { 0 };
	TRY(slot_find_settled(e));
	TRY(key_id_from_hex(e->record->key_id, &id));
	TRY(slot_still_ours(e, &id));
	TRY(keypair_find(e->session, &id, &e->key));
	bool ours = true;
	TRY(slot_key_ours(e, &id, &ours));
	if (ours && whole(e->key))
		return NULL;
	if (e->record->submits > 0)
		return key_lost(e);
	// The next key in the slot takes the place of this one.
	if (e->key && !in_slot(e))
		TRY(keypair_destroy(e->session, e->key));
	keypair_free(e->key);
	e->key = NULL;
	if (in_slot(e))
		return NULL;
	TRY(enrolment_clear_stray(e));
	enrolment_clear_fragments(e);
	return NULL;
}

// -1: the key is there already, as far as the journal knows.
static int64_t how_long(const struct enrolment *e)
{
	if (e->resumed && e->record->mark >= MARK_KEY_MADE)
		return -1;
	return e->model->slow_seconds ? (int64_t)e->model->slow_seconds : 30;
}

struct err *step_generate_key(struct enrolment *e, bool *skipped)
{
	say_step(e, STEP_BEGUN, NULL, how_long(e));
	TRY(open_login(e));
	TRY(go_on(e));
	if (e->resumed)
		TRY(find_made(e));
	if (e->key) {
		*skipped = true;
		return NULL;
	}
	return make(e);
}

static bool is_final(const struct enrolment *e)
{
	return e->record->mark >= MARK_VERIFIED;
}

struct err *step_prove_key(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, 0);
	struct err *err =
		evidence_gather(e->session, e->key, e->constraints.rsa_bits, &e->evidence);
	// Nobody uses the key yet, so it may be tried harder than one that is in use.
	if (!err && e->record->mark < MARK_KEY_MADE)
		err = evidence_try_opening(e->session, e->key, &e->evidence);
	if (!err)
		err = evidence_attest(e->session, e->key, e->profile, &e->evidence, &e->attested);
	if (!err) {
		e->have_evidence = true;
		err = evidence_judge(&e->evidence, e->profile);
	}
	if (err)
		return err_kind(err) == ERR_POLICY && !is_final(e) ? enrolment_undo(e, err) : err;
	say_note(e, evidence_words(&e->evidence));
	TRY(attested_keep(e));
	free(e->record->evidence);
	e->record->evidence = evidence_text(&e->evidence);
	return e->record->mark < MARK_KEY_MADE ? enrolment_mark(e, MARK_KEY_MADE) : NULL;
}
