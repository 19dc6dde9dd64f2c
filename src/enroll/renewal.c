// Renewal: which certificate, whether it may be now, and the old key as the one that vouches.
#include "enroll/renewal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "enroll/ask.h"
#include "enroll/factory.h"
#include "enroll/prepare.h"
#include "enroll/say.h"
#include "enroll/window.h"
#include "pkcs11/certobj.h"

// A certificate on the token that this machine got, and how.
struct candidate {
	const struct certobj *object;
	struct record *made;
};
struct candidates {
	struct candidate list[CERT_MAX_LIST];
	size_t n;
};

static void candidates_cleanup(struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		record_free(c->list[i].made);
}

static bool same_text(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

// What the job names is what is meant.
static bool is_meant(const struct enrolment *e, const struct certobj *o, const struct record *made)
{
	const struct job *j = e->job;
	AUTO_TEXT char *id = key_id_hex(&o->id);
	return (!j->profile || same_text(j->profile, made->profile_path)) &&
	       (!j->role || same_text(j->role, made->role)) &&
	       (!j->object || same_text(j->object, id));
}

// The same person's of the same profile: of these the one that is valid longest is the present one.
static bool same_purpose(const struct candidate *a, const struct record *made)
{
	return same_text(a->made->profile_path, made->profile_path) &&
	       same_text(a->made->role, made->role) &&
	       same_text(a->made->common_name, made->common_name);
}

static void add(struct candidates *c, const struct certobj *o, struct record **made)
{
	for (size_t i = 0; i < c->n; i++) {
		struct candidate *known = &c->list[i];
		if (!same_purpose(known, *made))
			continue;
		if (cert_not_after(o->cert) > cert_not_after(known->object->cert)) {
			record_free(known->made);
			*known = (struct candidate){ o, *made };
			*made = NULL;
		}
		return;
	}
	if (c->n < ARRAY_LEN(c->list)) {
		c->list[c->n++] = (struct candidate){ o, *made };
		*made = NULL;
	}
}

static struct err *gather(struct enrolment *e, const struct certobj_list *objects,
			  struct candidates *out)
{
	for (size_t i = 0; i < objects->n; i++) {
		const struct certobj *o = &objects->list[i];
		AUTO(record) struct record *made = NULL;
		if (!o->cert || o->placeholder || cert_is_ca(o->cert))
			continue;
		TRY(journal_by_certificate(e->journal, cert_sha256(o->cert), &made));
		if (made && is_meant(e, o, made))
			add(out, o, &made);
	}
	return NULL;
}

static struct err *none(const struct enrolment *e)
{
	return err_hint(err_tag(err_new(ERR_TOKEN,
					N_("There is no certificate on the token %1 that this "
					   "machine has got and could renew."),
					ARG_TEXT(e->token.label)),
				"renewal-missing"),
			N_("`inkan status` shows what is on the tokens. On another machine than "
			   "the one it was enrolled with, use `inkan enroll`."));
}

static struct err *several(const struct candidates *c)
{
	AUTO_BUF struct buf ids = BUF(8192);
	for (size_t i = 0; i < c->n; i++) {
		AUTO_TEXT char *id = key_id_hex(&c->list[i].object->id);
		TRY(buf_printf(&ids, "%s%s (%s)", i ? ", " : "", id ? id : "",
			       cert_common_name(c->list[i].object->cert)));
	}
	return err_hint(err_tag(err_new(ERR_USAGE, N_("Several certificates on the token can be "
						      "renewed.")),
				"certificate-ambiguous"),
			N_("Name the one that is meant by its ID: %1."),
			ARG_TEXT((const char *)ids.data));
}

static struct err *too_early(const struct profile *p, int64_t days)
{
	return err_hint(
		err_tag(err_new(ERR_POLICY,
				N_("It is too early to renew: the certificate is valid for %1 more "
				   "days."),
				ARG_NUM(days)),
			"window-early"),
		N_("%1 renews in the last %2 days of validity. Nothing was changed."),
		ARG_BOTH(p->institution), ARG_NUM(p->window.renew_before_days));
}

static struct err *closed(const struct profile *p)
{
	struct err *e = err_tag(err_new(ERR_POLICY, N_("The certificate can no longer be renewed, "
						       "nor acquired again here.")),
				"window-closed");
	if (p->window.closed.en || p->window.closed.ja)
		return err_hint(e, "%1", ARG_BOTH(p->window.closed));
	return err_hint(e, N_("Ask your administrator, or your branch."));
}

// Sets *vouches where the old certificate may still speak for the new one.
static struct err *look_at_window(const struct enrolment *e, const struct cert *c, bool *vouches)
{
	enum window window = WINDOW_CLOSED;
	int64_t days = 0;
	TRY(window_of(&e->profile->window, cert_not_after(c), clock_now(), &window, &days));
	*vouches = window == WINDOW_OPEN && cert_not_after(c) > clock_now();
	switch (window) {
	case WINDOW_EARLY:
		return too_early(e->profile, days);
	case WINDOW_CLOSED:
		return closed(e->profile);
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

static struct err *begin(struct enrolment *e, const struct candidate *c, bool vouches)
{
	TRY(new_record(e));
	struct record *r = e->record;
	r->renews = vouches;
	r->old_key_id = key_id_hex(&c->object->id);
	r->old_sha256 = text_copy(cert_sha256(c->object->cert));
	r->fields = text_copy(c->made->fields);
	if (!r->old_key_id || !r->old_sha256)
		return err_no_memory();
	return record_fields(e);
}

static struct err *take(struct enrolment *e, const struct candidate *c)
{
	bool vouches = false;
	TRY(open_profile(e, e->job->profile ? e->job->profile : c->made->profile_path));
	TRY(open_role(e, c->made->role));
	TRY(unfinished(e, cert_sha256(c->object->cert)));
	TRY(factory_look_late(e));
	if (e->resumed)
		return NULL;
	TRY(look_at_window(e, c->object->cert, &vouches));
	if (!vouches)
		say_note(e, msg_new(N_("The certificate has expired, so it cannot vouch for a new "
				       "one: you are asked for everything, as for the first.")));
	return begin(e, c, vouches);
}

struct err *renewal_choose(struct enrolment *e)
{
	AUTO_CERTOBJS struct certobj_list objects = { 0 };
	__attribute__((cleanup(candidates_cleanup))) struct candidates found = { 0 };
	TRY(certobj_list(e->session, &objects));
	TRY(gather(e, &objects, &found));
	if (found.n == 0)
		return none(e);
	if (found.n > 1)
		return several(&found);
	return take(e, &found.list[0]);
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
	if (!e->record->renews || e->old_cert)
		return NULL;
	TRY(certobj_list(e->session, &objects));
	for (size_t i = 0; i < objects.n && !e->old_cert; i++) {
		const struct cert *c = objects.list[i].cert;
		if (c && same_text(cert_sha256(c), e->record->old_sha256))
			e->old_cert = cert_ref(objects.list[i].cert);
	}
	if (e->old_cert)
		return still_vouches(e);
	return err_hint(err_tag(err_new(ERR_TOKEN, N_("The certificate that is to be renewed is no "
						      "longer on the token.")),
				"renewal-missing"),
			N_("`inkan abandon %1` gives this renewal up; `inkan enroll` begins "
			   "anew."),
			ARG_TEXT(e->record->id));
}

struct err *renewal_key_open(struct enrolment *e, struct renewal_key *k, struct ca_request *request)
{
	struct key_id id = { 0 };
	if (!e->record->renews)
		return NULL;
	TRY(still_vouches(e));
	TRY(key_id_from_hex(e->record->old_key_id, &id));
	TRY(keypair_find(e->session, &id, &k->pair));
	if (!k->pair || !keypair_has_private(k->pair))
		return err_tag(err_new(ERR_TOKEN, N_("The key of the certificate that is to be "
						     "renewed is not on the token.")),
			       "key-missing");
	k->pin = (struct pin_asker){ .ask = pin_for_signature, .ctx = e };
	k->use = (struct keypair_use){ e->session, k->pair, &k->pin };
	TRY(keypair_private_key(&k->use, &k->key));
	request->old = (struct ca_key){ .key = k->key,
					.cert = e->old_cert,
					.pss = keypair_signs_pss(e->session) };
	return NULL;
}

void renewal_key_close(struct renewal_key *k)
{
	private_key_free(k->key);
	keypair_free(k->pair);
	*k = (struct renewal_key){ 0 };
}
