// otpauth:// URIs: one, or one a line.
//
// The only copy of the secret is the one that becomes the seed: percent-decoding goes into locked memory.
#include "otp/import_inside.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/text.h"

enum { LINE_MAX_BYTES = 4096, STEP_USUAL = 30, DIGITS_USUAL = 6 };

struct piece {
	const char *at;
	size_t len;
};

enum param {
	PARAM_SECRET,
	PARAM_ALGORITHM,
	PARAM_DIGITS,
	PARAM_PERIOD,
	PARAM_COUNTER,
	PARAM_ISSUER,
	PARAM_SERIAL,
	PARAM_SHOWN, // how an application shows the account: an image, a colour
};
static const struct {
	const char *name;
	enum param param;
} params[] = {
	{ "secret", PARAM_SECRET }, { "algorithm", PARAM_ALGORITHM }, { "digits", PARAM_DIGITS },
	{ "period", PARAM_PERIOD }, { "counter", PARAM_COUNTER },     { "issuer", PARAM_ISSUER },
	{ "serial", PARAM_SERIAL }, { "image", PARAM_SHOWN },	      { "icon", PARAM_SHOWN },
	{ "color", PARAM_SHOWN },
};

struct uri {
	uint64_t line;
	struct seed seed;
	bool seen[ARRAY_LEN(params)];
};

static struct err *have_it_made_again(struct err *e)
{
	return err_tag(err_hint(e, N_("Have the URI or its QR code made again.")), "otpauth-wrong");
}

static struct err *wrong(const struct uri *u, const char *what)
{
	return have_it_made_again(err_new(ERR_ANSWER, N_("The otpauth URI in line %1: %2."),
					  ARG_NUM(u->line), ARG_ID(what)));
}

// Shows a part of the URI: never the secret's.
static struct err *unknown(const struct uri *u, const char *what, struct piece p)
{
	AUTO_TEXT char *shown = text_safe(p.at, p.len, SEED_SERIAL_MAX);
	if (!shown)
		return err_no_memory();
	return have_it_made_again(err_new(ERR_ANSWER, N_("The otpauth URI in line %1: %2 (%3)."),
					  ARG_NUM(u->line), ARG_ID(what), ARG_TEXT(shown)));
}

