// Which certificates on the token are ours, and which of them is meant.
#include "enroll/certificates.h"

#include <stdlib.h>
#include <string.h>

void our_certificates_free(struct our_certificates *c)
{
	for (size_t i = 0; i < c->n; i++)
		record_free(c->list[i].made);
	free(c->list);
	certobj_list_free(&c->objects);
	*c = (struct our_certificates){ 0 };
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

static bool same_purpose(const struct our_certificate *a, const struct record *made)
{
	return a->made && same_text(a->made->profile_path, made->profile_path) &&
	       same_text(a->made->role, made->role) &&
	       same_text(a->made->common_name, made->common_name);
}

// Takes the record where the certificate is kept.
static void add(struct our_certificates *c, const struct certobj *o, struct record **made)
{
	size_t at = 0;
	while (at < c->n && !same_purpose(&c->list[at], *made))
		at++;
	struct our_certificate *known = &c->list[at];
	if (at < c->n && cert_not_after(o->cert) <= cert_not_after(known->object->cert))
		return;
	if (at < c->n)
		record_free(known->made);
	else
		c->n++;
	*known = (struct our_certificate){ o, *made };
	*made = NULL;
}

struct err *our_certificates_find(struct enrolment *e, struct our_certificates *out)
{
	TRY(certobj_list(e->session, &out->objects));
	out->list = calloc(out->objects.n + 1, sizeof *out->list);
	if (!out->list)
		return err_no_memory();
	for (size_t i = 0; i < out->objects.n; i++) {
		const struct certobj *o = &out->objects.list[i];
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
					   "machine has got."),
					ARG_TEXT(e->token.label)),
				"renewal-missing"),
			N_("`inkan status` shows what is on the tokens. On another machine than "
			   "the one it was enrolled with, use `inkan enroll`."));
}

static struct err *several(const struct our_certificates *c)
{
	AUTO_BUF struct buf ids = BUF(65536);
	for (size_t i = 0; i < c->n; i++) {
		AUTO_TEXT char *id = key_id_hex(&c->list[i].object->id);
		TRY(buf_printf(&ids, "%s%s (%s)", i ? ", " : "", id ? id : "",
			       cert_common_name(c->list[i].object->cert)));
	}
	return err_hint(
		err_tag(err_new(ERR_USAGE, N_("There are several certificates on the token.")),
			"certificate-ambiguous"),
		N_("Name the one that is meant by its ID: %1."), ARG_TEXT((const char *)ids.data));
}

struct err *our_certificates_one(const struct enrolment *e, const struct our_certificates *c,
				 const struct our_certificate **out)
{
	if (c->n == 0)
		return none(e);
	if (c->n > 1)
		return several(c);
	*out = &c->list[0];
	return NULL;
}
