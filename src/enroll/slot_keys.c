// Keys in a card's slots that the card itself deletes and moves (struct card_life), where its firmware can.
//
// A key is deleted when it is surely ours: that of a certificate which the journal has, or the one that this enrolment made. A pair with a
// certificate loses that first, so that nothing is left in the middle that has no key; what has no other certificate than the module's placeholder
// loses its key first, for the placeholder is what says whose it is.
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "enroll/management.h"
#include "enroll/say.h"
#include "enroll/token_card.h"
#include "pkcs11/attest.h"
#include "pkcs11/certobj.h"
#include "pkcs11/objlist.h"
#include "token/life.h"
#include "x509/request.h"

enum { FITTING_SLOT = 0x9a };

bool slot_deletes(const struct enrolment *e)
{
	unsigned from = e->model->quirks.deletes_keys_from;
	return in_slot(e) && from && slot_firmware(e) >= from && life_of(&e->token)->card;
}

void say_key_stays(const struct enrolment *e, const struct key_id *id)
{
	char room[4];
	const char *slot = slot_name(id, room);
	say_note(e,
		 slot_deletes(e)
			 ? msg_new(N_("Nothing shows that the key in slot %1 is one of inkan's, so "
				      "it was left alone. If nobody uses it, it can be deleted "
				      "with the program of the token's maker."),
				   ARG_TEXT(slot))
			 : msg_new(N_("This token cannot delete a key through its module: the key "
				      "in slot %1 stays, without a certificate. Nobody uses it. "
				      "The slot can be emptied with the program of the token's "
				      "maker."),
				   ARG_TEXT(slot)));
}

void slot_tell_ahead(const struct enrolment *e)
{
	struct key_id old = { 0 };
	char room[4];
	bool goes = in_slot(e) && e->record->old_key_id && e->profile->key.retire_destroy;
	struct err *odd = goes ? key_id_from_hex(e->record->old_key_id, &old) : NULL;
	err_ignore(odd);
	if (!goes || odd || !attest_slot(&old))
		return;
	const char *slot = slot_name(&old, room);
	if (!slot_deletes(e))
		say_note(e, msg_new(N_("This card cannot delete the old key in slot %1: once the "
				       "new one is verified, the old one loses its certificate and "
				       "stays. The new key gets a slot of its own."),
				    ARG_TEXT(slot)));
	else if (attest_slot(&old) == FITTING_SLOT)
		say_note(e,
			 msg_new(N_("The new key is made in a spare slot. Once it is verified, the "
				    "card deletes the old one in slot %1, and the new one takes "
				    "its place there."),
				 ARG_TEXT(slot)));
	else
		say_note(e, msg_new(N_("Once the new key is verified, the card deletes the old one "
				       "in slot %1."),
				    ARG_TEXT(slot)));
}

// --- whose a key is

static struct err *leaf_in(const struct record *r, const char *sha256, struct cert **out)
{
	AUTO_CERTS struct cert_list list = { 0 };
	if (!r || !r->certificates.len)
		return NULL;
	TRY(cert_list_from_pem(r->certificates.data, r->certificates.len, &list));
	for (size_t i = 0; i < list.n && !*out; i++)
		if (!strcmp(cert_sha256(list.certs[i]), sha256))
			*out = cert_ref(list.certs[i]);
	return NULL;
}

// The certificate as the journal has it; *out null when it has none.
static struct err *known_leaf(struct enrolment *e, const char *sha256, struct cert **out)
{
	AUTO(record) struct record *made = NULL;
	*out = NULL;
	if (!sha256)
		return NULL;
	TRY(leaf_in(e->record, sha256, out));
	if (*out)
		return NULL;
	TRY(journal_by_certificate(e->journal, sha256, &made));
	return leaf_in(made, sha256, out);
}

static bool is_key_of(const char *public_sha256, const struct cert *c)
{
	char sha256[65] = "";
	object_key_hash(c, sha256);
	return sha256[0] && !strcmp(sha256, public_sha256);
}

struct slot_contents {
	bool key;
	char key_sha256[65]; // of its public half; "" when not known
	bool placeholder;    // of this very key
	bool others;	     // a certificate that is none of ours
};

