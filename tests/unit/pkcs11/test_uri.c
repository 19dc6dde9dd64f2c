// RFC 7512 URIs against tokens.
#include "softhsm.h"

static void field(char *text, uint8_t *raw, size_t width, const char *value)
{
	memset(raw, ' ', width);
	memcpy(raw, value, strlen(value));
	memcpy(text, value, strlen(value) + 1);
}

static struct token_info token(const char *label, const char *serial)
{
	struct token_info t = { .slot = 7 };
	field(t.label, t.raw_label, 32, label);
	field(t.serial, t.raw_serial, 16, serial);
	field(t.manufacturer, t.raw_manufacturer, 32, "SoftHSM project");
	field(t.model, t.raw_model, 16, "SoftHSM v2");
	snprintf(t.slot_description, sizeof(t.slot_description), "SoftHSM slot ID 0x7");
	return t;
}

static bool fits(const char *text, const struct token_info *t)
{
	struct token_uri *u = NULL;
	CHECK_OK(token_uri_parse(text, &u));
	bool yes = u && token_uri_matches(u, t);
	token_uri_free(u);
	return yes;
}

static void check_refused(const char *text, const char *tag)
{
	struct token_uri *u = NULL;
	struct err *e = token_uri_parse(text, &u);
	CU_ASSERT_PTR_NOT_NULL(e);
	CU_ASSERT(e && err_kind(e) == ERR_USAGE);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", tag);
	CU_ASSERT_PTR_NULL(u);
	err_free(e);
}

static void test_whole_fields_are_compared(void)
{
	struct token_info t = token("card", "0001");
	CU_ASSERT(fits("pkcs11:token=card", &t));
	CU_ASSERT(fits(
		"pkcs11:token=card;serial=0001;model=SoftHSM%20v2;manufacturer=SoftHSM%20project",
		&t));
	CU_ASSERT(!fits("pkcs11:token=car", &t));
	CU_ASSERT(!fits("pkcs11:token=card2", &t));
	CU_ASSERT(!fits("pkcs11:token=card;serial=000", &t));
	CU_ASSERT(!fits("pkcs11:token=CARD", &t));
	CU_ASSERT(fits("pkcs11:", &t));
	CU_ASSERT(token_uri_matches(NULL, &t));
}

static void test_a_label_of_full_width_fits_itself_alone(void)
{
	struct token_info t = token("12345678901234567890123456789012", "1");
	CU_ASSERT(fits("pkcs11:token=12345678901234567890123456789012", &t));
	CU_ASSERT(!fits("pkcs11:token=1234567890123456789012345678901", &t));
	check_refused("pkcs11:token=123456789012345678901234567890123", "token-uri");
}

static void test_slots_are_compared_too(void)
{
	struct token_info t = token("card", "1");
	CU_ASSERT(fits("pkcs11:slot-id=7", &t));
	CU_ASSERT(!fits("pkcs11:slot-id=8", &t));
	CU_ASSERT(fits("pkcs11:slot-description=SoftHSM%20slot%20ID%200x7", &t));
	CU_ASSERT(!fits("pkcs11:slot-description=SoftHSM", &t));
	CU_ASSERT(fits("pkcs11:token=card;object=key;type=private;id=%01", &t));
}

static void test_a_pin_in_the_uri_is_refused(void)
{
	check_refused("pkcs11:token=card?pin-value=1234", "token-uri-pin-value");
}

// The parser would pass over all that follows, and the URI fit every token.
static void test_an_empty_attribute_is_refused(void)
{
	check_refused("pkcs11:;token=card", "token-uri");
	check_refused("pkcs11:token=card;;serial=3", "token-uri");
	check_refused("pkcs11:;token=card?pin-value=1234", "token-uri");
}

static void test_what_is_no_uri_is_refused(void)
{
	check_refused("http://card", "token-uri");
	check_refused("pkcs11:token", "token-uri");
	check_refused("pkcs11:token=%zz", "token-uri");
	check_refused("pkcs11:token=card;colour=red", "token-uri");
	check_refused("pkcs11:library-manufacturer=x", "token-uri");
	check_refused("pkcs11:token=card?pin-source=%7c/bin/sh", "token-uri");
}

static void test_pin_source_and_module_are_given(void)
{
	static const char *const sources[] = { "pkcs11:token=c?pin-source=/run/pin",
					       "pkcs11:token=c?pin-source=file:/run/pin",
					       "pkcs11:token=c?pin-source=file:%2frun%2fpin",
					       "pkcs11:token=c?pin-source=file:///run/pin" };
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		struct token_uri *u = NULL;
		CHECK_OK(token_uri_parse(sources[i], &u));
		CU_ASSERT(u && token_uri_pin_source(u) &&
			  strcmp(token_uri_pin_source(u), "/run/pin") == 0);
		CU_ASSERT_PTR_NULL(token_uri_module_path(u));
		token_uri_free(u);
	}
	struct token_uri *u = NULL;
	CHECK_OK(token_uri_parse("pkcs11:token=c?module-path=/lib/x.so&module-name=softhsm2", &u));
	CU_ASSERT(u && strcmp(token_uri_module_path(u), "/lib/x.so") == 0);
	CU_ASSERT(u && strcmp(token_uri_module_name(u), "softhsm2") == 0);
	token_uri_free(u);
}

static void test_a_token_fits_its_own_uri(void)
{
	struct token_info t = token("a b;c=%\xe5\x8d\xb0", "00/1");
	char *text = token_info_uri(&t);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT(fits(text, &t));
	struct token_info other = token("a b;c=%", "00/1");
	CU_ASSERT(!fits(text, &other));
	free(text);
}

int main(void)
{
	return CHECK_MAIN(
		TEST(test_whole_fields_are_compared),
		TEST(test_a_label_of_full_width_fits_itself_alone),
		TEST(test_slots_are_compared_too), TEST(test_a_pin_in_the_uri_is_refused),
		TEST(test_an_empty_attribute_is_refused), TEST(test_what_is_no_uri_is_refused),
		TEST(test_pin_source_and_module_are_given), TEST(test_a_token_fits_its_own_uri));
}
