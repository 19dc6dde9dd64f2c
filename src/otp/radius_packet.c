// RADIUS packets: MD5 and HMAC-MD5 are what the protocol has; the Message-Authenticator is what makes them bearable.
#include "otp/radius.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/buf.h"
#include "base/text.h"

enum {
	USER_NAME = 1,
	USER_PASSWORD = 2,
	REPLY_MESSAGE = 18,
	STATE = 24,
	NAS_IDENTIFIER = 32,
	PROMPT = 76,
	MESSAGE_AUTHENTICATOR = 80,
};
enum { MD5 = 16, HEAD = RADIUS_PACKET_MIN, AT_ID = 1, AT_LENGTH = 2, AT_VECTOR = 4 };

static struct err *crypto_failed(const char *call)
{
	struct err *e = err_new(ERR_FAILED, N_("OpenSSL does not compute what RADIUS needs."));
	return err_call(err_hint(e, N_("RADIUS needs MD5, which FIPS mode does not allow: use a "
				       "server of another kind, or another mode.")),
			call, "error", 0);
}

void radius_request_wipe(struct radius_request *r)
{
	wipe(r, sizeof(*r));
}

void radius_answer_clear(struct radius_answer *a)
{
	free(a->words);
	wipe(a, sizeof(*a));
}

// MD5 over one or two pieces and the shared secret, in the order that is given.
struct piece {
	const void *bytes;
	size_t len;
};
static struct err *md5_of(const struct piece *pieces, size_t n, uint8_t out[static MD5])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool fine = c && EVP_DigestInit_ex(c, EVP_md5(), NULL) == 1;
	for (size_t i = 0; fine && i < n; i++)
		fine = EVP_DigestUpdate(c, pieces[i].bytes, pieces[i].len) == 1;
	fine = fine && EVP_DigestFinal_ex(c, out, NULL) == 1;
	EVP_MD_CTX_free(c);
	return fine ? NULL : crypto_failed("EVP_DigestInit_ex");
}

static struct err *hmac_of(const struct secret *shared, const uint8_t *packet, size_t len,
			   uint8_t out[static MD5])
{
	unsigned n = 0;
	if (!HMAC(EVP_md5(), secret_bytes(shared), (int)secret_len(shared), packet, len, out, &n))
		return crypto_failed("HMAC");
	return NULL;
}

static void put(struct radius_request *r, uint8_t type, const void *bytes, size_t len)
{
	r->bytes[r->len++] = type;
	r->bytes[r->len++] = (uint8_t)(len + 2);
	memcpy(r->bytes + r->len, bytes, len);
	r->len += len;
}

// RFC 2865 §5.2: padded with zeros to whole blocks, each hidden by MD5 over the secret and what went before.
static struct err *put_password(struct radius_request *r, const struct radius_question *q)
{
	uint8_t hidden[OTP_VALUE_MAX] = { 0 }, mask[MD5];
	size_t len = secret_len(q->value), blocks = len == 0 ? 1 : (len + MD5 - 1) / MD5;
	struct piece before = { r->bytes + AT_VECTOR, RADIUS_VECTOR };
	struct err *e = NULL;
	memcpy(hidden, secret_bytes(q->value), len);
	for (size_t i = 0; !e && i < blocks; i++) {
		uint8_t *block = hidden + i * MD5;
		e = md5_of((struct piece[]){ { secret_bytes(q->shared), secret_len(q->shared) },
					     before },
			   2, mask);
		for (size_t k = 0; k < MD5; k++)
			block[k] ^= mask[k];
		before = (struct piece){ block, MD5 };
	}
	if (!e)
		put(r, USER_PASSWORD, hidden, blocks * MD5);
	wipe(hidden, sizeof(hidden));
	wipe(mask, sizeof(mask));
	return e;
}

static void put_length(struct radius_request *r)
{
	r->bytes[AT_LENGTH] = (uint8_t)(r->len >> 8);
	r->bytes[AT_LENGTH + 1] = (uint8_t)r->len;
}

struct err *radius_request(const struct radius_question *q, struct radius_request *out)
{
	static const uint8_t zeros[MD5];
	__attribute__((cleanup(radius_request_cleanup))) struct radius_request r = { .len = HEAD };
	if (RAND_bytes(r.bytes + AT_ID, 1) != 1 ||
	    RAND_bytes(r.bytes + AT_VECTOR, RADIUS_VECTOR) != 1)
		return crypto_failed("RAND_bytes");
	r.bytes[0] = RADIUS_ACCESS_REQUEST;
	put(&r, MESSAGE_AUTHENTICATOR, zeros,
	    sizeof(zeros)); // first: nothing that is chosen by others stands before it
	put(&r, USER_NAME, q->user, strlen(q->user));
	TRY(put_password(&r, q));
	put(&r, NAS_IDENTIFIER, q->nas, strlen(q->nas));
	if (q->state && q->state->there)
		put(&r, STATE, q->state->bytes, q->state->len);
	put_length(&r);
	uint8_t mac[MD5];
	TRY(hmac_of(q->shared, r.bytes, r.len, mac));
	memcpy(r.bytes + HEAD + 2, mac, sizeof(mac));
	*out = r;
	return NULL;
}

// What an answer holds, found before anything of it is believed.
struct found {
	size_t authenticator; // where its value stands; 0: nowhere
	size_t state, prompt; // the same
	size_t words;	      // how many bytes of Reply-Message there are
};