static struct err *look(struct enrolment *e, const struct key_id *id, const char *sha256,
			struct slot_contents *out)
{
	AUTO_OBJECTS struct object_list objects = { 0 };
	AUTO_CERTOBJS struct certobj_list certs = { 0 };
	TRY(object_list(e->session, &objects));
	TRY(certobj_list(e->session, &certs));
	for (size_t i = 0; i < objects.n; i++) {
		const struct object *o = &objects.list[i];
		bool key = o->kind == OBJECT_PRIVATE_KEY || o->kind == OBJECT_PUBLIC_KEY;
		if (!key || !key_id_same(&o->id, id))
			continue;
		out->key = true;
		if (o->public_sha256[0])
			memcpy(out->key_sha256, o->public_sha256, sizeof(out->key_sha256));
	}
	for (size_t i = 0; i < certs.n; i++) {
		const struct certobj *c = &certs.list[i];
		if (!key_id_same(&c->id, id) || c->hollow)
			continue;
		if (c->placeholder)
			out->placeholder |= c->cert && is_key_of(out->key_sha256, c->cert);
		else if (!c->cert || !sha256 || strcmp(cert_sha256(c->cert), sha256) != 0)
			out->others = true;
	}
	return NULL;
}

// A request that was made has the public half of our key: another in the slot is somebody else's, made there since.
static bool is_not_requested(const struct enrolment *e, const struct slot_contents *is)
{
	const struct buf *request = e->request.len ? &e->request : &e->record->request;
	char sha256[65] = "";
	if (request->len)
		request_key_sha256(request->data, request->len, sha256);
	return sha256[0] && strcmp(sha256, is->key_sha256) != 0;
}

// Whether this enrolment made it: it was not there before, and the module put its placeholder beside it, or the journal has seen it made.
static struct err *made_by_us(struct enrolment *e, const struct key_id *id,
			      const struct slot_contents *is, bool *yes)
{
	AUTO(keypair) struct keypair *k = NULL;
	bool old = false;
	*yes = false;
	if (!e->record || !e->record->key_id || !e->record->keys_before)
		return NULL;
	AUTO_TEXT char *hex = key_id_hex(id);
	if (!hex || strcmp(hex, e->record->key_id) != 0 || is_not_requested(e, is))
		return NULL;
	TRY(keypair_find(e->session, id, &k));
	if (k)
		TRY(keypair_in_census(e->session, k, e->record->keys_before, &old));
	*yes = k && !old && (is->placeholder || e->made_key || e->record->mark >= MARK_KEY_MADE);
	return NULL;
}

static struct err *is_ours(struct enrolment *e, const struct key_id *id,
			   const struct slot_contents *is, const struct cert *leaf, bool *yes)
{
	*yes = false;
	if (!is->key || !is->key_sha256[0] || is->others)
		return NULL;
	if (!leaf)
		return made_by_us(e, id, is, yes);
	*yes = is_key_of(is->key_sha256, leaf);
	return NULL;
}

// --- deleted

struct err *slot_delete(struct enrolment *e, const struct card_key *keys, size_t n, size_t *gone)
{
	struct pcsc_patience p = card_patience(e);
	leave_token(e);
	struct err *err =
		life_of(&e->token)->card->delete_keys(&e->token, &p, e->management, keys, n, gone);
	struct err *back = err ? NULL : return_to_token(e);
	if (err || back)
		return err ? err : back;
	return management_begin(e);
}

static struct err *delete_one(struct enrolment *e, const struct key_id *id, const char *sha256,
			      bool *gone)
{
	const struct card_key key = { .slot = attest_slot(id), .public_sha256 = sha256 };
	size_t n = 0;
	char room[4];
	if (!key.slot)
		return NULL;
	TRY(slot_delete(e, &key, 1, &n));
	*gone = n == 1;
	if (*gone)
		say_note(e, msg_new(N_("The card deleted the private key in slot %1."),
				    ARG_TEXT(slot_name(id, room))));
	return NULL;
}

// Beside somebody else's certificate the key is somebody else's, too.
struct err *slot_remove(struct enrolment *e, const struct key_id *id, const char *sha256,
			bool *stays)
{
	AUTO(cert) struct cert *leaf = NULL;
	struct slot_contents is = { 0 };
	size_t others = 0;
	enum tri key = TRI_MISSING;
	bool ours = false, gone = false;
	TRY(certobj_key_present(e->session, id, &key));
	TRY(known_leaf(e, sha256, &leaf));
	if (slot_deletes(e)) {
		TRY(look(e, id, sha256, &is));
		TRY(is_ours(e, id, &is, leaf, &ours));
	}
	TRY(management_begin(e));
	if (ours && !leaf)
		TRY(delete_one(e, id, is.key_sha256, &gone));
	TRY(certobj_clear_slot(e->session, id, sha256, &others));
	if (ours && leaf && !others)
		TRY(delete_one(e, id, is.key_sha256, &gone));
	*stays = !gone && (key == TRI_YES || is.key) && !others &&
		 e->model->quirks.destroy_keeps_key;
	return NULL;
}

// --- moved

// The leaf's key among what the slot holds.
static struct err *holds_key_of(struct enrolment *e, const struct key_id *id,
				const struct cert *leaf, bool *yes)
{
	struct slot_contents is = { 0 };
	TRY(look(e, id, e->record->sha256, &is));
	*yes = is.key && is_key_of(is.key_sha256, leaf);
	return NULL;
}

