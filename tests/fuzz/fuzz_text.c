// Text from outside: folded, wrapped, padded, made safe, and hexadecimal there and back.
#include "base/text.h"
#include "fuzz.h"

static void try_fold(const char *text)
{
	AUTO_TEXT char *once = NULL, *twice = NULL;
	if (!fuzz_fine(text_fold(text, &once)))
		return;
	MUST_HOLD(text_is_utf8(once, strlen(once)));
	MUST_HOLD(fuzz_fine(text_fold(once, &twice)) && strcmp(once, twice) == 0);
}

static void try_fold_secret(const uint8_t *data, size_t size)
{
	AUTO(secret) struct secret *in = NULL, *out = NULL;
	if (size > SECRET_MAX || !fuzz_fine(secret_from(data, size, &in)))
		return;
	if (fuzz_fine(text_fold_secret(in, size & 1, &out)))
		MUST_HOLD(text_is_utf8(secret_text(out), secret_len(out)));
}

static bool is_one_word(const char *line, size_t len)
{
	size_t indent = 0;
	while (indent < len && line[indent] == ' ')
		indent++;
	return !memchr(line + indent, ' ', len - indent);
}

// Only a word that stands alone on its line may be wider than the line.
static void try_wrap(const char *text, size_t columns, size_t indent)
{
	AUTO_TEXT char *wrapped = NULL;
	if (!fuzz_fine(text_wrap(text, columns, indent, &wrapped)))
		return;
	for (const char *line = wrapped; *line;) {
		const char *end = strchr(line, '\n');
		MUST_HOLD(end);
		AUTO_TEXT char *one = strndup(line, (size_t)(end - line));
		MUST_HOLD(one);
		MUST_HOLD(text_width(one) <= columns || is_one_word(one, strlen(one)));
		line = end + 1;
	}
}

static void try_safe(const uint8_t *data, size_t size)
{
	size_t max = size / 2 + 3;
	AUTO_TEXT char *safe = text_safe(data, size, max),
		       *lines = text_safe_lines(data, size, max);
	MUST_HOLD(safe && lines && strlen(safe) <= max && strlen(lines) <= max);
	MUST_HOLD(text_is_utf8(safe, strlen(safe)) && text_is_utf8(lines, strlen(lines)));
	for (const char *p = safe; *p; p++)
		MUST_HOLD((unsigned char)*p >= 0x20 && *p != 0x7f);
	try_wrap(lines, 80, 2);
	try_wrap(lines, 10, 0);
	AUTO_TEXT char *padded = NULL;
	MUST_HOLD(fuzz_fine(text_pad(safe, 12, &padded)) && text_width(padded) == 12);
}

static void try_hex(const uint8_t *data, size_t size, const char *text)
{
	AUTO_TEXT char *hex = text_hex(data, size, 0);
	uint8_t *back = malloc(size + 1);
	size_t len = size;
	MUST_HOLD(hex && back && strlen(hex) == 2 * size);
	if (size > 0)
		MUST_HOLD(fuzz_fine(text_unhex(hex, back, &len)) && len == size &&
			  memcmp(back, data, size) == 0);
	len = size;
	if (fuzz_fine(text_unhex(text, back, &len)))
		MUST_HOLD(2 * len == strlen(text));
	free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 8192)
		return 0;
	AUTO_TEXT char *text = fuzz_text(data, size);
	try_fold(text);
	try_fold_secret(data, size);
	if (text_is_utf8(text, strlen(text)))
		try_wrap(text, 20, 4);
	(void)text_width(text);
	try_safe(data, size);
	try_hex(data, size, text);
	return 0;
}
