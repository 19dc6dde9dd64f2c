// PINs before they are tried, and the ones that nobody chooses.
#include "token/life.h"

#include <string.h>

#include "check.h"
#include "token/so_pin.h"

static void check_tag(struct err *e, enum err_kind kind, const char *tag)
{
	CU_ASSERT_PTR_NOT_NULL(e);
	CU_ASSERT_EQUAL(e ? (int)err_kind(e) : 0, (int)kind);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", tag);
	err_free(e);
}

static struct token_info token(const char *manufacturer, const char *model, unsigned min,
			       unsigned max)
{
	struct token_info t = { .label = "alpha", .pin_min = min, .pin_max = max };
	snprintf(t.manufacturer, sizeof(t.manufacturer), "%s", manufacturer);
	snprintf(t.model, sizeof(t.model), "%s", model);
	snprintf(t.serial, sizeof(t.serial), "0123456789abcdef");
	memcpy(t.raw_serial, "0123456789abcdef", sizeof(t.raw_serial));
	return t;
}

static struct secret *pin(const char *text)
{
	struct secret *s = NULL;
	CHECK_OK(secret_from(text, strlen(text), &s));
	return s;
}

static void test_the_makers_pins_are_recognised(void)
{
	struct token_info yubikey = token("Yubico (www.yubico.com)", "YubiKey YK5", 6, 8);
	AUTO(secret)
	struct secret *user = pin("123456"), *puk = pin("12345678"), *own = pin("739154");
	CU_ASSERT(is_factory_pin(&yubikey, user));
	CU_ASSERT(is_factory_so_pin(&yubikey, puk));
	CU_ASSERT_FALSE(is_factory_pin(&yubikey, own));
	check_tag(life_new_pin_fits(&yubikey, NAME_NEW_PIN, user, NULL), ERR_PIN, "pin-factory");
	check_tag(life_new_pin_fits(&yubikey, NAME_NEW_PIN, puk, NULL), ERR_PIN, "pin-factory");
	CHECK_OK(life_new_pin_fits(&yubikey, NAME_NEW_PIN, own, user));
	check_tag(life_new_pin_fits(&yubikey, NAME_NEW_PIN, own, own), ERR_PIN, "pin-same");
	struct token_info softhsm = token("SoftHSM project", "SoftHSM v2", 4, 255);
	CU_ASSERT_FALSE(is_factory_pin(&softhsm, user)); // no maker, no maker's PIN
}

// The card takes no notice of the parity bits of DES, nor a reader of the case of hexadecimal digits.
static void test_one_management_key_may_be_written_in_many_ways(void)
{
	struct token_info yubikey = token("Yubico (www.yubico.com)", "YubiKey YK5", 6, 8);
	AUTO(secret)
	struct secret *key = pin("A1A2A3A4A5A6A7A8B1B2B3B4B5B6B7B8C1C2C3C4C5C6C7CE"),
		      *small = pin("a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b8c1c2c3c4c5c6c7ce"),
		      *odd = pin("A1A2A2A4A4A6A7A8B0B2B3B5B5B7B6B9C1C2C2C4C5C7C7CF"),
		      *other = pin("A1A2A3A4A5A6A7A8B1B2B3B4B5B6B7B8C1C2C3C4C5C6C7DE"),
		      *high = pin("B1A2A3A4A5A6A7A8B1B2B3B4B5B6B7B8C1C2C3C4C5C6C7CE"),
		      *brief = pin("A1A2A3A4A5A6A7A8B1B2B3B4B5B6B7B8"),
		      *makers = pin("000302050407060901030205040706090003020504070609");
	CU_ASSERT(same_management_key(true, key, small));
	CU_ASSERT(same_management_key(false, key, small));
	CU_ASSERT(same_management_key(true, key, odd));
	CU_ASSERT_FALSE(same_management_key(false, key, odd));
	CU_ASSERT_FALSE(same_management_key(true, key, other));
	CU_ASSERT_FALSE(same_management_key(true, key, high));
	CU_ASSERT_FALSE(same_management_key(true, key, brief));
	CU_ASSERT(is_factory_management_key(&yubikey, makers));
	CU_ASSERT_FALSE(is_factory_management_key(&yubikey, key));
}

