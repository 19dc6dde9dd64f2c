// The management key (reference 9B): shown by challenge and response (SP 800-73-4 part 2, 3.2.4 and A.1), and set.
#include "piv.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

static const uint8_t at_birth[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8,
				      1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8 };

void management_factory(const struct card *card, struct piv *p)
{
	p->management = (struct piv_management){ .alg = ALG_3DES, .touch = TOUCH_NEVER };
	if (card->firmware >= FIRMWARE(5, 7, 0))
		p->management.alg = ALG_AES192;
	if (card->management)
		p->management.alg = card->management;
	memcpy(p->management.key, at_birth, sizeof(at_birth));
	p->managed = false;
}

bool management_read(const char *text, unsigned *alg)
{
	static const struct {
		const char *name;
		enum alg alg;
	} all[] = { { "3DES", ALG_3DES },
		    { "AES128", ALG_AES128 },
		    { "AES192", ALG_AES192 },
		    { "AES256", ALG_AES256 } };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(text, all[i].name)) {
			*alg = all[i].alg;
			return true;
		}
	return false;
}

bool management_is_factory(const struct piv *p)
{
	return management_key_len(p->management.alg) == 24 &&
	       memcmp(p->management.key, at_birth, 24) == 0;
}

size_t management_key_len(enum alg alg)
{
	switch ((int)alg) {
	case ALG_3DES:
	case ALG_AES192:
		return 24;
	case ALG_AES128:
		return 16;
	case ALG_AES256:
		return 32;
	default:
		return 0;
	}
}

static const EVP_CIPHER *cipher_of(enum alg alg)
{
	switch ((int)alg) {
	case ALG_AES128:
		return EVP_aes_128_ecb();
	case ALG_AES192:
		return EVP_aes_192_ecb();
	case ALG_AES256:
		return EVP_aes_256_ecb();
	default:
		return EVP_des_ede3_ecb();
	}
}

static size_t block_len(enum alg alg)
{
	return alg == ALG_3DES ? 8 : 16;
}

static void block(const struct piv_management *m, bool encrypt, const uint8_t *in, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = must(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new");
	int n = 0;
	if (EVP_CipherInit_ex(ctx, cipher_of(m->alg), NULL, m->key, NULL, encrypt) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
	    EVP_CipherUpdate(ctx, out, &n, in, (int)block_len(m->alg)) != 1)
		die("the management key", "does not work");
	EVP_CIPHER_CTX_free(ctx);
}

// The card asks: with a witness that only the key's owner can decrypt, or with a challenge to be encrypted.
static enum sw ask(struct piv *p, bool witness, struct bytes *out)
{
	uint8_t sent[16];
	p->challenge_len = block_len(p->management.alg);
	p->witness = witness;
	p->managed = false;
	if (RAND_bytes(p->challenge, (int)p->challenge_len) != 1)
		die("RAND_bytes", "failed");
	memcpy(sent, p->challenge, sizeof(sent));
	if (witness)
		block(&p->management, true, p->challenge, sent);
	bytes_authenticate(out, witness ? 0x80 : 0x81, sent, p->challenge_len);
	return SW_OK;
}

// What came must be what is expected; a question is asked once.
static bool judge(struct card *card, struct piv *p, struct span given, const uint8_t *expected)
{
	size_t n = p->challenge_len;
	card->counts.management++;
	p->managed = n > 0 && given.len == n && CRYPTO_memcmp(given.data, expected, n) == 0;
	p->challenge_len = 0;
	if (!p->managed)
		card->counts.management_failed++;
	return p->managed;
}

// Mutual: the witness decrypted, and the other side's challenge to be encrypted.
static enum sw answer_mutual(struct card *card, struct piv *p, struct span shown,
			     struct span challenge, struct bytes *out)
{
	uint8_t encrypted[16];
	if (p->challenge_len > 0 && !p->witness)
		return SW_WRONG_DATA;
	if (challenge.len != block_len(p->management.alg))
		return SW_WRONG_DATA;
	if (!judge(card, p, shown, p->challenge))
		return SW_SECURITY;
	block(&p->management, true, challenge.data, encrypted);
	bytes_authenticate(out, 0x82, encrypted, challenge.len);
	return SW_OK;
}

// External: the card's challenge encrypted.
static enum sw answer_external(struct card *card, struct piv *p, struct span response)
{
	uint8_t expected[16];
	if (p->challenge_len > 0 && p->witness)
		return SW_WRONG_DATA;
	block(&p->management, true, p->challenge, expected);
	return judge(card, p, response, expected) ? SW_OK : SW_SECURITY;
}

enum sw management_authenticate(struct card *card, struct piv *p, const struct apdu *a,
				struct bytes *out)
{
	struct span template = a->data, all, witness, challenge, response;
	unsigned tag;
	if (a->p1 != p->management.alg)
		return SW_WRONG_P1P2;
	if (!tlv_next(&template, &tag, &all) || tag != 0x7c || template.len > 0)
		return SW_WRONG_DATA;
	bool has_witness = tlv_find(all, 0x80, &witness);
	bool has_challenge = tlv_find(all, 0x81, &challenge);
	if (tlv_find(all, 0x82, &response) && response.len > 0)
		return answer_external(card, p, response);
	if (has_witness && witness.len == 0)
		return ask(p, true, out);
	if (has_witness && has_challenge)
		return answer_mutual(card, p, witness, challenge, out);
	if (has_challenge && challenge.len == 0)
		return ask(p, false, out);
	return SW_WRONG_DATA;
}

static bool card_has(const struct card *card, enum alg alg)
{
	return alg == ALG_3DES ||
	       (management_key_len(alg) > 0 && card->firmware >= FIRMWARE(5, 4, 2));
}

// Yubico's SET MANAGEMENT KEY: algorithm, 9B, length, key; P2 FE asks for a touch at every use.
enum sw management_set(struct card *card, struct piv *p, const struct apdu *a)
{
	if (a->p1 != 0xff || (a->p2 != 0xff && a->p2 != 0xfe))
		return SW_WRONG_P1P2;
	if (!p->managed)
		return SW_SECURITY;
	if (a->data.len < 3)
		return SW_WRONG_LENGTH;
	enum alg alg = a->data.data[0];
	size_t n = a->data.data[2];
	if (!card_has(card, alg) || a->data.data[1] != REF_MANAGEMENT)
		return SW_WRONG_DATA;
	if (n != management_key_len(alg) || a->data.len != 3 + n)
		return SW_WRONG_LENGTH;
	p->management =
		(struct piv_management){ .alg = alg,
					 .touch = a->p2 == 0xfe ? TOUCH_ALWAYS : TOUCH_NEVER };
	memcpy(p->management.key, a->data.data + 3, n);
	card_changed(card);
	return SW_OK;
}
