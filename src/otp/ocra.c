// Answers of OCRA-1 (RFC 6287 §5): what the suite names is laid out, MACed and truncated.
#include "otp/ocra.h"

#include <ctype.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

enum { QUESTION = 128, COUNTER = 8, TIME = 8 };
enum {
	MESSAGE_MAX =
		OCRA_SUITE_MAX + 1 + COUNTER + QUESTION + EVP_MAX_MD_SIZE + OCRA_SESSION_MAX + TIME
};

static const EVP_MD *md_of(enum seed_hash hash)
{
	switch (hash) {
	case SEED_SHA256:
		return EVP_sha256();
	case SEED_SHA512:
		return EVP_sha512();
	case SEED_SHA1:
		break;
	}
	return EVP_sha1();
}

static struct err *wrong(struct msg *what)
{
	return err_tag(
		err_hint(err_make(ERR_ANSWER, what),
			 N_("Nothing was judged. Give exactly what the token's suite wants.")),
		"ocra-input");
}

static struct err *crypto_failed(const char *call)
{
	return err_call(err_new(ERR_FAILED, N_("OpenSSL could not compute an answer.")), call,
			"error", 0);
}

static bool fits(enum ocra_format format, const char *text)
{
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;
		bool good = format == OCRA_NUMERIC	 ? c >= '0' && c <= '9'
			    : format == OCRA_HEXADECIMAL ? c < 128 && isxdigit(c)
							 : c < 128 && isalnum(c);
		if (!good)
			return false;
	}
	return text[0] != '\0';
}

static struct err *check_challenge(const struct ocra_suite *s, const char *text)
{
	static const char *const formats[] = { N_("letters and digits"), N_("digits"),
					       N_("hexadecimal digits") };
	if (!text)
		return wrong(msg_new(N_("A challenge is missing.")));
	if (strnlen(text, s->length + 1) <= s->length && fits(s->format, text))
		return NULL;
	return wrong(msg_new(N_("A challenge for this token is 1 to %1 %2."), ARG_NUM(s->length),
			     ARG_ID(formats[s->format])));
}

static struct err *check_input(const struct ocra_suite *s, const struct secret *key,
			       const struct ocra_input *in)
{
	TRY(check_challenge(s, in->first));
	if (in->second)
		TRY(check_challenge(s, in->second));
	if (s->pin != (in->pin != NULL))
		return wrong(s->pin ? msg_new(N_("The PIN that goes into an answer is missing."))
				    : msg_new(N_("No PIN goes into an answer of this token.")));
	if (s->session ? !in->session || in->session_len > s->session : in->session != NULL)
		return wrong(s->session ? msg_new(N_("The session information is missing, or is "
						     "longer than %1 bytes."),
						  ARG_NUM(s->session))
					: msg_new(N_("No session information goes into an answer "
						     "of this token.")));
	if (s->step ? in->at <= 0 : in->at != 0)
		return wrong(s->step ? msg_new(N_("The time that goes into an answer is missing."))
				     : msg_new(N_("No time goes into an answer of this token.")));
	if (!s->counter && in->counter)
		return wrong(msg_new(N_("No counter goes into an answer of this token.")));
	if (secret_len(key) == 0)
		return wrong(msg_new(N_("The token's secret is empty.")));
	return NULL;
}

// A decimal challenge counts as a number (§5.1, appendix A): its hexadecimal digits, without leading zeros, from the left.
static struct err *decimal(const char *text, char hex[static 2 * QUESTION + 1])
{
	BIGNUM *n = NULL;
	char *digits = NULL;
	bool fine = BN_dec2bn(&n, text) != 0 && (digits = BN_bn2hex(n)) != NULL;
	if (fine) {
		const char *from = digits;
		while (from[0] == '0' && from[1])
			from++;
		memcpy(hex, from, strlen(from) + 1);
	}
	OPENSSL_free(digits);
	BN_free(n);
	return fine ? NULL : crypto_failed("BN_dec2bn");
}

static uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

