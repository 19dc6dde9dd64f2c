// An OCRA suite taken apart (RFC 6287 §6).
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "otp/ocra.h"

// What is still to be read of a suite.
struct reader {
	const char *whole, *at;
};

static struct err *wrong(const struct reader *r, const char *why)
{
	AUTO_TEXT char *shown =
		text_safe(r->whole, strnlen(r->whole, OCRA_SUITE_MAX + 1), OCRA_SUITE_MAX);
	struct err *e = err_new(ERR_ANSWER, N_("The OCRA suite %1 cannot be used: %2."),
				ARG_TEXT(shown ? shown : "?"), ARG_ID(why));
	return err_tag(err_hint(e, N_("It looks like OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1 (RFC 6287, "
				      "section 6). Ask whoever gave out the token.")),
		       "ocra-suite");
}

static bool taken(struct reader *r, const char *word)
{
	size_t n = strlen(word);
	if (strncmp(r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

// `from` to `to` ASCII digits; false, and nothing taken, for any other number of them.
static bool number(struct reader *r, unsigned from, unsigned to, unsigned *out)
{
	unsigned n = 0, value = 0;
	for (; n < to && r->at[n] >= '0' && r->at[n] <= '9'; n++)
		value = value * 10 + (unsigned)(r->at[n] - '0');
	if (n < from || (r->at[n] >= '0' && r->at[n] <= '9'))
		return false;
	r->at += n;
	*out = value;
	return true;
}

static bool hash(struct reader *r, enum seed_hash *out)
{
	static const struct {
		const char *name;
		enum seed_hash hash;
	} hashes[] = { { "SHA1", SEED_SHA1 },
		       { "SHA256", SEED_SHA256 },
		       { "SHA512", SEED_SHA512 } };
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
		if (taken(r, hashes[i].name)) {
			*out = hashes[i].hash;
			return true;
		}
	return false;
}

// A part ends where the next begins, or the suite does.
static bool ended(const struct reader *r)
{
	return *r->at == '-' || *r->at == '\0';
}

// §5.2
static struct err *crypto_function(struct reader *r, struct ocra_suite *s)
{
	if (!taken(r, "HOTP-"))
		return wrong(r, N_("its function is not HOTP"));
	if (!hash(r, &s->hash) || !taken(r, "-"))
		return wrong(r, N_("its hash is not SHA1, SHA256 or SHA512"));
	bool padded = r->at[0] == '0' && r->at[1] != ':';
	if (padded || !number(r, 1, 2, &s->digits) || s->digits > 10 ||
	    (s->digits > 0 && s->digits < 4))
		return wrong(r, N_("its answers have neither 4 to 10 digits nor 0, the whole MAC"));
	return taken(r, ":") ? NULL : wrong(r, N_("what goes into an answer is not said"));
}

static struct err *challenge(struct reader *r, struct ocra_suite *s)
{
	if (!taken(r, "Q"))
		return wrong(r, N_("a challenge (Q) does not stand where it must"));
	s->format = OCRA_NUMERIC;
	s->length = 8;
	if (ended(r))
		return NULL;
	if (taken(r, "A"))
		s->format = OCRA_ALPHANUMERIC;
	else if (taken(r, "H"))
		s->format = OCRA_HEXADECIMAL;
	else if (!taken(r, "N"))
		return wrong(r, N_("its challenge is neither A, N nor H"));
	if (!number(r, 2, 2, &s->length) || s->length < 4 || s->length > OCRA_CHALLENGE_MAX)
		return wrong(r, N_("the length of its challenge is not 04 to 64"));
	return NULL;
}

static struct err *pin(struct reader *r, struct ocra_suite *s)
{
	s->pin = true;
	s->pin_hash = SEED_SHA1;
	if (ended(r) || hash(r, &s->pin_hash))
		return NULL;
	return wrong(r, N_("the hash of its PIN is not SHA1, SHA256 or SHA512"));
}

static struct err *session(struct reader *r, struct ocra_suite *s)
{
	s->session = 64;
	if (ended(r) || (number(r, 3, 3, &s->session) && s->session > 0))
		return NULL;
	return wrong(r, N_("the length of its session information is not 001 to 999"));
}

static struct err *time_step(struct reader *r, struct ocra_suite *s)
{
	static const struct {
		const char *unit;
		unsigned seconds, most;
	} units[] = { { "S", 1, 59 }, { "M", 60, 59 }, { "H", 3600, 48 } };
	s->step = 60;
	if (ended(r))
		return NULL;
	unsigned n = 0;
	bool read = number(r, 1, 2, &n);
	for (size_t i = 0; read && n > 0 && i < ARRAY_LEN(units); i++)
		if (n <= units[i].most && taken(r, units[i].unit)) {
			s->step = n * units[i].seconds;
			return NULL;
		}
	return wrong(r, N_("its time step is not 1S to 59S, 1M to 59M or 1H to 48H"));
}

// §6.3
static struct err *data_input(struct reader *r, struct ocra_suite *s)
{
	s->counter = taken(r, "C-");
	TRY(challenge(r, s));
	if (taken(r, "-P"))
		TRY(pin(r, s));
	if (taken(r, "-S"))
		TRY(session(r, s));
	if (taken(r, "-T"))
		TRY(time_step(r, s));
	if (*r->at)
		return wrong(r, N_("something is left over at its end, or its parts stand in "
				   "another order"));
	return NULL;
}

struct err *ocra_parse(const char *text, struct ocra_suite *out)
{
	struct reader r = { text, text };
	struct ocra_suite s = { 0 };
	size_t len = strnlen(text, sizeof(s.text));
	if (len == sizeof(s.text))
		return wrong(&r, N_("it is too long"));
	if (!taken(&r, "OCRA-1:"))
		return wrong(&r, N_("it does not begin with OCRA-1"));
	TRY(crypto_function(&r, &s));
	TRY(data_input(&r, &s));
	memcpy(s.text, text, len + 1);
	*out = s;
	return NULL;
}
