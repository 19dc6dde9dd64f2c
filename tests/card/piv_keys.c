// The slots: keys made, brought, moved, described.
#include "piv.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "piv_import.h"

static const uint8_t slots[PIV_SLOTS] = { SLOT_9A, SLOT_9C, SLOT_9D, SLOT_9E, 0x82, 0x83, 0x84,
					  0x85,	   0x86,    0x87,    0x88,    0x89, 0x8a, 0x8b,
					  0x8c,	   0x8d,    0x8e,    0x8f,    0x90, 0x91, 0x92,
					  0x93,	   0x94,    0x95,    SLOT_F9 };

static void key_drop(struct piv_key *k)
{
	EVP_PKEY_free(k->key);
	*k = (struct piv_key){ .slot = k->slot };
}

void keys_factory(struct piv *p)
{
	for (size_t i = 0; i < PIV_SLOTS; i++) {
		p->keys[i].slot = slots[i];
		if (slots[i] != SLOT_F9)
			key_drop(&p->keys[i]);
	}
}

void keys_free(struct piv *p)
{
	for (size_t i = 0; i < PIV_SLOTS; i++)
		key_drop(&p->keys[i]);
	EVP_PKEY_free(p->foreign_key);
	EVP_PKEY_free(p->impostor_key);
	X509_free(p->impostor);
}

struct piv_key *key_at(struct piv *p, unsigned slot)
{
	for (size_t i = 0; i < PIV_SLOTS; i++)
		if (p->keys[i].slot == slot)
			return &p->keys[i];
	return NULL;
}

unsigned alg_rsa_bits(enum alg alg)
{
	switch ((int)alg) {
	case ALG_RSA1024:
		return 1024;
	case ALG_RSA2048:
		return 2048;
	case ALG_RSA3072:
		return 3072;
	case ALG_RSA4096:
		return 4096;
	default:
		return 0;
	}
}

const char *alg_curve(enum alg alg)
{
	if (alg == ALG_P256)
		return "P-256";
	return alg == ALG_P384 ? "P-384" : NULL;
}

static bool card_has(const struct card *card, enum alg alg)
{
	if (alg == ALG_RSA3072 || alg == ALG_RSA4096)
		return card->firmware >= FIRMWARE(5, 7, 0);
	return alg_rsa_bits(alg) || alg_curve(alg);
}

EVP_PKEY *key_make(enum alg alg)
{
	unsigned bits = alg_rsa_bits(alg);
	if (bits)
		return must(EVP_RSA_gen(bits), "EVP_RSA_gen");
	return must(EVP_EC_gen(alg_curve(alg)), "EVP_EC_gen");
}

static enum pin_policy pin_default(unsigned slot)
{
	if (slot == SLOT_9C)
		return PIN_ALWAYS;
	return slot == SLOT_9E ? PIN_NEVER : PIN_ONCE;
}

void key_put(struct piv_key *k, EVP_PKEY *key, enum alg alg, enum origin origin)
{
	key_drop(k);
	k->key = key;
	k->alg = alg;
	k->origin = origin;
	k->pin = pin_default(k->slot);
	k->touch = TOUCH_NEVER;
}

// AA and AB among the parameters: a policy for the PIN and one for touch.
struct policies {
	enum pin_policy pin;
	enum touch_policy touch;
};
static bool policies_read(struct span in, struct policies *to)
{
	struct span v;
	*to = (struct policies){ PIN_DEFAULT, TOUCH_DEFAULT };
	if (tlv_find(in, 0xaa, &v)) {
		if (v.len != 1 || v.data[0] > PIN_ALWAYS)
			return false;
		to->pin = v.data[0];
	}
	if (tlv_find(in, 0xab, &v)) {
		if (v.len != 1 || v.data[0] > TOUCH_CACHED)
			return false;
		to->touch = v.data[0];
	}
	return true;
}

static void policies_set(struct piv_key *k, const struct policies *from)
{
	if (from->pin != PIN_DEFAULT)
		k->pin = from->pin;
	if (from->touch != TOUCH_DEFAULT)
		k->touch = from->touch;
}

static void put_number(struct bytes *out, unsigned tag, const EVP_PKEY *key, const char *param)
{
	BIGNUM *n = NULL;
	uint8_t raw[512];
	if (EVP_PKEY_get_bn_param(key, param, &n) != 1 || BN_num_bytes(n) > (int)sizeof(raw))
		die("a key", "has no number");
	bytes_tlv(out, tag, raw, (size_t)BN_bn2bin(n, raw));
	BN_free(n);
}

void key_public(EVP_PKEY *key, struct bytes *out)
{
	uint8_t *point = NULL;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
		put_number(out, 0x81, key, OSSL_PKEY_PARAM_RSA_N);
		put_number(out, 0x82, key, OSSL_PKEY_PARAM_RSA_E);
		return;
	}
	size_t n = EVP_PKEY_get1_encoded_public_key(key, &point);
	if (n == 0)
		die("a key", "has no point");
	bytes_tlv(out, 0x86, point, n);
	OPENSSL_free(point);
}