// §5.1: 128 bytes, zeros behind. An odd number of hexadecimal digits ends in the upper half of a byte.
static struct err *put_question(const struct ocra_suite *s, const struct ocra_input *in,
				struct secret *to)
{
	char text[2 * OCRA_CHALLENGE_MAX + 1], hex[2 * QUESTION + 1];
	uint8_t q[QUESTION] = { 0 };
	size_t first = strlen(in->first), second = in->second ? strlen(in->second) : 0;
	memcpy(text, in->first, first);
	if (in->second)
		memcpy(text + first, in->second, second);
	text[first + second] = '\0';
	if (s->format == OCRA_ALPHANUMERIC) {
		memcpy(q, text, first + second);
		return secret_append(to, q, sizeof(q));
	}
	if (s->format == OCRA_NUMERIC)
		TRY(decimal(text, hex));
	else
		memcpy(hex, text, first + second + 1);
	for (size_t i = 0; hex[i]; i++)
		q[i / 2] |= (uint8_t)(i % 2 ? nibble(hex[i]) : nibble(hex[i]) << 4);
	return secret_append(to, q, sizeof(q));
}

static struct err *put_number(uint64_t n, struct secret *to)
{
	uint8_t bytes[8];
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(n >> (56 - 8 * i));
	return secret_append(to, bytes, sizeof(bytes));
}

static struct err *put_pin(enum seed_hash hash, const struct secret *pin, struct secret *to)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	if (EVP_Digest(secret_bytes(pin), secret_len(pin), digest, &n, md_of(hash), NULL) != 1)
		return crypto_failed("EVP_Digest");
	struct err *e = secret_append(to, digest, n);
	wipe(digest, sizeof(digest));
	return e;
}

static struct err *put_session(const struct ocra_suite *s, const struct ocra_input *in,
			       struct secret *to)
{
	static const uint8_t zeros[OCRA_SESSION_MAX];
	TRY(secret_append(to, zeros, s->session - in->session_len));
	return secret_append(to, in->session, in->session_len);
}

// §5.1: suite, zero, C, Q, P, S, T.
static struct err *lay_out(const struct ocra_suite *s, const struct ocra_input *in,
			   uint64_t counter, uint64_t step, struct secret *to)
{
	secret_wipe(to);
	TRY(secret_append(to, s->text, strlen(s->text) + 1));
	if (s->counter)
		TRY(put_number(counter, to));
	TRY(put_question(s, in, to));
	if (s->pin)
		TRY(put_pin(s->pin_hash, in->pin, to));
	if (s->session)
		TRY(put_session(s, in, to));
	return s->step ? put_number(step, to) : NULL;
}

static const char hex_digits[] = "0123456789abcdef";

// §5.2; without truncation the whole MAC counts (§5.2, 3).
static void show(const struct ocra_suite *s, const uint8_t *mac, size_t n,
		 char out[static OCRA_ANSWER_MAX + 1])
{
	if (s->digits == 0) {
		for (size_t i = 0; i < n; i++) {
			out[2 * i] = hex_digits[mac[i] >> 4];
			out[2 * i + 1] = hex_digits[mac[i] & 15];
		}
		out[2 * n] = '\0';
		return;
	}
	const uint8_t *p = mac + (mac[n - 1] & 15);
	uint32_t binary =
		(uint32_t)(p[0] & 0x7f) << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	out[s->digits] = '\0';
	for (unsigned i = s->digits; i-- > 0; binary /= 10)
		out[i] = (char)('0' + binary % 10);
}

// `room` has MESSAGE_MAX bytes. Wipe what comes out.
static struct err *compute(const struct ocra_suite *s, const struct secret *key,
			   const struct ocra_input *in, uint64_t counter, uint64_t step,
			   struct secret *room, char out[static OCRA_ANSWER_MAX + 1])
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	TRY(lay_out(s, in, counter, step, room));
	bool fine = HMAC(md_of(s->hash), secret_bytes(key), (int)secret_len(key),
			 secret_bytes(room), secret_len(room), mac, &n) != NULL;
	if (fine)
		show(s, mac, n, out);
	wipe(mac, sizeof(mac));
	return fine ? NULL : crypto_failed("HMAC");
}

