// Answers: folded, judged, kept wiped, and put into templates.
#include "profile/answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "profile/pattern.h"
#include "profile/template.h"

// 31 fields and the one-time password.
enum { ANSWERS_MAX = 32 };

struct answer {
	char *field;
	struct secret *value;
};

struct answers {
	struct answer list[ANSWERS_MAX];
	size_t n;
};

struct err *answers_new(struct answers **out)
{
	struct answers *a = calloc(1, sizeof(*a));
	if (!a)
		return err_no_memory();
	*out = a;
	return NULL;
}

static void answer_clear(struct answer *x)
{
	free(x->field);
	secret_free(x->value);
	*x = (struct answer){ 0 };
}

void answers_free(struct answers *a)
{
	for (size_t i = 0; a && i < a->n; i++)
		answer_clear(&a->list[i]);
	free(a);
}

// Its index, or a->n.
static size_t find(const struct answers *a, const char *field)
{
	size_t i = 0;
	while (i < a->n && strcmp(a->list[i].field, field) != 0)
		i++;
	return i;
}

const struct secret *answers_get(const struct answers *a, const char *field)
{
	size_t i = find(a, field);
	return i < a->n ? a->list[i].value : NULL;
}

void answers_forget(struct answers *a, const char *field)
{
	size_t i = find(a, field);
	if (i == a->n)
		return;
	answer_clear(&a->list[i]);
	a->list[i] = a->list[--a->n];
	a->list[a->n] = (struct answer){ 0 };
}

void answers_forget_secrets(struct answers *a, const struct profile_role *r)
{
	for (size_t i = 0; i < r->n_fields; i++)
		if (r->fields[i].secret)
			answers_forget(a, r->fields[i].name);
	answers_forget(a, TEMPLATE_OTP);
}

// Takes the value in every case.
static struct err *keep(struct answers *a, const char *field, struct secret *value)
{
	AUTO(secret) struct secret *mine = value;
	size_t i = find(a, field);
	if (i == a->n) {
		if (a->n == ANSWERS_MAX)
			return err_new(ERR_ANSWER, N_("There are too many answers."));
		char *name = text_copy(field);
		if (!name)
			return err_no_memory();
		a->list[a->n++].field = name;
	}
	secret_free(a->list[i].value);
	a->list[i].value = mine;
	mine = NULL;
	return NULL;
}

// --- judging

static struct err *judge_digits(const struct profile_field *f, const struct secret *v)
{
	size_t len = secret_len(v);
	if (text_is_digits(secret_text(v), len) && len >= f->digits_min && len <= f->digits_max)
		return NULL;
	if (f->digits_min == f->digits_max)
		return err_new(ERR_ANSWER, N_("%1: exactly %2 digits are wanted."),
			       ARG_BOTH(f->label), ARG_NUM(f->digits_min));
	return err_new(ERR_ANSWER, N_("%1: %2 to %3 digits are wanted."), ARG_BOTH(f->label),
		       ARG_NUM(f->digits_min), ARG_NUM(f->digits_max));
}

static size_t count_characters(const struct secret *v)
{
	const uint8_t *b = secret_bytes(v);
	size_t n = 0;
	for (size_t i = 0; i < secret_len(v); i++)
		n += (b[i] & 0xc0) != 0x80;
	return n;
}

static bool has_control(const struct secret *v)
{
	const uint8_t *b = secret_bytes(v);
	for (size_t i = 0; i < secret_len(v); i++)
		if (b[i] < 0x20 || b[i] == 0x7f)
			return true;
	return false;
}

// What is allowed is told, what was typed is not.
static struct err *judge(const struct profile_field *f, const struct secret *v)
{
	if (secret_len(v) == 0)
		return err_new(ERR_ANSWER, N_("%1: an answer is wanted."), ARG_BOTH(f->label));
	if (has_control(v))
		return err_new(ERR_ANSWER, N_("%1: the answer holds a control character."),
			       ARG_BOTH(f->label));
	if (f->digits_max)
		TRY(judge_digits(f, v));
	else if (count_characters(v) > f->max_length)
		return err_new(ERR_ANSWER, N_("%1: at most %2 characters are allowed."),
			       ARG_BOTH(f->label), ARG_NUM(f->max_length));
	if (f->pattern && !pattern_matches(f->pattern, secret_text(v)))
		return err_new(ERR_ANSWER,
			       N_("%1: the answer does not have the form that is wanted."),
			       ARG_BOTH(f->label));
	return NULL;
}

static struct err *with_help(struct err *e, const struct text2 *help)
{
	e = err_tag(e, "answer-invalid");
	if (!help->en)
		return err_hint(e, N_("Compare it with the papers of your institution and type it "
				      "again."));
	return err_hint(e, N_("%1"), ARG_BOTH(*help));
}

