// EST's bodies: base64 of DER, strict in what is sent, patient with what comes (RFC 8951 §3).
#include <string.h>

#include <openssl/evp.h>

#include "ca/est.h"

enum { LINE_BYTES = 48, LINE_CHARS = 64 };

struct err *est_encode(const void *der, size_t len, struct buf *out)
{
	const uint8_t *p = der;
	for (size_t left = len; left > 0;) {
		size_t n = left < LINE_BYTES ? left : LINE_BYTES;
		unsigned char line[LINE_CHARS + 2];
		int chars = EVP_EncodeBlock(line, p, (int)n);
		line[chars] =
			'\n'; // in the place of the zero; a known server refuses a body that does not end so
		TRY(buf_put(out, line, (size_t)chars + 1));
		p += n;
		left -= n;
	}
	return NULL;
}

static struct err *no_base64(void)
{
	return err_tag(err_new(ERR_CA_REFUSED, N_("The CA's answer is not base64.")),
		       "answer-unreadable");
}

// 0 to 63, or -1.
static int value_of(uint8_t c)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? memchr(alphabet, c, sizeof(alphabet) - 1) : NULL;
	return at ? (int)(at - alphabet) : -1;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct err *est_decode(const struct buf *body, struct buf *der)
{
	AUTO_BUF struct buf bytes = BUF(body->len + 1);
	uint32_t bits = 0;
	unsigned chars = 0, padding = 0;
	for (size_t i = 0; i < body->len; i++) {
		uint8_t c = body->data[i];
		if (is_space(c))
			continue;
		int value = value_of(c);
		padding += c == '=';
		if (padding > 2 || (value < 0 && c != '=') || (value >= 0 && padding > 0))
			return no_base64();
		if (value < 0)
			continue;
		bits = bits << 6 | (uint32_t)value;
		if (++chars % 4 != 1) {
			uint8_t byte = (uint8_t)(bits >> (6 - 2 * ((chars - 1) % 4)));
			TRY(buf_put(&bytes, &byte, 1));
		}
	}
	// A last group has two or three characters and, if any, the padding that fills it up.
	if (chars % 4 == 1 || (padding > 0 && (chars + padding) % 4 != 0))
		return no_base64();
	return bytes.len > 0 ? buf_put(der, bytes.data, bytes.len) : NULL;
}
