// Messages: an id and its arguments, copied, carried as JSON, and rendered in a language.
#include "base/msg.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/lang.h"
#include "base/text.h"

struct arg {
	enum msg_arg_kind kind;
	char *text;
	char *ja; // null: as text
};

struct msg {
	char *id;
	size_t n_args;
	struct arg args[MSG_MAX_ARGS];
};

// Needs no memory, is never changed and never freed.
static struct msg no_memory = { .id = (char[]){ "There is not enough memory." } };

struct msg *msg_no_memory(void)
{
	// The id stands here once more for xgettext.
	(void)N_("There is not enough memory.");
	return &no_memory;
}

char *msg_number(char out[static 24], int64_t n)
{
	snprintf(out, 24, "%" PRId64, n);
	return out;
}

// A copy that is UTF-8 and no longer than MSG_MAX_TEXT; null in gives "". Null when memory is out.
static char *copy_text(const char *in)
{
	if (!in)
		in = "";
	size_t n = strnlen(in, MSG_MAX_TEXT + 4);
	char *out = malloc(MSG_MAX_TEXT + 1);
	if (!out)
		return NULL;
	size_t len = 0;
	for (size_t i = 0; i < n;) {
		ucs4_t c;
		int used = u8_mbtouc(&c, (const uint8_t *)in + i, n - i);
		uint8_t one[6];
		int made = u8_uctomb(one, c, sizeof(one));
		if (used <= 0 || made <= 0 || len + (size_t)made > MSG_MAX_TEXT)
			break;
		memcpy(out + len, one, (size_t)made);
		len += (size_t)made;
		i += (size_t)used;
	}
	out[len] = 0;
	char *fit = realloc(out, len + 1);
	return fit ? fit : out;
}

static bool set_arg(struct msg *m, enum msg_arg_kind kind, const char *text, const char *ja)
{
	struct arg *a = &m->args[m->n_args++];
	a->kind = kind;
	a->text = copy_text(text);
	a->ja = ja ? copy_text(ja) : NULL;
	return a->text && (!ja || a->ja);
}

struct msg *msg_make(const char *id, const struct msg_arg *args, size_t n_args)
{
	struct msg *m = calloc(1, sizeof(*m));
	if (!m)
		return &no_memory;
	m->id = copy_text(id);
	bool whole = m->id != NULL;
	for (size_t i = 0; whole && i < n_args && i < MSG_MAX_ARGS; i++)
		whole = set_arg(m, args[i].kind, args[i].text,
				args[i].kind == MSG_ARG_BOTH ? args[i].ja : NULL);
	if (whole)
		return m;
	msg_free(m);
	return &no_memory;
}

struct msg *msg_copy(const struct msg *m)
{
	if (!m)
		return NULL;
	struct msg_arg args[MSG_MAX_ARGS] = { 0 };
	for (size_t i = 0; i < m->n_args; i++)
		args[i] = (struct msg_arg){ .kind = m->args[i].kind,
					    .text = m->args[i].text,
					    .ja = m->args[i].ja };
	return msg_make(m->id, args, m->n_args);
}

void msg_free(struct msg *m)
{
	if (!m || m == &no_memory)
		return;
	free(m->id);
	for (size_t i = 0; i < m->n_args; i++) {
		free(m->args[i].text);
		free(m->args[i].ja);
	}
	free(m);
}

const char *msg_id(const struct msg *m)
{
	return m->id;
}

// The argument as it is shown; new string.
static char *show_arg(const struct arg *a, enum lang lang)
{
	const char *text = a->text;
	if (a->kind == MSG_ARG_ID && lang != LANG_EN)
		text = lang_text(text);
	if (a->kind == MSG_ARG_BOTH && lang == LANG_JA && a->ja)
		text = a->ja;
	size_t most = 3 * (size_t)MSG_MAX_TEXT;
	return a->kind == MSG_ARG_TEXT ? text_safe(text, strlen(text), most)
				       : text_safe_lines(text, strlen(text), most);
}

