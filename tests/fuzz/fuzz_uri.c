// A token's URI, and tokens with any bytes in their fields: a token's own URI fits it.
#include "fuzz.h"
#include "pkcs11/slot.h"

static void field(struct pieces *p, uint8_t *raw, char *text, size_t len)
{
	const uint8_t *piece = NULL;
	size_t n = 0;
	memset(raw, ' ', len);
	if (fuzz_piece(p, ';', &piece, &n))
		memcpy(raw, piece, n < len ? n : len);
	memcpy(text, raw, len);
	text[len] = '\0';
}

static void make_token(const uint8_t *data, size_t size, struct token_info *t)
{
	struct pieces p = { data, size };
	field(&p, t->raw_model, t->model, sizeof(t->raw_model));
	field(&p, t->raw_manufacturer, t->manufacturer, sizeof(t->raw_manufacturer));
	field(&p, t->raw_serial, t->serial, sizeof(t->raw_serial));
	field(&p, t->raw_label, t->label, sizeof(t->raw_label));
	memcpy(t->slot_description, "Reader 0", sizeof("Reader 0"));
	t->slot = 1;
}

static void try_own_uri(const uint8_t *data, size_t size)
{
	struct token_info t = { 0 };
	make_token(data, size, &t);
	AUTO_TEXT char *own = token_info_uri(&t);
	MUST_HOLD(own);
	AUTO(token_uri) struct token_uri *u = NULL;
	if (!fuzz_fine(token_uri_parse(own, &u)))
		return;
	MUST_HOLD(token_uri_matches(u, &t));
	t.raw_label[31] ^= 1;
	MUST_HOLD(!token_uri_matches(u, &t) || !strstr(own, "token="));
}

// As an attribute: a label may well be called that, and hold what separates elsewhere.
static bool has_pin_value(const char *uri)
{
	const char *query = strchr(uri, '?');
	for (const char *p = uri; (p = strstr(p, "pin-value=")); p++)
		if (p == uri + strlen("pkcs11:") || p - 1 == query ||
		    (p > uri && p[-1] == (query && p > query ? '&' : ';')))
			return true;
	return false;
}

static void try_text(const char *text)
{
	AUTO(token_uri) struct token_uri *u = NULL;
	if (!fuzz_fine(token_uri_parse(text, &u)))
		return;
	MUST_HOLD(!has_pin_value(text));
	const char *source = token_uri_pin_source(u);
	MUST_HOLD(!source || source[0] == '/');
	(void)token_uri_module_path(u);
	(void)token_uri_module_name(u);
	struct token_info t = { 0 };
	make_token((const uint8_t *)"SoftHSM v2;SoftHSM project;0123456789abcdef;practice", 51, &t);
	(void)token_uri_matches(u, &t);
	MUST_HOLD(token_uri_matches(NULL, &t));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 0 && data[0] == ';') {
		try_own_uri(data + 1, size - 1);
		return 0;
	}
	AUTO_TEXT char *text = fuzz_text(data, size);
	try_text(text);
	return 0;
}
