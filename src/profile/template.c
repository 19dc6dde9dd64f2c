// Taking a template apart.
#include "profile/template.h"

#include <string.h>

#include "profile/answers.h"

#define NAME_BYTES "abcdefghijklmnopqrstuvwxyz0123456789_"

enum piece template_next(const char **at, const char **text, size_t *len)
{
	const char *p = *at;
	if (*p == '\0')
		return PIECE_END;
	if (*p != '{') {
		*text = p;
		*len = strcspn(p, "{");
		*at = p + *len;
		return PIECE_TEXT;
	}
	p++;
	*text = p;
	if (*p == '{') {
		*len = 1;
		*at = p + 1;
		return PIECE_TEXT;
	}
	*len = strspn(p, NAME_BYTES);
	if (*len == 0 || p[*len] != '}')
		return PIECE_WRONG;
	*at = p + *len + 1;
	return PIECE_NAME;
}

bool piece_is(const char *text, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(text, name, len) == 0;
}

bool template_uses(const char *template_text, const char *field)
{
	const char *at = template_text, *text;
	size_t len;
	enum piece p;
	if (!template_text)
		return false;
	while ((p = template_next(&at, &text, &len)) == PIECE_TEXT || p == PIECE_NAME)
		if (p == PIECE_NAME && piece_is(text, len, field))
			return true;
	return false;
}
