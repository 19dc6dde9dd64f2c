// confirm, retire-old, receipt: the CA is told, the old pair goes as the profile says, the record is ended.
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "enroll/conversation.h"
#include "enroll/management.h"
#include "enroll/request.h"
#include "enroll/say.h"
#include "pkcs11/certobj.h"

static struct err *tell(struct enrolment *e, bool *told)
{
	AUTO_CONVERSATION struct conversation c = { 0 };
	TRY(conversation_begin(e, &c));
	return ca_confirm(e->ca, &c.request, told);
}

// Another run had the credentials.
static struct err *tell_with_answers(struct enrolment *e, bool *told)
{
	struct err *err = tell(e, told);
	if (!err || !err_has_tag(err, "credentials-missing"))
		return err;
	err_free(err);
	TRY(ca_questions(e->ca, &e->constraints, &e->questions));
	TRY(authenticate_now(e));
	return tell(e, told);
}

// The certificate that would have to sign for it is no longer one.
static bool cannot_sign(const struct err *err)
{
	return err_has_tag(err, "renewal-expired") || err_has_tag(err, "renewal-missing") ||
	       err_has_tag(err, "key-missing");
}

static struct err *remember_word(struct enrolment *e)
{
	buf_reset(&e->record->ca_state);
	TRY(ca_save(e->ca, &e->record->ca_state));
	return journal_write(e->journal, e->record);
}

// What has to be known of it by another run is written before it leaves: the CA may have heard it, whatever becomes of this one.
static struct err *before_the_word(struct enrolment *e)
{
	return ca_word_leaves(e->ca) ? remember_word(e) : NULL;
}

// A run that dies after it need not say it again. The CA knows in any case, so nothing is missing where this cannot be written.
static void remember_told(struct enrolment *e)
{
	AUTO(err) struct err *unwritten = remember_word(e);
	if (!unwritten)
		return;
	say_note(e, msg_new(N_("The certificate authority was told that the certificate has "
			       "arrived, but this could not be written down.")));
	say_note(e, msg_copy(err_what(unwritten)));
}

static struct err *untold(const struct enrolment *e, struct err *err)
{
	if (ca_word(e->ca) != CA_WORD_KEEPS)
		return err_hint(
			err,
			N_("The certificate (serial %2) is on the token and works, but the "
			   "certificate authority may not know that it has arrived, and would take "
			   "it back then. The one-time password is spent, so `inkan resume %1` "
			   "does not send the confirmation once more: it requests another "
			   "certificate with the same key, and the institution has to revoke this "
			   "one if it holds it as confirmed."),
			ARG_TEXT(e->record->id),
			ARG_TEXT(e->leaf ? cert_serial_hex(e->leaf) : "?"));
	if (err_next_step(err))
		return err;
	return err_hint(err,
			N_("The certificate is on the token and works; only the confirmation is "
			   "missing. `inkan resume %1` sends it once more."),
			ARG_TEXT(e->record->id));
}

struct err *step_confirm(struct enrolment *e, bool *skipped)
{
	bool told = false;
	*skipped = !ca_confirms(e->ca);
	if (*skipped)
		return NULL;
	TRY(before_the_word(e));
	struct err *err = tell_with_answers(e, &told);
	if (!err && told)
		remember_told(e);
	if (err && e->record->renews && cannot_sign(err)) {
		err_free(err);
		err = NULL;
		say_note(e, msg_new(N_("The certificate authority could not be told that the "
				       "certificate has arrived: the old certificate cannot sign "
				       "for it any more. Ask whether the new one is valid.")));
	}
	*skipped = !told;
	return err ? untold(e, err) : NULL;
}

// What stands on the token, as far as retiring the old pair is concerned.
struct standing {
	bool renewed;	 // the new certificate is there, with the new pair's CKA_ID
	bool old;	 // the old certificate is there
	bool old_shared; // another certificate hangs on the old key
};

