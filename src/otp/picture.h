// A picture's pixels in grey, ready to look for a QR code. Only for src/otp/import_picture.c.
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct picture {
	uint8_t *
		grey; // rows one after the other, 0 black; a white margin all around; small pictures magnified
	unsigned width, height;
};
void picture_free(struct picture *p); // wipes
static inline void picture_cleanup(struct picture *p)
{
	picture_free(p);
}
#define AUTO_PICTURE __attribute__((cleanup(picture_cleanup)))
// PNG of at most 8192 x 8192 and 16 million pixels. "picture-wrong".
MUST struct err *picture_read(const void *png, size_t len, struct picture *out);
// The same for whoever finds fault with what is on it.
struct err *picture_wrong(const char *what) MUST;
