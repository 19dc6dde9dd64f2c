// Base64, strict.
#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

#include "practiceca/base64.h"

static int digit(char c)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(alphabet, c) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

// Four characters to up to three bytes; 0 when they are no group. Only the last group may be padded.
static size_t read_group(const char *text, bool last, uint8_t out[static 3])
{
	int d[4];
	for (int i = 0; i < 4; i++)
		d[i] = digit(text[i]);
	if (d[0] < 0 || d[1] < 0)
		return 0;
	bool pad3 = text[3] == '=' && last;
	bool pad2 = pad3 && text[2] == '=';
	if ((d[2] < 0 && !pad2) || (d[3] < 0 && !pad3))
		return 0;
	// Bits that the padding leaves over must be zero, or two texts would mean the same bytes.
	if ((pad2 && (d[1] & 15)) || (pad3 && !pad2 && (d[2] & 3)))
		return 0;
	unsigned bits = (unsigned)d[0] << 18 | (unsigned)d[1] << 12;
	bits |= (pad2 ? 0 : (unsigned)d[2]) << 6 | (pad3 ? 0 : (unsigned)d[3]);
	out[0] = (uint8_t)(bits >> 16);
	out[1] = (uint8_t)(bits >> 8);
	out[2] = (uint8_t)bits;
	return pad2 ? 1 : pad3 ? 2 : 3;
}

bool base64_read(const char *text, size_t text_len, void *out, size_t *len)
{
	uint8_t *to = out;
	size_t used = 0;
	if (text_len % 4 != 0 || text_len / 4 > *len / 3)
		return false;
	for (size_t i = 0; i < text_len; i += 4) {
		uint8_t group[3];
		size_t n = read_group(text + i, i + 4 == text_len, group);
		if (n == 0)
			return false;
		memcpy(to + used, group, n);
		used += n;
	}
	*len = used;
	return true;
}

struct err *base64_read_body(const void *text, size_t text_len, bool *good, struct buf *out)
{
	AUTO_BUF struct buf packed = BUF(text_len + 1);
	AUTO_BUF struct buf bytes = BUF(text_len + 3);
	const char *p = text;
	*good = false;
	for (size_t i = 0; i < text_len;) {
		size_t run = 0;
		while (i + run < text_len && !memchr(" \t\r\n", p[i + run], 4))
			run++;
		TRY(buf_put(&packed, p + i, run));
		i += run ? run : 1;
	}
	if (packed.len == 0)
		return NULL;
	TRY(buf_put(&bytes, packed.data, packed.len)); // room for the answer, which is shorter
	size_t len = packed.len;
	if (!base64_read((const char *)packed.data, packed.len, bytes.data, &len))
		return NULL;
	*good = true;
	return buf_put(out, bytes.data, len);
}

struct err *base64_write_body(const void *bytes, size_t len, struct buf *out)
{
	enum { LINE = 48 };
	const uint8_t *p = bytes;
	for (size_t i = 0; i < len; i += LINE) {
		unsigned char line[LINE / 3 * 4 + 1];
		int n = EVP_EncodeBlock(line, p + i, (int)(len - i < LINE ? len - i : LINE));
		TRY(buf_put(out, line, (size_t)n));
		TRY(buf_put(out, "\r\n", 2));
	}
	return NULL;
}
