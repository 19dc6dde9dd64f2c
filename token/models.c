// The table of known token models.
//
// A model is recognised by what CK_TOKEN_INFO says, which a module can say at will: the table is worth what the module is worth. p11-kit's
// client and proxy hand on what the token behind them says, so a token on another machine cannot be told from one that is here.
#include "token/models.h"

#include <stdio.h>
#include <string.h>

#include "token/piv_life.h"

// The first row that fits counts: rows with more words stand first.
static const struct model models[] = {
	{ .name = "SoftHSM",
	  .manufacturer = "SoftHSM project",
	  .nature = MODEL_SOFTWARE,
	  .source = "seen: SoftHSM 2.6.1" },
	{ .name = N_("opencryptoki soft token"),
	  .manufacturer = "IBM*",
	  .model = "*Soft*",
	  .nature = MODEL_SOFTWARE,
	  .quirks = { .serial_not_unique = true, .so_pin_expires = true, .init_once = true },
	  .source =
		  "seen: opencryptoki 3.8.1; every token reports serial 123; C_InitToken puts the "
		  "default SO PIN back",
	  .so_pins = { { "87654321", "opencryptoki 3.8.1, pkcsconf(1): the default SO PIN" } },
	  .pins = { { "12345678", "opencryptoki 3.8.1, usr/lib/common: DEFAULT_USER_PIN" } } },
	{ .name = N_("NSS software token"),
	  .manufacturer = "Mozilla Foundation",
	  .nature = MODEL_SOFTWARE,
	  .quirks = { .so_pin_empty = true },
	  .source = "seen: NSS softokn 3.87; LOCAL is false, and C_WrapKey gives out a key whose "
		    "EXTRACTABLE is false" },
	{ .name = N_("NSS software token"),
	  .model = "NSS 3*",
	  .nature = MODEL_SOFTWARE,
	  .quirks = { .so_pin_empty = true },
	  .source = "seen: NSS softokn 3.87" },
	{ .name = N_("software TPM (swtpm)"),
	  .manufacturer = "IBM*",
	  .model = "SW*TPM*",
	  .nature = MODEL_SOFTWARE,
	  .source = "libtpms names itself IBM, SW TPM; another software TPM may take a chip "
		    "maker's name, so no tpm2-pkcs11 token "
		    "is held for hardware without an attestation" },
	{ .name = "YubiKey (ykcs11)",
	  .manufacturer = "Yubico*",
	  .model = "YubiKey*",
	  .nature = MODEL_HARDWARE,
	  .slow_seconds = 30,
	  .quirks = { .no_label = true,
		      .no_extractable = true,
		      .slot_ids = true,
		      .destroy_keeps_key = true,
		      .needs_management = true,
		      .firmware_packed = true,
		      .hides_keys_before = 530,
		      .deletes_keys_from = 570,
		      .attestation = ATTESTATION_YUBIKEY_PIV },
	  .source = "yubico-piv-tool, ykcs11/tests; quirks seen: ykcs11 2.2.0; GET METADATA "
		    "from firmware 5.3 on, which CK_TOKEN_INFO calls 5.30: Yubico, PIV, and "
		    "yubico-piv-tool, ykcs11/token.c, get_token_version; MOVE KEY, which deletes, "
		    "too, from 5.7 on: Yubico, .NET SDK, MoveKeyCommand and DeleteKeyCommand, and "
		    "yubico-piv-tool 2.6, lib/ykpiv.c; attestation: "
		    "yubico-piv-tool, ykcs11/objects.c, and Yubico's page \"PIV attestation\"",
	  .management_key = { "010203040506070801020304050607080102030405060708",
			      "Yubico, PIV: the management key of a new YubiKey" },
	  .pins = { { "123456", "Yubico, PIV: the PIN of a new YubiKey" } },
	  .so_pins = { { "010203040506070801020304050607080102030405060708",
			 "Yubico, PIV: the management key of a new YubiKey" },
		       { "12345678", "Yubico, PIV: the PUK of a new YubiKey" } },
	  .pin_min = 6,
	  .pin_max = 8, // ykcs11 tells the length of the management key in ulMaxPinLen
	  .so_min = 6,	// the PUK
	  .so_max = 8,
	  .so_alphabet = "0123456789",
	  .life = &piv_life },
	{ .name = "YubiHSM",
	  .manufacturer = "Yubico*",
	  .model = "YubiHSM*",
	  .nature = MODEL_HARDWARE,
	  .source = "what it calls itself: github.com OpenSC/libp11 issue 176 and "
		    "openssl-projects/pkcs11-provider issue 198; quirks: none known, found by "
		    "probing" },
	{ .name = "Feitian ePass2003",
	  .manufacturer = "EnterSafe",
	  .model = "ePass2003*",
	  .nature = MODEL_HARDWARE,
	  .slow_seconds = 30,
	  .source = "what the maker's libcastle calls a USB token 096e:080a: github.com "
		    "OpenSC/OpenSC issue 2424; quirks: none known, found by probing" },
	{ .name = "SmartCard-HSM",
	  .manufacturer = "CardContact*",
	  .model = "SmartCard-HSM",
	  .nature = MODEL_HARDWARE,
	  .slow_seconds = 30,
	  .source = "what the maker's own module calls a Nitrokey HSM: github.com "
		    "CardContact/sc-hsm-embedded issue 12 (write-protected there; OpenSC's module "
		    "makes keys on it)" },
	{ .name = "Rutoken ECP",
	  .manufacturer = "Aktiv Co.",
	  .model = "Rutoken ECP*",
	  .nature = MODEL_HARDWARE,
	  .slow_seconds = 30,
	  .source = "what it calls itself: github.com systemd/systemd pull request 19280; a USB "
		    "device: OpenSC card-rtecp.c; quirks: none known, found by probing" },
	{ .name = "SafeNet ProtectServer",
	  .manufacturer = "SafeNet, Inc.",
	  .model = "PSI-E2*",
	  .nature = MODEL_HARDWARE,
	  .source = "thalesdocs.com, ProtectToolkit-C 5.7, C_GetTokenInfo: model PSI-E2:PLxxx" },
	{ .name = "SafeNet eToken",
	  .manufacturer = "SafeNet, Inc.",
	  .model = "eToken*",
	  .nature = MODEL_UNKNOWN,
	  .slow_seconds = 30,
	  .source =
		  "an eToken 5110 as modutil shows it: linuxkamarada.com, \"Setting up smart card "
		  "authentication on Google Chrome\", 2019; that the same module "
		  "serves eToken Virtual, which is software, is believed and was not seen" },
	{ .name = "Gemalto IDPrime MD",
	  .manufacturer = "Gemalto",
	  .model = "ID Prime MD*",
	  .nature = MODEL_UNKNOWN,
	  .slow_seconds = 30,
	  .source = "an eToken 5110 as pkcs11-tool shows it: eideasy.com, \"PKCS #11 RSA signature "
		    "with OpenSC and Gemalto eToken 5110\"; that the same module serves "
		    "IDPrime Virtual, which is software, is believed and was not seen" },
	{ .name = N_("smart card (OpenSC)"),
	  .manufacturer = "www.CardContact.de*",
	  .model = "PKCS#15*",
	  .nature = MODEL_HARDWARE,
	  .slow_seconds = 30,
	  .source = "OpenSC 0.23, card-sc-hsm.c and pkcs15-sc-hsm.c",
	  .pins = { { "648219",
		      "CardContact, SmartCard-HSM: the PIN in the examples of its manual" } },
	  .so_pins = { { "3537363231383830",
			 "CardContact, SmartCard-HSM: the initialisation code in "
			 "the examples of its manual" } },
	  .so_min = 16,
	  .so_max = 16,
	  .so_alphabet = "0123456789ABCDEF" },
	{ .name = N_("smart card (OpenSC)"),
	  .manufacturer = "piv_II*",
	  .model = "PKCS#15*",
	  .nature = MODEL_HARDWARE,
	  .slow_seconds = 30,
	  .quirks = { .no_officer = true },
	  .source = "OpenSC 0.23 pkcs15-piv.c: manufacturer \"piv_II\"; C_Login(CKU_SO), seen: "
		    "CKR_GENERAL_ERROR",
	  .pins = { { "123456", "Yubico, PIV: the PIN of a new YubiKey" } },
	  .so_pins = { { "12345678", "Yubico, PIV: the PUK of a new YubiKey" } } },
	{ .name = N_("GIDS smart card (OpenSC)"),
	  .manufacturer = "www.mysmartlogon.com*",
	  .model = "PKCS#15*",
	  .nature = MODEL_HARDWARE,
	  .slow_seconds = 30,
	  .source = "OpenSC 0.23, pkcs15-gids.c and card-gids.c; Generic Identity Device "
		    "Specification 2.0",
	  .challenge = CHALLENGE_GIDS },
	{ .name = N_("smart card (OpenSC)"),
	  .model = "PKCS#15*",
	  .nature = MODEL_HARDWARE,
	  .slow_seconds = 30,
	  .source = "OpenSC 0.23 framework-pkcs15.c: model \"PKCS#15\" or \"PKCS#15 emulated\"; "
		    "SENSITIVE, LOCAL and the rest are not declared for keys that the card made "
		    "itself" },
};

