// Questions as JSON objects and back.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "enroll/face.h"

static const char *const kind_names[] = {
	[ASK_TEXT] = "text",   [ASK_SECRET] = "secret",	  [ASK_OTP] = "otp",
	[ASK_PIN] = "pin",     [ASK_CONSENT] = "consent", [ASK_CHOICE] = "choice",
	[ASK_SHOWN] = "shown", [ASK_VOUCH] = "vouch",
};

enum { MAX_CHOICES = 256 };

static void put_text2(json_t *o, const char *key, const struct text2 *t)
{
	if (!t->en && !t->ja)
		return;
	json_t *pair = json_object();
	if (t->en)
		json_object_set_new(pair, "en", json_string(t->en));
	if (t->ja)
		json_object_set_new(pair, "ja", json_string(t->ja));
	json_object_set_new(o, key, pair);
}

static void put_msg(json_t *o, const char *key, const struct msg *m)
{
	if (m)
		json_object_set_new(o, key, msg_to_json(m));
}

struct json_t *question_to_json(const struct question *q)
{
	json_t *o = json_object();
	json_object_set_new(o, "kind", json_string(kind_names[q->kind]));
	json_object_set_new(o, "name", json_string(q->name));
	put_text2(o, "label", &q->label);
	put_text2(o, "help", &q->help);
	put_msg(o, "words", q->words);
	put_msg(o, "again", q->again);
	json_object_set_new(o, "echo", json_boolean(q->echo));
	json_object_set_new(o, "keypad", json_boolean(q->keypad));
	json_object_set_new(o, "check_only", json_boolean(q->check_only));
	if (q->make_from) {
		json_object_set_new(o, "make_length", json_integer(q->make_length));
		json_object_set_new(o, "make_from", json_string(q->make_from));
	}
	if (q->vouch)
		json_object_set_new(o, "vouch", json_string(q->vouch));
	json_t *choices = json_array();
	for (size_t i = 0; i < q->n_choices; i++)
		json_array_append_new(choices, msg_to_json(q->choices[i]));
	json_object_set_new(o, "choices", choices);
	return o;
}

static struct text2 get_text2(const json_t *o, const char *key)
{
	const json_t *pair = json_object_get(o, key);
	return (struct text2){ .en = text_copy(json_text(pair, "en")),
			       .ja = text_copy(json_text(pair, "ja")) };
}

static struct err *get_choices(const json_t *o, struct question *q)
{
	const json_t *list = json_object_get(o, "choices");
	size_t n = json_array_size(list);
	if (n == 0)
		return NULL;
	const struct msg **choices =
		n <= MAX_CHOICES ? calloc(n, sizeof(const struct msg *)) : NULL;
	if (!choices)
		return err_new(ERR_FAILED, N_("A worker sent a question that cannot be read."));
	q->choices = choices;
	q->n_choices = n;
	for (size_t i = 0; i < n; i++) {
		choices[i] = msg_from_json(json_array_get(list, i));
		if (!choices[i])
			return err_new(ERR_FAILED,
				       N_("A worker sent a question that cannot be read."));
	}
	return NULL;
}

static int kind_index(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_LEN(kind_names); i++)
		if (!strcmp(kind_names[i], name))
			return (int)i;
	return -1;
}

struct err *question_from_json(const struct json_t *j, struct question **out)
{
	int kind = kind_index(json_text(j, "kind"));
	const char *name = json_text(j, "name");
	if (kind < 0 || !name)
		return err_new(ERR_FAILED, N_("A worker sent a question that cannot be read."));
	AUTO(question) struct question *q = calloc(1, sizeof *q);
	if (!q)
		return err_no_memory();
	q->kind = (enum question_kind)kind;
	q->name = text_copy(name);
	q->label = get_text2(j, "label");
	q->help = get_text2(j, "help");
	q->words = msg_from_json(json_object_get(j, "words"));
	q->again = msg_from_json(json_object_get(j, "again"));
	q->echo = json_flag(j, "echo", false);
	q->keypad = json_flag(j, "keypad", false);
	q->check_only = json_flag(j, "check_only", false);
	q->make_length = (unsigned)json_number(j, "make_length", 0);
	q->make_from = text_copy(json_text(j, "make_from"));
	q->vouch = text_copy(json_text(j, "vouch"));
	TRY(get_choices(j, q));
	*out = q;
	q = NULL;
	return NULL;
}

static void free_text2(struct text2 *t)
{
	free(t->en);
	free(t->ja);
}

void question_free(struct question *q)
{
	if (!q)
		return;
	free((char *)(uintptr_t)q->name);
	free((char *)(uintptr_t)q->make_from);
	free((char *)(uintptr_t)q->vouch);
	free_text2(&q->label);
	free_text2(&q->help);
	msg_free((struct msg *)(uintptr_t)q->words);
	msg_free((struct msg *)(uintptr_t)q->again);
	for (size_t i = 0; i < q->n_choices; i++)
		msg_free((struct msg *)(uintptr_t)q->choices[i]);
	free((void *)(uintptr_t)q->choices);
	free(q);
}
