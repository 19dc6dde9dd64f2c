// The token's life by PKCS#11, and what is known of PINs before they are tried.
#include "token/life.h"

#include <string.h>

#include "token/models.h"

static struct err *unblock(struct session *s, const struct secret *so_pin,
			   const struct secret *fresh, bool last_try)
{
	TRY(session_login_officer(s, so_pin, last_try));
	struct err *e = session_set_first_pin(s, fresh);
	struct err *out = session_logout(s);
	if (!e)
		return out;
	err_ignore(out);
	return e;
}

static struct err *change_so_pin(struct session *s, const struct secret *old,
				 const struct secret *fresh, bool last_try)
{
	TRY(session_login_officer(s, old, last_try));
	struct err *e = session_change_officer_pin(s, old, fresh);
	struct err *out = session_logout(s);
	if (!e)
		return out;
	err_ignore(out);
	return e;
}

static const struct life by_pkcs11 = {
	.init = token_init,
	.change_pin = session_change_pin,
	.unblock = unblock,
	.change_so_pin = change_so_pin,
};

const struct life *life_of(const struct token_info *t)
{
	const struct life *own = model_of(t)->life;
	return own ? own : &by_pkcs11;
}

static bool is_one_of(const struct factory_pin *pins, const struct secret *pin)
{
	for (size_t i = 0; i < FACTORY_MAX && pins[i].value; i++)
		if (strlen(pins[i].value) == secret_len(pin) &&
		    !memcmp(pins[i].value, secret_bytes(pin), secret_len(pin)))
			return true;
	return false;
}

bool is_factory_pin(const struct token_info *t, const struct secret *pin)
{
	return is_one_of(model_of(t)->pins, pin);
}

bool is_factory_so_pin(const struct token_info *t, const struct secret *so_pin)
{
	return is_one_of(model_of(t)->so_pins, so_pin);
}

// A card has a PUK besides the management key that some modules take for the security officer's PIN: it is the one of a PUK's length.
struct err *factory_pin(const struct token_info *t, enum pin_name name, struct secret **out)
{
	const struct model *m = model_of(t);
	const struct factory_pin *pins = name == NAME_PIN ? m->pins : m->so_pins;
	for (size_t i = 0; i < FACTORY_MAX && pins[i].value; i++) {
		size_t len = strlen(pins[i].value);
		if (name == NAME_PIN || !m->so_max || len <= m->so_max)
			return secret_from(pins[i].value, len, out);
	}
	*out = NULL;
	return NULL;
}

// --- the management key

enum { MANAGEMENT_HEX = 48 }; // 24 bytes: three keys of DES, or one of AES-192

struct err *life_management_key_fits(const struct token_info *t, const struct secret *key)
{
	const uint8_t *bytes = secret_bytes(key);
	bool fits = secret_len(key) == MANAGEMENT_HEX;
	for (size_t i = 0; fits && i < MANAGEMENT_HEX; i++)
		fits = strchr("0123456789abcdefABCDEF", bytes[i]) && bytes[i];
	if (fits)
		return NULL;
	struct err *e = err_new(ERR_PIN,
				N_("The management key of the token %1 has 48 characters, each 0 "
				   "to 9 or A to F. What was entered was not sent to it."),
				ARG_TEXT(t->label));
	return err_tag(err_hint(e, N_("Enter the management key, which is neither the PIN nor the "
				      "PUK. No try was used.")),
		       "management-key-form");
}

static unsigned nibble(uint8_t digit)
{
	return digit <= '9' ? digit - (unsigned)'0' : (digit | 0x20U) - 'a' + 10U;
}

// The parity bit of each byte of DES is the lowest of its second digit (FIPS 46-3).
static bool same_hex(bool des, const uint8_t *a, const uint8_t *b, size_t n)
{
	unsigned differs = 0;
	for (size_t i = 0; i < n; i++)
		differs |= (nibble(a[i]) ^ nibble(b[i])) & (des && i % 2 ? ~1U : ~0U);
	return !differs;
}

bool same_management_key(bool des, const struct secret *a, const struct secret *b)
{
	return secret_len(a) == secret_len(b) &&
	       same_hex(des, secret_bytes(a), secret_bytes(b), secret_len(a));
}

bool is_factory_management_key(const struct token_info *t, const struct secret *key)
{
	const char *made = model_of(t)->management_key.value;
	return made && strlen(made) == secret_len(key) &&
	       same_hex(true, (const uint8_t *)made, secret_bytes(key), secret_len(key));
}

struct err *factory_management_key(const struct token_info *t, struct secret **out)
{
	const char *made = model_of(t)->management_key.value;
	if (made)
		return secret_from(made, strlen(made), out);
	*out = NULL;
	return NULL;
}

bool so_pin_expires(const struct token_info *t)
{
	return model_of(t)->quirks.so_pin_expires;
}

bool so_pin_is_empty(const struct token_info *t)
{
	return model_of(t)->quirks.so_pin_empty;
}

static bool is_officers(enum pin_name name)
{
	return name == NAME_SO_PIN || name == NAME_NEW_SO_PIN;
}

static struct err *mixed_up(const struct token_info *t, enum pin_name name)
{
	struct err *e =
		is_officers(name)
			? err_new(ERR_PIN,
				  N_("This is the maker's PIN for the daily use of %1, not the "
				     "security officer's (the PUK). It was not sent to the token."),
				  ARG_TEXT(t->label[0] ? t->label : t->serial))
			: err_new(ERR_PIN,
				  N_("This is the maker's PIN of the security officer (the PUK) "
				     "of %1, not the PIN for the daily use. It was not sent to "
				     "the token."),
				  ARG_TEXT(t->label[0] ? t->label : t->serial));
	return err_tag(err_hint(e, N_("Enter the PIN that is asked for. No try was used.")),
		       "pin-mixed-up");
}

static bool is_the_other(const struct token_info *t, enum pin_name name, const struct secret *pin)
{
	return is_officers(name) ? is_factory_pin(t, pin) && !is_factory_so_pin(t, pin)
				 : is_factory_so_pin(t, pin) && !is_factory_pin(t, pin);
}

// The form alone.
static struct err *form(const struct token_info *t, enum pin_name name, const struct secret *pin)
{
	const struct model *m = model_of(t);
	return pin_could_be(t, name, is_officers(name) ? m->so_min : m->pin_min,
			    is_officers(name) ? m->so_max : m->pin_max, pin);
}

void pin_lengths(const struct token_info *t, unsigned *min, unsigned *max)
{
	const struct model *m = model_of(t);
	*min = m->pin_min ? m->pin_min : t->pin_min;
	*max = m->pin_max ? m->pin_max : t->pin_max;
}

// Known to be the other one goes first: its length may be wrong here, too, but that would not tell why.
struct err *life_pin_fits(const struct token_info *t, enum pin_name name, const struct secret *pin)
{
	return is_the_other(t, name, pin) ? mixed_up(t, name) : form(t, name, pin);
}

struct err *life_new_pin_fits(const struct token_info *t, enum pin_name name,
			      const struct secret *fresh, const struct secret *old)
{
	TRY(form(t, name, fresh));
	if (old && secret_equal(old, fresh))
		return err_tag(err_hint(err_new(ERR_PIN, N_("This is the PIN that the token has "
							    "already.")),
					N_("Choose another one.")),
			       "pin-same");
	if (!is_factory_pin(t, fresh) && !is_factory_so_pin(t, fresh))
		return NULL;
	return err_tag(err_hint(err_new(ERR_PIN, N_("This PIN is the maker's: everybody can look "
						    "it up.")),
				N_("Choose another one.")),
		       "pin-factory");
}
