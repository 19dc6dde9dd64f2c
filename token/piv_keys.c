// The keys in the slots of a PIV card: which one is there, deleted, moved with its certificate (Yubico, firmware 5.7).
//
// MOVE KEY takes the slot that a key comes from in P2 and the one that it goes to in P1, FF for nowhere; where it goes must be empty (Yubico,
// MoveKeyCommand). In the same transaction the card is asked first which key it is: what another program put there meanwhile is left alone.
#include "token/piv.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/text.h"
#include "x509/request.h"

enum {
	GET_METADATA = 0xf7,
	MOVE_KEY = 0xf6,
	NOWHERE = 0xff,
	GET_DATA = 0xcb,
	PUT_DATA = 0xdb,
	OBJECT_MAX = 4096,
	METADATA_MAX = 4096,
	SPKI_MAX = 8192,
	TAG_PUBLIC = 0x04,
	TAG_MODULUS = 0x81,
	TAG_EXPONENT = 0x82,
	SW_NO_KEY = 0x6a88,
	SW_NOT_FOUND = 0x6a82,
	FIRST_RETIRED = 0x82,
	LAST_RETIRED = 0x95,
};

// --- which key

struct part {
	const uint8_t *data;
	size_t len;
};

// The value of the first such tag of one byte among TLVs; of no length where there is none, or where they are cut off.
static struct part find_tag(struct part in, uint8_t tag)
{
	size_t at = 0;
	while (at + 2 <= in.len) {
		uint8_t here = in.data[at++];
		size_t len = in.data[at++], more = len > 0x80 ? len & 0x7f : 0;
		if (len == 0x80 || more > 2 || more > in.len - at)
			break;
		for (size_t i = 0; more; i++) {
			len = i ? len << 8 | in.data[at] : in.data[at];
			at++;
			more--;
		}
		if (len > in.len - at)
			break;
		if (here == tag)
			return (struct part){ in.data + at, len };
		at += len;
	}
	return (struct part){ 0 };
}

static struct err *hash_key(struct part numbers, char out[static 65])
{
	struct part modulus = find_tag(numbers, TAG_MODULUS);
	struct part exponent = find_tag(numbers, TAG_EXPONENT);
	const struct rsa_public key = { .modulus = modulus.data,
					.modulus_len = modulus.len,
					.exponent = exponent.data,
					.exponent_len = exponent.len };
	AUTO_BUF struct buf spki = BUF(SPKI_MAX);
	uint8_t hash[32];
	out[0] = '\0';
	if (!modulus.len || !exponent.len)
		return NULL;
	TRY(rsa_public_der(&key, &spki));
	if (EVP_Digest(spki.data, spki.len, hash, NULL, EVP_sha256(), NULL) != 1)
		return err_no_memory();
	AUTO_TEXT char *hex = text_hex(hash, sizeof(hash), 0);
	if (!hex)
		return err_no_memory();
	memcpy(out, hex, 65);
	return NULL;
}

// SHA-256 of the SubjectPublicKeyInfo; "" for a key that is not RSA.
static struct err *look(struct piv *p, uint8_t slot, bool *there, char sha256[static 65])
{
	AUTO_BUF struct buf answer = BUF(METADATA_MAX);
	unsigned sw = 0;
	TRY(piv_send(p, GET_METADATA, 0, slot, NULL, 0, &answer, &sw));
	if (sw != APDU_OK && sw != SW_NO_KEY)
		return piv_refused(p, "GET METADATA", sw);
	*there = sw == APDU_OK;
	sha256[0] = '\0';
	return *there ? hash_key(find_tag((struct part){ answer.data, answer.len }, TAG_PUBLIC),
				 sha256)
		      : NULL;
}

static bool is_meant(const struct card_key *k, const char *sha256)
{
	return !k->public_sha256 || !strcmp(k->public_sha256, sha256);
}

static struct err *move(struct piv *p, uint8_t from, uint8_t to)
{
	unsigned sw = 0;
	TRY(piv_send(p, MOVE_KEY, to, from, NULL, 0, NULL, &sw));
	return sw == APDU_OK ? NULL : piv_refused(p, "MOVE KEY", sw);
}

struct err *piv_has_key(struct piv *p, const struct card_key *k, bool *yes)
{
	char sha256[65];
	bool there = false;
	TRY(look(p, k->slot, &there, sha256));
	*yes = there && is_meant(k, sha256);
	return NULL;
}

// --- deleted

