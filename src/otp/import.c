// What a file of seeds is, and what all importers end with.
#include "otp/import_inside.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/buf.h"
#include "base/text.h"

static bool begins(const uint8_t *at, size_t len, const char *with, size_t with_len)
{
	return len >= with_len && memcmp(at, with, with_len) == 0;
}

enum import_kind import_guess(const void *bytes, size_t len)
{
	static const char scheme[] = "otpauth:";
	const uint8_t *at = bytes;
	if (begins(at, len, "\x89PNG\r\n\x1a\n", 8))
		return IMPORT_PICTURE;
	if (begins(at, len, "\xef\xbb\xbf", 3)) {
		at += 3;
		len -= 3;
	}
	while (len > 0 && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) {
		at++;
		len--;
	}
	// UTF-16 counts as XML, too, so that its reader can say what is wrong.
	if (len > 0 && (*at == '<' || *at == 0xff || *at == 0xfe))
		return IMPORT_PSKC;
	if (len >= sizeof(scheme) - 1 &&
	    strncasecmp((const char *)at, scheme, sizeof(scheme) - 1) == 0)
		return IMPORT_OTPAUTH;
	return IMPORT_CSV;
}

bool import_number(const char *text, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(text[i] - '0');
		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = 10 * n + digit;
	}
	if (n > max)
		return false;
	*out = n;
	return true;
}

struct err *import_size(size_t len, size_t max)
{
	if (len <= max)
		return NULL;
	return err_tag(
		err_hint(err_new(ERR_ANSWER,
				 N_("The file has more than %1 bytes. So many are not read."),
				 ARG_NUM(max)),
			 N_("Import it in several parts.")),
		"import-too-large");
}

struct seeds import_begin(const struct seeds *out)
{
	return (struct seeds){ .take = out->take, .ctx = out->ctx };
}

struct err *import_add(struct seeds *to, struct seed *s)
{
	if (to->n < IMPORT_SEEDS_MAX)
		return seeds_add(to, s);
	seed_clear(s);
	return err_tag(
		err_hint(err_new(ERR_ANSWER,
				 N_("The file has more than %1 seeds. So many are not read."),
				 ARG_NUM(IMPORT_SEEDS_MAX)),
			 N_("Import it in several parts.")),
		"import-too-large");
}

static int by_serial(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct err *no_serial_twice(const struct seeds *s)
{
	const char **serials = reallocarray(NULL, s->n, sizeof(*serials));
	if (!serials)
		return err_no_memory();
	for (size_t i = 0; i < s->n; i++)
		serials[i] = s->list[i].serial;
	qsort(serials, s->n, sizeof(*serials), by_serial);
	const char *twice = NULL;
	for (size_t i = 1; i < s->n && !twice; i++)
		if (strcmp(serials[i - 1], serials[i]) == 0)
			twice = serials[i];
	free(serials);
	if (!twice)
		return NULL;
	return err_tag(
		err_hint(err_new(ERR_ANSWER,
				 N_("The serial number %1 stands more than once in the file."),
				 ARG_TEXT(twice)),
			 N_("Keep one seed for each token in the file, then import it again.")),
		"import-duplicate");
}

struct err *import_finish(struct seeds *made, struct seeds *out)
{
	if (made->n == 0)
		return err_tag(err_hint(err_new(ERR_ANSWER, N_("There is no seed in the file.")),
					N_("Look whether it is the right file.")),
			       "import-empty");
	if (!made->take)
		TRY(no_serial_twice(made));
	*out = *made;
	*made = (struct seeds){ 0 };
	return NULL;
}

struct err *import_words(const char *text, size_t len, bool *good, char **out)
{
	*good = len <= SEED_TEXT_MAX && text_is_utf8(text, len);
	for (size_t i = 0; *good && i < len; i++)
		*good = (unsigned char)text[i] >= 0x20 && text[i] != 0x7f;
	if (!*good || len == 0)
		return NULL;
	char *words = strndup(text, len);
	if (!words)
		return err_no_memory();
	free(*out);
	*out = words;
	return NULL;
}

// Two digits at `text`, then `after` (0: anything).
static bool two(const char *text, char after, uint64_t max, int *out)
{
	uint64_t n;
	if (strnlen(text, 3) < (after ? 3 : 2) || !import_number(text, 2, max, &n) ||
	    (after && text[2] != after))
		return false;
	*out = (int)n;
	return true;
}

// After the time: "Z", an offset such as "+09:00", or nothing (UTC; RFC 6030 wants it so).
static bool offset_of(const char *text, int64_t *seconds)
{
	int hours, minutes;
	*seconds = 0;
	if (!text[0] || strcmp(text, "Z") == 0)
		return true;
	if ((text[0] != '+' && text[0] != '-') || strlen(text) != 6 ||
	    !two(text + 1, ':', 14, &hours) || !two(text + 4, 0, 59, &minutes))
		return false;
	*seconds = (text[0] == '-' ? -60 : 60) * (int64_t)(60 * hours + minutes);
	return true;
}

// "T12:34:56.7": *rest is what follows.
static bool clock_of(const char *text, struct tm *tm, const char **rest)
{
	if (!two(text + 1, ':', 23, &tm->tm_hour) || !two(text + 4, ':', 59, &tm->tm_min) ||
	    !two(text + 7, 0, 59, &tm->tm_sec))
		return false;
	*rest = text + 9;
	if (**rest == '.') // parts of a second
		*rest += 1 + strspn(*rest + 1, "0123456789");
	return true;
}

bool import_time(const char *text, int64_t *out)
{
	struct tm tm = { 0 };
	uint64_t year;
	int month, day;
	if (strnlen(text, 10) < 10 || !import_number(text, 4, 9999, &year) || text[4] != '-' ||
	    !two(text + 5, '-', 12, &month) || !two(text + 8, 0, 31, &day))
		return false;
	const char *rest = text + 10;
	if (*rest == 'T' && !clock_of(rest, &tm, &rest))
		return false;
	tm.tm_year = (int)year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	int64_t t = timegm(&tm), offset;
	// A day that its month does not have comes back as another one.
	if (tm.tm_mday != day || tm.tm_mon != month - 1 || !offset_of(rest, &offset) ||
	    t - offset <= 0)
		return false;
	*out = t - offset;
	return true;
}
