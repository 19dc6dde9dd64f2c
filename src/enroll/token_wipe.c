// token wipe: what inkan made goes from the token, or with --all everything.
//
// It can be cut off anywhere: what is there and what inkan made of it is found out anew by the next run, from the token and the journal, so
// that it removes what is left. Certificates go before their keys and public halves last: what is left of a pair in the middle
// is never a certificate that has no key (keys that the card itself deletes go at the end, all at once); that a key is inkan's the journal knows without it. Unfinished enrolments are closed after their objects are gone, not before.
#include <jansson.h>
#include <string.h>

#include "enroll/ask.h"
#include "enroll/management.h"
#include "enroll/run.h"
#include "enroll/say.h"
#include "enroll/token_job.h"
#include "pkcs11/attest.h"

enum { SLOTS_MAX = 32 }; // a PIV card has 25

struct wiping {
	struct enrolment e;
	struct things things;
	struct records open; // unfinished enrolments of this token that have a key
	size_t chosen, kept, removed;
};

static bool is_whole(const struct wiping *w)
{
	return w->e.job->all;
}

static struct err *no_room_to_look(const struct wiping *w)
{
	if (!w->things.objects.more)
		return NULL;
	return err_tag(
		err_new(ERR_TOKEN,
			N_("There are more than %1 objects on the token %2, so not all of them "
			   "can be named."),
			ARG_NUM(OBJECT_LIST_MAX), ARG_TEXT(w->e.token.label)),
		"token-too-much");
}

static bool is_key(const struct object *o)
{
	return o->kind == OBJECT_PRIVATE_KEY || o->kind == OBJECT_PUBLIC_KEY;
}

// Whether the card itself deletes it: with the private key its public half goes, too. The maker's key for attestations stays.
static bool card_deletes(const struct enrolment *e, const struct object *o)
{
	return o->kind == OBJECT_PRIVATE_KEY && slot_deletes(e) && attest_slot(&o->id);
}

// A statement that the card makes when it is looked at is nothing that is stored, and some modules cannot delete a key. What a PIV card shows as
// data is its certificates once more, which go as such, and the card's own: its identity, and the maker's certificate, which nobody could bring back.
static bool can_go(const struct enrolment *e, const struct object *o)
{
	if (is_key(o) && e->model->quirks.destroy_keeps_key)
		return card_deletes(e, o);
	return !o->attestation && !(o->kind == OBJECT_DATA && in_slot(e));
}

static void say_keys_that_stay(const struct wiping *w)
{
	for (size_t i = 0; i < w->things.n; i++) {
		const struct thing *t = &w->things.list[i];
		bool meant = is_whole(w) || t->maker == MADE_BY_INKAN;
		if (meant && t->object->kind == OBJECT_PRIVATE_KEY && !can_go(&w->e, t->object) &&
		    attest_slot(&t->object->id))
			say_key_stays(&w->e, &t->object->id);
	}
}

static struct err *choose(struct wiping *w)
{
	struct enrolment *e = &w->e;
	TRY(things_read(e, &w->things));
	TRY(no_room_to_look(w));
	for (size_t i = 0; i < w->things.n; i++) {
		struct thing *t = &w->things.list[i];
		t->chosen = (is_whole(w) || t->maker == MADE_BY_INKAN) && can_go(e, t->object);
		w->chosen += t->chosen;
		w->kept += !t->chosen;
		if (t->chosen)
			say_note(e, thing_words(t));
	}
	TRY(journal_unfinished(e->journal, e->token_uri, &w->open));
	for (size_t i = 0; i < w->open.n; i++)
		say_note(e, msg_new(N_("unfinished enrolment %1 for %2: it will be given up"),
				    ARG_TEXT(w->open.list[i]->id),
				    ARG_TEXT(w->open.list[i]->common_name
						     ? w->open.list[i]->common_name
						     : "-")));
	return NULL;
}

static struct msg *whole_words(const struct wiping *w)
{
	return msg_new(N_("All %1 objects on the token %2 that are named above will be removed, "
			  "whoever made them, and cannot be brought back. Remove them?"),
		       ARG_NUM(w->chosen), ARG_TEXT(w->e.token.label));
}

static struct msg *our_words(const struct wiping *w)
{
	if (!w->kept)
		return msg_new(N_("The %1 objects on the token %2 that are named above, which "
				  "inkan made, will be removed and cannot be brought back. Nothing "
				  "else is on it. Remove them?"),
			       ARG_NUM(w->chosen), ARG_TEXT(w->e.token.label));
	return msg_new(N_("The %1 objects on the token %2 that are named above, which inkan made, "
			  "will be removed and cannot be brought back. %3 others stay. Remove "
			  "them?"),
		       ARG_NUM(w->chosen), ARG_TEXT(w->e.token.label), ARG_NUM(w->kept));
}

static struct err *agree(struct wiping *w)
{
	struct enrolment *e = &w->e;
	bool yes = false;
	TRY(ask_consent(e, "wipe", is_whole(w) ? whole_words(w) : our_words(w), &yes));
	if (!yes)
		return token_declined();
	return is_whole(w) ? token_confirm(e) : NULL;
}

