// Seeds: held, checked, and read from the ways in which people and programs write a secret.
//
// The readers work from the caller's text straight into locked memory: liboath's Base32 and OpenSSL's Base64 leave what they read in heap that is
// freed unwiped.
#include "otp/seed.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum { ROOM = 8 * SEED_SECRET_MAX };   // for what is encrypted, too (import.h)
#define STEPS_END UINT64_C(7258118400) // 2200-01-01, seconds since 1970

void seed_clear(struct seed *s)
{
	if (!s)
		return;
	free(s->serial);
	free(s->issuer);
	free(s->maker);
	free(s->model);
	free(s->person);
	free(s->suite);
	secret_free(s->secret);
	*s = (struct seed){ 0 };
}

void seeds_free(struct seeds *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->list && i < s->n; i++)
		seed_clear(&s->list[i]);
	free(s->list);
	*s = (struct seeds){ 0 };
}

struct err *seeds_add(struct seeds *list, struct seed *s)
{
	if (list->take) {
		struct err *e = list->take(list->ctx, s);
		seed_clear(s);
		list->n += !e;
		return e;
	}
	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		struct seed *more = reallocarray(list->list, room, sizeof(*more));
		if (!more) {
			seed_clear(s);
			return err_no_memory();
		}
		list->list = more;
		list->room = room;
	}
	list->list[list->n++] = *s;
	*s = (struct seed){ 0 };
	return NULL;
}

static struct err *wrong_seed(const struct seed *s, const char *what)
{
	return err_tag(
		err_hint(err_new(ERR_ANSWER, N_("The seed of the token %1 cannot be used: %2."),
				 ARG_TEXT(s->serial), ARG_ID(what)),
			 N_("Have it corrected by whoever made the file.")),
		"seed-wrong");
}

static bool serial_is_good(const char *serial)
{
	size_t len = strlen(serial);
	return len > 0 && len <= SEED_SERIAL_MAX && text_is_ascii(serial, len) &&
	       !strchr(serial, ' ');
}