// False: it is not well made.
static bool look_through(const uint8_t *bytes, size_t len, struct found *f)
{
	for (size_t at = HEAD; at < len;) {
		size_t size = at + 1 < len ? bytes[at + 1] : 0;
		if (size < 2 || size > len - at)
			return false;
		size_t *once = NULL;
		if (bytes[at] == MESSAGE_AUTHENTICATOR) {
			once = &f->authenticator;
			if (size != MD5 + 2)
				return false;
		} else if (bytes[at] == STATE) {
			once = &f->state;
		} else if (bytes[at] == PROMPT) {
			once = &f->prompt;
			if (size != 4 + 2)
				return false;
		} else if (bytes[at] == REPLY_MESSAGE) {
			f->words += size - 2;
		}
		if (once && *once)
			return false;
		if (once)
			*once = at + 2;
		at += size;
	}
	return true;
}

// RFC 2865 §3: MD5 over the answer with the request's authenticator in the place of its own, and the secret.
static struct err *check_response(const struct radius_request *r, const struct secret *shared,
				  const uint8_t *bytes, size_t len, bool *good)
{
	uint8_t wanted[MD5];
	const struct piece pieces[] = { { bytes, AT_VECTOR },
					{ r->bytes + AT_VECTOR, RADIUS_VECTOR },
					{ bytes + HEAD, len - HEAD },
					{ secret_bytes(shared), secret_len(shared) } };
	TRY(md5_of(pieces, ARRAY_LEN(pieces), wanted));
	*good = CRYPTO_memcmp(wanted, bytes + AT_VECTOR, MD5) == 0;
	return NULL;
}

// RFC 3579 §3.2: HMAC-MD5 over the answer with the request's authenticator in it, and zeros where it stands itself.
static struct err *check_authenticator(const struct radius_request *r, const struct secret *shared,
				       const uint8_t *bytes, size_t len, size_t at, bool *good)
{
	uint8_t copy[RADIUS_PACKET_MAX], mac[MD5];
	memcpy(copy, bytes, len);
	memcpy(copy + AT_VECTOR, r->bytes + AT_VECTOR, RADIUS_VECTOR);
	memset(copy + at, 0, MD5);
	TRY(hmac_of(shared, copy, len, mac));
	*good = CRYPTO_memcmp(mac, bytes + at, MD5) == 0;
	return NULL;
}

static struct err *judge(const struct radius_request *r, const struct secret *shared,
			 bool unsigned_too, const uint8_t *bytes, size_t len, const struct found *f,
			 enum radius_flaw *flaw)
{
	bool good = false;
	*flaw = RADIUS_FORGED;
	TRY(check_response(r, shared, bytes, len, &good));
	if (!good)
		return NULL;
	if (f->authenticator) {
		TRY(check_authenticator(r, shared, bytes, len, f->authenticator, &good));
		if (!good)
			return NULL;
	} else if (!unsigned_too) {
		*flaw = RADIUS_UNSIGNED;
		return NULL;
	}
	bool known = bytes[0] == RADIUS_ACCESS_ACCEPT || bytes[0] == RADIUS_ACCESS_REJECT ||
		     bytes[0] == RADIUS_ACCESS_CHALLENGE;
	*flaw = known ? RADIUS_GOOD : RADIUS_STRANGE;
	return NULL;
}

// Several Reply-Messages are one text (RFC 2865 §5.18). Lines may end with CR LF.
static struct err *take_words(const uint8_t *bytes, size_t len, size_t n, char **out)
{
	AUTO_BUF struct buf all = BUF(RADIUS_PACKET_MAX);
	for (size_t at = HEAD; n > 0 && at < len; at += bytes[at + 1])
		for (size_t i = 2; bytes[at] == REPLY_MESSAGE && i < bytes[at + 1]; i++)
			if (bytes[at + i] != '\r')
				TRY(buf_put(&all, bytes + at + i, 1));
	*out = text_safe_lines(all.data ? (const char *)all.data : "", all.len, OTP_WORDS_MAX);
	return *out ? NULL : err_no_memory();
}

static struct err *take(const uint8_t *bytes, size_t len, const struct found *f,
			struct radius_answer *out)
{
	AUTO_RADIUS_ANSWER struct radius_answer a = { .code = (enum radius_code)bytes[0] };
	TRY(take_words(bytes, len, f->words, &a.words));
	if (f->state && a.code == RADIUS_ACCESS_CHALLENGE) {
		a.state.there = true;
		a.state.len = (uint8_t)(bytes[f->state - 1] - 2);
		memcpy(a.state.bytes, bytes + f->state, a.state.len);
	}
	// A number of four bytes: 0 No-Echo, 1 Echo.
	a.shown = f->prompt && a.code == RADIUS_ACCESS_CHALLENGE &&
		  memcmp(bytes + f->prompt, "\0\0\0\1", 4) == 0;
	*out = a;
	a.words = NULL;
	return NULL;
}

struct err *radius_read(const struct radius_request *r, const struct secret *shared,
			bool unsigned_too, const uint8_t *bytes, size_t len, enum radius_flaw *flaw,
			struct radius_answer *out)
{
	struct found f = { 0 };
	*flaw = RADIUS_DAMAGED;
	if (len < HEAD)
		return NULL;
	// What stands behind the packet's own length is padding.
	size_t said = (size_t)bytes[AT_LENGTH] << 8 | bytes[AT_LENGTH + 1];
	if (said < HEAD || said > RADIUS_PACKET_MAX || said > len)
		return NULL;
	if (bytes[AT_ID] != r->bytes[AT_ID]) {
		*flaw = RADIUS_LATE;
		return NULL;
	}
	if (!look_through(bytes, said, &f))
		return NULL;
	TRY(judge(r, shared, unsigned_too, bytes, said, &f, flaw));
	return *flaw == RADIUS_GOOD ? take(bytes, said, &f, out) : NULL;
}
