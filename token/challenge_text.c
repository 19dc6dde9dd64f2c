// Challenges and answers as people say and type them, and the help desk's arithmetic.
#include <string.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/text.h"
#include "token/challenge.h"

void challenge_write(const uint8_t bytes[CHALLENGE_LEN], char out[CHALLENGE_TEXT])
{
	static const char digits[] = "0123456789ABCDEF";
	char *at = out;
	for (size_t i = 0; i < CHALLENGE_LEN; i++) {
		if (i && i % 2 == 0)
			*at++ = ' ';
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	*at = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Exactly so many bytes of hexadecimal, with blanks between the digits or not.
static bool read_hex(const struct secret *s, uint8_t *out, size_t n)
{
	const char *at = secret_text(s);
	size_t done = 0;
	for (; *at; at++) {
		int d = digit(*at);
		if (*at == ' ')
			continue;
		if (d < 0 || done == 2 * n)
			return false;
		out[done / 2] = (uint8_t)(done % 2 ? out[done / 2] | d : d << 4);
		done++;
	}
	return done == 2 * n && strlen(secret_text(s)) == secret_len(s);
}

struct err *challenge_read(const struct secret *typed, uint8_t out[CHALLENGE_LEN])
{
	AUTO(secret) struct secret *folded = NULL;
	uint8_t bytes[CHALLENGE_LEN];
	struct err *e = text_fold_secret(typed, true, &folded);
	if (!e && read_hex(folded, bytes, sizeof(bytes))) {
		memcpy(out, bytes, sizeof(bytes));
		return NULL;
	}
	err_ignore(e);
	return err_hint(
		err_tag(err_new(ERR_ANSWER, N_("A challenge and its answer have 16 digits, each 0 "
					       "to 9 or A to F. This has not, and was not given to "
					       "the card.")),
			"challenge-form"),
		N_("Let it be read to you once more, digit by digit."));
}

static struct err *key_form(void)
{
	return err_hint(
		err_tag(err_new(ERR_ANSWER, N_("An administrator's key has 48 digits, each 0 to 9 "
					       "or A to F.")),
			"admin-key-form"),
		N_("Take it from the escrow of this token, by its serial number."));
}

static bool encrypt(const uint8_t key[ADMIN_KEY_LEN], const uint8_t in[CHALLENGE_LEN],
		    uint8_t out[CHALLENGE_LEN])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	bool done = ctx && EVP_EncryptInit_ex(ctx, EVP_des_ede3_ecb(), NULL, key, NULL) == 1 &&
		    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
		    EVP_EncryptUpdate(ctx, out, &n, in, CHALLENGE_LEN) == 1 && n == CHALLENGE_LEN;
	EVP_CIPHER_CTX_free(ctx);
	return done;
}

struct err *challenge_solve(const struct secret *admin_key, const uint8_t challenge[CHALLENGE_LEN],
			    uint8_t answer[CHALLENGE_LEN])
{
	AUTO(secret) struct secret *key = NULL;
	TRY(secret_new(ADMIN_KEY_LEN, &key));
	if (!read_hex(admin_key, secret_room(key), ADMIN_KEY_LEN))
		return key_form();
	if (!encrypt(secret_room(key), challenge, answer))
		return err_new(ERR_FAILED, N_("The answer could not be computed."));
	return NULL;
}
