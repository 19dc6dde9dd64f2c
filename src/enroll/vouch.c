// vouch: the RA's token. Which certificate it has to vouch with, and signatures by its key.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "enroll/enrolment.h"
#include "enroll/request.h"
#include "enroll/result.h"
#include "enroll/run.h"
#include "enroll/say.h"
#include "enroll/vouch.h"
#include "pkcs11/certobj.h"

static bool may_vouch(const struct job *j, const struct certobj *o)
{
	int64_t now = clock_now();
	AUTO_TEXT char *id = key_id_hex(&o->id);
	return o->cert && !o->placeholder && !cert_is_ca(o->cert) &&
	       cert_not_before(o->cert) <= now && now <= cert_not_after(o->cert) &&
	       (!j->object || (id && !strcmp(j->object, id)));
}

static struct err *several(const struct enrolment *e, const struct certobj_list *l)
{
	AUTO_BUF struct buf ids = BUF(65536);
	for (size_t i = 0; i < l->n; i++) {
		AUTO_TEXT char *id = key_id_hex(&l->list[i].id);
		if (may_vouch(e->job, &l->list[i]))
			TRY(buf_printf(&ids, "%s%s (%s)", ids.len ? ", " : "", id ? id : "",
				       cert_common_name(l->list[i].cert)));
	}
	return err_hint(
		err_tag(err_new(ERR_USAGE, N_("There are several certificates on the token.")),
			"certificate-ambiguous"),
		N_("Name the one that is meant by its ID: %1."), ARG_TEXT((const char *)ids.data));
}

static struct err *choose(const struct enrolment *e, const struct certobj_list *l,
			  const struct certobj **out)
{
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (!may_vouch(e->job, &l->list[i]))
			continue;
		*out = &l->list[i];
		n++;
	}
	if (n == 1)
		return NULL;
	if (n > 1)
		return several(e, l);
	return err_hint(
		err_tag(err_new(ERR_TOKEN,
				N_("On the token %1 is no valid certificate to vouch with."),
				ARG_TEXT(e->token.label)),
			"ra-certificate-missing"),
		N_("`inkan status` shows what is on the tokens. The desk's own certificate "
		   "is got and renewed like every other."));
}

static struct err *sign(struct enrolment *e, const struct certobj *o, json_t *vouch)
{
	const struct pin_asker asker = { .ask = pin_for_signature, .ctx = e };
	AUTO(keypair) struct keypair *pair = NULL;
	AUTO_BUF struct buf data = { 0 };
	AUTO_BUF struct buf signature = { 0 };
	struct signing_terms terms;
	TRY(vouch_read(e->job->vouch, &data, &terms));
	TRY(open_login(e));
	TRY(keypair_find(e->session, &o->id, &pair));
	if (!pair || !keypair_has_private(pair))
		return err_tag(err_new(ERR_TOKEN,
				       N_("The certificate for %1 has no key on the token."),
				       ARG_TEXT(cert_common_name(o->cert))),
			       "key-missing");
	TRY(keypair_sign_as(e->session, pair, &asker, &terms, &signature));
	AUTO_TEXT char *hex = text_hex(signature.data, signature.len, 0);
	if (!hex)
		return err_no_memory();
	json_object_set_new(vouch, "signature", json_string(hex));
	return NULL;
}

static struct err *vouch(struct enrolment *e, json_t *out)
{
	AUTO_CERTOBJS struct certobj_list objects = { 0 };
	const struct certobj *one = NULL;
	if (e->job->unlisted)
		TRY(find_token(e));
	TRY(open_token(e, "vouch"));
	TRY(certobj_list(e->session, &objects));
	TRY(choose(e, &objects, &one));
	AUTO_TEXT char *id = key_id_hex(&one->id);
	AUTO_TEXT char *pem = cert_pem(one->cert);
	if (!id || !pem)
		return err_no_memory();
	json_object_set_new(out, "id", json_string(id));
	json_object_set_new(out, "certificate", json_string(pem));
	json_object_set_new(out, "common_name", json_string(cert_common_name(one->cert)));
	json_object_set_new(out, "token", json_string(e->token_uri));
	if (e->token.removable && e->token.slot_description[0])
		json_object_set_new(out, "reader", json_string(e->token.slot_description));
	json_object_set_new(out, "asks_pin",
			    json_boolean(e->token.login_required && !e->token.pin_pad));
	json_object_set_new(out, "pss", json_boolean(keypair_signs_pss(e->session)));
	return e->job->vouch ? sign(e, one, out) : NULL;
}

void vouch_run(const struct job *j, struct face *f, struct result *out)
{
	__attribute__((cleanup(enrolment_end))) struct enrolment e = { .job = j, .face = f };
	AUTO(json) json_t *made = json_object();
	struct err *err = vouch(&e, made);
	if (err)
		err = enrolment_pulled(&e, err);
	out->object = result_to_json(err ? outcome_of(err) : "vouched", &e, err);
	if (!err)
		json_object_set(out->object, "vouch", made);
	out->err = err;
}
