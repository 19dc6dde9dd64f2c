// The management key of a PIV card: shown by challenge and response (SP 800-73-4 part 2, 3.2.4 and A.1), and set (Yubico).
#include "token/piv.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/text.h"

enum {
	AUTHENTICATE = 0x87,
	SET_MANAGEMENT = 0xff,
	DES3 = 0x03,
	AES128 = 0x08,
	AES192 = 0x0a,
	AES256 = 0x0c,
	BLOCK_MAX = 16,
	KEY_MAX = 32,
	ANSWER_MAX = 256,
};

size_t piv_management_len(uint8_t algorithm)
{
	switch (algorithm) {
	case DES3:
	case AES192:
		return 24;
	case AES128:
		return 16;
	case AES256:
		return KEY_MAX;
	default:
		return 0;
	}
}

bool piv_management_is_des(uint8_t algorithm)
{
	return algorithm == DES3;
}

static const EVP_CIPHER *cipher_of(uint8_t algorithm)
{
	switch (algorithm) {
	case AES128:
		return EVP_aes_128_ecb();
	case AES192:
		return EVP_aes_192_ecb();
	case AES256:
		return EVP_aes_256_ecb();
	default:
		return EVP_des_ede3_ecb();
	}
}

static size_t block_len(uint8_t algorithm)
{
	return algorithm == DES3 ? 8 : BLOCK_MAX;
}

// A card that does not tell has the only one there was before firmware 5.3.
struct err *piv_management_algorithm(struct piv *p, uint8_t *algorithm)
{
	struct piv_metadata m;
	TRY(piv_metadata(p, PIV_MANAGEMENT, &m));
	if (m.known && !piv_management_len(m.algorithm))
		return piv_refused(p, "GET METADATA", m.algorithm);
	*algorithm = m.known ? m.algorithm : DES3;
	return NULL;
}

static struct err *key_bytes(const struct piv *p, uint8_t algorithm, const struct secret *hex,
			     struct secret **out)
{
	AUTO(secret) struct secret *key = NULL;
	size_t n = piv_management_len(algorithm);
	AUTO(err) struct err *wrong = NULL;
	size_t made = n;
	TRY(secret_new(n, &key));
	if (secret_len(hex) == 2 * n)
		wrong = text_unhex(secret_text(hex), secret_room(key), &made);
	if (secret_len(hex) != 2 * n || wrong || made != n)
		return err_tag(
			err_new(ERR_PIN,
				N_("The management key of the token %1 has %2 characters, each 0 "
				   "to 9 or A to F. What was entered was not sent to it."),
				ARG_TEXT(p->token->label), ARG_NUM((int64_t)(2 * n))),
			"management-key-form");
	secret_set_len(key, n);
	*out = key;
	key = NULL;
	return NULL;
}

static struct err *one_block(uint8_t algorithm, const struct secret *key, bool encrypt,
			     const uint8_t *in, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;
	bool done = ctx &&
		    EVP_CipherInit_ex(ctx, cipher_of(algorithm), NULL, secret_bytes(key), NULL,
				      encrypt) == 1 &&
		    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
		    EVP_CipherUpdate(ctx, out, &n, in, (int)block_len(algorithm)) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return done ? NULL
		    : err_tag(err_new(ERR_FAILED, N_("This machine's OpenSSL does not have the "
						     "algorithm of the card's management key.")),
			      "random");
}

// 7C len tag block: the only shape in which the card answers here.
static const uint8_t *answered(const struct buf *answer, uint8_t tag, size_t block)
{
	const uint8_t head[] = { 0x7c, (uint8_t)(block + 2), tag, (uint8_t)block };
	return answer->len == sizeof(head) + block && !memcmp(answer->data, head, sizeof(head))
		       ? answer->data + sizeof(head)
		       : NULL;
}

static struct err *wrong_key(const struct piv *p, unsigned sw)
{
	struct err *e =
		err_new(ERR_PIN,
			N_("This is not the management key of the token %1. It was given to the "
			   "card once, and will not be tried again."),
			ARG_TEXT(p->token->label));
	e = err_call(e, "GENERAL AUTHENTICATE", "SW", sw);
	return err_tag(err_hint(e, N_("Ask whoever issued the card for its management key.")),
		       "management-key-wrong");
}

// The card shows that it has the key by encrypting our challenge; one that cannot is no card of ours.
static struct err *show(struct piv *p, uint8_t algorithm, const struct secret *key,
			const uint8_t *witness)
{
	AUTO_BUF struct buf answer = BUF(ANSWER_MAX);
	size_t n = block_len(algorithm);
	uint8_t plain[BLOCK_MAX], challenge[BLOCK_MAX], expected[BLOCK_MAX];
	uint8_t data[6 + 2 * BLOCK_MAX] = { 0x7c, (uint8_t)(2 * n + 4), 0x80, (uint8_t)n };
	unsigned sw = 0;
	TRY(one_block(algorithm, key, false, witness, plain));
	if (RAND_bytes(challenge, (int)n) != 1)
		return err_tag(err_new(ERR_FAILED, N_("This machine gave no random numbers.")),
			       "random");
	TRY(one_block(algorithm, key, true, challenge, expected));
	memcpy(data + 4, plain, n);
	data[4 + n] = 0x81;
	data[5 + n] = (uint8_t)n;
	memcpy(data + 6 + n, challenge, n);
	struct err *e =
		piv_send(p, AUTHENTICATE, algorithm, PIV_MANAGEMENT, data, 6 + 2 * n, &answer, &sw);
	wipe(plain, sizeof(plain));
	wipe(data, sizeof(data));
	if (e)
		return e;
	const uint8_t *response = sw == APDU_OK ? answered(&answer, 0x82, n) : NULL;
	return response && CRYPTO_memcmp(response, expected, n) == 0 ? NULL : wrong_key(p, sw);
}

struct err *piv_manage(struct piv *p, const struct secret *hex)
{
	static const uint8_t ask[] = { 0x7c, 0x02, 0x80, 0x00 };
	AUTO_BUF struct buf answer = BUF(ANSWER_MAX);
	AUTO(secret) struct secret *key = NULL;
	uint8_t algorithm = 0;
	unsigned sw = 0;
	TRY(piv_management_algorithm(p, &algorithm));
	TRY(key_bytes(p, algorithm, hex, &key));
	TRY(piv_send(p, AUTHENTICATE, algorithm, PIV_MANAGEMENT, ask, sizeof(ask), &answer, &sw));
	const uint8_t *witness =
		sw == APDU_OK ? answered(&answer, 0x80, block_len(algorithm)) : NULL;
	if (!witness)
		return piv_refused(p, "GENERAL AUTHENTICATE", sw);
	return show(p, algorithm, key, witness);
}

struct err *piv_set_management(struct piv *p, const struct secret *fresh)
{
	AUTO(secret) struct secret *key = NULL;
	uint8_t algorithm = 0, data[3 + KEY_MAX];
	unsigned sw = 0;
	TRY(piv_management_algorithm(p, &algorithm));
	TRY(key_bytes(p, algorithm, fresh, &key));
	data[0] = algorithm;
	data[1] = PIV_MANAGEMENT;
	data[2] = (uint8_t)secret_len(key);
	memcpy(data + 3, secret_bytes(key), secret_len(key));
	struct err *e =
		piv_send(p, SET_MANAGEMENT, 0xff, 0xff, data, 3 + secret_len(key), NULL, &sw);
	wipe(data, sizeof(data));
	if (e)
		return e;
	return sw == APDU_OK ? NULL : piv_refused(p, "SET MANAGEMENT KEY", sw);
}
