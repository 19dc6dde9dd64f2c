// The table of models.
#include "token/models.h"

#include <string.h>

#include "check.h"

static const struct model *model(const char *manufacturer, const char *name)
{
	struct token_info t = { 0 };
	snprintf(t.manufacturer, sizeof(t.manufacturer), "%s", manufacturer);
	snprintf(t.model, sizeof(t.model), "%s", name);
	return model_of(&t);
}

static void test_software_tokens_are_known(void)
{
	CU_ASSERT_EQUAL(model("SoftHSM project", "SoftHSM v2")->nature, MODEL_SOFTWARE);
	CU_ASSERT_EQUAL(model("IBM Corp.", "IBM SoftTok")->nature, MODEL_SOFTWARE);
	CU_ASSERT_EQUAL(model("IBM", "Soft")->nature, MODEL_SOFTWARE);
	CU_ASSERT_EQUAL(model("Mozilla Foundation", "NSS 3")->nature, MODEL_SOFTWARE);
	CU_ASSERT_EQUAL(model("IBM", "SW   TPM")->nature, MODEL_SOFTWARE);
	CU_ASSERT(model("IBM Corp.", "IBM SoftTok")->quirks.serial_not_unique);
}

static void test_cards_are_known_with_their_quirks(void)
{
	const struct model *yubikey = model("Yubico (www.yubico.com)", "YubiKey YK5");
	CU_ASSERT_EQUAL(yubikey->nature, MODEL_HARDWARE);
	CU_ASSERT(yubikey->quirks.slot_ids && yubikey->quirks.no_label &&
		  yubikey->quirks.no_extractable && yubikey->quirks.destroy_keeps_key);
	CU_ASSERT_EQUAL(yubikey->quirks.deletes_keys_from, 570);
	CU_ASSERT_EQUAL((int)yubikey->quirks.attestation, (int)ATTESTATION_YUBIKEY_PIV);
	CU_ASSERT_EQUAL(model("piv_II", "PKCS#15 emulated")->nature, MODEL_HARDWARE);
	CU_ASSERT_EQUAL(model("OpenSC Project", "PKCS#15")->nature, MODEL_HARDWARE);
	CU_ASSERT_EQUAL((int)model("piv_II", "PKCS#15 emulated")->quirks.attestation,
			(int)ATTESTATION_NONE);
}

static void test_tokens_of_other_makers(void)
{
	static const struct {
		const char *manufacturer, *model, *name;
		enum model_nature nature;
	} known[] = {
		{ "Yubico (www.yubico.com)", "YubiHSM", "YubiHSM", MODEL_HARDWARE },
		{ "EnterSafe", "ePass2003", "Feitian ePass2003", MODEL_HARDWARE },
		{ "CardContact (www.cardcontact.de)", "SmartCard-HSM", "SmartCard-HSM",
		  MODEL_HARDWARE },
		{ "Aktiv Co.", "Rutoken ECP", "Rutoken ECP", MODEL_HARDWARE },
		{ "SafeNet, Inc.", "PSI-E2:PL220", "SafeNet ProtectServer", MODEL_HARDWARE },
		// The maker's software tokens speak through the same module.
		{ "SafeNet, Inc.", "eToken", "SafeNet eToken", MODEL_UNKNOWN },
		{ "Gemalto", "ID Prime MD", "Gemalto IDPrime MD", MODEL_UNKNOWN },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		const struct model *m = model(known[i].manufacturer, known[i].model);
		CU_ASSERT_STRING_EQUAL(m->name, known[i].name);
		CU_ASSERT_EQUAL((int)m->nature, (int)known[i].nature);
		CU_ASSERT(!m->quirks.slot_ids && !m->quirks.destroy_keeps_key);
	}
}

static void test_what_is_not_known_is_not_assumed(void)
{
	static const char *const others[] = { "SoftHSM", "SoftHSM project 2", "", "xYubico" };
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		const struct model *m = model(others[i], "YubiKey YK5");
		CU_ASSERT_EQUAL(m->nature, MODEL_UNKNOWN);
		CU_ASSERT(!m->quirks.slot_ids && !m->quirks.no_label);
		CU_ASSERT(m->source != NULL && m->name != NULL);
	}
	CU_ASSERT_EQUAL(model("Infineon", "SLB9670")->nature, MODEL_UNKNOWN);
}

static bool firmware_is(const char *manufacturer, const char *name, unsigned major, unsigned minor,
			const char *expected)
{
	char text[FIRMWARE_TEXT];
	struct token_info t = { .firmware_major = (uint8_t)major,
				.firmware_minor = (uint8_t)minor };
	return strcmp(model_firmware(model(manufacturer, name), &t, text), expected) == 0;
}

static void test_firmware_is_written_as_its_maker_writes_it(void)
{
	CU_ASSERT(firmware_is("Yubico (www.yubico.com)", "YubiKey YK5", 5, 43, "5.4.3"));
	CU_ASSERT(firmware_is("Yubico (www.yubico.com)", "YubiKey YK5", 5, 70, "5.7.0"));
	CU_ASSERT(firmware_is("Yubico (www.yubico.com)", "YubiKey NEO", 1, 4, "1.0.4"));
	CU_ASSERT(firmware_is("SoftHSM project", "SoftHSM v2", 2, 6, "2.6"));
	CU_ASSERT(firmware_is("somebody", "something", 5, 43, "5.43"));
	CU_ASSERT(firmware_is("somebody", "something", 255, 255, "255.255"));
}

int main(void)
{
	return CHECK_MAIN(
		TEST(test_firmware_is_written_as_its_maker_writes_it),
		TEST(test_software_tokens_are_known), TEST(test_cards_are_known_with_their_quirks),
		TEST(test_tokens_of_other_makers), TEST(test_what_is_not_known_is_not_assumed));
}
