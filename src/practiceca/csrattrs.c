// /csrattrs: the configuration read and written as DER.
#include <string.h>

#include "practiceca/csrattrs.h"

struct err *csrattrs_read(const char *text, struct csrattrs_config *out)
{
	struct csrattrs_config c = { 0 };
	static const char *const names[] = { "none",	 "challenge-password", "rsa-2048",
					     "rsa-3072", "rsa-4096",	       "sha256",
					     "key-usage" };
	const char *p = text ? text : "none";
	for (;;) {
		size_t len = strcspn(p, ",");
		size_t which = 0;
		while (which < ARRAY_LEN(names) &&
		       (strlen(names[which]) != len || strncmp(names[which], p, len) != 0))
			which++;
		if (which == ARRAY_LEN(names))
			return err_hint(
				err_new(ERR_USAGE, N_("The option --csrattrs does not know %1."),
					ARG_TEXT(p)),
				N_("It takes none, or a list with commas of challenge-password, "
				   "rsa-2048, rsa-3072, rsa-4096, sha256 and key-usage."));
		c.challenge_password |= which == 1;
		c.rsa_bits = which == 2 ? 2048 : which == 3 ? 3072 : which == 4 ? 4096 : c.rsa_bits;
		c.sha256 |= which == 5;
		c.key_usage |= which == 6;
		if (!p[len])
			break;
		p += len + 1;
	}
	*out = c;
	return NULL;
}

// 1.2.840.113549.1.9.7
static const uint8_t challenge_password[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
					      0xf7, 0x0d, 0x01, 0x09, 0x07 };
// 1.2.840.113549.1.1.11
static const uint8_t sha256_with_rsa[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
					   0xf7, 0x0d, 0x01, 0x01, 0x0b };
// Attribute rsaEncryption with one INTEGER, the size (RFC 7030 §4.5.2); the two bytes of the size follow.
static const uint8_t rsa_size[] = { 0x30, 0x11, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
				    0x0d, 0x01, 0x01, 0x01, 0x31, 0x04, 0x02, 0x02 };
// Attribute extensionRequest with Extensions of one: keyUsage, critical, digitalSignature and keyEncipherment.
static const uint8_t key_usage[] = { 0x30, 0x1f, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
				     0x0d, 0x01, 0x09, 0x0e, 0x31, 0x12, 0x30, 0x10, 0x30,
				     0x0e, 0x06, 0x03, 0x55, 0x1d, 0x0f, 0x01, 0x01, 0xff,
				     0x04, 0x04, 0x03, 0x02, 0x05, 0xa0 };

struct err *csrattrs_der(const struct csrattrs_config *c, struct buf *out)
{
	AUTO_BUF struct buf content = BUF(120);
	const uint8_t bits[] = { (uint8_t)(c->rsa_bits >> 8), (uint8_t)c->rsa_bits };
	if (c->challenge_password)
		TRY(buf_put(&content, challenge_password, sizeof challenge_password));
	if (c->rsa_bits) {
		TRY(buf_put(&content, rsa_size, sizeof rsa_size));
		TRY(buf_put(&content, bits, sizeof bits));
	}
	if (c->sha256)
		TRY(buf_put(&content, sha256_with_rsa, sizeof sha256_with_rsa));
	if (c->key_usage)
		TRY(buf_put(&content, key_usage, sizeof key_usage));
	if (content.len == 0)
		return NULL;
	const uint8_t head[] = { 0x30, (uint8_t)content.len }; // short form: 120 bytes at most
	TRY(buf_put(out, head, sizeof head));
	return buf_put(out, content.data, content.len);
}
