// Scalars: texts, flags, numbers, ranges, choices.
#include "profile/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

void value_refuse(const struct spot *s, const struct schema_key *k)
{
	FAULT(s->f, s->mark, s->path, N_("%1: %2: this is not allowed. Allowed: %3."),
	      ARG_ID(k->allowed));
}

static bool has_control(const char *text, size_t len, bool lines)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if ((c < 0x20 && !(lines && c == '\n')) || c == 0x7f)
			return true;
	}
	return false;
}

struct err *value_text(const struct spot *s, const struct schema_key *k, const char *text,
		       size_t len, bool lines, char **out)
{
	// An escape ("\0", "\e") can bring in what the bytes of the file did not hold.
	if (has_control(text, len, lines)) {
		FAULT(s->f, s->mark, s->path,
		      N_("%1: %2: the text holds a control character or a line break. Allowed: "
			 "%3."),
		      ARG_ID(k->allowed));
		return NULL;
	}
	if (len > k->max) {
		FAULT(s->f, s->mark, s->path,
		      N_("%1: %2: the text is too long. Allowed: %3 bytes."), ARG_NUM(k->max));
		return NULL;
	}
	if (len == 0) {
		value_refuse(s, k);
		return NULL;
	}
	char *copy = text_copy(text);
	if (!copy)
		return err_no_memory();
	free(*out);
	*out = copy;
	return NULL;
}

// At most nine digits, no sign, nothing around them.
static bool digits_to(const char *text, size_t len, unsigned *out)
{
	if (len == 0 || len > 9 || !text_is_digits(text, len))
		return false;
	unsigned n = 0;
	for (size_t i = 0; i < len; i++)
		n = 10 * n + (unsigned)(text[i] - '0');
	*out = n;
	return true;
}

bool value_number(const struct spot *s, const struct schema_key *k, const char *text, unsigned *out)
{
	unsigned n;
	if (!digits_to(text, strlen(text), &n) || n < k->min || n > k->max) {
		value_refuse(s, k);
		return false;
	}
	*out = n;
	return true;
}

static void store_range(const struct spot *s, const struct schema_key *k, const char *text,
			size_t *low, size_t *high)
{
	size_t first = strcspn(text, "-");
	unsigned a, b;
	bool fine = digits_to(text, first, &a);
	b = fine ? a : 0;
	if (fine && text[first] == '-')
		fine = digits_to(text + first + 1, strlen(text + first + 1), &b);
	if (!fine || a < k->min || b > k->max || a > b) {
		value_refuse(s, k);
		return;
	}
	*low = a;
	*high = b;
}

// The index of the choice, or -1 and a fault with a guess.
static int choose(const struct spot *s, const struct schema_key *k, const char *text)
{
	for (int i = 0; k->choices[i]; i++)
		if (strcmp(k->choices[i], text) == 0)
			return i;
	const char *guess = near_word(text, k->choices);
	if (guess)
		FAULT(s->f, s->mark, s->path,
		      N_("%1: %2: this is not allowed. Allowed: %3. Did you mean %4?"),
		      ARG_ID(k->allowed), ARG_TEXT(guess));
	else
		value_refuse(s, k);
	return -1;
}

static void store_flag(const struct spot *s, const struct schema_key *k, const char *text,
		       bool *out)
{
	bool yes = strcmp(text, "true") == 0;
	if (yes || strcmp(text, "false") == 0)
		*out = yes;
	else
		value_refuse(s, k);
}

static void store_number(const struct spot *s, const struct schema_key *k, const char *text,
			 char *base)
{
	unsigned n;
	if (k->choices && choose(s, k, text) < 0)
		return;
	if (!value_number(s, k, text, &n))
		return;
	if (k->shape == SHAPE_SIZE)
		*(size_t *)(void *)(base + k->at) = n;
	else
		*(unsigned *)(void *)(base + k->at) = n;
}

static struct err *store_text2(const struct spot *s, const struct schema_key *k, const char *text,
			       size_t len, struct text2 *out)
{
	return value_text(s, k, text, len, true, &out->en);
}

struct err *value_store(const struct spot *s, const struct schema_key *k, const char *text,
			size_t len, void *base)
{
	char *to = (char *)base + k->at;
	// A zero byte inside would hide the rest from everything below.
	if (strlen(text) != len) {
		value_refuse(s, k);
		return NULL;
	}
	switch (k->shape) {
	case SHAPE_TEXT:
		return value_text(s, k, text, len, false, (char **)(void *)to);
	case SHAPE_TEXT2:
		return store_text2(s, k, text, len, (struct text2 *)(void *)to);
	case SHAPE_FLAG:
		store_flag(s, k, text, (bool *)(void *)to);
		break;
	case SHAPE_NUMBER:
	case SHAPE_SIZE:
		store_number(s, k, text, base);
		break;
	case SHAPE_RANGE:
		store_range(s, k, text, (size_t *)(void *)to,
			    (size_t *)(void *)((char *)base + k->also_at));
		break;
	case SHAPE_CHOICE: {
		int i = choose(s, k, text);
		if (i >= 0)
			*(int *)(void *)to = i;
		break;
	}
	default:
		value_refuse(s, k);
		break;
	}
	return NULL;
}
