#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

_Noreturn void die(const char *what, const char *detail)
{
	fprintf(stderr, "virtual-card: %s: %s\n", what, detail);
	ERR_print_errors_fp(stderr);
	_exit(2);
}

void *must(void *p, const char *what)
{
	if (!p)
		die("failed", what);
	return p;
}

void bytes_put(struct bytes *b, const void *data, size_t len)
{
	if (len == 0)
		return;
	if (b->len + len > b->room) {
		b->room = (b->len + len) * 2;
		b->data = must(realloc(b->data, b->room), "realloc");
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void bytes_byte(struct bytes *b, unsigned byte)
{
	uint8_t one = (uint8_t)byte;
	bytes_put(b, &one, 1);
}

void bytes_number(struct bytes *b, unsigned long number, size_t width)
{
	while (width-- > 0)
		bytes_byte(b, (unsigned)(number >> (8 * width)) & 0xff);
}

void bytes_tlv(struct bytes *b, unsigned tag, const void *data, size_t len)
{
	if (tag > 0xff)
		bytes_byte(b, tag >> 8);
	bytes_byte(b, tag & 0xff);
	if (len > 0xffff)
		die("a value of a TLV", "is too long");
	if (len > 0xff)
		bytes_byte(b, 0x82);
	else if (len > 0x7f)
		bytes_byte(b, 0x81);
	bytes_number(b, len, len > 0xff ? 2 : 1);
	bytes_put(b, data, len);
}

void bytes_authenticate(struct bytes *b, unsigned tag, const void *data, size_t len)
{
	struct bytes inner = { 0 };
	bytes_tlv(&inner, tag, data, len);
	bytes_tlv(b, 0x7c, inner.data, inner.len);
	bytes_free(&inner);
}

void bytes_drop(struct bytes *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
		return;
	}
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

void bytes_empty(struct bytes *b)
{
	if (b->data)
		OPENSSL_cleanse(b->data, b->room);
	b->len = 0;
}

void bytes_free(struct bytes *b)
{
	bytes_empty(b);
	free(b->data);
	*b = (struct bytes){ 0 };
}

bool span_take(struct span *from, size_t n, struct span *taken)
{
	if (n > from->len)
		return false;
	*taken = (struct span){ from->data, n };
	from->data += n;
	from->len -= n;
	return true;
}

static bool take_byte(struct span *from, unsigned *byte)
{
	struct span one;
	if (!span_take(from, 1, &one))
		return false;
	*byte = one.data[0];
	return true;
}

static bool take_length(struct span *from, size_t *len)
{
	unsigned byte;
	if (!take_byte(from, &byte))
		return false;
	*len = byte;
	if (byte < 0x80)
		return true;
	if (byte != 0x81 && byte != 0x82)
		return false;
	*len = 0;
	for (unsigned n = byte - 0x80; n > 0; n--) {
		if (!take_byte(from, &byte))
			return false;
		*len = *len << 8 | byte;
	}
	return true;
}

bool tlv_next(struct span *from, unsigned *tag, struct span *value)
{
	struct span rest = *from;
	unsigned first, second;
	size_t len;
	if (!take_byte(&rest, &first))
		return false;
	if ((first & 0x1f) == 0x1f) {
		if (!take_byte(&rest, &second))
			return false;
		first = first << 8 | second;
	}
	if (!take_length(&rest, &len) || !span_take(&rest, len, value))
		return false;
	*tag = first;
	*from = rest;
	return true;
}

bool tlv_find(struct span in, unsigned tag, struct span *value)
{
	unsigned found;
	struct span v;
	while (tlv_next(&in, &found, &v)) {
		if (found == tag) {
			*value = v;
			return true;
		}
	}
	return false;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)((at - digits) % 16) : -1;
}

bool hex_read(const char *text, struct bytes *to)
{
	for (; *text; text += 2) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return false;
		bytes_byte(to, (unsigned)(high * 16 + low));
	}
	return true;
}

char *hex_write(const uint8_t *data, size_t len)
{
	char *text = must(malloc(2 * len + 1), "malloc");
	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", data[i]);
	text[2 * len] = '\0';
	return text;
}
