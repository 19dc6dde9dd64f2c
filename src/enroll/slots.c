// The slots of a card: whether one is empty, whether what is in it is ours, and which old one may be used again.
//
// A new key takes the place of whatever is in its slot, and nobody gets that back. So what a card cannot show is asked of a person before
// anything is changed, and what nobody says is refused.
#include <stdio.h>
#include <string.h>

#include "enroll/ask.h"
#include "enroll/management.h"
#include "enroll/say.h"
#include "pkcs11/attest.h"
#include "pkcs11/certobj.h"
#include "pkcs11/objlist.h"

bool in_slot(const struct enrolment *e)
{
	return e->model->quirks.slot_ids;
}

const char *slot_name(const struct key_id *id, char room[static 4])
{
	snprintf(room, 4, "%02x", attest_slot(id));
	return room;
}

unsigned slot_firmware(const struct enrolment *e)
{
	return e->token.firmware_major * 100U + e->token.firmware_minor;
}

static struct err *taken(const struct enrolment *e, struct err *err)
{
	return err_tag(err_hint(err,
				N_("It was left alone. Give this enrolment up with "
				   "`inkan abandon %1`, and enrol anew."),
				ARG_TEXT(e->record->id)),
		       "slot-taken");
}

struct err *slot_still_ours(struct enrolment *e, const struct key_id *id)
{
	AUTO_CERTOBJS struct certobj_list list = { 0 };
	char room[4];
	if (!in_slot(e))
		return NULL;
	TRY(certobj_list(e->session, &list));
	for (size_t i = 0; i < list.n; i++) {
		const struct certobj *c = &list.list[i];
		bool ours = c->placeholder || (c->cert && e->record->sha256 &&
					       !strcmp(cert_sha256(c->cert), e->record->sha256));
		if (!key_id_same(&c->id, id) || c->hollow || ours)
			continue;
		return taken(e, err_new(ERR_TOKEN,
					N_("Slot %1 of the token %2, which this enrolment chose, "
					   "holds a certificate of somebody else by now."),
					ARG_TEXT(slot_name(id, room)), ARG_TEXT(e->token.label)));
	}
	return NULL;
}

// Whether the answers name this slot in that field: only a person can know it, so --yes does not say it.
static struct err *names_slot(struct enrolment *e, const char *field, const char *slot, bool *said)
{
	const struct question q = { .kind = ASK_TEXT, .name = field, .check_only = true };
	AUTO(secret) struct secret *value = NULL;
	TRY(ask_question(e, &q, &value));
	*said = value && !strcmp(secret_text(value), slot);
	return NULL;
}

// --- keys that an earlier run may have made

static struct err *has_placeholder(struct enrolment *e, const struct key_id *id, bool *has)
{
	AUTO_CERTOBJS struct certobj_list list = { 0 };
	TRY(certobj_list(e->session, &list));
	*has = false;
	for (size_t i = 0; i < list.n; i++)
		*has |= key_id_same(&list.list[i].id, id) && list.list[i].placeholder;
	return NULL;
}

static struct err *ask_whose(struct enrolment *e, const struct key_id *id)
{
	char room[4];
	const char *slot = slot_name(id, room);
	bool ours = false;
	TRY(names_slot(e, "slot_ours", slot, &ours));
	if (!ours && e->face->interactive && !e->job->yes)
		TRY(ask_consent(
			e, "slot-key",
			msg_new(N_("Slot %1 of the token %2 holds a key that nothing tells of: "
				   "this enrolment began one there and was cut off, but somebody "
				   "else may have made it since. Has nobody else made a key on "
				   "this token meanwhile?"),
				ARG_TEXT(slot), ARG_TEXT(e->token.label)),
			&ours));
	if (ours)
		return NULL;
	struct err *err = err_new(ERR_INTERRUPTED,
				  N_("Slot %1 of the token %2, which this enrolment chose, holds a "
				     "key, and nothing tells whether this enrolment made it."),
				  ARG_TEXT(slot), ARG_TEXT(e->token.label));
	err = err_hint(err,
		       N_("If nobody else made a key on this token meanwhile, say so: slot_ours "
			  "with the value %1 in the file of --answers, or run the command on a "
			  "terminal without --yes. Otherwise give this enrolment up with `inkan "
			  "abandon %2`, and enrol anew."),
		       ARG_TEXT(slot), ARG_TEXT(e->record->id));
	return err_tag(err, "slot-taken");
}

struct err *slot_key_ours(struct enrolment *e, const struct key_id *id, bool *ours)
{
	bool marked = false, old = false;
	*ours = true;
	if (!in_slot(e) || e->record->mark >= MARK_KEY_MADE || !e->key)
		return NULL;
	// An old one whose slot was to be used again.
	TRY(keypair_in_census(e->session, e->key, e->record->keys_before, &old));
	*ours = !old;
	if (old)
		return NULL;
	TRY(has_placeholder(e, id, &marked));
	return marked ? NULL : ask_whose(e, id);
}

