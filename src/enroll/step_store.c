// store-certificate, verify-token: the certificate goes onto the token, and a fresh session shows that all works together.
#include <string.h>
#include <sys/random.h>

#include "enroll/identity.h"
#include "enroll/management.h"
#include "enroll/request.h"
#include "enroll/say.h"
#include "enroll/try_pair.h"
#include "pkcs11/certobj.h"

struct err *step_store_certificate(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, 0);
	TRY(slot_still_ours(e, keypair_id(e->key)));
	TRY(management_begin(e));
	TRY(certobj_store(e->session, keypair_id(e->key), e->common_name, e->leaf));
	TRY(identity_write(e));
	// The old certificate is still to be removed with it: nobody types such a key twice.
	if (!e->record->old_key_id || !e->profile->key.retire_destroy)
		management_forget(e);
	return NULL;
}

static struct err *read_back(struct session *s, const struct key_id *id, const struct cert *wanted)
{
	AUTO_CERTOBJS struct certobj_list list = { 0 };
	TRY(certobj_list(s, &list));
	for (size_t i = 0; i < list.n; i++)
		if (key_id_same(&list.list[i].id, id) && list.list[i].cert &&
		    cert_same(list.list[i].cert, wanted))
			return NULL;
	return err_tag(
		err_new(ERR_TOKEN, N_("The certificate cannot be read back from the token.")),
		"certificate-not-stored");
}

struct err *try_pair(struct session *s, const struct keypair *key, const struct pin_asker *pin,
		     const struct cert *cert)
{
	uint8_t challenge[64];
	AUTO_BUF struct buf sig = BUF(4096);
	if (getrandom(challenge, sizeof challenge, 0) != sizeof challenge)
		return err_new(ERR_FAILED, N_("The system gives no random numbers."));
	TRY(read_back(s, keypair_id(key), cert));
	TRY(keypair_sign(s, key, pin, challenge, sizeof challenge, &sig));
	return cert_check_signature(cert, challenge, sizeof challenge, sig.data, sig.len);
}

// A session of its own. With a keypad the login is carried over, so that the person need not type the PIN once more.
static struct err *fresh_session(struct enrolment *e)
{
	TRY(session_renew(e->session, e->token.pin_pad));
	return open_login(e);
}

static struct err *find_again(struct enrolment *e)
{
	struct key_id id = *keypair_id(e->key);
	keypair_free(e->key);
	e->key = NULL;
	TRY(keypair_find(e->session, &id, &e->key));
	if (e->key && keypair_has_private(e->key))
		return NULL;
	return err_tag(err_new(ERR_TOKEN, N_("The key cannot be found on the token any more.")),
		       "key-lost");
}

static struct err *try_out(struct enrolment *e)
{
	const struct pin_asker asker = { .ask = pin_for_signature, .ctx = e };
	TRY(fresh_session(e));
	TRY(find_again(e));
	return try_pair(e->session, e->key, &asker, e->leaf);
}

// What an earlier sending of this request got: under this key's CKA_ID everything is this enrolment's.
static struct err *destroy_earlier(struct enrolment *e)
{
	AUTO_CERTOBJS struct certobj_list list = { 0 };
	if (!e->resumed || e->record->submits < 2)
		return NULL;
	TRY(certobj_list(e->session, &list));
	for (size_t i = 0; i < list.n; i++) {
		const struct certobj *o = &list.list[i];
		size_t ours = 0, len = 0;
		const uint8_t *key = cert_public_key_der(e->leaf, &ours);
		const uint8_t *other = o->cert ? cert_public_key_der(o->cert, &len) : NULL;
		if (key_id_same(&o->id, keypair_id(e->key)) && other && len == ours &&
		    memcmp(key, other, len) == 0 && !cert_same(o->cert, e->leaf))
			TRY(certobj_destroy(e->session, &o->id, o->cert, NULL));
	}
	return NULL;
}

// The new certificate is good whether the token lets the other one go or not.
static void remove_earlier(struct enrolment *e)
{
	AUTO(err) struct err *stays = destroy_earlier(e);
	if (!stays)
		return;
	say_note(e, msg_new(N_("The certificate that an earlier sending of the request got could "
			       "not be removed from the token.")));
	say_note(e, msg_copy(err_what(stays)));
}

struct err *step_verify_token(struct enrolment *e, bool *skipped)
{
	(void)skipped;
	say_step(e, STEP_BEGUN, NULL, 0);
	struct err *err = try_out(e);
	if (err && err_next_step(err))
		return err;
	if (err)
		return err_hint(err,
				N_("The old key and certificate, if any, were not touched. `inkan "
				   "resume %1` tries again; "
				   "`inkan abandon %1` removes what was made."),
				ARG_TEXT(e->record->id));
	if (!ca_needs_own_key(e->ca)) { // nothing that follows needs it
		secret_free(e->pin);
		e->pin = NULL;
	}
	TRY(enrolment_mark(e, MARK_VERIFIED));
	remove_earlier(e);
	return NULL;
}
