// inkan udev-rules: rules for udev, made from the table of devices (token/devices.h). The build writes them to udev/70-inkan.rules.
#include <stdio.h>

#include "cli/commands.h"
#include "cli/inside.h"
#include "token/devices.h"

// What every token gets: a tag that a monitor of udev can ask for, its name, and a user's service that tells a waiting inkan.
static const char mark[] =
	"TAG+=\"inkan\", TAG+=\"systemd\", ENV{SYSTEMD_USER_WANTS}+=\"inkan-token.service\"";

static void put_head(void)
{
	puts("# Tokens and readers, for inkan. Made by: inkan udev-rules (udev/README.md says "
	     "more).\n"
	     "#\n"
	     "# A smart card reader and a token that is one (USB class CCID) belong to pcscd: they "
	     "are marked and\n"
	     "# nobody gets a right. What a module opens by itself goes to the person at the seat "
	     "(uaccess), and\n"
	     "# without systemd to the group plugdev. Nothing is ever open to all.\n"
	     "ACTION==\"remove\", GOTO=\"inkan_end\"\n"
	     "SUBSYSTEM!=\"usb\", GOTO=\"inkan_end\"\n"
	     "ENV{DEVTYPE}!=\"usb_device\", GOTO=\"inkan_end\"\n");
}

static void put_device(const struct usb_device *d)
{
	printf("# %s; from %s\n"
	       "ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"%04x\", %s, "
	       "ENV{ID_INKAN_TOKEN}=\"%s\"",
	       d->name, d->source, d->vendor, d->product, mark, d->name);
	if (d->use == DEVICE_DIRECT)
		printf(", MODE=\"0660\", GROUP=\"plugdev\", TAG+=\"uaccess\"");
	puts("\n");
}

int run_udev_rules(struct cli *cli)
{
	(void)cli;
	put_head();
	for (size_t i = 0; i < n_usb_devices; i++)
		put_device(&usb_devices[i]);
	printf("# Any other reader: an interface of class 0b (Smart Card).\n"
	       "ENV{ID_INKAN_TOKEN}==\"\", ENV{ID_USB_INTERFACES}==\"*:0b*:*\", %s\n\n"
	       "LABEL=\"inkan_end\"\n",
	       mark);
	return 0;
}
