// Renewal: which certificate, whether it may be now, and the old key as the one that vouches.
#include "enroll/renewal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "enroll/ask.h"
#include "enroll/certificates.h"
#include "enroll/factory.h"
#include "enroll/prepare.h"
#include "enroll/say.h"
#include "enroll/window.h"
#include "pkcs11/certobj.h"

static bool same_text(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static const struct profile_window *window_for(const struct enrolment *e)
{
	return &e->role->window;
}

static struct err *too_early(const struct enrolment *e, int64_t days)
{
	return err_hint(
		err_tag(err_new(ERR_POLICY,
				N_("It is too early to renew: the certificate is valid for %1 more "
				   "days."),
				ARG_NUM(days)),
			"window-early"),
		N_("%1 renews in the last %2 days of validity. Nothing was changed."),
		ARG_BOTH(e->profile->institution), ARG_NUM(window_for(e)->renew_before_days));
}

static struct err *closed(const struct enrolment *e)
{
	return err_hint_msg(
		err_tag(err_new(ERR_POLICY, N_("The certificate can no longer be renewed, "
					       "nor acquired again here.")),
			"window-closed"),
		window_closed_words(window_for(e)));
}

// What the old certificate still does for the new one.
enum follows {
	FOLLOWS_ANEW,	 // nothing: the person vouches, and the name is made of the answers
	FOLLOWS_NAME,	 // it gives its name; the person vouches, or whoever carries the request
	FOLLOWS_VOUCHED, // it is valid and vouches
};

// An expired certificate never vouches, whatever the window says.
static enum follows how_it_follows(const struct enrolment *e, const struct cert *c,
				   enum window window)
{
	if (window != WINDOW_OPEN)
		return FOLLOWS_ANEW;
	if (cert_not_after(c) <= clock_now())
		return window_for(e)->after == AFTER_RENEW ? FOLLOWS_NAME : FOLLOWS_ANEW;
	return e->profile->ca.protocol == CA_FILE ? FOLLOWS_NAME : FOLLOWS_VOUCHED;
}

static struct err *look_at_window(const struct enrolment *e, const struct cert *c,
				  enum follows *how)
{
	enum window window = WINDOW_CLOSED;
	int64_t days = 0;
	TRY(window_of(window_for(e), cert_not_after(c), clock_now(), &window, &days));
	*how = how_it_follows(e, c, window);
	switch (window) {
	case WINDOW_EARLY:
		return too_early(e, days);
	case WINDOW_CLOSED:
		return closed(e);
	case WINDOW_OPEN:
	case WINDOW_REACQUIRE:
	default:
		return NULL;
	}
}

// A renewal of this certificate that an earlier run began, or the one that this certificate came of and that was cut off before its end.
static struct err *unfinished(struct enrolment *e, const char *sha256)
{
	AUTO_RECORDS struct records open = { 0 };
	TRY(journal_unfinished(e->journal, e->token_uri, &open));
	for (size_t i = 0; i < open.n && !e->resumed; i++) {
		bool yes = false;
		if (!same_text(open.list[i]->old_sha256, sha256) &&
		    !same_text(open.list[i]->sha256, sha256))
			continue;
		TRY(ask_to_resume(e, open.list[i], &yes));
		if (yes)
			TRY(take_up_record(e, &open.list[i]));
	}
	return NULL;
}

static struct err *begin(struct enrolment *e, const struct our_certificate *c, enum follows how)
{
	TRY(new_record(e));
	struct record *r = e->record;
	r->renews = how == FOLLOWS_VOUCHED;
	r->keeps_name = how == FOLLOWS_NAME;
	r->old_key_id = key_id_hex(&c->object->id);
	r->old_sha256 = text_copy(cert_sha256(c->object->cert));
	r->fields = text_copy(c->made->fields);
	if (!r->old_key_id || !r->old_sha256)
		return err_no_memory();
	return record_fields(e);
}

static struct err *take(struct enrolment *e, const struct our_certificate *c)
{
	enum follows how = FOLLOWS_ANEW;
	TRY(open_profile(e, e->job->profile ? e->job->profile : c->made->profile_path));
	TRY(open_role(e, c->made->role));
	TRY(unfinished(e, cert_sha256(c->object->cert)));
	TRY(factory_look_late(e));
	if (e->resumed)
		return NULL;
	TRY(look_at_window(e, c->object->cert, &how));
	if (how != FOLLOWS_VOUCHED && e->profile->ca.protocol != CA_FILE)
		say_note(e, msg_new(N_("The certificate has expired, so it cannot vouch for a new "
				       "one: you are asked for everything, as for the first.")));
	return begin(e, c, how);
}

struct err *renewal_choose(struct enrolment *e)
{
	AUTO_OUR_CERTIFICATES struct our_certificates found = { 0 };
	const struct our_certificate *one = NULL;
	TRY(our_certificates_find(e, &found));
	TRY(our_certificates_one(e, &found, &one));
	return take(e, one);
}

// It may have been valid when the renewal was begun.
static struct err *still_vouches(const struct enrolment *e)
{
	if (cert_not_after(e->old_cert) > clock_now())
		return NULL;
	return err_hint(
		err_tag(err_new(ERR_POLICY, N_("The certificate that is to be renewed has expired "
					       "meanwhile, so it cannot vouch for a new one.")),
			"renewal-expired"),
		N_("If this machine's clock is right: `inkan abandon %1` gives this "
		   "renewal up, and `inkan enroll` then asks for everything, as for the "
		   "first certificate."),
		ARG_TEXT(e->record->id));
}

struct err *renewal_recall(struct enrolment *e)
{
	AUTO_CERTOBJS struct certobj_list objects = { 0 };
	if (!takes_name(e) || e->old_cert)
		return NULL;
	TRY(certobj_list(e->session, &objects));
	for (size_t i = 0; i < objects.n && !e->old_cert; i++) {
		const struct cert *c = objects.list[i].cert;
		if (c && same_text(cert_sha256(c), e->record->old_sha256))
			e->old_cert = cert_ref(objects.list[i].cert);
	}
	if (e->old_cert)
		return e->record->renews ? still_vouches(e) : NULL;
	return err_hint(err_tag(err_new(ERR_TOKEN, N_("The certificate that is to be renewed is no "
						      "longer on the token.")),
				"renewal-missing"),
			N_("`inkan abandon %1` gives this renewal up; `inkan enroll` begins "
			   "anew."),
			ARG_TEXT(e->record->id));
}

struct err *renewal_find_pair(struct enrolment *e, struct keypair **out)
{
	AUTO(keypair) struct keypair *pair = NULL;
	struct key_id id = { 0 };
	if (!e->record->renews)
		return NULL;
	TRY(still_vouches(e));
	TRY(key_id_from_hex(e->record->old_key_id, &id));
	TRY(keypair_find(e->session, &id, &pair));
	if (!pair || !keypair_has_private(pair))
		return err_tag(err_new(ERR_TOKEN, N_("The key of the certificate that is to be "
						     "renewed is not on the token.")),
			       "key-missing");
	*out = pair;
	pair = NULL;
	return NULL;
}
