// What is on a token, and what of it inkan made.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "enroll/token_job.h"
#include "enroll/window.h"

// A CKA_ID of our own choosing is 16 random bytes: nobody else's is the same. A shorter one is a slot number of a card, and says little.
enum { RANDOM_ID_LEN = KEY_ID_LEN };

void things_free(struct things *t)
{
	for (size_t i = 0; t->list && i < t->n; i++)
		free(t->list[i].zone);
	object_list_free(&t->objects);
	free(t->list);
	*t = (struct things){ 0 };
}

// Whether the key is that of the record's certificate, which the journal has: what is still on the token of it does not matter, for a
// certificate goes before its key.
static struct err *is_certified(const struct record *r, const struct object *key, bool *yes)
{
	AUTO_CERTS struct cert_list list = { 0 };
	*yes = false;
	if (!r->sha256 || !r->certificates.len)
		return NULL;
	TRY(cert_list_from_pem(r->certificates.data, r->certificates.len, &list));
	for (size_t i = 0; i < list.n; i++)
		if (!strcmp(cert_sha256(list.certs[i]), r->sha256))
			*yes = object_is_key_of(key, list.certs[i]);
	return NULL;
}

static struct err *is_ours(const struct object *o, const struct record *r, bool *yes)
{
	*yes = o->id.len == RANDOM_ID_LEN;
	if (*yes)
		return NULL;
	if (o->kind != OBJECT_CERTIFICATE)
		return is_certified(r, o, yes);
	*yes = o->cert && r->sha256 && !strcmp(cert_sha256(o->cert), r->sha256);
	return NULL;
}

static struct err *record_of(struct enrolment *e, const struct object *o, struct record **out)
{
	AUTO_TEXT char *hex = key_id_hex(&o->id);
	if (!hex)
		return err_no_memory();
	return o->id.len == RANDOM_ID_LEN ? journal_by_key(e->journal, hex, out)
					  : journal_by_slot(e->journal, e->token_uri, hex, out);
}

static bool can_be_ours(const struct object *o)
{
	return o->id.len && !o->attestation &&
	       (o->kind == OBJECT_PRIVATE_KEY || o->kind == OBJECT_PUBLIC_KEY ||
		o->kind == OBJECT_CERTIFICATE);
}

static struct err *ask_journal(struct enrolment *e, struct thing *t)
{
	AUTO(record) struct record *r = NULL;
	bool ours = false;
	if (!can_be_ours(t->object))
		return NULL;
	TRY(record_of(e, t->object, &r));
	if (r)
		TRY(is_ours(t->object, r, &ours));
	if (!ours)
		return NULL;
	t->maker = MADE_BY_INKAN;
	strncpy(t->enrolment, r->id, sizeof(t->enrolment) - 1);
	return NULL;
}

// In the zone of the institution, as far as the journal and its profile tell; otherwise in the machine's.
static struct err *take_zone(struct thing *t, const struct profile *p)
{
	if (!p)
		return NULL;
	t->zone = text_copy(p->window.zone);
	return t->zone ? NULL : err_no_memory();
}

static struct err *count_days(struct enrolment *e, struct thing *t)
{
	AUTO(record) struct record *r = NULL;
	AUTO(profile) struct profile *p = NULL;
	const struct cert *c = t->object->cert;
	if (!c)
		return NULL;
	TRY(journal_by_certificate(e->journal, cert_sha256(c), &r));
	if (r && r->profile_path)
		err_ignore(profile_load(r->profile_path, &p));
	TRY(take_zone(t, p));
	return days_until(t->zone, clock_now(), cert_not_after(c), &t->days_left);
}

struct err *things_read(struct enrolment *e, struct things *out)
{
	AUTO_THINGS struct things t = { 0 };
	TRY(object_list(e->session, &t.objects));
	t.n = t.objects.n;
	t.list = calloc(t.n ? t.n : 1, sizeof(*t.list));
	if (!t.list)
		return err_no_memory();
	for (size_t i = 0; i < t.n; i++) {
		t.list[i].object = &t.objects.list[i];
		TRY(ask_journal(e, &t.list[i]));
		TRY(count_days(e, &t.list[i]));
	}
	*out = t;
	t = (struct things){ 0 };
	return NULL;
}

static const char *kind_words(enum object_kind kind)
{
	switch (kind) {
	case OBJECT_PRIVATE_KEY:
		return N_("private key");
	case OBJECT_PUBLIC_KEY:
		return N_("public key");
	case OBJECT_CERTIFICATE:
		return N_("certificate");
	case OBJECT_SECRET_KEY:
		return N_("secret key");
	case OBJECT_DATA:
		return N_("data");
	case OBJECT_OTHER:
		break;
	}
	return N_("another object");
}

