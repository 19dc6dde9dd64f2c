// The charsets of pages: read with patience, written without guessing.
#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "ca/portal.h"

// The labels that browsers know for each (Encoding Standard): Shift_JIS on the web is Windows' code page 932.
static const struct {
	const char *label, *name;
} labels[] = {
	{ "utf-8", "UTF-8" },
	{ "utf8", "UTF-8" },
	{ "shift_jis", "CP932" },
	{ "shift-jis", "CP932" },
	{ "sjis", "CP932" },
	{ "x-sjis", "CP932" },
	{ "windows-31j", "CP932" },
	{ "ms932", "CP932" },
	{ "cp932", "CP932" },
	{ "ms_kanji", "CP932" },
	{ "csshiftjis", "CP932" },
	{ "euc-jp", "EUC-JP" },
	{ "x-euc-jp", "EUC-JP" },
	{ "iso-2022-jp", "ISO-2022-JP" },
	{ "us-ascii", "CP1252" },
	{ "ascii", "CP1252" },
	{ "iso-8859-1", "CP1252" },
	{ "latin1", "CP1252" },
	{ "windows-1252", "CP1252" },
	{ "windows-1252", "CP1252" },
	{ "iso-8859-15", "ISO-8859-15" },
};

const char *portal_charset(const char *label)
{
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		if (strcasecmp(labels[i].label, label) == 0)
			return labels[i].name;
	return NULL;
}

static void converter_cleanup(iconv_t *c)
{
	if (*c != (iconv_t)-1)
		iconv_close(*c);
}
#define AUTO_CONVERTER __attribute__((cleanup(converter_cleanup)))

// iconv does not write to its input.
static char *input(const void *bytes)
{
	return (char *)(uintptr_t)bytes;
}

static struct err *no_charset(const char *charset)
{
	return err_tag(err_new(ERR_CA_REFUSED, N_("The page is in a charset that is not known: %1"),
			       ARG_TEXT(charset)),
		       "portal-charset");
}

struct err *portal_to_utf8(const char *charset, const void *bytes, size_t len, struct buf *out)
{
	static const char unreadable[] = "\xef\xbf\xbd"; // U+FFFD
	AUTO_CONVERTER iconv_t c = iconv_open("UTF-8", charset);
	if (c == (iconv_t)-1)
		return no_charset(charset);
	char *in = input(bytes);
	while (len > 0) {
		char piece[4096], *to = piece;
		size_t room = sizeof(piece);
		size_t n = iconv(c, &in, &len, &to, &room);
		TRY(buf_put(out, piece, sizeof(piece) - room));
		if (n != (size_t)-1 || errno == E2BIG)
			continue;
		TRY(buf_puts(out, unreadable));
		in++;
		len--;
	}
	return NULL;
}

struct err *portal_from_utf8(const char *charset, const void *bytes, size_t len, struct secret *out)
{
	AUTO_CONVERTER iconv_t c = iconv_open(charset, "UTF-8");
	if (c == (iconv_t)-1)
		return no_charset(charset);
	char *in = input(bytes);
	size_t had = secret_len(out), room = secret_cap(out) - had;
	char *to = (char *)secret_room(out) + had;
	size_t n = iconv(c, &in, &len, &to, &room);
	if (n == 0)
		n = iconv(c, NULL, NULL, &to, &room); // back to the first state (ISO-2022-JP)
	secret_set_len(out, secret_cap(out) - room);
	if (n == 0)
		return NULL;
	secret_chop(out, had);
	if (n == (size_t)-1 && errno == E2BIG)
		return err_tag(err_new(ERR_FAILED, N_("What the form is to carry is too long.")),
			       "too-large");
	return err_hint(err_tag(err_new(ERR_PROFILE,
					N_("An answer holds a character that the CA's page cannot "
					   "take (its charset is %1)."),
					ARG_TEXT(charset)),
				"portal-characters"),
			N_("Nothing was sent. Write the answer with other characters, or ask the "
			   "institution."));
}
