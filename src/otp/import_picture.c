// The QR code in a picture, with libzbar, which is loaded when a picture is read: it brings X11, a camera's drivers and D-Bus along.
//
// zbar frees what it decoded without wiping it; what it shows of it is wiped here.
#include "otp/import_inside.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zbar.h>

#include "base/buf.h"
#include "otp/picture.h"

#define LIBRARY "libzbar.so.0"

#define FUNCTIONS(X)                                                                               \
	X(zbar_image_create)                                                                       \
	X(zbar_image_destroy)                                                                      \
	X(zbar_image_first_symbol)                                                                 \
	X(zbar_image_scanner_create)                                                               \
	X(zbar_image_scanner_destroy)                                                              \
	X(zbar_image_scanner_request_dbus)                                                         \
	X(zbar_image_scanner_set_config)                                                           \
	X(zbar_image_set_data)                                                                     \
	X(zbar_image_set_format)                                                                   \
	X(zbar_image_set_size)                                                                     \
	X(zbar_scan_image)                                                                         \
	X(zbar_symbol_get_data)                                                                    \
	X(zbar_symbol_get_data_length)                                                             \
	X(zbar_symbol_get_type)                                                                    \
	X(zbar_symbol_next)

// NOLINTNEXTLINE(bugprone-macro-parentheses): it is declared, not computed
#define FIELD(name) __typeof__(name) *name;
struct zbar {
	FUNCTIONS(FIELD)
};
#undef FIELD

// C has no conversion from void * to a function.
static bool find(void *library, const char *name, void *function, size_t size)
{
	void *symbol = dlsym(library, name);
	if (symbol)
		memcpy(function, &symbol, size);
	return symbol;
}

static struct err *load(const struct zbar **out)
{
	static struct zbar lib;
	static bool whole;
	if (!whole) {
		void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
		whole = library;
#define FIND(name) whole = whole && find(library, #name, &lib.name, sizeof(lib.name));
		FUNCTIONS(FIND)
#undef FIND
	}
	if (!whole)
		return err_tag(err_hint(err_call(err_new(ERR_FAILED,
							 N_("QR codes cannot be read on this "
							    "machine: the library %1 is missing."),
							 ARG_TEXT(LIBRARY)),
						 "dlopen", "", 0),
					N_("Install it (libzbar0 on Debian), or import the otpauth "
					   "URI as text.")),
			       "picture-library");
	*out = &lib;
	return NULL;
}

static bool is_uri(const char *text, size_t len)
{
	static const char scheme[] = "otpauth://";
	return len >= sizeof(scheme) - 1 && strncasecmp(text, scheme, sizeof(scheme) - 1) == 0;
}

// The URIs among what was found, one a line.
static struct err *take_symbols(const struct zbar *z, zbar_image_t *image, unsigned *n_codes,
				struct secret *uris)
{
	struct err *e = NULL;
	const zbar_symbol_t *s = z->zbar_image_first_symbol(image);
	for (; s; s = z->zbar_symbol_next(s)) {
		const char *text = z->zbar_symbol_get_data(s);
		size_t len = z->zbar_symbol_get_data_length(s);
		if (z->zbar_symbol_get_type(s) != ZBAR_QRCODE || !text)
			continue;
		++*n_codes;
		if (!e && is_uri(text, len)) {
			e = secret_append(uris, text, len);
			if (!e)
				e = secret_append(uris, "\n", 1);
		}
		wipe((void *)(uintptr_t)text, len);
	}
	return e;
}

static struct err *scan(const struct zbar *z, const struct picture *p, unsigned *n_codes,
			struct secret *uris)
{
	zbar_image_scanner_t *scanner = z->zbar_image_scanner_create();
	zbar_image_t *image = z->zbar_image_create();
	if (!scanner || !image) {
		if (scanner)
			z->zbar_image_scanner_destroy(scanner);
		if (image)
			z->zbar_image_destroy(image);
		return err_no_memory();
	}
	z->zbar_image_scanner_request_dbus(scanner, 0); // it would tell everybody what it read
	// QR codes alone: the less of zbar a stranger's picture reaches, the better. Light on dark counts, too.
	z->zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	z->zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	z->zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_TEST_INVERTED, 1);
	z->zbar_image_set_format(image, 'Y' | '8' << 8 | '0' << 16 | '0' << 24);
	z->zbar_image_set_size(image, p->width, p->height);
	z->zbar_image_set_data(image, p->grey, (unsigned long)p->width * p->height, NULL);
	struct err *e = NULL;
	if (z->zbar_scan_image(scanner, image) > 0)
		e = take_symbols(z, image, n_codes, uris);
	z->zbar_image_destroy(image);
	z->zbar_image_scanner_destroy(scanner);
	return e;
}

struct err *import_picture(const void *png, size_t len, struct seeds *out)
{
	AUTO_PICTURE struct picture p = { 0 };
	AUTO(secret) struct secret *uris = NULL;
	const struct zbar *z = NULL;
	unsigned n_codes = 0;
	TRY(picture_read(png, len, &p));
	TRY(load(&z));
	TRY(secret_new(SECRET_FORM, &uris));
	TRY(scan(z, &p, &n_codes, uris));
	if (n_codes == 0)
		return picture_wrong(N_("no QR code is found in it"));
	if (secret_len(uris) == 0)
		return picture_wrong(N_("its QR code holds no otpauth URI"));
	return import_otpauth(secret_text(uris), secret_len(uris), out);
}