// --- slots that show nothing

static bool hides_keys(const struct enrolment *e)
{
	return slot_firmware(e) < e->model->quirks.hides_keys_before;
}

static struct err *surely_empty(struct enrolment *e, const struct key_id *id)
{
	char room[4], version[FIRMWARE_TEXT];
	const char *slot = slot_name(id, room);
	bool empty = false;
	if (!in_slot(e) || !hides_keys(e))
		return NULL;
	const char *firmware = model_firmware(e->model, &e->token, version);
	TRY(names_slot(e, "slot_empty", slot, &empty));
	if (!empty && e->face->interactive && !e->job->yes)
		TRY(ask_consent(
			e, "slot",
			msg_new(N_("The firmware of the token %1 (%2) does not show a key that was "
				   "brought to it without a certificate. Slot %3 shows nothing, "
				   "but such a key in it would be lost. Is the slot surely empty?"),
				ARG_TEXT(e->token.label), ARG_TEXT(firmware), ARG_TEXT(slot)),
			&empty));
	if (empty)
		return NULL;
	struct err *err = err_new(ERR_ANSWER,
				  N_("Slot %1 of the token %2 shows nothing, but its firmware (%3) "
				     "does not show a key that was brought to it without a "
				     "certificate. Nothing was changed."),
				  ARG_TEXT(slot), ARG_TEXT(e->token.label), ARG_TEXT(firmware));
	err = err_hint(err,
		       N_("If no such key was ever put into it, say so: slot_empty with the value "
			  "%1 in the file of --answers, or run the command on a terminal "
			  "without --yes."),
		       ARG_TEXT(slot));
	return err_tag(err, "slot-unknown");
}

// --- old ones

// Whether nothing but the key of this certificate is in the slot.
static struct err *holds_only_key_of(const struct object_list *l, const struct key_id *id,
				     const struct record *old, bool *yes)
{
	AUTO_CERTS struct cert_list certs = { 0 };
	const struct cert *leaf = NULL;
	bool key = false, other = false;
	TRY(cert_list_from_pem(old->certificates.data, old->certificates.len, &certs));
	for (size_t i = 0; i < certs.n; i++)
		if (!strcmp(cert_sha256(certs.certs[i]), old->sha256))
			leaf = certs.certs[i];
	for (size_t i = 0; i < l->n; i++) {
		const struct object *o = &l->list[i];
		if (!key_id_same(&o->id, id) || o->attestation || o->kind == OBJECT_DATA)
			continue;
		bool is_key = o->kind == OBJECT_PRIVATE_KEY || o->kind == OBJECT_PUBLIC_KEY;
		if (is_key && leaf && object_is_key_of(o, leaf))
			key = true;
		else
			other = true;
	}
	*yes = key && !other;
	return NULL;
}

static struct err *may_be_reused(struct enrolment *e, const struct object_list *l,
				 const struct record *r, struct key_id *id, bool *yes)
{
	AUTO(record) struct record *old = NULL;
	*yes = false;
	TRY(key_id_from_hex(r->old_key_id, id));
	TRY(journal_by_certificate(e->journal, r->old_sha256, &old));
	if (!old || !old->key_id || strcmp(old->key_id, r->old_key_id) != 0 ||
	    !old->certificates.len || !attest_slot(id))
		return NULL;
	return holds_only_key_of(l, id, old, yes);
}

// Takes the error of a full card, and gives it back where no old slot may be used again.
static struct err *reuse(struct enrolment *e, struct err *full, struct key_id *out)
{
	AUTO_RECORDS struct records retired = { 0 };
	AUTO_OBJECTS struct object_list objects = { 0 };
	AUTO(err) struct err *why = full;
	char room[4];
	TRY(journal_retired(e->journal, e->token_uri, &retired));
	if (retired.n)
		TRY(object_list(e->session, &objects));
	for (size_t i = 0; i < retired.n && !objects.more; i++) {
		struct key_id id = { 0 };
		bool yes = false;
		TRY(may_be_reused(e, &objects, retired.list[i], &id, &yes));
		if (!yes)
			continue;
		say_note(e, msg_new(N_("No slot of the token is free. The new key takes the place "
				       "of an old one of yours in slot %1, whose certificate was "
				       "replaced and removed."),
				    ARG_TEXT(slot_name(&id, room))));
		*out = id;
		return NULL;
	}
	struct err *given_back = why;
	why = NULL;
	return given_back;
}

struct err *slot_choose(struct enrolment *e, struct key_id *out)
{
	struct err *err = key_id_choose(e->session, &e->model->quirks, out);
	if (!err)
		return surely_empty(e, out);
	return in_slot(e) && err_has_tag(err, "token-full") ? reuse(e, err, out) : err;
}
