// The table of USB devices.
#include "token/devices.h"

#include "base/attr.h"

static const char ccid_list[] = "the list of readers of libccid 1.5.2 (Info.plist)";

#define CCID(vendor_id, product_id, text)                                                          \
	{                                                                                          \
		.vendor = (vendor_id), .product = (product_id), .name = (text),                    \
		.use = DEVICE_CCID, .source = ccid_list                                            \
	}

// clang-format off
const struct usb_device usb_devices[] = {
	CCID(0x1050, 0x0111, "Yubico YubiKey NEO OTP+CCID"),
	CCID(0x1050, 0x0112, "Yubico YubiKey NEO CCID"),
	CCID(0x1050, 0x0115, "Yubico YubiKey NEO U2F+CCID"),
	CCID(0x1050, 0x0116, "Yubico YubiKey NEO OTP+U2F+CCID"),
	CCID(0x1050, 0x0404, "Yubico YubiKey CCID"),
	CCID(0x1050, 0x0405, "Yubico YubiKey OTP+CCID"),
	CCID(0x1050, 0x0406, "Yubico YubiKey FIDO+CCID"),
	CCID(0x1050, 0x0407, "Yubico YubiKey OTP+FIDO+CCID"),
	CCID(0x20a0, 0x4108, "Nitrokey Pro"),
	CCID(0x20a0, 0x4109, "Nitrokey Storage"),
	CCID(0x20a0, 0x4230, "Nitrokey HSM"),
	CCID(0x20a0, 0x42b2, "Nitrokey 3"),
	CCID(0x0529, 0x0602, "SafeNet eToken 7300"),
	CCID(0x0529, 0x0620, "SafeNet eToken 5100"),
	CCID(0x08e6, 0x3438, "Gemalto USB Shell Token V2"),
	CCID(0x08e6, 0x34cc, "SafeNet eToken 5300"),
	CCID(0x08e6, 0x34ce, "SafeNet eToken 5300 C"),
	CCID(0x08e6, 0x34cf, "SafeNet eToken 5110+ FIPS"),
	CCID(0x08e6, 0x34d2, "SafeNet eToken Fusion"),
	CCID(0x08e6, 0x8141, "Gemalto IDBridge K3000"),
	CCID(0x096e, 0x0807, "Feitian ePass2003"),
	CCID(0x096e, 0x080a, "Feitian ePass2003Auto"),
	CCID(0x0dc3, 0x0900, "Athena IDProtect Key v2"),
	CCID(0x0a89, 0x0030, "Aktiv Rutoken ECP"),
	CCID(0x24dc, 0x0101, "Aladdin R.D. JaCarta"),
	CCID(0x25dd, 0x2371, "Bit4id TokenME EVO v2"),
	CCID(0x1059, 0x0017, "Giesecke & Devrient StarSign Crypto USB Token"),
	CCID(0x072f, 0x90db, "ACS CryptoMate64"),
};
// clang-format on
const size_t n_usb_devices = ARRAY_LEN(usb_devices);
