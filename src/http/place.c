// Where a URL leads: one spelling for every way to write the same host, so that pinning compares like with like.
#include "http/inside.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { PLACE_MAX_URL = 16384, PLACE_SHOWN = 300 }; // a message of SCEP may stand in one

static void curl_text_cleanup(char **s)
{
	curl_free(*s);
}
#define AUTO_CURL_TEXT __attribute__((cleanup(curl_text_cleanup)))

void place_free(struct place *p)
{
	curl_url_cleanup(p->url);
	free(p->host);
	free(p->host_port);
	*p = (struct place){ 0 };
}

static struct err *bad_url(const char *url, CURLUcode code)
{
	AUTO_TEXT char *shown = text_safe(url, strlen(url), PLACE_SHOWN);
	struct err *e =
		err_tag(err_new(ERR_PROFILE, N_("“%1” is no https address that can be used."),
				ARG_TEXT(shown ? shown : "")),
			"url-wrong");
	if (code == CURLUE_USER_NOT_ALLOWED)
		e = err_hint(e, N_("An address must not hold a user name or a password."));
	return err_call(e, "curl_url_set", curl_url_strerror(code), code);
}

// libcurl reads a host in the locale's character set; ours are UTF-8, whatever the locale is.
static CURLUcode ascii_host(CURLU *url, char **host)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
	CURLUcode code = curl_url_get(url, CURLUPART_HOST, host, CURLU_PUNYCODE);
	if (before)
		uselocale(before);
	if (utf8)
		freelocale(utf8);
	return code;
}

struct err *place_refused(const char *url)
{
	return bad_url(url, CURLUE_UNSUPPORTED_SCHEME);
}

// The host in ASCII (IDNA), lower case, without the dot of a fully qualified name; the URL gets it too, so that what is
// compared is what is connected to.
static struct err *read_host(const char *url, struct place *p)
{
	AUTO_CURL_TEXT char *host = NULL, *port = NULL;
	CURLUcode code = ascii_host(p->url, &host);
	if (code == CURLUE_OK)
		code = curl_url_get(p->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
	if (code != CURLUE_OK)
		return bad_url(url, code);
	size_t len = strlen(host);
	if (len > 0 && host[len - 1] == '.')
		host[--len] = '\0';
	for (char *c = host; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	code = len == 0 ? CURLUE_BAD_HOSTNAME : curl_url_set(p->url, CURLUPART_HOST, host, 0);
	if (code != CURLUE_OK)
		return bad_url(url, code);
	p->host = strdup(host);
	p->host_port = text_format("%s:%s", host, port);
	return p->host && p->host_port ? NULL : err_no_memory();
}

struct err *place_of_url(const char *url, struct place *out)
{
	TRY(libcurl_load());
	AUTO_PLACE struct place p = { .url = curl_url() };
	if (!p.url)
		return err_no_memory();
	if (strlen(url) > PLACE_MAX_URL)
		return bad_url(url, CURLUE_MALFORMED_INPUT);
	CURLUcode code = curl_url_set(p.url, CURLUPART_URL, url, CURLU_DISALLOW_USER);
	AUTO_CURL_TEXT char *scheme = NULL;
	if (code == CURLUE_OK)
		code = curl_url_get(p.url, CURLUPART_SCHEME, &scheme, 0);
	if (code != CURLUE_OK)
		return bad_url(url, code);
	p.plain = strcmp(scheme, "http") == 0;
	if (!p.plain && strcmp(scheme, "https") != 0)
		return bad_url(url, CURLUE_UNSUPPORTED_SCHEME);
	TRY(read_host(url, &p));
	*out = p;
	p = (struct place){ 0 };
	return NULL;
}

struct err *place_of_host(const char *host, struct place *out)
{
	if (strpbrk(host, "/?#@\\"))
		return bad_url(host, CURLUE_BAD_HOSTNAME);
	AUTO_TEXT char *url = text_format("https://%s/", host);
	return url ? place_of_url(url, out) : err_no_memory();
}

bool place_is_loopback(const struct place *p)
{
	struct in_addr v4;
	size_t len = strlen(p->host);
	if (inet_pton(AF_INET, p->host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	return strcmp(p->host, "[::1]") == 0 || strcmp(p->host, "localhost") == 0 ||
	       (len > 10 && strcmp(p->host + len - 10, ".localhost") == 0);
}

struct err *http_resolve(const char *base, const char *reference, char **out)
{
	AUTO_PLACE struct place from = { 0 };
	AUTO_PLACE struct place to = { 0 };
	AUTO_CURL_TEXT char *whole = NULL;
	TRY(place_of_url(base, &from));
	AUTO_TEXT char *bare = strndup(reference, strcspn(reference, "#"));
	if (!bare)
		return err_no_memory();
	// An empty reference is the page itself; libcurl would take it for the directory.
	if (bare[0] && strlen(bare) <= PLACE_MAX_URL) {
		CURLUcode code = curl_url_set(from.url, CURLUPART_URL, bare,
					      CURLU_DISALLOW_USER | CURLU_URLENCODE);
		if (code != CURLUE_OK)
			return bad_url(reference, code);
	} else if (bare[0]) {
		return bad_url(reference, CURLUE_MALFORMED_INPUT);
	}
	CURLUcode code = curl_url_set(from.url, CURLUPART_FRAGMENT, NULL, 0);
	if (code == CURLUE_OK)
		code = curl_url_get(from.url, CURLUPART_URL, &whole, 0);
	if (code != CURLUE_OK)
		return bad_url(reference, code);
	TRY(place_of_url(whole, &to));
	*out = strdup(whole);
	return *out ? NULL : err_no_memory();
}

bool http_same_origin(const char *a, const char *b)
{
	AUTO_PLACE struct place one = { 0 };
	AUTO_PLACE struct place two = { 0 };
	AUTO(err) struct err *e = place_of_url(a, &one);
	if (!e)
		e = place_of_url(b, &two);
	return !e && one.plain == two.plain && strcmp(one.host_port, two.host_port) == 0;
}

struct err *http_parts(const char *url, char **host, char **path)
{
	AUTO_PLACE struct place p = { 0 };
	AUTO_CURL_TEXT char *text = NULL;
	TRY(place_of_url(url, &p));
	CURLUcode code = curl_url_get(p.url, CURLUPART_PATH, &text, 0);
	if (code != CURLUE_OK)
		return bad_url(url, code);
	*path = strdup(text);
	*host = p.host;
	p.host = NULL;
	return *path ? NULL : err_no_memory();
}
