// PSKC: one key package, from its device to its policy (RFC 6030 §4 and §5).
#include "otp/import_pskc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DIGITS_USUAL = 6, STEP_USUAL = 30 };

struct package {
	struct pskc_crypt *crypt;
	struct seed seed;
	bool pin;	 // its key is a PIN
	uint64_t digits; // as ResponseFormat says; 0: it does not
};

// The later beginning and the earlier end count, where device and policy both say something.
static struct err *take_time(const xmlNode *n, bool is_start, struct seed *s)
{
	AUTO_TEXT char *text = NULL;
	int64_t t;
	TRY(xml_words(n, &text));
	if (!text || !import_time(text, &t))
		return xml_damaged(n, N_("a date is none"));
	if (is_start && t > s->not_before)
		s->not_before = t;
	if (!is_start && (s->not_after == 0 || t < s->not_after))
		s->not_after = t;
	return NULL;
}

static struct err *take_device(struct package *p, const xmlNode *device)
{
	struct seed *s = &p->seed;
	for (const xmlNode *n = xml_first(device); n; n = xml_next(n)) {
		if (xml_is(n, NS_PSKC, "SerialNo"))
			TRY(xml_words(n, &s->serial));
		else if (xml_is(n, NS_PSKC, "Manufacturer"))
			TRY(xml_words(n, &s->maker));
		else if (xml_is(n, NS_PSKC, "Model"))
			TRY(xml_words(n, &s->model));
		else if (xml_is(n, NS_PSKC, "UserId"))
			TRY(xml_words(n, &s->person));
		else if (xml_is(n, NS_PSKC, "StartDate") || xml_is(n, NS_PSKC, "ExpiryDate"))
			TRY(take_time(n, xml_is(n, NS_PSKC, "StartDate"), s));
		else if (!xml_is(n, NS_PSKC, "IssueNo") && !xml_is(n, NS_PSKC, "DeviceBinding") &&
			 !xml_is(n, NS_PSKC, "Extensions"))
			return xml_unknown(n, N_("there is an element that inkan does not know"),
					   (const char *)n->name);
	}
	return NULL;
}

// "…:keyprov:pskc:hotp", perhaps with its hash behind a #.
static struct err *take_algorithm(struct package *p, const xmlNode *key)
{
	static const struct {
		const char *name;
		enum seed_kind kind;
		bool pin;
	} known[] = { { "hotp", SEED_HOTP, false },
		      { "totp", SEED_TOTP, false },
		      { "ocra-1", SEED_OCRA, false },
		      { "pin", SEED_HOTP, true } };
	static const char prefix[] = NS_PSKC ":";
	AUTO_TEXT char *uri = NULL;
	TRY(xml_attribute(key, "Algorithm", &uri));
	const char *name = uri && strncmp(uri, prefix, sizeof(prefix) - 1) == 0
				   ? uri + sizeof(prefix) - 1
				   : "";
	size_t len = strcspn(name, "#");
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strlen(known[i].name) != len || strncmp(known[i].name, name, len) != 0 ||
		    (name[len] && !seed_hash_by_name(name + len + 1, &p->seed.hash)))
			continue;
		p->seed.kind = known[i].kind;
		p->pin = known[i].pin;
		return NULL;
	}
	return xml_unknown(key, N_("there is a key for an algorithm that inkan does not know"),
			   uri);
}