static struct err *look(struct enrolment *e, const struct key_id *old, struct standing *out)
{
	AUTO_CERTOBJS struct certobj_list list = { 0 };
	struct standing s = { 0 };
	TRY(certobj_list(e->session, &list));
	for (size_t i = 0; i < list.n; i++) {
		const struct certobj *c = &list.list[i];
		const char *sha256 = c->cert ? cert_sha256(c->cert) : "";
		bool on_old = key_id_same(&c->id, old);
		if (key_id_same(&c->id, keypair_id(e->key)) && e->record->sha256 &&
		    !strcmp(sha256, e->record->sha256))
			s.renewed = true;
		else if (on_old && e->record->old_sha256 && !strcmp(sha256, e->record->old_sha256))
			s.old = true;
		// A copy of the new one there is what a move that was cut off left.
		else if (on_old && !(e->record->sha256 && !strcmp(sha256, e->record->sha256)))
			s.old_shared = true;
	}
	*out = s;
	return NULL;
}

struct err *recall_leaf(struct enrolment *e)
{
	if (e->leaf)
		return NULL;
	AUTO_CERTS struct cert_list list = { 0 };
	TRY(cert_list_from_pem(e->record->certificates.data, e->record->certificates.len, &list));
	for (size_t i = 0; i < list.n && !e->leaf; i++)
		if (e->record->sha256 && !strcmp(cert_sha256(list.certs[i]), e->record->sha256))
			e->leaf = cert_ref(list.certs[i]);
	return NULL;
}

// Whoever removed it: the key is there and the journal has the certificate.
static struct err *store_once_more(struct enrolment *e)
{
	TRY(recall_leaf(e));
	if (!e->leaf)
		return err_tag(err_new(ERR_TOKEN, N_("The certificate cannot be read back from the "
						     "token.")),
			       "certificate-not-stored");
	TRY(slot_still_ours(e, keypair_id(e->key)));
	TRY(management_begin(e));
	TRY(certobj_store(e->session, keypair_id(e->key), e->common_name, e->leaf));
	say_note(e, msg_new(N_("The new certificate was missing on the token and was stored once "
			       "more.")));
	return NULL;
}

// The certificate goes first: a key without one harms nobody, and a run that dies in between finds it by its CKA_ID.
static struct err *destroy_old(struct enrolment *e, const struct key_id *id, bool *stays)
{
	TRY(pair_remove(e, id, e->record->old_sha256, stays));
	if (*stays)
		say_key_stays(e, id);
	return *stays ? NULL : slot_settle(e, id);
}

// The last look before what cannot be undone: the new pair stands, and what goes is the pair that we made and nobody else uses.
static struct err *retire(struct enrolment *e, bool *removed, bool *stays)
{
	struct key_id old = { 0 };
	struct standing s = { 0 };
	bool begun = e->record->mark ==
		     MARK_RETIRE_BEGUN; // an earlier run may have removed the certificate
	TRY(key_id_from_hex(e->record->old_key_id, &old));
	TRY(look(e, &old, &s));
	if (!s.renewed)
		TRY(store_once_more(e));
	bool settled = key_id_same(&old, keypair_id(e->key)); // in the place of the old one
	*removed = (s.old || begun) && !s.old_shared && (begun || !settled);
	if (!*removed || settled)
		return NULL;
	TRY(enrolment_mark(e, MARK_RETIRE_BEGUN));
	return destroy_old(e, &old, stays);
}

struct err *step_retire_old(struct enrolment *e, bool *skipped)
{
	const struct record *r = e->record;
	if (!r->old_key_id) {
		*skipped = true;
		return NULL;
	}
	if (!e->profile->key.retire_destroy) {
		say_note(e, msg_new(N_("The old key and certificate stay on the token, as the "
				       "profile says.")));
		*skipped = true;
		return NULL;
	}
	say_step(e, STEP_BEGUN, NULL, 0);
	bool removed = false;
	struct err *err = retire(e, &removed, &e->old_key_stays);
	management_forget(e);
	if (err)
		return err;
	say_note(e,
		 e->old_key_stays ? msg_new(N_("The old certificate was removed from the token."))
		 : removed ? msg_new(N_("The old key and certificate were removed from the token."))
			   : msg_new(N_("The old key and certificate are not as they were, so "
					"they were left alone.")));
	return NULL;
}

struct err *step_receipt(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(recall_leaf(e));
	e->record->mark = MARK_DONE;
	return enrolment_close(e, ENROLMENT_DONE,
			       e->old_key_stays ? OUTCOME_OLD_KEY_STAYS : "enrolled");
}