static uint64_t step_of(const struct ocra_suite *s, const struct ocra_input *in)
{
	return s->step ? (uint64_t)in->at / s->step : 0;
}

struct err *ocra_answer(const struct ocra_suite *s, const struct secret *key,
			const struct ocra_input *in, struct secret **out)
{
	AUTO(secret) struct secret *room = NULL;
	char answer[OCRA_ANSWER_MAX + 1];
	TRY(check_input(s, key, in));
	TRY(secret_new(MESSAGE_MAX, &room));
	TRY(compute(s, key, in, in->counter, step_of(s, in), room, answer));
	struct err *e = secret_from(answer, strlen(answer), out);
	wipe(answer, sizeof(answer));
	return e;
}

// As it would be shown: hexadecimal in lower case.
static struct err *as_shown(const struct ocra_suite *s, const struct secret *typed,
			    struct secret **out)
{
	TRY(secret_copy(typed, out));
	uint8_t *p = secret_room(*out);
	for (size_t i = 0; s->digits == 0 && i < secret_len(*out); i++)
		if (p[i] >= 'A' && p[i] <= 'F')
			p[i] |= 0x20;
	return NULL;
}

struct search {
	const struct ocra_suite *suite;
	const struct secret *key, *typed;
	const struct ocra_input *in;
	struct secret *room;
	bool found;
	uint64_t counter, step;
};

static struct err *look_at(struct search *f, uint64_t counter, uint64_t step)
{
	char answer[OCRA_ANSWER_MAX + 1];
	TRY(compute(f->suite, f->key, f->in, counter, step, f->room, answer));
	size_t n = strlen(answer);
	bool same =
		secret_len(f->typed) == n && CRYPTO_memcmp(secret_bytes(f->typed), answer, n) == 0;
	wipe(answer, sizeof(answer));
	if (same && !f->found) {
		f->found = true;
		f->counter = counter;
		f->step = step;
	}
	return NULL;
}

struct err *ocra_check(const struct ocra_suite *s, const struct secret *key,
		       const struct ocra_input *in, const struct ocra_window *w,
		       const struct secret *typed, bool *right, uint64_t *counter, uint64_t *step)
{
	AUTO(secret) struct secret *room = NULL, *shown = NULL;
	TRY(check_input(s, key, in));
	TRY(secret_new(MESSAGE_MAX, &room));
	TRY(as_shown(s, typed, &shown));
	struct search f = { .suite = s, .key = key, .typed = shown, .in = in, .room = room };
	uint64_t now = step_of(s, in), last_counter = in->counter;
	uint64_t first = now, last = now;
	if (s->counter)
		last_counter = in->counter > UINT64_MAX - w->counters ? UINT64_MAX
								      : in->counter + w->counters;
	if (s->step) {
		first = now > w->steps ? now - w->steps : 0;
		last = now + w->steps;
	}
	for (uint64_t c = in->counter;; c++) {
		for (uint64_t t = first; t <= last; t++)
			TRY(look_at(&f, c, t));
		if (c == last_counter)
			break;
	}
	*right = f.found;
	*counter = f.counter;
	*step = f.step;
	return NULL;
}

struct err *ocra_challenge(const struct ocra_suite *s, char out[static OCRA_CHALLENGE_MAX + 1])
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	unsigned n = s->format == OCRA_NUMERIC ? 10 : s->format == OCRA_HEXADECIMAL ? 16 : 62;
	for (unsigned i = 0; i < s->length;) {
		uint8_t byte = 0;
		if (RAND_bytes(&byte, 1) != 1)
			return crypto_failed("RAND_bytes");
		if (byte < 256 / n * n) // otherwise the first letters would come more often
			out[i++] = letters[byte % n];
	}
	out[s->length] = '\0';
	return NULL;
}
