// What an attestation says, in words and in names.
#include <stdio.h>
#include <string.h>

#include "x509/attestation.h"

const char *attestation_firmware(const struct attestation *a,
				 char out[static ATTESTATION_FIRMWARE_TEXT])
{
	snprintf(out, ATTESTATION_FIRMWARE_TEXT, "%u.%u.%u", a->firmware[0], a->firmware[1],
		 a->firmware[2]);
	return out;
}

struct word {
	const char *name;
	const char *words; // message id
};

static const struct word pins[] = {
	{ "unknown", N_("unknown") },
	[ATTESTED_PIN_NEVER] = { "never", N_("never asked for") },
	[ATTESTED_PIN_ONCE] = { "once", N_("asked for once a session") },
	[ATTESTED_PIN_ALWAYS] = { "always", N_("asked for at each use") },
	[ATTESTED_PIN_MATCH_ONCE] = { "match-once", N_("PIN or fingerprint once a session") },
	[ATTESTED_PIN_MATCH_ALWAYS] = { "match-always", N_("PIN or fingerprint at each use") },
};
static const struct word touches[] = {
	{ "unknown", N_("unknown") },
	[ATTESTED_TOUCH_NEVER] = { "never", N_("not needed") },
	[ATTESTED_TOUCH_ALWAYS] = { "always", N_("at each use") },
	[ATTESTED_TOUCH_CACHED] = { "cached", N_("at a use, then good for 15 seconds") },
};
// The top bit marks a model certified to FIPS 140.
static const char *const forms[] = {
	N_("form not said"),
	N_("USB-A, for the key ring"),
	N_("USB-A, small"),
	N_("USB-C, for the key ring"),
	N_("USB-C, small"),
	N_("USB-C and Lightning"),
	N_("USB-A, with fingerprint"),
	N_("USB-C, with fingerprint"),
};

static const struct word *pin_of(uint8_t pin)
{
	return &pins[pin < ARRAY_LEN(pins) ? pin : 0];
}

static const struct word *touch_of(uint8_t touch)
{
	return &touches[touch < ARRAY_LEN(touches) ? touch : 0];
}

const char *attested_pin_name(uint8_t pin)
{
	return pin_of(pin)->name;
}

const char *attested_touch_name(uint8_t touch)
{
	return touch_of(touch)->name;
}

const char *attested_pin_words(uint8_t pin)
{
	return pin_of(pin)->words;
}

const char *attested_touch_words(uint8_t touch)
{
	return touch_of(touch)->words;
}

static const char *words_of(const struct word *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (name && strcmp(table[i].name, name) == 0)
			return table[i].words;
	return table[0].words;
}

const char *attested_pin_words_of(const char *name)
{
	return words_of(pins, ARRAY_LEN(pins), name);
}

const char *attested_touch_words_of(const char *name)
{
	return words_of(touches, ARRAY_LEN(touches), name);
}

const char *attested_form_words(uint8_t form_factor)
{
	uint8_t form = form_factor & 0x7f;
	return forms[form < ARRAY_LEN(forms) ? form : 0];
}
