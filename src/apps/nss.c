// What a database of NSS says, without NSS.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/inside.h"
#include "base/buf.h"

enum { PKCS11_TXT_MAX = 1 << 20, ATTRIBUTE_MAX = 256 };

// pkcs11.txt: a stanza a module, between blank lines, "key=value"; a value with blanks stands in quotes.
static const char *unquoted(char *value)
{
	size_t n = strlen(value);
	while (n && isspace((unsigned char)value[n - 1]))
		value[--n] = '\0';
	if (n > 1 && (*value == '"' || *value == '\'') && value[n - 1] == *value) {
		value[n - 1] = '\0';
		return value + 1;
	}
	return value;
}

// The same file under another name (/lib and /usr/lib, say) is the same module.
static bool same_library(const char *a, const char *b)
{
	AUTO_TEXT char *x = realpath(a, NULL);
	AUTO_TEXT char *y = realpath(b, NULL);
	return !strcmp(a, b) || (x && y && !strcmp(x, y));
}

struct err *nss_module_name(const char *dir, const char *library, char **name)
{
	AUTO_BUF struct buf text = BUF(PKCS11_TXT_MAX);
	AUTO_TEXT char *path = text_format("%s/pkcs11.txt", dir);
	const char *lib = NULL, *called = NULL, *found = NULL;
	*name = NULL;
	if (!path)
		return err_no_memory();
	if (access(path, F_OK) != 0)
		return NULL;
	TRY(buf_read_file(path, PKCS11_TXT_MAX, &text));
	if (!text.len)
		return NULL;
	for (char *next = (char *)text.data, *line; *next && !found;) {
		line = next;
		next += strcspn(line, "\n");
		bool last = !*next;
		if (!last)
			*next++ = '\0';
		if (!strncmp(line, "library=", 8))
			lib = unquoted(line + 8);
		else if (!strncmp(line, "name=", 5))
			called = unquoted(line + 5);
		bool ends = !*line || last || !*next;
		if (ends && lib && called && same_library(lib, library))
			found = called;
		if (ends)
			lib = called = NULL;
	}
	*name = text_copy(found);
	return found && !*name ? err_no_memory() : NULL;
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
	return at ? (int)(at - digits) : -1;
}

// An attribute of an RFC 7512 URI, decoded: makers' programs encode other characters each. False when it is not there.
static bool attribute(const char *uri, const char *key, char out[ATTRIBUTE_MAX])
{
	size_t len = strlen(key), n = 0;
	const char *p = strchr(uri, ':');
	while (p && !(!strncmp(p + 1, key, len) && p[1 + len] == '='))
		p = strchr(p + 1, ';');
	if (!p)
		return false;
	for (p += len + 2; *p && !strchr(";?\r\n", *p) && n < ATTRIBUTE_MAX - 1; n++) {
		int high = *p == '%' ? hex_value(p[1]) : -1;
		int low = high >= 0 ? hex_value(p[2]) : -1;
		out[n] = low >= 0 ? (char)(high * 16 + low) : *p;
		p += low >= 0 ? 3 : 1;
	}
	out[n] = '\0';
	return true;
}

static bool same_attribute(const char *a, const char *b, const char *key)
{
	char x[ATTRIBUTE_MAX] = "", y[ATTRIBUTE_MAX] = "";
	return attribute(a, key, x) == attribute(b, key, y) && !strcmp(x, y);
}

bool nss_shows_token(const char *listing, const char *uri)
{
	for (const char *p = listing; (p = strstr(p, "uri: pkcs11:")); p++) {
		AUTO_TEXT char *seen = text_format("%.*s", (int)strcspn(p + 5, "\n"), p + 5);
		if (seen && same_attribute(seen, uri, "token") &&
		    same_attribute(seen, uri, "serial") && same_attribute(seen, uri, "model"))
			return true;
	}
	return false;
}