struct err *answers_put(struct answers *a, const struct profile_field *f, const struct secret *raw)
{
	struct secret *value = NULL;
	TRY(text_fold_secret(raw, f->digits_max > 0, &value));
	struct err *e = judge(f, value);
	if (!e)
		return keep(a, f->name, value);
	secret_free(value);
	return with_help(e, &f->help);
}

struct err *answers_put_otp(struct answers *a, const struct profile_otp *otp,
			    const struct secret *raw)
{
	struct secret *value = NULL;
	TRY(text_fold_secret(raw, true, &value));
	size_t len = secret_len(value);
	if (len == otp->length && text_is_digits(secret_text(value), len))
		return keep(a, TEMPLATE_OTP, value);
	secret_free(value);
	return err_tag(
		err_hint(err_new(ERR_ANSWER, N_("A one-time password has exactly %1 digits."),
				 ARG_NUM(otp->length)),
			 N_("Nothing was sent. Read the number from the one-time password "
			    "token again.")),
		"otp-invalid");
}

struct err *answers_put_known(struct answers *a, const char *field, const char *value)
{
	struct secret *s = NULL;
	TRY(secret_from(value, strlen(value), &s));
	return keep(a, field, s);
}

// --- filling

static bool role_has(const struct profile_role *r, const char *text, size_t len)
{
	if (r->otp.kind != OTP_NONE && piece_is(text, len, TEMPLATE_OTP))
		return true;
	for (size_t i = 0; i < r->n_fields; i++)
		if (piece_is(text, len, r->fields[i].name))
			return true;
	return false;
}

static bool profile_has(const struct profile *p, const char *text, size_t len)
{
	for (size_t i = 0; i < p->n_roles; i++)
		if (role_has(&p->roles[i], text, len))
			return true;
	return false;
}

// The label of the first role's field of this name, for telling what is missing.
static struct text2 label_of(const struct profile *p, char *name)
{
	for (size_t i = 0; i < p->n_roles; i++) {
		const struct profile_field *f = profile_find_field(&p->roles[i], name);
		if (f)
			return f->label;
		if (p->roles[i].otp.kind != OTP_NONE && strcmp(name, TEMPLATE_OTP) == 0)
			return p->roles[i].otp.label;
	}
	return (struct text2){ .en = name };
}

// What a name stands for, appended.
static struct err *put_name(const struct answers *a, const struct profile *p, const char *text,
			    size_t len, struct secret *to)
{
	AUTO_TEXT char *name = strndup(text, len);
	if (!name)
		return err_no_memory();
	if (strcmp(name, TEMPLATE_INSTITUTION_CODE) == 0)
		return secret_append(to, p->institution_code, strlen(p->institution_code));
	const struct secret *v = answers_get(a, name);
	if (v)
		return secret_append(to, secret_bytes(v), secret_len(v));
	if (!profile_has(p, text, len))
		return err_new(ERR_PROFILE,
			       N_("The profile's template names %1, which is no field."),
			       ARG_TEXT(name));
	return err_tag(
		err_new(ERR_ANSWER, N_("%1: this answer is missing."), ARG_BOTH(label_of(p, name))),
		"answer-missing");
}

struct err *answers_fill(const struct answers *a, const struct profile *p,
			 const char *template_text, struct secret **out)
{
	AUTO(secret) struct secret *to = NULL;
	const char *at = template_text, *text = NULL;
	size_t len = 0;
	TRY(secret_new(SECRET_MAX, &to));
	for (;;) {
		switch (template_next(&at, &text, &len)) {
		case PIECE_END:
			*out = to;
			to = NULL;
			return NULL;
		case PIECE_TEXT:
			TRY(secret_append(to, text, len));
			break;
		case PIECE_NAME:
			TRY(put_name(a, p, text, len, to));
			break;
		case PIECE_WRONG:
			return err_new(ERR_PROFILE, N_("A template of the profile is broken: %1"),
				       ARG_TEXT(template_text));
		}
	}
}

struct err *answers_fill_text(const struct answers *a, const struct profile *p,
			      const struct profile_role *r, const char *template_text, char **out)
{
	bool secret = template_uses(template_text, TEMPLATE_OTP);
	for (size_t i = 0; i < r->n_fields; i++)
		secret = secret ||
			 (r->fields[i].secret && template_uses(template_text, r->fields[i].name));
	if (secret)
		return err_new(ERR_PROFILE, N_("A template of the profile would show a secret: %1"),
			       ARG_TEXT(template_text));
	AUTO(secret) struct secret *filled = NULL;
	TRY(answers_fill(a, p, template_text, &filled));
	char *copy = text_copy(secret_text(filled));
	if (!copy)
		return err_no_memory();
	*out = copy;
	return NULL;
}
