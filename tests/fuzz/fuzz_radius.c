// What a RADIUS server answers, or somebody in its place. The first byte says how the rest is taken: 1 signs it first as the server would,
// so that what is inside is read, too; 2 believes answers without Message-Authenticator.
#include "fuzz.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/text.h"
#include "otp/radius.h"

static const char secret_text_of_server[] = "xyzzy5461-0123456789";

enum { HEAD = 20 };

// The value of the first Message-Authenticator; 0: none, or it cannot be found.
static size_t signature_at(const uint8_t *p, size_t len)
{
	for (size_t at = HEAD; at + 2 <= len && p[at + 1] >= 2; at += p[at + 1])
		if (p[at] == 80 && p[at + 1] == 18 && at + 18 <= len)
			return at + 2;
	return 0;
}

static void sign(const struct radius_request *r, uint8_t *p, size_t len)
{
	size_t at = signature_at(p, len);
	unsigned n = 0;
	p[1] = r->bytes[1];
	p[2] = (uint8_t)(len >> 8);
	p[3] = (uint8_t)len;
	memcpy(p + 4, r->bytes + 4, 16);
	if (at) {
		uint8_t mac[EVP_MAX_MD_SIZE];
		memset(p + at, 0, 16);
		MUST_HOLD(HMAC(EVP_md5(), secret_text_of_server, sizeof(secret_text_of_server) - 1,
			       p, len, mac, &n));
		memcpy(p + at, mac, 16);
	}
	uint8_t whole[RADIUS_PACKET_MAX + sizeof(secret_text_of_server)];
	memcpy(whole, p, len);
	memcpy(whole + len, secret_text_of_server, sizeof(secret_text_of_server) - 1);
	MUST_HOLD(EVP_Digest(whole, len + sizeof(secret_text_of_server) - 1, p + 4, &n, EVP_md5(),
			     NULL) == 1);
}

static enum radius_flaw read_it(const struct radius_request *r, const struct secret *shared,
				bool unsigned_too, const uint8_t *p, size_t len,
				struct radius_answer *out)
{
	enum radius_flaw flaw = RADIUS_FLAWS;
	MUST_HOLD(fuzz_fine(radius_read(r, shared, unsigned_too, p, len, &flaw, out)));
	MUST_HOLD(flaw < RADIUS_FLAWS);
	return flaw;
}

static void check_good(const struct radius_answer *a, bool unsigned_too, const uint8_t *p,
		       size_t len)
{
	MUST_HOLD(a->code == RADIUS_ACCESS_ACCEPT || a->code == RADIUS_ACCESS_REJECT ||
		  a->code == RADIUS_ACCESS_CHALLENGE);
	MUST_HOLD(unsigned_too || signature_at(p, len));
	MUST_HOLD(a->words && text_is_utf8(a->words, strlen(a->words)));
	MUST_HOLD(strlen(a->words) <= OTP_WORDS_MAX + 3);
	MUST_HOLD(a->state.len <= RADIUS_VALUE_MAX && (a->state.there || a->state.len == 0));
	MUST_HOLD(a->code == RADIUS_ACCESS_CHALLENGE || (!a->state.there && !a->shown));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct secret *shared;
	struct radius_request r = { .bytes = { RADIUS_ACCESS_REQUEST, 42, 0, HEAD, 1, 2, 3, 4 },
				    .len = HEAD };
	uint8_t p[RADIUS_PACKET_MAX] = { 0 };
	if (!shared)
		MUST_HOLD(fuzz_fine(secret_from(secret_text_of_server,
						sizeof(secret_text_of_server) - 1, &shared)));
	if (size < 1 || size - 1 > sizeof(p))
		return 0;
	size_t len = size - 1;
	bool unsigned_too = data[0] & 2;
	memcpy(p, data + 1, len);
	if ((data[0] & 1) && len >= HEAD)
		sign(&r, p, len);
	AUTO_RADIUS_ANSWER struct radius_answer a = { 0 };
	if (read_it(&r, shared, unsigned_too, p, len, &a) != RADIUS_GOOD)
		return 0;
	check_good(&a, unsigned_too, p, len);
	// Nothing of it can be another and still be believed.
	if (!(data[0] & 1))
		return 0;
	size_t at = ((size_t)data[0] >> 2) * 61 % len;
	p[at] ^= 0x10;
	AUTO_RADIUS_ANSWER struct radius_answer changed = { 0 };
	MUST_HOLD(read_it(&r, shared, unsigned_too, p, len, &changed) != RADIUS_GOOD);
	return 0;
}
