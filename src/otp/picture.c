// PNG to grey, with libpng. A QR code of a secret is a secret: all that libpng held of it is wiped, too.
#include "otp/picture.h"

#include <malloc.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "otp/import_inside.h"

enum { SIDE_MAX = 8192, CHUNK_MAX = 1 << 20, MARGIN = 32, SMALL = 400 };

void picture_free(struct picture *p)
{
	if (p->grey)
		wipe(p->grey, (size_t)p->width * p->height);
	free(p->grey);
	*p = (struct picture){ 0 };
}

struct err *picture_wrong(const char *what)
{
	return err_tag(
		err_hint(err_new(ERR_ANSWER, N_("The picture cannot be used: %1."), ARG_ID(what)),
			 N_("It must be a PNG file with the whole QR code, sharp and straight.")),
		"picture-wrong");
}

// What libpng reads from, and what it made: grey and alpha, two bytes a pixel.
struct work {
	const uint8_t *at;
	size_t left;
	png_structp png;
	png_infop info;
	uint8_t *pixels;
	unsigned width, height;
};

static png_voidp take(png_structp png, png_alloc_size_t size)
{
	(void)png;
	return malloc(size);
}

static void give_back(png_structp png, png_voidp p)
{
	(void)png;
	if (p)
		wipe(p, malloc_usable_size(p));
	free(p);
}

static void read_some(png_structp png, png_bytep to, size_t n)
{
	struct work *w = png_get_io_ptr(png);
	if (n > w->left)
		png_error(png, "the end");
	memcpy(to, w->at, n);
	w->at += n;
	w->left -= n;
}

// Without these two libpng prints.
static _Noreturn void on_error(png_structp png, png_const_charp words)
{
	(void)words;
	png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp words)
{
	(void)png;
	(void)words;
}

static void read_header(struct work *w)
{
	png_structp png = w->png;
	png_set_user_limits(png, SIDE_MAX, SIDE_MAX);
	png_set_chunk_malloc_max(png, CHUNK_MAX);
	png_set_chunk_cache_max(png, 16);
	png_set_read_fn(png, w, read_some);
	png_read_info(png, w->info);
	w->width = png_get_image_width(png, w->info);
	w->height = png_get_image_height(png, w->info);
	if ((uint64_t)w->width * w->height > PICTURE_MAX)
		png_error(png, "too large");
}

static void read_pixels(struct work *w)
{
	png_structp png = w->png;
	png_set_expand(png);
	png_set_strip_16(png);
	if (png_get_color_type(png, w->info) & PNG_COLOR_MASK_COLOR)
		png_set_rgb_to_gray_fixed(png, PNG_ERROR_ACTION_NONE, -1, -1);
	png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
	int passes = png_set_interlace_handling(png);
	png_read_update_info(png, w->info);
	size_t row = 2 * (size_t)w->width;
	if (png_get_rowbytes(png, w->info) != row)
		png_error(png, "not grey and alpha");
	w->pixels = calloc(w->height, row);
	if (!w->pixels)
		png_error(png, "no memory");
	for (int pass = 0; pass < passes; pass++)
		for (size_t y = 0; y < w->height; y++)
			png_read_row(png, w->pixels + y * row, NULL);
}

static bool read_png(struct work *w)
{
	w->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning, NULL,
					  take, give_back);
	w->info = w->png ? png_create_info_struct(w->png) : NULL;
	bool good = false;
	if (w->info && !setjmp(png_jmpbuf(w->png))) {
		read_header(w);
		read_pixels(w);
		good = true;
	}
	png_destroy_read_struct(&w->png, &w->info, NULL);
	return good;
}

// On white, with a margin, each pixel as a square of `scale`.
static struct err *put_on_white(const struct work *w, struct picture *out)
{
	unsigned most = w->width > w->height ? w->width : w->height;
	unsigned scale = most < SMALL ? (SMALL + most - 1) / most : 1;
	unsigned width = w->width * scale + 2 * MARGIN, height = w->height * scale + 2 * MARGIN;
	uint8_t *grey = malloc((size_t)width * height);
	if (!grey)
		return err_no_memory();
	memset(grey, 0xff, (size_t)width * height);
	for (size_t y = 0; y < (size_t)w->height * scale; y++) {
		const uint8_t *from = w->pixels + y / scale * w->width * 2;
		uint8_t *to = grey + (y + MARGIN) * width + MARGIN;
		for (size_t x = 0; x < (size_t)w->width * scale; x++) {
			unsigned value = from[x / scale * 2], alpha = from[x / scale * 2 + 1];
			to[x] = (uint8_t)((value * alpha + 255 * (255 - alpha)) / 255);
		}
	}
	*out = (struct picture){ grey, width, height };
	return NULL;
}

struct err *picture_read(const void *png, size_t len, struct picture *out)
{
	TRY(import_size(len, PICTURE_MAX));
	struct work w = { .at = png, .left = len };
	bool good = read_png(&w);
	struct err *e = good ? put_on_white(&w, out)
			     : picture_wrong(N_("it is no PNG file, is damaged, or has more than "
						"16 million pixels"));
	if (w.pixels)
		wipe(w.pixels, 2 * (size_t)w.width * w.height);
	free(w.pixels);
	return e;
}