// Where it can be known that one PIN is typed for the other, no try is spent on it.
static void test_pins_that_are_mixed_up_are_not_tried(void)
{
	struct token_info yubikey = token("Yubico (www.yubico.com)", "YubiKey YK5", 6, 8);
	AUTO(secret) struct secret *user = pin("123456"), *puk = pin("12345678");
	check_tag(life_pin_fits(&yubikey, NAME_SO_PIN, user), ERR_PIN, "pin-mixed-up");
	check_tag(life_pin_fits(&yubikey, NAME_PIN, puk), ERR_PIN, "pin-mixed-up");
	CHECK_OK(life_pin_fits(&yubikey, NAME_PIN, user));
	CHECK_OK(life_pin_fits(&yubikey, NAME_SO_PIN, puk));
	// An SO PIN has 16 characters there, so a shorter one is the user's.
	struct token_info schsm = token("www.CardContact.de", "PKCS#15 emulated", 6, 15);
	AUTO(secret) struct secret *short_one = pin("8912345");
	check_tag(life_pin_fits(&schsm, NAME_SO_PIN, short_one), ERR_PIN, "pin-length");
}

static void test_random_pins_have_the_form_that_the_token_takes(void)
{
	struct token_info ock = token("IBM Corp.", "IBM SoftTok", 4, 8);
	struct token_info softhsm = token("SoftHSM project", "SoftHSM v2", 4, 255);
	struct token_info schsm = token("www.CardContact.de", "PKCS#15 emulated", 6, 15);
	CU_ASSERT_EQUAL(so_pin_form_of(&ock).length, 8);
	CU_ASSERT_EQUAL(so_pin_form_of(&softhsm).length, 16);
	CU_ASSERT_EQUAL(so_pin_form_of(&schsm).length, 16);
	CU_ASSERT_STRING_EQUAL(so_pin_form_of(&schsm).alphabet, "0123456789ABCDEF");
	struct so_pin_form form = so_pin_form_of(&softhsm);
	AUTO(secret) struct secret *a = NULL, *b = NULL;
	CHECK_OK_OR_END(so_pin_random(form.length, form.alphabet, &a));
	CHECK_OK_OR_END(so_pin_random(form.length, form.alphabet, &b));
	CU_ASSERT_EQUAL(secret_len(a), 16);
	CU_ASSERT_EQUAL(strspn(secret_text(a), form.alphabet), 16);
	CU_ASSERT_FALSE(secret_equal(a, b));
	AUTO(secret) struct secret *none = NULL;
	check_tag(so_pin_random(0, form.alphabet, &none), ERR_FAILED, "random");
	check_tag(so_pin_random(8, "ab", &none), ERR_FAILED, "random");
}

// Every character of an alphabet that does not divide 256 comes, and about as often as another.
static void test_random_pins_prefer_no_character(void)
{
	unsigned seen[10] = { 0 };
	for (int i = 0; i < 400; i++) {
		AUTO(secret) struct secret *s = NULL;
		CHECK_OK_OR_END(so_pin_random(50, "0123456789", &s));
		for (size_t k = 0; k < secret_len(s); k++)
			seen[secret_bytes(s)[k] - '0']++;
	}
	// 2000 each are expected; without the cut at 250 the first six would be 2.4 % more. This only finds what is grossly wrong.
	for (size_t i = 0; i < 10; i++)
		CU_ASSERT(seen[i] > 1700 && seen[i] < 2300);
}

static void test_derived_pins_are_the_same_again_and_others_elsewhere(void)
{
	struct token_info one = token("SoftHSM project", "SoftHSM v2", 4, 255), other = one;
	AUTO(secret)
	struct secret *master = pin("0123456789abcdef0123456789abcdef"), *a = NULL, *again = NULL,
		      *b = NULL, *none = NULL;
	other.raw_serial[15] = 'e';
	CHECK_OK_OR_END(so_pin_derive(master, &one, &a));
	CHECK_OK_OR_END(so_pin_derive(master, &one, &again));
	CHECK_OK_OR_END(so_pin_derive(master, &other, &b));
	CU_ASSERT(secret_equal(a, again));
	CU_ASSERT_FALSE(secret_equal(a, b));
	CU_ASSERT_EQUAL(secret_len(a), 16);
	// A token without a number of its own would share its PIN with others.
	one.serial[0] = '\0';
	check_tag(so_pin_derive(master, &one, &none), ERR_TOKEN, "token-no-serial");
	struct token_info ock = token("IBM Corp.", "IBM SoftTok", 4, 8);
	check_tag(so_pin_derive(master, &ock, &none), ERR_TOKEN, "token-no-serial");
}

int main(void)
{
	return CHECK_MAIN(TEST(test_the_makers_pins_are_recognised),
			  TEST(test_one_management_key_may_be_written_in_many_ways),
			  TEST(test_pins_that_are_mixed_up_are_not_tried),
			  TEST(test_random_pins_have_the_form_that_the_token_takes),
			  TEST(test_random_pins_prefer_no_character),
			  TEST(test_derived_pins_are_the_same_again_and_others_elsewhere));
}
