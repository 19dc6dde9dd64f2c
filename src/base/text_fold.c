// Folding what a Japanese input method types (full-width digits and letters) to what was meant.
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/buf.h"
#include "base/text.h"

static struct err *not_utf8(void)
{
	return err_tag(
		err_hint(err_new(ERR_ANSWER, N_("What was typed is not valid text (UTF-8).")),
			 N_("Type it again with half-width letters and digits.")),
		"not-utf8");
}

struct err *text_fold(const char *in, char **out)
{
	size_t len = strlen(in), folded_len = 0;
	if (!text_is_utf8(in, len))
		return not_utf8();
	uint8_t *folded = u8_normalize(UNINORM_NFKC, (const uint8_t *)in, len, NULL, &folded_len);
	if (!folded && len > 0)
		return err_no_memory();
	char *text = malloc(folded_len + 1);
	if (!text) {
		free(folded);
		return err_no_memory();
	}
	if (folded)
		memcpy(text, folded, folded_len);
	text[folded_len] = 0;
	free(folded);
	*out = text;
	return NULL;
}

// White space of any width, and what is pasted along without being seen.
static bool is_space(ucs4_t c)
{
	return uc_is_property_white_space(c) || c == 0x200b || c == 0x2060 || c == 0xfeff;
}

// '-' and what input methods and documents put in its place, the Japanese long vowel mark among them.
static bool is_hyphen(ucs4_t c)
{
	switch (c) {
	case '-':
	case 0x00ad: // soft hyphen
	case 0x02d7:
	case 0x2043:
	case 0x207b:
	case 0x208b:
	case 0x2212: // minus
	case 0x2500: // box drawing
	case 0x2501:
	case 0x30fc: // ー
	case 0xfe58:
	case 0xfe63:
	case 0xff0d: // －
	case 0xff70: // ｰ
		return true;
	default:
		return c >= 0x2010 && c <= 0x2015;
	}
}

// Decomposes for compatibility down to the end: ① and １ become 1. Canonical decompositions are left alone.
static size_t decompose(ucs4_t c, ucs4_t out[static UC_DECOMPOSITION_MAX_LENGTH])
{
	int tag = UC_DECOMP_CANONICAL;
	int n = c < 0x80 ? -1 : uc_decomposition(c, &tag, out);
	if (n <= 0 || tag == UC_DECOMP_CANONICAL) {
		out[0] = c;
		return 1;
	}
	// A decomposition of one character may have another below it (a full-width form of a compatibility character).
	if (n == 1 && out[0] != c)
		return decompose(out[0], out);
	return (size_t)n;
}

// Appends the folded character to `to`, or only counts when `to` is null. *total is what it took.
static struct err *fold_char(ucs4_t c, bool drop_hyphens, struct secret *to, size_t *total)
{
	ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
	uint8_t bytes[8];
	struct err *e = NULL;
	size_t n = is_space(c) || (drop_hyphens && is_hyphen(c)) ? 0 : decompose(c, parts);
	for (size_t i = 0; !e && i < n; i++) {
		if (is_space(parts[i]) || (drop_hyphens && is_hyphen(parts[i])))
			continue;
		int made = u8_uctomb(bytes, parts[i], sizeof(bytes));
		if (made <= 0)
			continue;
		*total += (size_t)made;
		if (to)
			e = secret_append(to, bytes, (size_t)made);
	}
	wipe(parts, sizeof(parts));
	wipe(bytes, sizeof(bytes));
	return e;
}

static struct err *fold_all(const struct secret *in, bool drop_hyphens, struct secret *to,
			    size_t *total)
{
	const uint8_t *s = secret_bytes(in);
	size_t len = secret_len(in);
	struct err *e = NULL;
	ucs4_t c = 0;
	*total = 0;
	for (size_t i = 0; !e && i < len;) {
		int used = u8_mbtouc(&c, s + i, len - i);
		i += used > 0 ? (size_t)used : 1;
		e = fold_char(c, drop_hyphens, to, total);
	}
	wipe(&c, sizeof(c));
	return e;
}

// u8_normalize keeps its work in heap memory that it does not wipe, so a secret is folded character by
// character on the stack, straight into locked memory. What this leaves out of NFKC is composing and
// reordering accents, which no digit or ASCII letter needs; no code of a bank holds anything else.
struct err *text_fold_secret(const struct secret *in, bool drop_hyphens, struct secret **out)
{
	if (!text_is_utf8(secret_text(in), secret_len(in)))
		return not_utf8();
	size_t need, done;
	TRY(fold_all(in, drop_hyphens, NULL, &need));
	AUTO(secret) struct secret *folded = NULL;
	TRY(secret_new(need, &folded));
	TRY(fold_all(in, drop_hyphens, folded, &done));
	*out = folded;
	folded = NULL;
	return NULL;
}
