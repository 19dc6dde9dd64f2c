// list: what can be seen of a module's tokens without a PIN: who they are, the state of the PIN, their certificates.
#include <jansson.h>
#include <stdlib.h>

#include "base/json.h"
#include "enroll/result.h"
#include "enroll/run.h"
#include "pkcs11/certobj.h"

static const char *pin_state(const struct token_info *t)
{
	static const char *const words[] = {
		[TRIES_GOOD] = "ok",
		[TRIES_LOW] = "low",
		[TRIES_FINAL] = "final",
		[TRIES_LOCKED] = "locked",
	};
	if (!t->user_pin_initialised)
		return "not-set";
	return (size_t)t->tries < ARRAY_LEN(words) ? words[t->tries] : "unknown";
}

static const char *key_state(enum tri present)
{
	return present == TRI_YES ? "present" : present == TRI_NO ? "missing" : "unknown";
}

// any_key: what is known of keys at all; where none is seen the token is not asked for each.
static json_t *certificate_entry(struct session *s, const struct certobj *c, enum tri any_key)
{
	if (!c->cert || c->placeholder)
		return NULL;
	json_t *o = certificate_to_json(c->cert);
	enum tri present = any_key;
	if (any_key == TRI_YES)
		err_ignore(certobj_key_present(s, &c->id, &present));
	char *id = key_id_hex(&c->id);
	json_object_set_new(o, "id", json_string(id ? id : ""));
	json_object_set_new(o, "key", json_string(key_state(present)));
	free(id);
	return o;
}

static struct err *put_certificates(struct module *m, const struct token_info *t, json_t *list,
				    bool *more)
{
	AUTO(session) struct session *s = NULL;
	AUTO_CERTOBJS struct certobj_list certs = { 0 };
	TRY(session_open_listed(m, t, &s));
	TRY(certobj_list(s, &certs));
	*more = certs.more;
	enum tri any_key = TRI_YES;
	if (certs.n > 1) // each search goes through all that the token holds
		err_ignore(certobj_key_present(s, NULL, &any_key));
	for (size_t i = 0; i < certs.n; i++) {
		if (certs.list[i].cert && cert_is_ca(certs.list[i].cert))
			continue;
		json_t *entry = certificate_entry(s, &certs.list[i], any_key);
		if (entry)
			json_array_append_new(list, entry);
	}
	return NULL;
}

// Bytes left for what needs the PIN (keys) and what does not, where the token says them.
static json_t *room_entry(const struct token_info *t)
{
	if (t->private_free < 0 && t->public_free < 0)
		return NULL;
	json_t *o = json_object();
	if (t->private_free >= 0) {
		json_object_set_new(o, "private_free", json_integer(t->private_free));
		json_object_set_new(o, "private_total", json_integer(t->private_total));
	}
	if (t->public_free >= 0) {
		json_object_set_new(o, "public_free", json_integer(t->public_free));
		json_object_set_new(o, "public_total", json_integer(t->public_total));
	}
	return o;
}

// brief: the token is not opened. ykcs11 asks a card for all that is in its 25 slots when the first session is opened.
static json_t *token_entry(struct module *m, const struct token_info *t, bool brief)
{
	json_t *o = json_object();
	char *uri = token_info_uri(t);
	json_object_set_new(o, "uri", json_string(uri ? uri : ""));
	free(uri);
	json_object_set_new(o, "label", json_string(t->label));
	json_object_set_new(o, "serial", json_string(t->serial));
	json_object_set_new(o, "manufacturer", json_string(t->manufacturer));
	json_object_set_new(o, "model", json_string(t->model));
	json_object_set_new(o, "module", json_string(module_path(m)));
	json_object_set_new(o, "reader", json_string(t->slot_description));
	json_object_set_new(o, "pin", json_string(pin_state(t)));
	json_t *room = room_entry(t);
	if (room)
		json_object_set_new(o, "room", room);
	json_object_set_new(o, "initialised", json_boolean(t->initialised));
	json_object_set_new(o, "makes_rsa", json_boolean(t->makes_rsa));
	json_t *certificates = json_array();
	if (t->initialised && !brief) {
		bool more = false;
		struct err *err = put_certificates(m, t, certificates, &more);
		if (more)
			json_object_set_new(o, "more", json_true());
		if (err)
			json_object_set_new(o, "unreadable", err_to_json(err));
		err_free(err);
	}
	json_object_set_new(o, "certificates", certificates);
	return o;
}

static struct err *list(const struct job *j, json_t *tokens)
{
	struct module_source source = { 0 };
	AUTO(module) struct module *m = NULL;
	AUTO(token_uri) struct token_uri *uri = NULL;
	__attribute__((cleanup(token_list_cleanup))) struct token_list seen = { 0 };
	if (j->token)
		TRY(token_uri_parse(j->token, &uri));
	TRY(module_find(j->module, j->module_from_profile, &source));
	struct err *err = module_load(&source, &m);
	module_source_free(&source);
	if (err)
		return err;
	TRY(slot_tokens_fitting(m, uri, &seen));
	for (size_t i = 0; i < seen.n; i++)
		json_array_append_new(tokens, token_entry(m, &seen.list[i], j->brief));
	return NULL;
}

void list_run(const struct job *j, struct face *f, struct result *out)
{
	(void)f;
	json_t *tokens = json_array();
	out->object = json_object();
	json_object_set_new(out->object, "tokens", tokens);
	out->err = list(j, tokens);
}