struct err *piv_delete_key(struct piv *p, const struct card_key *k, bool *gone)
{
	char sha256[65];
	bool there = false;
	TRY(look(p, k->slot, &there, sha256));
	if (there && !is_meant(k, sha256)) {
		*gone = false;
		return NULL;
	}
	if (there) {
		TRY(move(p, k->slot, NOWHERE));
		// The card's word that it is done is not enough.
		TRY(look(p, k->slot, &there, sha256));
		if (there)
			return piv_refused(p, "MOVE KEY", APDU_OK);
	}
	*gone = true;
	return NULL;
}

// --- moved

// The object that holds the certificate of a slot (SP 800-73-4 part 1, table 3; 82 to 95: retired keys 1 to 20).
static bool object_of(uint8_t slot, uint8_t id[static 3])
{
	static const struct {
		uint8_t slot, last;
	} fixed[] = { { 0x9a, 0x05 }, { 0x9c, 0x0a }, { 0x9d, 0x0b }, { 0x9e, 0x01 } };
	id[0] = 0x5f;
	id[1] = 0xc1;
	id[2] = slot >= FIRST_RETIRED && slot <= LAST_RETIRED
			? (uint8_t)(0x0d + slot - FIRST_RETIRED)
			: 0;
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		if (fixed[i].slot == slot)
			id[2] = fixed[i].last;
	return id[2] != 0;
}

// The whole object, 53 and its length included; empty where there is none.
static struct err *read_object(struct piv *p, const uint8_t id[static 3], struct buf *out)
{
	const uint8_t data[] = { 0x5c, 0x03, id[0], id[1], id[2] };
	unsigned sw = 0;
	TRY(piv_send(p, GET_DATA, 0x3f, 0xff, data, sizeof(data), out, &sw));
	if (sw == SW_NOT_FOUND || (sw == APDU_OK && out->len <= 2))
		buf_reset(out);
	else if (sw != APDU_OK)
		return piv_refused(p, "GET DATA", sw);
	return NULL;
}

static struct err *write_object(struct piv *p, const uint8_t id[static 3], const void *whole,
				size_t len)
{
	AUTO_BUF struct buf data = BUF(OBJECT_MAX + 8);
	const uint8_t head[] = { 0x5c, 0x03, id[0], id[1], id[2] };
	unsigned sw = 0;
	TRY(buf_put(&data, head, sizeof(head)));
	TRY(buf_put(&data, whole, len));
	TRY(piv_send(p, PUT_DATA, 0x3f, 0xff, data.data, data.len, NULL, &sw));
	return sw == APDU_OK ? NULL : piv_refused(p, "PUT DATA", sw);
}

// Whether the place is free: no key, and no certificate but a copy of this one, which a move that was cut off left.
static struct err *is_free(struct piv *p, uint8_t to, const uint8_t id[static 3],
			   const struct buf *certificate, bool *yes)
{
	AUTO_BUF struct buf there = BUF(OBJECT_MAX);
	char sha256[65];
	bool key = false;
	TRY(look(p, to, &key, sha256));
	TRY(read_object(p, id, &there));
	*yes = !key && (!there.len || (there.len == certificate->len &&
				       !memcmp(there.data, certificate->data, there.len)));
	return NULL;
}

// Whole at every moment: the certificate is copied first, so that the key has it in the one place until it has it in the other.
struct err *piv_move_key(struct piv *p, const struct card_key *k, uint8_t to, bool *moved)
{
	static const uint8_t nothing[] = { 0x53, 0x00 };
	AUTO_BUF struct buf certificate = BUF(OBJECT_MAX);
	uint8_t from_id[3], to_id[3];
	char sha256[65];
	bool there = false, empty = false;
	*moved = false;
	if (!object_of(k->slot, from_id) || !object_of(to, to_id) || k->slot == to)
		return NULL;
	TRY(look(p, k->slot, &there, sha256));
	if (!there || !is_meant(k, sha256))
		return NULL;
	TRY(read_object(p, from_id, &certificate));
	TRY(is_free(p, to, to_id, &certificate, &empty));
	if (!empty || !certificate.len)
		return NULL;
	TRY(write_object(p, to_id, certificate.data, certificate.len));
	TRY(move(p, k->slot, to));
	TRY(look(p, to, &there, sha256));
	if (!there || !is_meant(k, sha256))
		return piv_refused(p, "MOVE KEY", APDU_OK);
	*moved = true;
	return write_object(p, from_id, nothing, sizeof(nothing));
}