static const struct model unknown = {
	.name = N_("unknown model"),
	.nature = MODEL_UNKNOWN,
	.source = "not in the table: nothing is assumed",
};

// Whole, or with one '*' inside or at the end that stands for anything.
static bool fits(const char *pattern, const char *text)
{
	if (!pattern)
		return true;
	const char *star = strchr(pattern, '*');
	if (!star)
		return strcmp(pattern, text) == 0;
	size_t n = (size_t)(star - pattern);
	if (strncmp(pattern, text, n) != 0)
		return false;
	if (!star[1])
		return true;
	for (text += n; *text; text++)
		if (fits(star + 1, text))
			return true;
	return false;
}

const struct model *model_of(const struct token_info *t)
{
	for (size_t i = 0; i < ARRAY_LEN(models); i++)
		if (fits(models[i].manufacturer, t->manufacturer) &&
		    fits(models[i].model, t->model))
			return &models[i];
	return &unknown;
}

const char *model_firmware(const struct model *m, const struct token_info *t,
			   char out[static FIRMWARE_TEXT])
{
	unsigned minor = t->firmware_minor;
	if (m->quirks.firmware_packed)
		snprintf(out, FIRMWARE_TEXT, "%u.%u.%u", t->firmware_major, minor / 10, minor % 10);
	else
		snprintf(out, FIRMWARE_TEXT, "%u.%u", t->firmware_major, minor);
	return out;
}