static struct err *remove_kind(struct wiping *w, enum object_kind kind)
{
	for (size_t i = 0; i < w->things.n; i++) {
		struct thing *t = &w->things.list[i];
		if (!t->chosen || t->object->kind != kind || card_deletes(&w->e, t->object))
			continue;
		TRY(go_on(&w->e));
		TRY(object_remove(w->e.session, t->object));
		w->removed++;
	}
	return NULL;
}

// Keys that the card itself deletes go last, in one turn: the objects that were listed are not to be touched afterwards.
static struct err *delete_keys(struct wiping *w)
{
	struct card_key keys[SLOTS_MAX];
	size_t n = 0, gone = 0;
	for (size_t i = 0; i < w->things.n && n < SLOTS_MAX; i++) {
		const struct thing *t = &w->things.list[i];
		const struct object *o = t->object;
		if (t->chosen && card_deletes(&w->e, o))
			keys[n++] = (struct card_key){ .slot = attest_slot(&o->id),
						       .public_sha256 = o->public_sha256[0]
										? o->public_sha256
										: NULL };
	}
	if (!n)
		return NULL;
	TRY(slot_delete(&w->e, keys, n, &gone));
	w->removed += gone;
	return NULL;
}

static struct err *remove_chosen(struct wiping *w)
{
	static const enum object_kind order[] = { OBJECT_CERTIFICATE, OBJECT_PRIVATE_KEY,
						  OBJECT_PUBLIC_KEY,  OBJECT_SECRET_KEY,
						  OBJECT_DATA,	      OBJECT_OTHER };
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		TRY(remove_kind(w, order[i]));
	return delete_keys(w);
}

// In a card's slot the module may have put a certificate of its own beside a key that has no other yet.
static struct err *clear_slot(struct enrolment *e)
{
	struct key_id id = { 0 };
	bool stays = false;
	if (!in_slot(e) || !e->record->key_id)
		return enrolment_clear_stray(e);
	TRY(key_id_from_hex(e->record->key_id, &id));
	TRY(pair_remove(e, &id, e->record->sha256, &stays));
	if (stays)
		say_key_stays(e, &id);
	return NULL;
}

static struct err *close_record(struct enrolment *e, struct record **r)
{
	e->record = *r;
	*r = NULL;
	TRY(clear_slot(e));
	if (e->record->submits > 0)
		say_note(e,
			 msg_new(N_("The certificate authority may have issued a certificate for "
				    "the removed key. Tell it, so that it can be revoked.")));
	struct err *err = enrolment_close(e, ENROLMENT_ABANDONED, "wiped");
	record_free(e->record);
	e->record = NULL;
	return err;
}

// A module may say that it destroyed an object and keep it (a PIV card keeps its keys, unless it deletes them itself).
static struct err *look_again(struct wiping *w)
{
	AUTO_THINGS struct things left = { 0 };
	size_t still = 0;
	TRY(things_read(&w->e, &left));
	for (size_t i = 0; i < left.n; i++)
		still += (is_whole(w) || left.list[i].maker == MADE_BY_INKAN) &&
			 can_go(&w->e, left.list[i].object);
	if (!still)
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_TOKEN,
				N_("The token %1 says that it removed everything, but still "
				   "shows %2 objects that should be gone."),
				ARG_TEXT(w->e.token.label), ARG_NUM(still)),
			"token-keeps"),
		N_("`inkan token show --login` shows them. Use the program of the token's "
		   "maker to remove them."));
}

static struct err *wipe_token(struct wiping *w)
{
	struct enrolment *e = &w->e;
	if (e->job->unlisted)
		TRY(find_token(e));
	e->step = "token-look";
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(journal_open(&e->journal));
	TRY(open_token(e, "token wipe"));
	TRY(open_login(e));
	TRY(choose(w));
	if (!w->chosen && !w->open.n) {
		say_keys_that_stay(w);
		say_note(e, is_whole(w) ? msg_new(N_("There is nothing on the token."))
					: msg_new(N_("inkan made nothing that is on the token. %1 "
						     "objects of others stay."),
						  ARG_NUM(w->kept)));
		return NULL;
	}
	TRY(agree(w));
	TRY(go_on(e));
	token_step(e, "token-wipe");
	TRY(management_begin(e));
	TRY(remove_chosen(w));
	for (size_t i = 0; i < w->open.n; i++)
		TRY(close_record(e, &w->open.list[i]));
	TRY(management_end(e));
	say_keys_that_stay(w);
	return look_again(w);
}

static struct err *explain(const struct wiping *w, struct err *err)
{
	if (!err || !w->removed || err_has_tag(err, "token-keeps"))
		return err;
	return err_hint(err, N_("%1 of %2 objects are removed. The same command removes the rest."),
			ARG_NUM(w->removed), ARG_NUM(w->chosen));
}

void token_wipe_run(const struct job *j, struct face *f, struct result *out)
{
	struct wiping w = { .e = { .job = j, .face = f } };
	struct err *err = explain(&w, wipe_token(&w));
	json_t *extra = json_object();
	json_object_set_new(extra, "removed", json_integer((json_int_t)w.removed));
	json_object_set_new(extra, "kept", json_integer((json_int_t)w.kept));
	bool nothing = !w.chosen && !w.open.n;
	things_free(&w.things);
	records_free(&w.open);
	token_end(&w.e, nothing ? "nothing" : "wiped", extra, err, out);
}
