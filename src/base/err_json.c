// Errors as JSON: how they cross from a worker to the process that talks to the person.
#include <jansson.h>
#include <string.h>

#include "base/err_inside.h"

// Sets obj[key] to the text unless it is empty. False when memory is out.
static bool set_name(json_t *obj, const char *key, const char *text)
{
	return !*text || json_object_set_new(obj, key, json_string(text)) == 0;
}

static json_t *one_to_json(const struct err *e)
{
	json_t *obj =
		json_pack("{s:i,s:o}", "kind", (int)e->kind, "what", msg_to_json(err_what(e)));
	if (!obj)
		return NULL;
	bool whole = !e->hint || json_object_set_new(obj, "hint", msg_to_json(e->hint)) == 0;
	if (e->call[0] || e->code_name[0])
		whole = whole && set_name(obj, "call", e->call) &&
			set_name(obj, "code_name", e->code_name) &&
			json_object_set_new(obj, "code", json_integer((json_int_t)e->code)) == 0;
	whole = whole && set_name(obj, "tag", e->slug);
	if (whole)
		return obj;
	json_decref(obj);
	return NULL;
}

json_t *err_to_json(const struct err *e)
{
	const struct err *chain[ERR_MAX_DEPTH];
	size_t depth = 0;
	for (; e && depth < ERR_MAX_DEPTH; e = e->cause)
		chain[depth++] = e;
	json_t *inner = NULL;
	while (depth > 0) {
		json_t *obj = one_to_json(chain[--depth]);
		if (!obj || (inner && json_object_set_new(obj, "cause", inner) != 0)) {
			// json_object_set_new has dropped `inner` by itself when it failed.
			if (!obj)
				json_decref(inner);
			json_decref(obj);
			return NULL;
		}
		inner = obj;
	}
	return inner;
}

// A name of a call, a code or a tag: printable ASCII that fits. "" when missing; null when it is anything else.
static const char *name_of(const json_t *obj, const char *key, size_t room)
{
	const json_t *j = json_object_get(obj, key);
	if (!j)
		return "";
	const char *s = json_string_value(j);
	if (!s || strlen(s) != json_string_length(j) || strlen(s) >= room)
		return NULL;
	for (const char *p = s; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			return NULL;
	return s;
}

static bool is_slug(const char *s)
{
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] == 0;
}

// One error without its cause; null when the object has another shape.
static struct err *one_from_json(const json_t *j)
{
	const json_t *kind = json_object_get(j, "kind");
	const char *call = name_of(j, "call", ERR_MAX_NAME);
	const char *code_name = name_of(j, "code_name", ERR_MAX_WORDS);
	const char *slug = name_of(j, "tag", ERR_MAX_NAME);
	const json_t *code = json_object_get(j, "code");
	if (!json_is_integer(kind) || json_integer_value(kind) < ERR_FAILED ||
	    json_integer_value(kind) > ERR_INTERRUPTED || !call || !code_name || !slug ||
	    !is_slug(slug) || (code && !json_is_integer(code)))
		return NULL;
	AUTO(msg) struct msg *what = msg_from_json(json_object_get(j, "what"));
	AUTO(msg) struct msg *hint = msg_from_json(json_object_get(j, "hint"));
	if (!what || (json_object_get(j, "hint") && !hint))
		return NULL;
	struct err *e = err_make((enum err_kind)json_integer_value(kind), what);
	what = NULL;
	e = err_tag(err_call(e, call, code_name, (uint64_t)json_integer_value(code)), slug);
	if (hint)
		e = err_hint_msg(e, hint);
	hint = NULL;
	return e;
}

struct err *err_from_json(const json_t *j)
{
	AUTO(err) struct err *chain = NULL;
	size_t depth = 0;
	for (; j; j = json_object_get(j, "cause")) {
		struct err *e = depth++ < ERR_MAX_DEPTH ? one_from_json(j) : NULL;
		if (!e)
			return err_tag(
				err_new(ERR_FAILED, N_("An error report could not be read.")),
				"bad-report");
		if (chain)
			chain = err_caused_by(chain, e);
		else
			chain = e;
	}
	if (!chain)
		return err_tag(err_new(ERR_FAILED, N_("An error report could not be read.")),
			       "bad-report");
	struct err *out = chain;
	chain = NULL;
	return out;
}
