// EMSA-PKCS1-v1_5 and EMSA-PSS (RFC 8017 §9).
#include "x509/signing.h"

#include <string.h>

#include <openssl/rand.h>

#include "x509/ossl.h"

enum { PREFIX_LEN = 19, BLOCK_MAX = 2048 };

// RFC 8017 §9.2 note 1: the three differ in the last byte of the OID and in the lengths.
static const struct hash {
	const char *name;
	uint8_t len;
	uint8_t oid; // its last byte
} hashes[] = {
	[SIGNING_SHA256] = { "SHA256", 32, 0x01 },
	[SIGNING_SHA384] = { "SHA384", 48, 0x02 },
	[SIGNING_SHA512] = { "SHA512", 64, 0x03 },
};

size_t signing_hash_len(enum signing_hash hash)
{
	return hashes[hash].len;
}

const char *signing_hash_name(enum signing_hash hash)
{
	return hashes[hash].name;
}

static const EVP_MD *digest_of(enum signing_hash hash)
{
	return EVP_get_digestbyname(hashes[hash].name);
}

struct err *signing_hash_named(const char *name, enum signing_hash *out)
{
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
		const EVP_MD *md = digest_of((enum signing_hash)i);
		if (md && EVP_MD_is_a(md, name)) {
			*out = (enum signing_hash)i;
			return NULL;
		}
	}
	return err_tag(
		err_new(ERR_FAILED, N_("The token is not asked to sign with %1."), ARG_TEXT(name)),
		"hash-unknown");
}

struct err *signing_digest(const struct signing_terms *t, uint8_t out[static SIGNING_DIGEST_MAX])
{
	size_t len = hashes[t->hash].len;
	unsigned made = 0;
	if (t->hashed) {
		if (t->len != len)
			return err_new(ERR_FAILED, N_("A digest of %1 bytes is none of %2."),
				       ARG_NUM((int64_t)t->len), ARG_TEXT(hashes[t->hash].name));
		memcpy(out, t->data, len);
		return NULL;
	}
	if (!EVP_Digest(t->data, t->len, out, &made, digest_of(t->hash), NULL) || made != len)
		return ossl_failed("EVP_Digest");
	return NULL;
}

struct err *signing_digest_info(const struct signing_terms *t, struct buf *out)
{
	const struct hash *h = &hashes[t->hash];
	const uint8_t prefix[PREFIX_LEN] = { 0x30,   (uint8_t)(h->len + 17),
					     0x30,   0x0d,
					     0x06,   0x09,
					     0x60,   0x86,
					     0x48,   0x01,
					     0x65,   0x03,
					     0x04,   0x02,
					     h->oid, 0x05,
					     0x00,   0x04,
					     h->len };
	uint8_t digest[SIGNING_DIGEST_MAX];
	TRY(signing_digest(t, digest));
	TRY(buf_put(out, prefix, sizeof(prefix)));
	return buf_put(out, digest, h->len);
}

static struct err *too_short(unsigned bits)
{
	return err_tag(err_new(ERR_FAILED, N_("A key of %1 bits is too short for this signature."),
			       ARG_NUM(bits)),
		       "key-too-short");
}

static struct err *pkcs1_block(const struct signing_terms *t, size_t len, uint8_t *block)
{
	AUTO_BUF struct buf info = BUF(SIGNING_INFO_MAX);
	TRY(signing_digest_info(t, &info));
	if (len < info.len + 11)
		return too_short((unsigned)(len * 8));
	memset(block, 0xff, len);
	block[0] = 0;
	block[1] = 1;
	block[len - info.len - 1] = 0;
	memcpy(block + len - info.len, info.data, info.len);
	return NULL;
}

// MGF1 (RFC 8017 §B.2.1), laid over what is there.
static struct err *mask(const EVP_MD *md, const uint8_t *seed, size_t seed_len, uint8_t *over,
			size_t len)
{
	AUTO(digest) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t out[EVP_MAX_MD_SIZE];
	size_t step = (size_t)EVP_MD_get_size(md);
	for (size_t at = 0; at < len; at += step) {
		uint32_t n = (uint32_t)(at / step);
		const uint8_t counter[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16),
					     (uint8_t)(n >> 8), (uint8_t)n };
		if (!ctx || !EVP_DigestInit_ex(ctx, md, NULL) ||
		    !EVP_DigestUpdate(ctx, seed, seed_len) ||
		    !EVP_DigestUpdate(ctx, counter, sizeof(counter)) ||
		    !EVP_DigestFinal_ex(ctx, out, NULL))
			return ossl_failed("EVP_Digest");
		for (size_t i = 0; i < step && at + i < len; i++)
			over[at + i] ^= out[i];
	}
	return NULL;
}

// H = Hash(0x00 * 8 || mHash || salt).
static struct err *pss_hash(const struct signing_terms *t, const uint8_t *salt, uint8_t *out)
{
	static const uint8_t zeros[8];
	uint8_t digest[SIGNING_DIGEST_MAX];
	AUTO(digest) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	TRY(signing_digest(t, digest));
	if (!ctx || !EVP_DigestInit_ex(ctx, digest_of(t->hash), NULL) ||
	    !EVP_DigestUpdate(ctx, zeros, sizeof(zeros)) ||
	    !EVP_DigestUpdate(ctx, digest, hashes[t->hash].len) ||
	    !EVP_DigestUpdate(ctx, salt, t->salt_len) || !EVP_DigestFinal_ex(ctx, out, NULL))
		return ossl_failed("EVP_Digest");
	return NULL;
}

// EM of emBits = bits - 1, at the end of a block as long as the modulus.
static struct err *pss_block(const struct signing_terms *t, unsigned bits, size_t len,
			     uint8_t *block)
{
	size_t hash_len = hashes[t->hash].len;
	size_t em_len = (bits + 6) / 8;
	uint8_t salt[SIGNING_DIGEST_MAX];
	if (t->salt_len > sizeof(salt) || em_len < hash_len + t->salt_len + 2)
		return too_short(bits);
	if (t->salt_len && RAND_bytes(salt, (int)t->salt_len) != 1)
		return ossl_failed("RAND_bytes");
	memset(block, 0, len);
	uint8_t *em = block + len - em_len;
	size_t db_len = em_len - hash_len - 1;
	TRY(pss_hash(t, salt, em + db_len));
	em[db_len - t->salt_len - 1] = 0x01;
	memcpy(em + db_len - t->salt_len, salt, t->salt_len);
	TRY(mask(digest_of(t->hash), em + db_len, hash_len, em, db_len));
	em[0] &= (uint8_t)(0xff >> (8 * em_len - (bits - 1)));
	em[em_len - 1] = 0xbc;
	return NULL;
}

struct err *signing_block(const struct signing_terms *t, unsigned bits, struct buf *out)
{
	uint8_t block[BLOCK_MAX];
	size_t len = (bits + 7) / 8;
	if (len > sizeof(block) || bits < 512)
		return too_short(bits);
	TRY(t->pss ? pss_block(t, bits, len, block) : pkcs1_block(t, len, block));
	return buf_put(out, block, len);
}
