// Security officers' PINs, random and derived.
#include "token/so_pin.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "token/models.h"

const char management_alphabet[] = "0123456789ABCDEF";

enum { LENGTH_WANTED = 16, STREAM = 1024 };

struct so_pin_form so_pin_form_of(const struct token_info *t)
{
	const struct model *m = model_of(t);
	unsigned min = m->so_min ? m->so_min : t->pin_min, max = m->so_max ? m->so_max : t->pin_max;
	unsigned length = LENGTH_WANTED;
	if (max && length > max)
		length = max;
	if (length < min)
		length = min;
	return (struct so_pin_form){
		.length = length > SO_PIN_LENGTH_MAX ? SO_PIN_LENGTH_MAX : length,
		.alphabet = m->so_alphabet ? m->so_alphabet : "23456789ABCDEFGHJKLMNPQRSTUVWXYZ",
	};
}

static struct err *no_random(void)
{
	return err_tag(err_new(ERR_FAILED, N_("This machine gave no random numbers.")), "random");
}

// Characters of the alphabet from random bytes. A byte past the last whole multiple of the alphabet's length is left out, so that no
// character comes oftener than another. Fails only when the bytes run out, which 16 times more of them than needed do not.
static bool pick(const uint8_t *bytes, size_t n, unsigned length, const char *alphabet,
		 struct secret *out)
{
	unsigned size = (unsigned)strlen(alphabet), fair = 256 / size * size;
	size_t done = 0;
	for (size_t i = 0; i < n && done < length; i++) {
		if (bytes[i] >= fair)
			continue;
		secret_room(out)[done++] = (uint8_t)alphabet[bytes[i] % size];
	}
	secret_set_len(out, done);
	return done == length;
}

static struct err *from_stream(const struct secret *stream, unsigned length, const char *alphabet,
			       struct secret **out)
{
	AUTO(secret) struct secret *made = NULL;
	TRY(secret_new(length + 1, &made));
	if (!pick(secret_bytes(stream), secret_len(stream), length, alphabet, made))
		return no_random();
	*out = made;
	made = NULL;
	return NULL;
}

struct err *so_pin_random(unsigned length, const char *alphabet, struct secret **out)
{
	AUTO(secret) struct secret *stream = NULL;
	size_t size = strlen(alphabet);
	if (!length || length > SO_PIN_LENGTH_MAX || size < 10 || size > SO_ALPHABET_MAX)
		return no_random();
	TRY(secret_new(STREAM, &stream));
	if (RAND_priv_bytes(secret_room(stream), STREAM) != 1)
		return no_random();
	secret_set_len(stream, STREAM);
	return from_stream(stream, length, alphabet, out);
}

static struct err *hkdf(const struct secret *master, char *salt, const uint8_t *info,
			size_t info_len, struct secret *out)
{
	static char digest[] = "SHA256";
	// OpenSSL's parameters are not const, but nothing is written to them.
	union {
		const uint8_t *in;
		void *out;
	} key = { .in = secret_bytes(master) }, about = { .in = info };
	OSSL_PARAM terms[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.out, secret_len(master)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, strlen(salt)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, about.out, info_len),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	bool done = ctx && EVP_KDF_derive(ctx, secret_room(out), STREAM, terms) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	if (!done)
		return err_new(ERR_FAILED, N_("The security officer's PIN could not be derived."));
	secret_set_len(out, STREAM);
	return NULL;
}

static struct err *no_serial(const struct token_info *t)
{
	struct err *e = err_new(ERR_TOKEN,
				N_("The token %1 has no serial number of its own, so no PIN can be "
				   "derived for it."),
				ARG_TEXT(t->label[0] ? t->label : t->slot_description));
	return err_tag(err_hint(e, N_("Choose another custody of the security officer's PIN: show, "
				      "escrow or typed.")),
		       "token-no-serial");
}

static struct err *derive(const struct secret *master, const struct token_info *t, char *salt,
			  unsigned length, const char *alphabet, struct secret **out)
{
	uint8_t info[sizeof(t->raw_manufacturer) + sizeof(t->raw_model) + sizeof(t->raw_serial)];
	AUTO(secret) struct secret *stream = NULL;
	if (!t->serial[0] || model_of(t)->quirks.serial_not_unique)
		return no_serial(t);
	memcpy(info, t->raw_manufacturer, sizeof(t->raw_manufacturer));
	memcpy(info + sizeof(t->raw_manufacturer), t->raw_model, sizeof(t->raw_model));
	memcpy(info + sizeof(t->raw_manufacturer) + sizeof(t->raw_model), t->raw_serial,
	       sizeof(t->raw_serial));
	TRY(secret_new(STREAM, &stream));
	TRY(hkdf(master, salt, info, sizeof(info), stream));
	return from_stream(stream, length, alphabet, out);
}

struct err *so_pin_derive(const struct secret *master, const struct token_info *t,
			  struct secret **out)
{
	static char salt[] = "inkan so-pin 1";
	struct so_pin_form form = so_pin_form_of(t);
	return derive(master, t, salt, form.length, form.alphabet, out);
}

struct err *management_key_derive(const struct secret *master, const struct token_info *t,
				  unsigned length, struct secret **out)
{
	static char salt[] = "inkan management-key 1";
	return derive(master, t, salt, length, management_alphabet, out);
}