enum sw keys_generate(struct card *card, struct piv *p, const struct apdu *a, struct bytes *out)
{
	struct piv_key *k = key_at(p, a->p2);
	struct span template = a->data, all, v;
	struct policies policies;
	unsigned tag;
	if (a->p1 != 0)
		return SW_WRONG_P1P2;
	if (!k)
		return SW_WRONG_SLOT;
	if (!p->managed)
		return SW_SECURITY;
	if (!tlv_next(&template, &tag, &all) || tag != 0xac || template.len > 0)
		return SW_WRONG_DATA;
	if (!tlv_find(all, 0x80, &v) || v.len != 1 || !card_has(card, v.data[0]) ||
	    !policies_read(all, &policies))
		return SW_WRONG_DATA;
	key_put(k, key_make(v.data[0]), v.data[0], ORIGIN_GENERATED);
	policies_set(k, &policies);
	card_changed(card);
	struct bytes public = { 0 };
	key_public(k->key, &public);
	bytes_tlv(out, 0x7f49, public.data, public.len);
	bytes_free(&public);
	return SW_OK;
}

enum sw keys_import(struct card *card, struct piv *p, const struct apdu *a)
{
	struct piv_key *k = key_at(p, a->p2);
	struct policies policies;
	if (!k)
		return SW_WRONG_SLOT;
	if (!p->managed)
		return SW_SECURITY;
	if (!card_has(card, a->p1) || !policies_read(a->data, &policies))
		return SW_WRONG_DATA;
	EVP_PKEY *key = alg_curve(a->p1) ? import_ec(alg_curve(a->p1), a->data)
					 : import_rsa(alg_rsa_bits(a->p1), a->data);
	if (!key)
		return SW_WRONG_DATA;
	key_put(k, key, a->p1, ORIGIN_IMPORTED);
	policies_set(k, &policies);
	card_changed(card);
	return SW_OK;
}

// Firmware 5.7: from P2 to P1, which is to be empty, or to nowhere (FF).
enum sw keys_move(struct card *card, struct piv *p, const struct apdu *a)
{
	struct piv_key *from = key_at(p, a->p2), *to = key_at(p, a->p1);
	if (card->firmware < FIRMWARE(5, 7, 0))
		return SW_UNKNOWN_INS;
	if (!from || (!to && a->p1 != 0xff) || from == to || a->p1 == SLOT_F9)
		return SW_WRONG_SLOT;
	if (!p->managed)
		return SW_SECURITY;
	if (!from->key)
		return SW_NO_KEY;
	if (to && to->key)
		return SW_CONDITIONS;
	if (to) {
		uint8_t slot = to->slot;
		*to = *from;
		to->slot = slot;
		from->key = NULL;
	}
	key_drop(from);
	card_changed(card);
	return SW_OK;
}

static void metadata_secret(const struct piv *p, enum reference ref, struct bytes *out)
{
	const struct piv_secret *s = ref == REF_PIN ? &p->pin : &p->puk;
	const uint8_t tries[] = { (uint8_t)s->total, (uint8_t)s->tries };
	const uint8_t factory = pin_is_factory(p, ref), alg = 0xff;
	bytes_tlv(out, 0x01, &alg, 1);
	bytes_tlv(out, 0x05, &factory, 1);
	bytes_tlv(out, 0x06, tries, sizeof(tries));
}

static void metadata_management(const struct piv *p, struct bytes *out)
{
	const uint8_t alg = (uint8_t)p->management.alg, factory = management_is_factory(p);
	const uint8_t policy[] = { 0, (uint8_t)p->management.touch };
	bytes_tlv(out, 0x01, &alg, 1);
	bytes_tlv(out, 0x02, policy, sizeof(policy));
	bytes_tlv(out, 0x05, &factory, 1);
}

static void metadata_key(const struct piv_key *k, struct bytes *out)
{
	const uint8_t alg = (uint8_t)k->alg, origin = (uint8_t)k->origin;
	const uint8_t policy[] = { (uint8_t)k->pin, (uint8_t)k->touch };
	bytes_tlv(out, 0x01, &alg, 1);
	bytes_tlv(out, 0x02, policy, sizeof(policy));
	bytes_tlv(out, 0x03, &origin, 1);
	struct bytes public = { 0 };
	key_public(k->key, &public);
	bytes_tlv(out, 0x04, public.data, public.len);
	bytes_free(&public);
}

enum sw keys_metadata(struct card *card, struct piv *p, const struct apdu *a, struct bytes *out)
{
	if (card->firmware < FIRMWARE(5, 3, 0))
		return SW_UNKNOWN_INS;
	if (a->p1 != 0)
		return SW_WRONG_P1P2;
	if (a->p2 == REF_PIN || a->p2 == REF_PUK) {
		metadata_secret(p, a->p2, out);
		return SW_OK;
	}
	if (a->p2 == REF_MANAGEMENT) {
		metadata_management(p, out);
		return SW_OK;
	}
	const struct piv_key *k = key_at(p, a->p2);
	if (!k || !k->key)
		return SW_NO_KEY;
	metadata_key(k, out);
	return SW_OK;
}
