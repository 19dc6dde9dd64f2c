// Scanning a flat JSON object of strings (RFC 8259) into secrets.
#include <string.h>

#include "base/text.h"
#include "cli/inputs.h"

struct scan {
	const uint8_t *bytes;
	size_t len, at;
};

static size_t line_of(const struct scan *s)
{
	size_t line = 1;
	for (size_t i = 0; i < s->at && i < s->len; i++)
		line += s->bytes[i] == '\n';
	return line;
}

static struct err *bad(const struct scan *s, const char *what_id)
{
	struct err *e = err_new(ERR_ANSWER, N_("The answers cannot be read (line %1): %2."),
				ARG_NUM(line_of(s)), ARG_ID(what_id));
	return err_tag(err_hint(e, N_("They are one JSON object of texts, such as "
				      "{\"contract_id\":\"0123\",\"otp\":\"123456\"}.")),
		       "answers-unreadable");
}

static int peek(const struct scan *s)
{
	return s->at < s->len ? s->bytes[s->at] : -1;
}

static void skip_space(struct scan *s)
{
	while (peek(s) == ' ' || peek(s) == '\t' || peek(s) == '\r' || peek(s) == '\n')
		s->at++;
}

static bool take(struct scan *s, char c)
{
	skip_space(s);
	if (peek(s) != c)
		return false;
	s->at++;
	return true;
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The four digits after \u; -1 when they are none.
static long hex4(struct scan *s)
{
	long value = 0;
	for (int i = 0; i < 4; i++) {
		int d = hex_digit(peek(s));
		if (d < 0)
			return -1;
		value = value * 16 + d;
		s->at++;
	}
	return value;
}

static size_t to_utf8(long c, uint8_t out[static 4])
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | (c >> 6));
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | (c >> 12));
		out[1] = (uint8_t)(0x80 | ((c >> 6) & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | (c >> 18));
	out[1] = (uint8_t)(0x80 | ((c >> 12) & 0x3f));
	out[2] = (uint8_t)(0x80 | ((c >> 6) & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

// After "\u": one character, of two halves where it lies beyond U+FFFF. A zero would end a text early.
static struct err *scan_unicode(struct scan *s, struct secret *out)
{
	long c = hex4(s);
	if (c >= 0xd800 && c < 0xdc00) {
		bool second =
			s->at + 1 < s->len && s->bytes[s->at] == '\\' && s->bytes[s->at + 1] == 'u';
		s->at += second ? 2 : 0;
		long low = second ? hex4(s) : -1;
		c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00)
						  : -1;
	}
	if (c <= 0 || (c >= 0xdc00 && c < 0xe000))
		return bad(s, N_("a \\u escape is wrong"));
	uint8_t utf8[4];
	struct err *e = secret_append(out, utf8, to_utf8(c, utf8));
	wipe(utf8, sizeof(utf8));
	return e;
}

static struct err *scan_escape(struct scan *s, struct secret *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = peek(s);
	s->at++;
	if (c == 'u')
		return scan_unicode(s, out);
	const char *found = c > 0 ? strchr(from, c) : NULL;
	if (!found)
		return bad(s, N_("a backslash is followed by something that is no escape"));
	return secret_append(out, &to[found - from], 1);
}

static struct err *scan_characters(struct scan *s, struct secret *out)
{
	for (;;) {
		int c = peek(s);
		if (c < 0)
			return bad(s, N_("a text has no end"));
		if (c < 0x20)
			return bad(s, N_("a text holds a control character or goes over the end of "
					 "its line"));
		uint8_t byte = (uint8_t)c;
		s->at++;
		if (c == '"')
			return NULL;
		TRY(c == '\\' ? scan_escape(s, out) : secret_append(out, &byte, 1));
	}
}

static struct err *scan_text(struct scan *s, struct secret **out)
{
	if (!take(s, '"')) {
		int c = peek(s);
		if ((c >= '0' && c <= '9') || c == '-')
			return bad(s, N_("a number stands without quotes, and its zeros in front "
					 "would be lost; "
					 "write it as a text, such as \"0123\""));
		return bad(s, N_("a text in double quotes is missing"));
	}
	AUTO(secret) struct secret *value = NULL;
	TRY(secret_new(SECRET_MAX, &value));
	TRY(scan_characters(s, value));
	if (!text_is_utf8(secret_text(value), secret_len(value)))
		return bad(s, N_("a text is not in UTF-8"));
	*out = value;
	value = NULL;
	return NULL;
}

static struct err *scan_pair(struct scan *s, struct inputs *in)
{
	AUTO(secret) struct secret *name = NULL, *value = NULL;
	TRY(scan_text(s, &name));
	if (secret_len(name) == 0 || secret_len(name) >= INPUTS_MAX_NAME)
		return bad(s, N_("a name is empty or too long"));
	if (!take(s, ':'))
		return bad(s, N_("a colon is missing"));
	TRY(scan_text(s, &value));
	struct secret *given = value;
	value = NULL;
	return inputs_put(in, secret_text(name), given);
}

struct err *inputs_scan(struct inputs *in, const uint8_t *bytes, size_t len)
{
	struct scan s = { .bytes = bytes, .len = len };
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf }; // some editors put it in front
	if (len >= sizeof(mark) && !memcmp(bytes, mark, sizeof(mark)))
		s.at = sizeof(mark);
	if (!take(&s, '{'))
		return bad(&s, N_("they do not begin with {"));
	if (!take(&s, '}')) {
		do
			TRY(scan_pair(&s, in));
		while (take(&s, ','));
		if (!take(&s, '}'))
			return bad(&s, N_("a comma or } is missing"));
	}
	skip_space(&s);
	return s.at == s.len ? NULL : bad(&s, N_("something follows after the last }"));
}