static bool is_true(const char *text)
{
	return text && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

static struct err *take_format(struct package *p, const xmlNode *format)
{
	AUTO_TEXT char *length = NULL, *encoding = NULL, *check = NULL;
	TRY(xml_attribute(format, "Length", &length));
	TRY(xml_attribute(format, "Encoding", &encoding));
	TRY(xml_attribute(format, "CheckDigits", &check));
	if (!encoding || strcmp(encoding, "DECIMAL") != 0)
		return xml_unknown(format, N_("values are not written in decimal digits"),
				   encoding);
	if (is_true(check))
		return xml_unknown(format, N_("values have a check digit"), NULL);
	if (!length || !import_number(length, strlen(length), 99, &p->digits) || p->digits == 0)
		return xml_damaged(format, N_("a number is none, or is too large"));
	return NULL;
}

// Of HOTP and TOTP the hash; of OCRA its whole suite (RFC 6287 §6).
static struct err *take_suite(struct package *p, const xmlNode *n)
{
	AUTO_TEXT char *suite = NULL;
	TRY(xml_words(n, &suite));
	if (!suite)
		return NULL;
	if (p->seed.kind == SEED_OCRA) {
		p->seed.suite = suite;
		suite = NULL;
		return NULL;
	}
	return seed_hash_by_name(suite, &p->seed.hash)
		       ? NULL
		       : xml_unknown(n,
				     N_("there is a key for an algorithm that inkan does not know"),
				     suite);
}

static struct err *take_parameters(struct package *p, const xmlNode *parameters)
{
	for (const xmlNode *n = xml_first(parameters); n; n = xml_next(n)) {
		if (xml_is(n, NS_PSKC, "ResponseFormat"))
			TRY(take_format(p, n));
		else if (xml_is(n, NS_PSKC, "Suite"))
			TRY(take_suite(p, n));
		else if (!xml_is(n, NS_PSKC, "ChallengeFormat") || p->seed.kind != SEED_OCRA)
			return xml_unknown(n, N_("there is a parameter that inkan does not know"),
					   (const char *)n->name);
	}
	return NULL;
}

// What an element of Data holds: *plain where it stands there as it is.
static struct err *data_value(struct package *p, const xmlNode *n, const xmlNode **plain,
			      struct secret **opened)
{
	const xmlNode *encrypted = xml_child(n, NS_PSKC, "EncryptedValue");
	*plain = xml_child(n, NS_PSKC, "PlainValue");
	if (!*plain == !encrypted)
		return xml_damaged(n, N_("a value is missing, or is there twice"));
	if (!encrypted)
		return NULL;
	return pskc_decrypt(p->crypt, encrypted, xml_child(n, NS_PSKC, "ValueMAC"), opened);
}

static struct err *take_secret(struct package *p, const xmlNode *n)
{
	const xmlNode *plain;
	AUTO(secret) struct secret *opened = NULL;
	if (p->seed.secret)
		return xml_damaged(n, N_("a value is missing, or is there twice"));
	TRY(data_value(p, n, &plain, &opened));
	if (plain)
		return xml_base64(plain, &p->seed.secret);
	p->seed.secret = opened;
	opened = NULL;
	return NULL;
}

// An integer, perhaps negative; encrypted ones are big-endian, of 4 bytes (xs:int) or 8 (xs:long).
static struct err *read_integer(struct package *p, const xmlNode *n, bool *negative, uint64_t *out)
{
	const xmlNode *plain;
	AUTO(secret) struct secret *opened = NULL;
	TRY(data_value(p, n, &plain, &opened));
	if (plain) {
		AUTO_TEXT char *text = NULL;
		TRY(xml_words(plain, &text));
		*negative = text && text[0] == '-';
		const char *at = text ? text + *negative : "";
		return import_number(at, strlen(at), INT64_MAX, out)
			       ? NULL
			       : xml_damaged(n, N_("a number is none, or is too large"));
	}
	size_t len = secret_len(opened);
	if (len != 4 && len != 8)
		return xml_damaged(n, N_("a number is none, or is too large"));
	uint64_t value = 0;
	for (size_t i = 0; i < len; i++)
		value = value << 8 | secret_bytes(opened)[i];
	*negative = value >> (8 * len - 1);
	*out = !*negative ? value : len == 4 ? (uint64_t)UINT32_MAX + 1 - value : 0 - value;
	return *out <= INT64_MAX ? NULL : xml_damaged(n, N_("a number is none, or is too large"));
}

static struct err *take_number(struct package *p, const xmlNode *n, uint64_t max, uint64_t *out)
{
	bool negative;
	uint64_t value;
	TRY(read_integer(p, n, &negative, &value));
	if (negative || value > max)
		return xml_damaged(n, N_("a number is negative, or is too large"));
	*out = value;
	return NULL;
}

static struct err *take_drift(struct package *p, const xmlNode *n)
{
	bool negative;
	uint64_t value;
	TRY(read_integer(p, n, &negative, &value));
	if (value > SEED_DRIFT_MAX)
		return xml_damaged(n, N_("its clock is too far off"));
	p->seed.drift = negative ? -(int64_t)value : (int64_t)value;
	return NULL;
}

static struct err *take_data(struct package *p, const xmlNode *data)
{
	uint64_t step = p->seed.step;
	bool timed = p->seed.kind == SEED_TOTP;
	for (const xmlNode *n = xml_first(data); n; n = xml_next(n)) {
		if (xml_is(n, NS_PSKC, "Secret"))
			TRY(take_secret(p, n));
		else if (xml_is(n, NS_PSKC, "Counter") && !timed)
			TRY(take_number(p, n, SEED_COUNTER_MAX, &p->seed.counter));
		else if (xml_is(n, NS_PSKC, "Time") && timed)
			TRY(take_number(p, n, SEED_COUNTER_MAX, &p->seed.counter));
		else if (xml_is(n, NS_PSKC, "TimeInterval") && timed)
			TRY(take_number(p, n, SEED_STEP_MAX, &step));
		else if (xml_is(n, NS_PSKC, "TimeDrift") && timed)
			TRY(take_drift(p, n));
		else
			return xml_unknown(n, N_("there is a value that inkan does not know"),
					   (const char *)n->name);
	}
	p->seed.step = (unsigned)step;
	return NULL;
}

// A PIN that the token itself asks for is no concern of whoever judges its values; one that is part of the value or of how it is made is.
static struct err *take_pin_policy(const xmlNode *n)
{
	AUTO_TEXT char *mode = NULL;
	TRY(xml_attribute(n, "PINUsageMode", &mode));
	if (mode && strcmp(mode, "Local") == 0)
		return NULL;
	return xml_unknown(n, N_("a PIN is to be part of the value"), mode);
}

static bool is_use(const struct package *p, const char *use)
{
	if (p->seed.kind != SEED_OCRA || p->pin)
		return strcmp(use, "OTP") == 0;
	return strcmp(use, "OTP") == 0 || strcmp(use, "CR") == 0 || strcmp(use, "Integrity") == 0;
}

// Whatever a policy says that is not understood forbids the key (RFC 6030 §5).
static struct err *take_policy(struct package *p, const xmlNode *policy)
{
	const xmlNode *use = NULL;
	bool ours = false;
	for (const xmlNode *n = xml_first(policy); n; n = xml_next(n)) {
		AUTO_TEXT char *text = NULL;
		if (xml_is(n, NS_PSKC, "StartDate") || xml_is(n, NS_PSKC, "ExpiryDate")) {
			TRY(take_time(n, xml_is(n, NS_PSKC, "StartDate"), &p->seed));
		} else if (xml_is(n, NS_PSKC, "PINPolicy")) {
			TRY(take_pin_policy(n));
		} else if (xml_is(n, NS_PSKC, "KeyUsage")) {
			TRY(xml_words(n, &text));
			use = n;
			ours = ours || (text && is_use(p, text));
		} else {
			return xml_unknown(n, N_("there is a policy that inkan does not know"),
					   (const char *)n->name);
		}
	}
	return use && !ours && !p->pin
		       ? xml_unknown(use, N_("a key may not be used for one-time passwords"), NULL)
		       : NULL;
}

// "OCRA-1:HOTP-SHA256-8:…" (RFC 6287 §6.2): hash and digits, as far as they stand there.
static bool read_suite(struct seed *s)
{
	static const char start[] = "OCRA-1:HOTP-";
	const char *at = s->suite;
	if (!at || strncasecmp(at, start, sizeof(start) - 1) != 0)
		return false;
	at += sizeof(start) - 1;
	size_t hash = strcspn(at, "-"), digits = strcspn(at, ":");
	uint64_t n;
	if (hash >= digits || at[digits] != ':' ||
	    !import_number(at + hash + 1, digits - hash - 1, 10, &n) || (n > 0 && n < 4))
		return false;
	char name[8] = { 0 };
	if (hash >= sizeof(name))
		return false;
	memcpy(name, at, hash);
	s->digits = (unsigned)n;
	return seed_hash_by_name(name, &s->hash);
}

static struct err *conclude(struct package *p, const xmlNode *key)
{
	struct seed *s = &p->seed;
	if (!s->secret)
		return xml_damaged(key, N_("a key has no secret"));
	if (!s->serial)
		TRY(xml_attribute(key, "Id", &s->serial));
	if (s->kind != SEED_OCRA) {
		s->digits = p->digits ? (unsigned)p->digits : DIGITS_USUAL;
		return NULL;
	}
	if (!read_suite(s))
		return xml_unknown(key,
				   N_("there is a key for an OCRA suite that inkan does not know"),
				   s->suite);
	return p->digits && p->digits != s->digits
		       ? xml_damaged(key, N_("a key has another number of digits than its suite"))
		       : NULL;
}

static struct err *take_key(struct package *p, const xmlNode *key)
{
	struct seed *s = &p->seed;
	TRY(take_algorithm(p, key));
	s->step = s->kind == SEED_TOTP ? STEP_USUAL : 0;
	for (const xmlNode *n = xml_first(key); n; n = xml_next(n)) {
		if (xml_is(n, NS_PSKC, "Issuer"))
			TRY(xml_words(n, &s->issuer));
		else if (xml_is(n, NS_PSKC, "UserId"))
			TRY(xml_words(n, &s->person));
		else if (xml_is(n, NS_PSKC, "AlgorithmParameters"))
			TRY(take_parameters(p, n));
		else if (xml_is(n, NS_PSKC, "Data"))
			TRY(take_data(p, n));
		else if (xml_is(n, NS_PSKC, "Policy"))
			TRY(take_policy(p, n));
		else if (xml_is(n, NS_PSKC, "KeyReference"))
			return xml_unknown(n,
					   N_("there is a key that is not in the file, but made "
					      "from one that its maker keeps"),
					   NULL);
		else if (!xml_is(n, NS_PSKC, "FriendlyName") &&
			 !xml_is(n, NS_PSKC, "KeyProfileId") && !xml_is(n, NS_PSKC, "Extensions"))
			return xml_unknown(n, N_("there is an element that inkan does not know"),
					   (const char *)n->name);
	}
	return conclude(p, key);
}

static struct err *take_package(struct package *p, const xmlNode *package)
{
	const xmlNode *key = NULL;
	for (const xmlNode *n = xml_first(package); n; n = xml_next(n)) {
		if (xml_is(n, NS_PSKC, "DeviceInfo"))
			TRY(take_device(p, n));
		else if (xml_is(n, NS_PSKC, "Key") && !key)
			key = n;
		else if (!xml_is(n, NS_PSKC, "CryptoModuleInfo") &&
			 !xml_is(n, NS_PSKC, "Extensions"))
			return xml_unknown(n, N_("there is an element that inkan does not know"),
					   (const char *)n->name);
	}
	if (!key)
		return xml_damaged(package, N_("a key package has no key"));
	TRY(take_key(p, key));
	if (p->pin)
		return NULL;
	struct err *e = seed_check(&p->seed);
	return e ? err_while(e, N_("In line %1 of the PSKC file:"),
			     ARG_NUM(xmlGetLineNo((xmlNode *)(uintptr_t)key)))
		 : NULL;
}

struct err *pskc_package(struct pskc_crypt *c, const xmlNode *package, struct seeds *to)
{
	struct package p = { .crypt = c };
	struct err *e = take_package(&p, package);
	if (!e && !p.pin)
		e = import_add(to, &p.seed);
	seed_clear(&p.seed);
	return e;
}
