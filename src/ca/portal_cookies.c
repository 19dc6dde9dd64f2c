// Cookies (RFC 6265 §5): of one conversation, sent back only where they belong, never written anywhere.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ca/portal.h"

enum { COOKIE_MAX = 4096 };

static void forget(struct portal_cookie *c)
{
	free(c->name);
	wipe_free_text(c->value);
	free(c->domain);
	free(c->path);
	*c = (struct portal_cookie){ 0 };
}

void portal_cookies_free(struct portal_cookies *c)
{
	for (size_t i = 0; i < c->n; i++)
		forget(&c->list[i]);
	c->n = 0;
}

// RFC 6265 §5.1.3. A domain of one label (jp, localhost) is nobody's to share.
static bool domain_fits(const char *host, const char *domain)
{
	size_t h = strlen(host), d = strlen(domain);
	if (strcasecmp(host, domain) == 0)
		return true;
	return d > 0 && h > d && strchr(domain, '.') && host[h - d - 1] == '.' &&
	       strcasecmp(host + h - d, domain) == 0 &&
	       strspn(host, "0123456789.") != h; // an address has no parts
}

// RFC 6265 §5.1.4.
static bool path_fits(const char *path, const char *of)
{
	size_t len = strlen(of);
	return strncmp(path, of, len) == 0 &&
	       (path[len] == '\0' || of[len - 1] == '/' || path[len] == '/');
}

static char *default_path(const char *path)
{
	const char *last = strrchr(path, '/');
	return last && last != path ? strndup(path, (size_t)(last - path)) : strdup("/");
}

// The value of an attribute, null when it is not there; "" when it has none.
static char *attribute(const char *rest, const char *name)
{
	while ((rest = strchr(rest, ';')) != NULL) {
		rest++;
		rest += strspn(rest, " \t");
		size_t len = strcspn(rest, ";"), key = strcspn(rest, "=;");
		if (key != strlen(name) || strncasecmp(rest, name, key) != 0)
			continue;
		const char *value = rest + key + (rest[key] == '=');
		return strndup(value, len - (size_t)(value - rest));
	}
	return NULL;
}

static bool has_control(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return true;
	return false;
}

// The cookie is over: Max-Age of nothing, or an Expires in the past, which servers write as 1970.
static bool is_over(const char *line)
{
	AUTO_TEXT char *age = attribute(line, "max-age");
	AUTO_TEXT char *expires = attribute(line, "expires");
	if (age)
		return age[0] == '-' || strcmp(age, "0") == 0;
	return expires && (strstr(expires, "1970") || strstr(expires, "1969"));
}

static void drop(struct portal_cookies *c, const struct portal_cookie *like)
{
	for (size_t i = 0; i < c->n; i++) {
		struct portal_cookie *one = &c->list[i];
		bool same = strcmp(one->name, like->name) == 0 &&
			    strcasecmp(one->domain, like->domain) == 0 &&
			    strcmp(one->path, like->path) == 0;
		if (!same)
			continue;
		forget(one);
		memmove(one, one + 1, (c->n - i - 1) * sizeof(*one));
		c->n--;
		return;
	}
}

// False: no cookie of this host, or none at all.
static bool read_cookie(const char *line, const char *host, const char *path,
			struct portal_cookie *out)
{
	size_t pair = strcspn(line, ";");
	const char *equals = memchr(line, '=', pair);
	if (!equals || equals == line || pair > COOKIE_MAX || has_control(line, pair))
		return false;
	size_t end = pair;
	while (end > 0 && line[end - 1] == ' ')
		end--;
	AUTO_TEXT char *domain = attribute(line, "domain");
	AUTO_TEXT char *where = attribute(line, "path");
	const char *of = domain && domain[0] == '.' ? domain + 1 : domain;
	out->host_only = !of || !*of;
	if (!out->host_only && !domain_fits(host, of))
		return false;
	out->name = strndup(line, (size_t)(equals - line));
	out->value = strndup(equals + 1, end - (size_t)(equals + 1 - line));
	out->domain = strdup(out->host_only ? host : of);
	out->path = where && where[0] == '/' ? strdup(where) : default_path(path);
	return out->name && out->value && out->domain && out->path;
}

static struct err *take_one(struct portal_cookies *c, const char *host, const char *path,
			    const char *line)
{
	struct portal_cookie one = { 0 };
	if (!read_cookie(line, host, path, &one)) {
		forget(&one);
		return NULL;
	}
	drop(c, &one);
	if (is_over(line) || c->n == COOKIES_MAX)
		forget(&one);
	else
		c->list[c->n++] = one;
	return NULL;
}

struct err *portal_cookies_take(struct portal_cookies *c, const char *url, const char *lines)
{
	AUTO_TEXT char *host = NULL;
	AUTO_TEXT char *path = NULL;
	if (!lines)
		return NULL;
	TRY(http_parts(url, &host, &path));
	for (const char *p = lines; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		AUTO_TEXT char *line = strndup(p, strcspn(p, "\n"));
		if (!line)
			return err_no_memory();
		TRY(take_one(c, host, path, line));
	}
	return NULL;
}

struct err *portal_cookies_header(const struct portal_cookies *c, const char *url, char **out)
{
	AUTO_TEXT char *host = NULL;
	AUTO_TEXT char *path = NULL;
	AUTO_BUF struct buf b = BUF((size_t)COOKIES_MAX * COOKIE_MAX);
	TRY(http_parts(url, &host, &path));
	for (size_t i = 0; i < c->n; i++) {
		const struct portal_cookie *one = &c->list[i];
		bool ours = one->host_only ? strcasecmp(host, one->domain) == 0
					   : domain_fits(host, one->domain);
		if (ours && path_fits(path, one->path))
			TRY(buf_printf(&b, "%s%s=%s", b.len ? "; " : "", one->name, one->value));
	}
	*out = b.len ? strdup((const char *)b.data) : NULL;
	return b.len && !*out ? err_no_memory() : NULL;
}
