// USB devices of token models, for udev's rules (inkan udev-rules, udev/README.md).
//
// Tokens that are CCID devices belong to pcscd, which opens them as a user of its own: they are marked, and nobody gets any right. Only what a module opens by
// itself is given to the person at the seat.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum device_use {
	DEVICE_CCID,   // pcscd has it
	DEVICE_DIRECT, // a module opens it
};

struct usb_device {
	uint16_t vendor, product;
	const char *name; // as its maker calls it
	enum device_use use;
	const char *source; // where the numbers are known from
};
extern const struct usb_device usb_devices[];
extern const size_t n_usb_devices;
