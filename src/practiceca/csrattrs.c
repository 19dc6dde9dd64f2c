// /csrattrs: the configuration read and written as DER.
#include <string.h>

#include "practiceca/csrattrs.h"

static bool take_word(const char *word, size_t len, struct csrattrs_config *c)
{
	const struct {
		const char *word;
		bool *flag;
		int bits;
	} words[] = {
		{ "none", NULL, 0 },
		{ "challenge-password", &c->challenge_password, 0 },
		{ "tls-unique", &c->tls_unique, 0 },
		{ "otp-challenge", &c->otp_challenge, 0 },
		{ "revocation-challenge", &c->revocation_challenge, 0 },
		{ "rsa-2048", NULL, 2048 },
		{ "rsa-3072", NULL, 3072 },
		{ "rsa-4096", NULL, 4096 },
		{ "sha256", &c->sha256, 0 },
		{ "key-usage", &c->key_usage, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strlen(words[i].word) != len || strncmp(words[i].word, word, len) != 0)
			continue;
		if (words[i].flag)
			*words[i].flag = true;
		if (words[i].bits)
			c->rsa_bits = words[i].bits;
		return true;
	}
	return false;
}

struct err *csrattrs_read(const char *text, struct csrattrs_config *out)
{
	struct csrattrs_config c = { 0 };
	const char *p = text ? text : "none";
	for (;;) {
		size_t len = strcspn(p, ",");
		if (!take_word(p, len, &c))
			return err_hint(
				err_new(ERR_USAGE, N_("The option --csrattrs does not know %1."),
					ARG_TEXT(p)),
				N_("It takes none, or a list with commas of challenge-password, "
				   "tls-unique, otp-challenge, revocation-challenge, rsa-2048, "
				   "rsa-3072, rsa-4096, sha256 and key-usage."));
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

// 1.2.840.113549.1.9.16.2.N, of RFC 7894
static struct err *put_attribute_oid(struct buf *out, uint8_t n)
{
	const uint8_t oid[] = { 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7,
				0x0d, 0x01, 0x09, 0x10, 0x02, n };
	return buf_put(out, oid, sizeof oid);
}

struct err *csrattrs_der(const struct csrattrs_config *c, struct buf *out)
{
	AUTO_BUF struct buf content = BUF(127);
	const uint8_t bits[] = { (uint8_t)(c->rsa_bits >> 8), (uint8_t)c->rsa_bits };
	if (c->challenge_password)
		TRY(buf_put(&content, challenge_password, sizeof challenge_password));
	if (c->otp_challenge)
		TRY(put_attribute_oid(&content, 56));
	if (c->revocation_challenge)
		TRY(put_attribute_oid(&content, 57));
	if (c->tls_unique)
		TRY(put_attribute_oid(&content, 58));
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
	const uint8_t head[] = { 0x30, (uint8_t)content.len }; // short form: 127 bytes at most
	TRY(buf_put(out, head, sizeof head));
	return buf_put(out, content.data, content.len);
}
