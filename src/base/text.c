// Text: what it is made of, how wide it is, how it is shown safely, and hexadecimal.
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistr.h>
#include <uniwidth.h>

#include "base/buf.h"

// Not EUC or another East Asian encoding: characters of ambiguous width count as one column.
static const char encoding[] = "UTF-8";

static const char replacement[] = "\xef\xbf\xbd"; // U+FFFD
static const char ellipsis[] = "\xe2\x80\xa6";	  // U+2026, one column

bool text_is_utf8(const char *s, size_t len)
{
	return u8_check((const uint8_t *)s, len) == NULL;
}

bool text_is_ascii(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return true;
}

bool text_is_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return len > 0;
}

// The character at s and its width in columns (0 for control and combining characters); bytes used.
static size_t next_char(const uint8_t *s, size_t len, size_t *width)
{
	ucs4_t c;
	int used = u8_mbtouc(&c, s, len);
	int columns = uc_width(c, encoding);
	*width = columns > 0 ? (size_t)columns : 0;
	return used > 0 ? (size_t)used : 1;
}

size_t text_width(const char *utf8)
{
	const uint8_t *s = (const uint8_t *)utf8;
	size_t len = strlen(utf8), total = 0, width;
	for (size_t i = 0; i < len; total += width)
		i += next_char(s + i, len - i, &width);
	return total;
}

// The longest beginning of at most `columns`: its bytes, and its columns in *width.
static size_t fitting(const char *utf8, size_t columns, size_t *width)
{
	const uint8_t *s = (const uint8_t *)utf8;
	size_t len = strlen(utf8), i = 0, total = 0;
	while (i < len) {
		size_t one;
		size_t used = next_char(s + i, len - i, &one);
		if (total + one > columns)
			break;
		total += one;
		i += used;
	}
	*width = total;
	return i;
}

struct err *text_pad(const char *utf8, size_t columns, char **out)
{
	AUTO_BUF struct buf b = { 0 };
	size_t width = text_width(utf8);
	if (width <= columns) {
		TRY(buf_puts(&b, utf8));
	} else if (columns > 0) {
		TRY(buf_put(&b, utf8, fitting(utf8, columns - 1, &width)));
		TRY(buf_puts(&b, ellipsis));
		width++;
	} else {
		width = 0;
	}
	for (; width < columns; width++)
		TRY(buf_puts(&b, " "));
	char *text = text_copy(b.data ? (const char *)b.data : "");
	if (!text)
		return err_no_memory();
	*out = text;
	return NULL;
}

// Characters that drive a terminal, turn the direction of what follows, or are there without being seen.
static bool is_unsafe(ucs4_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

// One character of the input made safe, into out; bytes used. *made gets the bytes written, at most 4.
static size_t safe_char(const uint8_t *s, size_t len, bool keep_lines, char out[static 8],
			size_t *made)
{
	ucs4_t c;
	int used = u8_mbtouc(&c, s, len);
	if (is_unsafe(c) && !(keep_lines && c == '\n'))
		c = 0xfffd;
	int n = u8_uctomb((uint8_t *)out, c, 8);
	if (n <= 0) {
		memcpy(out, replacement, 3);
		n = 3;
	}
	*made = (size_t)n;
	return used > 0 ? (size_t)used : 1;
}

static char *make_safe(const void *bytes, size_t len, size_t max, bool keep_lines)
{
	size_t mark = sizeof(ellipsis) - 1;
	// Each byte of the input becomes at most three (U+FFFD for a byte that is not UTF-8).
	size_t room = len < max / 3 ? 3 * len : max;
	char *out = malloc(room + 1);
	if (!out)
		return NULL;
	size_t n = 0, cut = 0; // cut: the last place where the ellipsis still fits
	for (size_t i = 0; i < len;) {
		char one[8];
		size_t made;
		i += safe_char((const uint8_t *)bytes + i, len - i, keep_lines, one, &made);
		if (n + made > max) {
			n = cut;
			if (max >= mark) {
				memcpy(out + n, ellipsis, mark);
				n += mark;
			}
			break;
		}
		memcpy(out + n, one, made);
		n += made;
		if (n + mark <= max)
			cut = n;
	}
	out[n] = 0;
	return out;
}

char *text_safe(const void *bytes, size_t len, size_t max)
{
	return make_safe(bytes, len, max, false);
}

char *text_safe_lines(const void *bytes, size_t len, size_t max)
{
	return make_safe(bytes, len, max, true);
}

char *text_hex(const void *bytes, size_t len, char sep)
{
	static const char digits[] = "0123456789abcdef";
	if (len > SIZE_MAX / 3 - 1)
		return NULL;
	char *out = malloc(3 * len + 1);
	if (!out)
		return NULL;
	char *p = out;
	const uint8_t *b = bytes;
	for (size_t i = 0; i < len; i++) {
		if (sep && i > 0)
			*p++ = sep;
		*p++ = digits[b[i] >> 4];
		*p++ = digits[b[i] & 15];
	}
	*p = 0;
	return out;
}

// 0 to 15, or 16 for what is no hexadecimal digit.
static unsigned hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

struct err *text_unhex(const char *hex, uint8_t *out, size_t *len)
{
	size_t n = strlen(hex);
	bool whole = n % 2 == 0 && n / 2 <= *len;
	for (size_t i = 0; whole && i < n; i++)
		whole = hex_value(hex[i]) < 16;
	if (!whole)
		return err_tag(err_new(ERR_FAILED,
				       N_("This is no hexadecimal number of the right length.")),
			       "bad-hex");
	for (size_t i = 0; i < n / 2; i++)
		out[i] = (uint8_t)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
	*len = n / 2;
	return NULL;
}