static struct err *remember_place(struct enrolment *e, const struct key_id *id)
{
	char *hex = key_id_hex(id);
	if (!hex)
		return err_no_memory();
	free(e->record->key_id);
	e->record->key_id = hex;
	return enrolment_mark(e, MARK_RETIRE_BEGUN);
}

static struct err *move(struct enrolment *e, const struct key_id *from, const struct key_id *to,
			const char *sha256, bool *moved)
{
	const struct card_key key = { .slot = attest_slot(from), .public_sha256 = sha256 };
	struct pcsc_patience p = card_patience(e);
	leave_token(e);
	TRY(life_of(&e->token)->card->move_key(&e->token, &p, e->management, &key, attest_slot(to),
					       moved));
	TRY(return_to_token(e));
	return management_begin(e);
}

// What was moved is looked at once more: key and certificate are to be there.
static struct err *check_settled(struct enrolment *e, const struct key_id *to,
				 const struct cert *leaf)
{
	AUTO_CERTOBJS struct certobj_list list = { 0 };
	bool key = false, certificate = false;
	TRY(holds_key_of(e, to, leaf, &key));
	TRY(certobj_list(e->session, &list));
	for (size_t i = 0; i < list.n; i++)
		certificate |= key_id_same(&list.list[i].id, to) && list.list[i].cert &&
			       cert_same(list.list[i].cert, leaf);
	if (key && certificate)
		return NULL;
	return err_hint(err_tag(err_new(ERR_INTERRUPTED, N_("The new pair cannot be read back from "
							    "the slot to which the card moved "
							    "it.")),
				"certificate-not-stored"),
			N_("`inkan resume %1` looks again."), ARG_TEXT(e->record->id));
}

struct err *slot_settle(struct enrolment *e, const struct key_id *old)
{
	AUTO(cert) struct cert *leaf = NULL;
	struct slot_contents is = { 0 };
	struct key_id from = { 0 };
	char room[4], other[4];
	bool moved = false;
	if (!slot_deletes(e) || attest_slot(old) != FITTING_SLOT)
		return NULL;
	TRY(key_id_from_hex(e->record->key_id, &from));
	TRY(known_leaf(e, e->record->sha256, &leaf));
	if (!leaf || !attest_slot(&from) || key_id_same(&from, old))
		return NULL;
	TRY(look(e, &from, e->record->sha256, &is));
	if (!is.key_sha256[0])
		return NULL;
	TRY(move(e, &from, old, is.key_sha256, &moved));
	if (!moved)
		return NULL;
	TRY(remember_place(e, old));
	TRY(check_settled(e, old, leaf));
	say_note(e,
		 msg_new(N_("The card moved the new key and its certificate from slot %1 to slot "
			    "%2, where the old ones were and programs look first."),
			 ARG_TEXT(slot_name(&from, room)), ARG_TEXT(slot_name(old, other))));
	return NULL;
}

// The card is asked, for the module shows a key wherever there is a certificate.
static struct err *is_in_place(struct enrolment *e, const struct cert *leaf,
			       const struct key_id *to, bool *yes)
{
	char sha256[65] = "";
	struct pcsc_patience p = card_patience(e);
	object_key_hash(leaf, sha256);
	if (!sha256[0])
		return NULL;
	const struct card_key at = { .slot = attest_slot(to), .public_sha256 = sha256 };
	leave_token(e);
	TRY(life_of(&e->token)->card->has_key(&e->token, &p, &at, yes));
	TRY(return_to_token(e));
	return open_login(e);
}

struct err *slot_find_settled(struct enrolment *e)
{
	AUTO(cert) struct cert *leaf = NULL;
	struct key_id from = { 0 }, to = { 0 };
	size_t others = 0;
	bool there = false;
	if (!slot_deletes(e) || e->record->mark != MARK_RETIRE_BEGUN || !e->record->old_key_id)
		return NULL;
	TRY(key_id_from_hex(e->record->key_id, &from));
	TRY(key_id_from_hex(e->record->old_key_id, &to));
	TRY(known_leaf(e, e->record->sha256, &leaf));
	if (!leaf || !attest_slot(&from) || !attest_slot(&to) || key_id_same(&from, &to))
		return NULL;
	TRY(is_in_place(e, leaf, &to, &there));
	if (!there)
		return NULL;
	// The copy of the certificate where the key was.
	TRY(management_begin(e));
	TRY(certobj_clear_slot(e->session, &from, e->record->sha256, &others));
	TRY(remember_place(e, &to));
	leave_token(e);
	TRY(return_to_token(e));
	return open_login(e);
}
