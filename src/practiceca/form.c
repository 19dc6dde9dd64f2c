// Forms' bodies.
#include "practiceca/form.h"

#include <string.h>
#include <strings.h>

void form_free(struct form *f)
{
	for (size_t i = 0; i < f->n; i++)
		secret_free(f->list[i].value);
	*f = (struct form){ 0 };
}

bool form_is_type(const char *content_type)
{
	static const char wanted[] = "application/x-www-form-urlencoded";
	size_t len = sizeof wanted - 1;
	if (!content_type || strncasecmp(content_type, wanted, len) != 0)
		return false;
	const char *rest = content_type + len + strspn(content_type + len, " \t");
	return *rest == '\0' || *rest == ';';
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
	return at ? (int)(at - digits) : -1;
}

// False for an escape that is none, and for a zero.
static bool unescape(const char *text, size_t len, char *out, size_t *out_len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		char c = text[i] == '+' ? ' ' : text[i];
		if (c == '%') {
			int high = i + 2 < len ? digit(text[i + 1]) : -1;
			int low = i + 2 < len ? digit(text[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (!c)
			return false;
		out[n++] = c;
	}
	*out_len = n;
	return true;
}

static struct err *read_pair(const char *pair, size_t len, bool *good, struct form *f)
{
	const char *equals = memchr(pair, '=', len);
	size_t name_len = equals ? (size_t)(equals - pair) : 0, n = 0;
	*good = equals && name_len > 0 && name_len <= FORM_NAME && f->n < FORM_FIELDS;
	if (!*good)
		return NULL;
	struct form_field *field = &f->list[f->n];
	size_t value_len = len - name_len - 1;
	*good = unescape(pair, name_len, field->name, &n);
	if (!*good)
		return NULL;
	field->name[n] = '\0';
	*good = !form_secret(f, field->name);
	if (!*good)
		return NULL;
	TRY(secret_new(value_len, &field->value));
	f->n++;
	*good = unescape(equals + 1, value_len, (char *)secret_room(field->value), &n);
	secret_set_len(field->value, *good ? n : 0);
	return NULL;
}

struct err *form_read(const struct buf *body, bool *good, struct form *out)
{
	AUTO_FORM struct form f = { 0 };
	const char *p = body->data ? (const char *)body->data : "";
	size_t left = body->len;
	*good = left > 0;
	while (left > 0 && *good) {
		const char *end = memchr(p, '&', left);
		size_t len = end ? (size_t)(end - p) : left;
		TRY(read_pair(p, len, good, &f));
		len += end != NULL;
		p += len;
		left -= len;
	}
	if (!*good)
		return NULL;
	*out = f;
	f = (struct form){ 0 };
	return NULL;
}

const struct secret *form_secret(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->list[i].name, name) == 0)
			return f->list[i].value;
	return NULL;
}

const char *form_text(const struct form *f, const char *name)
{
	const struct secret *value = form_secret(f, name);
	return value ? secret_text(value) : NULL;
}

bool form_has_exactly(const struct form *f, const char *const *names)
{
	size_t n = 0;
	for (; names[n]; n++)
		if (!form_secret(f, names[n]))
			return false;
	return n == f->n;
}
