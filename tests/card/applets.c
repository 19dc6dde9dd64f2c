// Which applets the card has, and the two small ones: the management applet, and of the OTP applet what tells the serial number
// (firmware before 5 says it nowhere else).
#include "card.h"

#include "piv.h"

static enum sw management_select(struct card *card, void *self, struct bytes *out)
{
	char text[64];
	(void)self;
	int n = snprintf(text, sizeof(text), "Virtual mgr - FW version %u.%u.%u",
			 card->firmware >> 16, card->firmware >> 8 & 0xff, card->firmware & 0xff);
	bytes_put(out, text, (size_t)n);
	return SW_OK;
}

#define INS_READ_CONFIG 0x1d
#define CAPABILITY_PIV	0x10
#define CAPABILITY_OTP	0x01
#define USB_A_KEYCHAIN	0x01

// READ CONFIG: a length, then tags: what USB offers, serial number, what of it is on, form, firmware.
static enum sw management_command(struct card *card, void *self, const struct apdu *a,
				  struct bytes *out)
{
	struct bytes config = { 0 }, number = { 0 };
	const uint8_t offers[] = { 0, CAPABILITY_PIV | CAPABILITY_OTP }, form = USB_A_KEYCHAIN;
	(void)self;
	if (a->ins != INS_READ_CONFIG || card->firmware < FIRMWARE(5, 0, 0))
		return SW_UNKNOWN_INS;
	if (a->p1 || a->p2)
		return SW_WRONG_P1P2;
	bytes_tlv(&config, 0x01, offers, sizeof(offers));
	bytes_number(&number, card->serial, 4);
	bytes_tlv(&config, 0x02, number.data, number.len);
	bytes_tlv(&config, 0x03, offers, sizeof(offers));
	bytes_tlv(&config, 0x04, &form, 1);
	bytes_empty(&number);
	bytes_number(&number, card->firmware, 3);
	bytes_tlv(&config, 0x05, number.data, number.len);
	bytes_byte(out, (unsigned)config.len);
	bytes_put(out, config.data, config.len);
	bytes_free(&number);
	bytes_free(&config);
	return SW_OK;
}

static const uint8_t management_aid[] = { 0xa0, 0x00, 0x00, 0x05, 0x27, 0x47, 0x11, 0x17 };

static const struct applet management_applet = {
	.name = "management",
	.aid = management_aid,
	.aid_len = sizeof(management_aid),
	.aid_least = sizeof(management_aid),
	.select = management_select,
	.command = management_command,
};

#define INS_OTP_REQUEST 0x01
#define OTP_SERIAL	0x10

static enum sw otp_select(struct card *card, void *self, struct bytes *out)
{
	(void)self;
	bytes_number(out, card->firmware, 3);
	bytes_number(out, 0, 3); // nothing is programmed
	return SW_OK;
}

static enum sw otp_command(struct card *card, void *self, const struct apdu *a, struct bytes *out)
{
	(void)self;
	if (a->ins != INS_OTP_REQUEST)
		return SW_UNKNOWN_INS;
	if (a->p1 != OTP_SERIAL || a->p2)
		return SW_WRONG_P1P2;
	bytes_number(out, card->serial, 4);
	return SW_OK;
}

static const uint8_t otp_aid[] = { 0xa0, 0x00, 0x00, 0x05, 0x27, 0x20, 0x01, 0x01 };

static const struct applet otp_applet = {
	.name = "OTP",
	.aid = otp_aid,
	.aid_len = sizeof(otp_aid),
	.aid_least = 7,
	.select = otp_select,
	.command = otp_command,
};

static const struct applet *const yubikey_applets[] = { &piv_applet, &management_applet,
							&otp_applet, NULL };

const struct applet *const *card_applets(const struct card *card)
{
	return card->gids ? gids_applets : yubikey_applets;
}