struct msg *thing_words(const struct thing *t)
{
	const struct object *o = t->object;
	AUTO_TEXT char *hex = key_id_hex(&o->id);
	const char *maker =
		t->maker == MADE_BY_INKAN ? N_("made by inkan") : N_("not made by inkan");
	const char *label = o->label[0] ? o->label : "-";
	if (o->cert) {
		char until[48];
		clock_shown(cert_not_after(o->cert), t->zone, until);
		until[10] = '\0'; // the day alone
		return msg_new(N_("certificate for %1, valid until %2 (CKA_ID %3; %4)"),
			       ARG_TEXT(cert_subject_text(o->cert)), ARG_TEXT(until),
			       ARG_TEXT(hex && *hex ? hex : "-"), ARG_ID(maker));
	}
	if (o->kind == OBJECT_CERTIFICATE)
		return msg_new(N_("certificate that cannot be read, \"%1\" (CKA_ID %2; %3)"),
			       ARG_TEXT(label), ARG_TEXT(hex && *hex ? hex : "-"), ARG_ID(maker));
	return msg_new(N_("%1 \"%2\" (CKA_ID %3; %4)"), ARG_ID(kind_words(o->kind)),
		       ARG_TEXT(label), ARG_TEXT(hex && *hex ? hex : "-"), ARG_ID(maker));
}

static void put_tri(json_t *o, const char *key, enum tri value)
{
	if (value != TRI_MISSING)
		json_object_set_new(o, key, json_boolean(value == TRI_YES));
}

static const char *kind_name(enum object_kind kind)
{
	static const char *const names[] = {
		[OBJECT_PRIVATE_KEY] = "private-key",
		[OBJECT_PUBLIC_KEY] = "public-key",
		[OBJECT_CERTIFICATE] = "certificate",
		[OBJECT_SECRET_KEY] = "secret-key",
		[OBJECT_DATA] = "data",
		[OBJECT_OTHER] = "other",
	};
	return names[kind];
}

static void put_key(json_t *j, const struct object *o)
{
	if (o->type[0])
		json_object_set_new(j, "type", json_string(o->type));
	if (o->bits)
		json_object_set_new(j, "bits", json_integer(o->bits));
	put_tri(j, "sign", o->sign);
	put_tri(j, "decrypt", o->decrypt);
	put_tri(j, "local", o->local);
	put_tri(j, "sensitive", o->sensitive);
	put_tri(j, "always_sensitive", o->always_sensitive);
	put_tri(j, "extractable", o->extractable);
	put_tri(j, "never_extractable", o->never_extractable);
	put_tri(j, "always_authenticate", o->always_authenticate);
}

static void put_certificate(json_t *j, const struct thing *t)
{
	const struct object *o = t->object;
	json_object_set_new(j, "readable", json_boolean(o->cert != NULL));
	if (!o->cert)
		return;
	json_object_set_new(j, "certificate", certificate_to_json(o->cert));
	json_object_set_new(j, "issuer", json_string(cert_issuer_text(o->cert)));
	json_object_set_new(j, "ca", json_boolean(cert_is_ca(o->cert)));
	json_object_set_new(j, "days_left", json_integer(t->days_left));
	if (t->zone)
		json_object_set_new(j, "zone", json_string(t->zone));
}

struct json_t *thing_to_json(const struct thing *t)
{
	const struct object *o = t->object;
	json_t *j = json_object();
	AUTO_TEXT char *hex = key_id_hex(&o->id);
	json_object_set_new(j, "kind", json_string(kind_name(o->kind)));
	json_object_set_new(j, "label", json_string(o->label));
	json_object_set_new(j, "id", json_string(hex ? hex : ""));
	json_object_set_new(j, "made_by_inkan", json_boolean(t->maker == MADE_BY_INKAN));
	if (t->enrolment[0])
		json_object_set_new(j, "enrolment", json_string(t->enrolment));
	put_tri(j, "private", o->private_object);
	if (o->size)
		json_object_set_new(j, "size", json_integer((json_int_t)o->size));
	if (o->kind == OBJECT_CERTIFICATE)
		put_certificate(j, t);
	else if (o->kind == OBJECT_PRIVATE_KEY || o->kind == OBJECT_PUBLIC_KEY ||
		 o->kind == OBJECT_SECRET_KEY)
		put_key(j, o);
	return j;
}
