// HTTP Basic: the header's base64 straight into locked memory.
#include <string.h>
#include <strings.h>

#include "practiceca/base64.h"
#include "practiceca/basic.h"

enum { BASIC_MAX = 1024 };

void basic_free(struct basic *b)
{
	secret_free(b->first);
	secret_free(b->second);
	*b = (struct basic){ 0 };
}

static struct err *split_password(const uint8_t *password, size_t len, struct basic *b)
{
	const uint8_t *colon = memrchr(password, ':', len);
	size_t first = colon ? (size_t)(colon - password) : len;
	TRY(secret_from(password, first, &b->first));
	return secret_from(colon ? colon + 1 : password, colon ? len - first - 1 : 0, &b->second);
}

// RFC 7617 §2 has no control characters; and scrypt would take "1234" and "1234\0" for the same.
static bool has_control(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] < 0x20 || bytes[i] == 0x7f)
			return true;
	return false;
}

struct err *basic_read(const char *authorization, struct basic *out)
{
	if (!authorization || strncasecmp(authorization, "Basic ", 6) != 0)
		return NULL;
	const char *text = authorization + 6 + strspn(authorization + 6, " ");
	size_t text_len = strlen(text);
	AUTO(secret) struct secret *plain = NULL;
	TRY(secret_new(BASIC_MAX, &plain));
	size_t len = secret_cap(plain);
	if (!base64_read(text, text_len, secret_room(plain), &len))
		return NULL;
	secret_set_len(plain, len);
	const uint8_t *bytes = secret_bytes(plain);
	const uint8_t *colon = memchr(bytes, ':', len);
	if (!colon || has_control(bytes, len))
		return NULL;
	size_t name_len = (size_t)(colon - bytes);
	struct basic b = { .given = true };
	b.shaped = holder_read((const char *)bytes, name_len, &b.holder);
	struct err *e = split_password(colon + 1, len - name_len - 1, &b);
	if (e) {
		basic_free(&b);
		return e;
	}
	*out = b;
	return NULL;
}
