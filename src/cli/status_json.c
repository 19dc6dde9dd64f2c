// The object of `inkan status --json`.
#include <jansson.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/finish.h"
#include "cli/status.h"

void known_free(struct known *k)
{
	profile_free(k->profile);
	*k = (struct known){ 0 };
}

struct err *known_of(struct journal *j, const struct json_t *certificate, struct known *out)
{
	AUTO(record) struct record *r = NULL;
	const char *sha256 = json_text(certificate, "sha256");
	int64_t not_after = finish_time(json_text(certificate, "not_after"));
	__attribute__((cleanup(known_cleanup))) struct known k = { 0 };
	if (!sha256 || not_after < 0)
		return NULL;
	TRY(journal_by_certificate(j, sha256, &r));
	// A profile that is gone or faulty takes the window away, not the certificate.
	if (r && r->profile_path)
		err_ignore(profile_load(r->profile_path, &k.profile));
	if (!k.profile)
		return NULL;
	k.rules = profile_window_for(k.profile, r->role);
	TRY(window_of(k.rules, not_after, clock_now(), &k.window, &k.days_left));
	k.made_here = true;
	*out = k;
	k = (struct known){ 0 };
	return NULL;
}

static void copy_key(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);
	if (value)
		json_object_set(to, key, value);
}

static struct err *certificate_entry(struct journal *j, const json_t *c, json_t *list)
{
	static const char *const keys[] = { "subject",	  "common_name", "serial",
					    "not_before", "not_after",	 "sha256" };
	__attribute__((cleanup(known_cleanup))) struct known k = { 0 };
	TRY(known_of(j, c, &k));
	json_t *o = json_object();
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		copy_key(o, c, keys[i]);
	if (k.made_here) {
		json_object_set_new(o, "profile", json_string(k.profile->name));
		json_object_set_new(o, "practice", json_boolean(k.profile->practice));
		json_object_set_new(o, "window", json_string(window_name(k.window)));
		json_object_set_new(o, "days_left", json_integer(k.days_left));
	}
	copy_key(o, c, "key");
	json_array_append_new(list, o);
	return NULL;
}

struct err *status_token(struct journal *j, const struct json_t *t, struct json_t **out)
{
	static const char *const keys[] = { "uri",   "label",  "serial", "manufacturer",
					    "model", "reader", "module", "pin" };
	AUTO(json) json_t *o = json_object();
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		copy_key(o, t, keys[i]);
	json_t *list = json_array();
	json_object_set_new(o, "certificates", list);
	const json_t *certificates = json_object_get(t, "certificates");
	for (size_t i = 0; i < json_array_size(certificates); i++)
		TRY(certificate_entry(j, json_array_get(certificates, i), list));
	*out = o;
	o = NULL;
	return NULL;
}

static bool same(const json_t *a, const json_t *b, const char *key)
{
	return json_equal(json_object_get(a, key), json_object_get(b, key)) == 1;
}

// The same token, shown by two modules.
bool status_is_there(const struct json_t *tokens, const struct json_t *t)
{
	for (size_t i = 0; i < json_array_size(tokens); i++) {
		const json_t *other = json_array_get(tokens, i);
		// One module shows a token once: two of it that are alike are two cards.
		if (!same(other, t, "module") && same(other, t, "uri") &&
		    same(other, t, "certificates"))
			return true;
	}
	return false;
}

static struct err *put_tokens(const struct listing *l, struct journal *j, json_t *tokens)
{
	for (size_t i = 0; i < l->n; i++) {
		const json_t *list = json_object_get(l->results[i].object, "tokens");
		for (size_t k = 0; k < json_array_size(list); k++) {
			const json_t *t = json_array_get(list, k);
			if (!json_flag(t, "initialised", true))
				continue;
			AUTO(json) json_t *entry = NULL;
			TRY(status_token(j, t, &entry));
			if (!status_is_there(tokens, entry))
				json_array_append(tokens, entry);
		}
	}
	return NULL;
}

static void put_text(json_t *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(o, key, json_string(text));
}

static void put_time(json_t *o, const char *key, int64_t t)
{
	char text[24];
	if (t <= 0)
		return;
	clock_utc(t, text);
	json_object_set_new(o, key, json_string(text));
}

struct err *pickup_for(const struct record *r, struct pickup *out)
{
	AUTO(profile) struct profile *p = NULL;
	struct pickup u = { 0 };
	if (r->mark < MARK_ISSUED && !r->old_key_id && r->profile_path)
		err_ignore(profile_load(r->profile_path, &p));
	if (p) {
		const struct profile_window *w = profile_window_for(p, r->role);
		TRY(pickup_of(w, r->created, clock_now(), &u.passed, &u.days_left));
		u.counted = w->pickup_days > 0;
	}
	*out = u;
	return NULL;
}

static json_t *record_entry(const struct record *r)
{
	json_t *o = json_object();
	put_text(o, "enrolment", r->id);
	put_text(o, "profile", r->profile_name);
	put_text(o, "role", r->role);
	put_text(o, "common_name", r->common_name);
	put_text(o, "token", r->token_uri);
	put_text(o, "mark", mark_name(r->mark));
	put_time(o, "created", r->created);
	put_time(o, "updated", r->updated);
	put_time(o, "retry_at", r->retry_at);
	struct pickup u = { 0 };
	err_ignore(pickup_for(r, &u));
	if (u.counted) {
		json_object_set_new(o, "window", json_string(u.passed ? "missed" : "pickup"));
		json_object_set_new(o, "days_left", json_integer(u.days_left));
	}
	return o;
}

struct err *status_object(const struct listing *l, struct journal *j, struct json_t **out)
{
	AUTO(json) json_t *o = json_object();
	json_t *tokens = json_array(), *unfinished = json_array();
	json_object_set_new(o, "tokens", tokens);
	json_object_set_new(o, "unfinished", unfinished);
	TRY(put_tokens(l, j, tokens));
	AUTO_RECORDS struct records records = { 0 };
	TRY(journal_unfinished(j, NULL, &records));
	for (size_t i = 0; i < records.n; i++)
		json_array_append_new(unfinished, record_entry(records.list[i]));
	*out = o;
	o = NULL;
	return NULL;
}