static bool words_are_good(const char *text)
{
	if (!text)
		return true;
	size_t len = strlen(text);
	if (len > SEED_TEXT_MAX || !text_is_utf8(text, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

// What is wrong with how its values are made; null when nothing is.
static const char *wrong_way(const struct seed *s)
{
	if (s->kind == SEED_OCRA) {
		if (!s->suite || !s->suite[0])
			return N_("it is for OCRA and names no suite");
		return s->counter > SEED_COUNTER_MAX ? N_("its counter is too large") : NULL;
	}
	if (s->digits < SEED_DIGITS_MIN || s->digits > SEED_DIGITS_MAX)
		return N_("its values would not have 6 to 8 digits");
	if (s->kind == SEED_HOTP)
		return s->counter > SEED_COUNTER_MAX ? N_("its counter is too large") : NULL;
	if (s->step < SEED_STEP_MIN || s->step > SEED_STEP_MAX)
		return N_("its time step is not between 5 and 3600 seconds");
	if (s->drift > SEED_DRIFT_MAX || s->drift < -SEED_DRIFT_MAX)
		return N_("its clock is too far off");
	// A step that is not reached for centuries would refuse every value: some other number was meant.
	if (s->counter > STEPS_END / s->step)
		return N_("its time step lies after the year 2200");
	return s->t0 < 0 ? N_("its steps begin before 1970") : NULL;
}

struct err *seed_check(const struct seed *s)
{
	if (!s->serial || !serial_is_good(s->serial))
		return err_tag(
			err_hint(err_new(ERR_ANSWER,
					 N_("A seed has no serial number that a token can have.")),
				 N_("A serial number has 1 to 64 letters, digits and signs of "
				    "ASCII, and no blanks.")),
			"seed-wrong");
	const char *wrong = wrong_way(s);
	if (wrong)
		return wrong_seed(s, wrong);
	if (secret_len(s->secret) == 0 || secret_len(s->secret) > SEED_SECRET_MAX)
		return wrong_seed(s, N_("its secret is empty, or longer than 128 bytes"));
	if (!words_are_good(s->issuer) || !words_are_good(s->maker) || !words_are_good(s->model) ||
	    !words_are_good(s->person) || !words_are_good(s->suite))
		return wrong_seed(s, N_("its names are too long, or hold control characters"));
	if (s->not_before && s->not_after && s->not_after < s->not_before)
		return wrong_seed(s, N_("it would end before it begins"));
	return NULL;
}

bool seed_is_weak(const struct seed *s)
{
	return secret_len(s->secret) < SEED_SECRET_GOOD;
}

const char *seed_kind_name(enum seed_kind kind)
{
	static const char *const names[] = { "hotp", "totp", "ocra" };
	return names[kind];
}

const char *seed_hash_name(enum seed_hash hash)
{
	static const char *const names[] = { "sha1", "sha256", "sha512" };
	return names[hash];
}

bool seed_hash_by_name(const char *name, enum seed_hash *out)
{
	if (strncasecmp(name, "hmac", 4) == 0)
		name += name[4] == '-' || name[4] == '_' ? 5 : 4;
	if (strncasecmp(name, "sha", 3) != 0)
		return false;
	name += name[3] == '-' || name[3] == '_' ? 4 : 3;
	static const char *const bits[] = { "1", "256", "512" };
	for (size_t i = 0; i < ARRAY_LEN(bits); i++)
		if (strcmp(name, bits[i]) == 0) {
			*out = (enum seed_hash)i;
			return true;
		}
	return false;
}

static struct err *no_secret(const char *encoding)
{
	return err_tag(err_hint(err_new(ERR_ANSWER, N_("A secret is not written in %1."),
					ARG_ID(encoding)),
				N_("Look whether it was cut short, or is written in another way: "
				   "in hexadecimal, Base32 or Base64.")),
		       "seed-wrong");
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int base32_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

static int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int hex_digit(uint8_t c)
{
	return OPENSSL_hexchar2int(c);
}

struct encoding {
	const char *name;
	int (*digit)(uint8_t c); // -1: none
	unsigned bits;		 // of a digit
	bool hyphens;		 // may stand between digits
};

// Into the room of `made`. How many digits and how much padding there were is for the caller to judge.
static bool read_digits(const struct encoding *as, const char *text, size_t len,
			struct secret *made, size_t *digits, size_t *pads)
{
	uint8_t *to = secret_room(made);
	size_t n = 0;
	uint32_t held = 0;
	unsigned n_bits = 0;
	bool good = true;
	*digits = *pads = 0;
	for (size_t i = 0; good && i < len; i++) {
		if (is_blank(text[i]) || (as->hyphens && text[i] == '-'))
			continue;
		if (text[i] == '=') {
			++*pads;
			continue;
		}
		int digit = as->digit((uint8_t)text[i]);
		good = digit >= 0 && *pads == 0 && n < secret_cap(made);
		if (!good)
			break;
		held = (held << as->bits | (uint32_t)digit) & 0xffff;
		n_bits += as->bits;
		++*digits;
		if (n_bits >= 8) {
			n_bits -= 8;
			to[n++] = (uint8_t)(held >> n_bits);
		}
	}
	wipe(&held, sizeof(held));
	secret_set_len(made, good ? n : 0);
	return good && n > 0;
}

struct err *seed_from_base32(const char *text, size_t len, struct secret **out)
{
	static const struct encoding as = { "Base32", base32_digit, 5, true };
	AUTO(secret) struct secret *made = NULL;
	size_t digits, pads;
	TRY(secret_new(ROOM, &made));
	bool good = read_digits(&as, text, len, made, &digits, &pads);
	// 1, 3 or 6 digits more than whole groups hold no whole byte more: something was cut off.
	size_t tail = digits % 8;
	if (!good || tail == 1 || tail == 3 || tail == 6 || pads > (8 - tail) % 8)
		return no_secret(as.name);
	*out = made;
	made = NULL;
	return NULL;
}

struct err *seed_from_hex(const char *text, size_t len, struct secret **out)
{
	static const struct encoding as = { N_("hexadecimal"), hex_digit, 4, false };
	AUTO(secret) struct secret *made = NULL;
	size_t digits, pads;
	TRY(secret_new(ROOM, &made));
	if (!read_digits(&as, text, len, made, &digits, &pads) || digits % 2 != 0 || pads > 0)
		return no_secret(as.name);
	*out = made;
	made = NULL;
	return NULL;
}

struct err *seed_from_base64(const char *text, size_t len, struct secret **out)
{
	static const struct encoding as = { "Base64", base64_digit, 6, false };
	AUTO(secret) struct secret *made = NULL;
	size_t digits, pads;
	TRY(secret_new(ROOM, &made));
	bool good = read_digits(&as, text, len, made, &digits, &pads);
	if (!good || pads > 2 || (digits + pads) % 4 != 0)
		return no_secret(as.name);
	*out = made;
	made = NULL;
	return NULL;
}