static bool put_args(const struct msg *m, const char *pattern, enum lang lang, FILE *f)
{
	while (*pattern) {
		size_t n = (size_t)(pattern[0] == '%' && pattern[1] >= '1' && pattern[1] <= '9'
					    ? pattern[1] - '0'
					    : 0);
		if (n == 0 || n > m->n_args) {
			fputc(*pattern++, f);
			continue;
		}
		char *shown = show_arg(&m->args[n - 1], lang);
		if (!shown)
			return false;
		fputs(shown, f);
		free(shown);
		pattern += 2;
	}
	return true;
}

static char *render(const struct msg *m, enum lang lang)
{
	const char *id = lang == LANG_EN ? m->id : lang_text(m->id);
	// The id of a message that came as JSON is from outside too.
	char *pattern = text_safe_lines(id, strlen(id), 3 * (size_t)MSG_MAX_TEXT);
	char *out = NULL;
	size_t size = 0;
	FILE *f = pattern ? open_memstream(&out, &size) : NULL;
	bool whole = f && put_args(m, pattern, lang, f);
	if (f && fclose(f) != 0)
		whole = false;
	free(pattern);
	if (whole)
		return out;
	free(out);
	return NULL;
}

char *msg_render(const struct msg *m)
{
	return render(m, lang_now());
}

char *msg_render_english(const struct msg *m)
{
	return render(m, LANG_EN);
}

static json_t *arg_to_json(const struct arg *a)
{
	switch (a->kind) {
	case MSG_ARG_ID:
		return json_pack("{s:s}", "id", a->text);
	case MSG_ARG_BOTH:
		return a->ja ? json_pack("{s:s,s:s}", "en", a->text, "ja", a->ja)
			     : json_pack("{s:s}", "en", a->text);
	case MSG_ARG_TEXT:
		break;
	}
	return json_string(a->text);
}

json_t *msg_to_json(const struct msg *m)
{
	if (!m)
		return NULL;
	json_t *args = json_array();
	for (size_t i = 0; i < m->n_args; i++) {
		if (json_array_append_new(args, arg_to_json(&m->args[i])) != 0) {
			json_decref(args);
			return NULL;
		}
	}
	return json_pack("{s:s,s:o}", "id", m->id, "args", args);
}

// The text of a JSON string that is short enough and holds no zero byte; null otherwise.
static const char *plain_text(const json_t *j)
{
	const char *s = json_string_value(j);
	if (!s || json_string_length(j) > MSG_MAX_TEXT || strlen(s) != json_string_length(j))
		return NULL;
	return s;
}

// Exactly {"id":…}, {"en":…}, {"en":…,"ja":…} or a string.
static bool arg_from_json(const json_t *j, struct msg_arg *out)
{
	if (json_is_string(j)) {
		*out = (struct msg_arg){ .kind = MSG_ARG_TEXT, .text = plain_text(j) };
		return out->text != NULL;
	}
	const json_t *ja = json_object_get(j, "ja");
	size_t keys = json_object_size(j);
	if (json_object_get(j, "id"))
		*out = (struct msg_arg){ .kind = MSG_ARG_ID,
					 .text = plain_text(json_object_get(j, "id")) };
	else
		*out = (struct msg_arg){ .kind = MSG_ARG_BOTH,
					 .text = plain_text(json_object_get(j, "en")),
					 .ja = plain_text(ja) };
	if (out->kind == MSG_ARG_BOTH && ja)
		return out->text && out->ja && keys == 2;
	return out->text && keys == 1;
}

struct msg *msg_from_json(const json_t *j)
{
	const char *id = plain_text(json_object_get(j, "id"));
	const json_t *list = json_object_get(j, "args");
	size_t n = json_array_size(list);
	if (!id || !json_is_array(list) || json_object_size(j) != 2 || n > MSG_MAX_ARGS)
		return NULL;
	struct msg_arg args[MSG_MAX_ARGS] = { 0 };
	for (size_t i = 0; i < n; i++)
		if (!arg_from_json(json_array_get(list, i), &args[i]))
			return NULL;
	return msg_make(id, args, n);
}
