// NTLM as a server checks it ([MS-NLMP] 3.3.2, NTLMv2): a challenge to whoever begins, then whether the proof was made with the password.
#include "server.h"

#include <ctype.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/provider.h>

enum { HASH = 16, NT = 20, DOMAIN = 28, USER = 36, TYPE3_HEAD = 64, MESSAGE_MAX = 2048 };

// Its own name is "P"; it speaks UTF-16, NTLM with extended security, and says so in a list of what it is called.
static const unsigned char challenge[] = {
	'N',  'T',  'L',  'M',	'S', 'S',  'P', 0, 2,	0, 0,	 0,    2, 0, 2,	  0, 48, 0, 0, 0,
	0x05, 0x82, 0x89, 0x00, 1,   0x23, 4,	5, 6,	7, 0x89, 0xef, 0, 0, 0,	  0, 0,	 0, 0, 0,
	10,   0,    10,	  0,	50,  0,	   0,	0, 'P', 0, 2,	 0,    2, 0, 'P', 0, 0,	 0, 0, 0
};
static const unsigned char *const nonce = challenge + 24;

struct part {
	const unsigned char *at;
	size_t len;
};

static struct part part_of(const unsigned char *message, size_t len, size_t field)
{
	size_t n = message[field] | (size_t)message[field + 1] << 8;
	size_t from = message[field + 4] | (size_t)message[field + 5] << 8;
	return from + n <= len ? (struct part){ message + from, n } : (struct part){ message, 0 };
}

static void password_hash(const char *password, unsigned char out[HASH])
{
	unsigned char wide[512] = { 0 };
	size_t n = strlen(password);
	if (n > sizeof(wide) / 2)
		die("ntlm", "a password that is too long");
	for (size_t i = 0; i < n; i++)
		wide[2 * i] = (unsigned char)password[i];
	must(OSSL_PROVIDER_load(NULL, "legacy"), "legacy provider");
	must(OSSL_PROVIDER_load(NULL, "default"), "default provider");
	EVP_MD *md4 = must(EVP_MD_fetch(NULL, "MD4", NULL), "MD4");
	if (EVP_Digest(wide, 2 * n, out, NULL, md4, NULL) != 1)
		die("EVP_Digest", "MD4");
	EVP_MD_free(md4);
}

static void keyed(const unsigned char key[HASH], const struct bytes *of, unsigned char out[HASH])
{
	must(HMAC(EVP_md5(), key, HASH, of->data, of->len, out, NULL), "HMAC");
}

static bool is_right(const unsigned char *message, size_t len, const char *password)
{
	struct part answer = part_of(message, len, NT), user = part_of(message, len, USER),
		    domain = part_of(message, len, DOMAIN);
	unsigned char first[HASH], second[HASH], proof[HASH];
	struct bytes who = { 0 }, what = { 0 };
	if (answer.len <= 24) // NTLM's first version
		return false;
	for (size_t i = 0; i < user.len; i++) {
		unsigned char c = (unsigned char)toupper(user.at[i]);
		bytes_put(&who, &c, 1);
	}
	bytes_put(&who, domain.at, domain.len);
	bytes_put(&what, nonce, 8);
	bytes_put(&what, answer.at + HASH, answer.len - HASH);
	password_hash(password, first);
	keyed(first, &who, second);
	keyed(second, &what, proof);
	bytes_free(&who);
	bytes_free(&what);
	return memcmp(proof, answer.at, HASH) == 0;
}

bool ntlm(const char *password, const char *authorization, struct bytes *header)
{
	unsigned char message[MESSAGE_MAX] = { 0 };
	size_t n = strlen(authorization);
	int len = strncmp(authorization, "NTLM ", 5) == 0 && n < MESSAGE_MAX
			  ? EVP_DecodeBlock(message, (const unsigned char *)authorization + 5,
					    (int)n - 5)
			  : 0;
	bool begins = len > 12 && message[8] == 1;
	if (len > TYPE3_HEAD && message[8] == 3 && is_right(message, (size_t)len, password))
		return true;
	bytes_puts(header, "WWW-Authenticate: NTLM ");
	if (begins)
		bytes_base64(header, challenge, sizeof(challenge), "one");
	return false;
}