// The part of `from` before `separator` (all where there is none), and what comes after it.
static struct piece cut(struct piece *from, char separator, bool *there)
{
	const char *end = from->len ? memchr(from->at, separator, from->len) : NULL;
	struct piece head = { from->at, end ? (size_t)(end - from->at) : from->len };
	size_t taken = head.len + (end != NULL);
	from->at += taken;
	from->len -= taken;
	if (there)
		*there = end != NULL;
	return head;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is(struct piece p, const char *word)
{
	return p.len == strlen(word) && strncasecmp(p.at, word, p.len) == 0;
}

// Percent-decoding (RFC 3986 §2.1), straight into locked memory.
static struct err *decode(const struct uri *u, struct piece p, struct secret **out)
{
	AUTO(secret) struct secret *s = NULL;
	TRY(secret_new(LINE_MAX_BYTES, &s)); // no line is longer
	uint8_t *to = secret_room(s);
	size_t n = 0;
	for (size_t i = 0; i < p.len; i++) {
		if (p.at[i] != '%') {
			to[n++] = (uint8_t)p.at[i];
			continue;
		}
		int high = p.len - i < 3 ? -1 : OPENSSL_hexchar2int((uint8_t)p.at[i + 1]);
		int low = high < 0 ? -1 : OPENSSL_hexchar2int((uint8_t)p.at[i + 2]);
		if (low < 0)
			return wrong(u, N_("a per cent sign is not followed by two digits"));
		to[n++] = (uint8_t)(high << 4 | low);
		i += 2;
	}
	secret_set_len(s, n);
	*out = s;
	s = NULL;
	return NULL;
}

static struct err *take_words(const struct uri *u, struct piece decoded, char **out)
{
	bool good;
	TRY(import_words(decoded.at, decoded.len, &good, out));
	return good ? NULL : wrong(u, N_("a name is too long, or is no UTF-8"));
}

// The serial of a URI without one is its account. What no serial may have (blanks, other letters) stays percent-encoded, so that no two accounts
// become one.
static struct err *serial_from(const struct uri *u, const char *account, char **out)
{
	AUTO_BUF struct buf serial = BUF(SEED_SERIAL_MAX);
	for (const char *p = account; *p; p++) {
		bool plain = *p > ' ' && *p < 0x7f && *p != '%';
		struct err *e = plain ? buf_put(&serial, p, 1)
				      : buf_printf(&serial, "%%%02X", (unsigned)(uint8_t)*p);
		if (!e)
			continue;
		if (!err_has_tag(e, "too-large"))
			return e;
		err_free(e);
		return wrong(u, N_("the account's name is too long to be a serial number"));
	}
	*out = text_copy((const char *)serial.data);
	return *out ? NULL : err_no_memory();
}

// "Issuer:account" or "account" (the colon may be %3A, blanks may follow it).
static struct err *take_label(struct uri *u, struct piece label)
{
	AUTO(secret) struct secret *decoded = NULL;
	TRY(decode(u, label, &decoded));
	struct piece rest = { secret_text(decoded), secret_len(decoded) };
	bool has_issuer;
	struct piece head = cut(&rest, ':', &has_issuer);
	if (!has_issuer)
		rest = head;
	while (rest.len > 0 && rest.at[0] == ' ') {
		rest.at++;
		rest.len--;
	}
	if (has_issuer)
		TRY(take_words(u, head, &u->seed.issuer));
	TRY(take_words(u, rest, &u->seed.person));
	return u->seed.person ? NULL : wrong(u, N_("it names no account"));
}

static struct err *take_number(const struct uri *u, struct piece value, uint64_t max, uint64_t *out)
{
	if (import_number(value.at, value.len, max, out))
		return NULL;
	return unknown(u, N_("a number is none, or is too large"), value);
}

static struct err *take_algorithm(struct uri *u, struct piece value)
{
	AUTO_TEXT char *name = text_safe(value.at, value.len, SEED_SERIAL_MAX);
	if (!name)
		return err_no_memory();
	return seed_hash_by_name(name, &u->seed.hash)
		       ? NULL
		       : unknown(u, N_("inkan does not know the algorithm"), value);
}

static struct err *take_param(struct uri *u, enum param param, struct piece value)
{
	struct seed *s = &u->seed;
	uint64_t n = 0;
	switch (param) {
	case PARAM_SECRET: {
		struct err *e = seed_from_base32(value.at, value.len, &s->secret);
		return e ? have_it_made_again(err_while(e, N_("The otpauth URI in line %1:"),
							ARG_NUM(u->line)))
			 : NULL;
	}
	case PARAM_ALGORITHM:
		return take_algorithm(u, value);
	case PARAM_DIGITS:
		TRY(take_number(u, value, 99, &n));
		s->digits = (unsigned)n;
		return NULL;
	case PARAM_PERIOD:
		TRY(take_number(u, value, UINT32_MAX, &n));
		s->step = (unsigned)n;
		return s->kind == SEED_TOTP ? NULL : wrong(u, N_("a period is for totp alone"));
	case PARAM_COUNTER:
		TRY(take_number(u, value, SEED_COUNTER_MAX, &s->counter));
		return s->kind == SEED_HOTP ? NULL : wrong(u, N_("a counter is for hotp alone"));
	case PARAM_ISSUER:
		return take_words(u, value, &s->issuer);
	case PARAM_SERIAL:
		return take_words(u, value, &s->serial);
	default:
		return NULL;
	}
}

static struct err *take_pair(struct uri *u, struct piece pair)
{
	struct piece name = cut(&pair, '=', NULL);
	for (size_t i = 0; i < ARRAY_LEN(params); i++) {
		if (!is(name, params[i].name))
			continue;
		if (u->seen[i])
			return unknown(u, N_("a parameter stands there twice"), name);
		u->seen[i] = true;
		AUTO(secret) struct secret *value = NULL;
		TRY(decode(u, pair, &value));
		return take_param(u, params[i].param,
				  (struct piece){ secret_text(value), secret_len(value) });
	}
	return unknown(u, N_("inkan does not know a parameter"), name);
}

static struct err *take_kind(struct uri *u, struct piece kind)
{
	if (is(kind, "totp"))
		u->seed.kind = SEED_TOTP;
	else if (is(kind, "hotp"))
		u->seed.kind = SEED_HOTP;
	else
		return unknown(u, N_("inkan knows totp and hotp, but not this kind"), kind);
	u->seed.digits = DIGITS_USUAL;
	u->seed.step = u->seed.kind == SEED_TOTP ? STEP_USUAL : 0;
	return NULL;
}

static struct err *take_uri(struct uri *u, struct piece line)
{
	static const char scheme[] = "otpauth://";
	const size_t scheme_len = sizeof(scheme) - 1;
	if (line.len > LINE_MAX_BYTES)
		return wrong(u, N_("it is too long"));
	if (line.len < scheme_len || strncasecmp(line.at, scheme, scheme_len) != 0)
		return wrong(u, N_("it does not begin with otpauth://"));
	if (memchr(line.at, '#', line.len))
		return wrong(u, N_("there is a # in it"));
	line.at += scheme_len;
	line.len -= scheme_len;
	bool has_label, has_params;
	struct piece query = line;
	struct piece label = cut(&query, '?', &has_params);
	struct piece kind = cut(&label, '/', &has_label);
	TRY(take_kind(u, kind));
	if (!has_label || !has_params)
		return wrong(u, N_("it names no account, or has no parameters"));
	TRY(take_label(u, label));
	while (query.len > 0)
		TRY(take_pair(u, cut(&query, '&', NULL)));
	if (!u->seed.secret)
		return wrong(u, N_("it has no secret"));
	if (u->seed.kind == SEED_HOTP && !u->seen[PARAM_COUNTER])
		return wrong(u, N_("it is for hotp and has no counter"));
	if (!u->seed.serial)
		TRY(serial_from(u, u->seed.person, &u->seed.serial));
	return NULL;
}

struct err *import_otpauth(const char *text, size_t len, struct seeds *out)
{
	TRY(import_size(len, IMPORT_MAX));
	AUTO_SEEDS struct seeds made = import_begin(out);
	struct piece rest = { text, len };
	if (rest.len >= 3 && memcmp(rest.at, "\xef\xbb\xbf", 3) == 0)
		rest = (struct piece){ text + 3, len - 3 };
	for (uint64_t number = 1; rest.len > 0; number++) {
		struct piece line = cut(&rest, '\n', NULL);
		while (line.len > 0 && is_blank(line.at[line.len - 1]))
			line.len--;
		while (line.len > 0 && is_blank(line.at[0])) {
			line.at++;
			line.len--;
		}
		if (line.len == 0)
			continue;
		struct uri u = { .line = number };
		struct err *e = take_uri(&u, line);
		if (!e)
			e = seed_check(&u.seed);
		if (!e)
			e = import_add(&made, &u.seed);
		seed_clear(&u.seed);
		TRY(e);
	}
	return import_finish(&made, out);
}
