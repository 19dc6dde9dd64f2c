// An answer as it comes in: capped, its few headers picked out, its words made safe to show.
#include "http/inside.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"

enum {
	ANSWER_MAX_HEADER_LINE = 8192,
	ANSWER_MAX_HEADER_BYTES = 65536,
	ANSWER_MAX_COOKIE = 4096,
	ANSWER_MAX_REASON = 400,
	ANSWER_SHORT = 300, // a body so short may be shown whatever its type
	TEN_YEARS = 315360000,
};

void http_answer_free(struct http_answer *a)
{
	if (!a)
		return;
	free(a->content_type);
	free(a->set_cookie);
	free(a->www_authenticate);
	free(a->reason);
	buf_free(&a->body);
	*a = (struct http_answer){ .retry_after = -1 };
}

void transfer_free(struct transfer *t)
{
	free(t->retry_after);
	http_answer_free(&t->answer);
}

// Forgets the headers of an answer that was not the last one (100 Continue).
static void forget_headers(struct transfer *t)
{
	struct http_answer *a = &t->answer;
	free(a->content_type);
	free(a->set_cookie);
	free(a->www_authenticate);
	free(t->retry_after);
	a->content_type = a->set_cookie = a->www_authenticate = t->retry_after = NULL;
}

static void keep(char **where, const char *value)
{
	free(*where);
	*where = strdup(value);
}

static bool is_cookie_pair(const char *pair)
{
	if (!strchr(pair, '=') || pair[0] == '=')
		return false;
	for (; *pair; pair++)
		if (*pair <= ' ' || *pair > '~' || *pair == ',' || *pair == '"' || *pair == '\\')
			return false;
	return true;
}

// RFC 6265 §5.2: the pair ends at the first semicolon; its attributes are of no use in one conversation with one host.
static void add_cookie(struct http_answer *a, char *value)
{
	value[strcspn(value, ";")] = '\0';
	for (size_t len = strlen(value); len > 0 && value[len - 1] == ' '; len--)
		value[len - 1] = '\0';
	size_t had = a->set_cookie ? strlen(a->set_cookie) : 0;
	if (!is_cookie_pair(value) || had + strlen(value) + 2 > ANSWER_MAX_COOKIE)
		return;
	char *joined = had ? text_format("%s; %s", a->set_cookie, value) : strdup(value);
	if (!joined)
		return;
	free(a->set_cookie);
	a->set_cookie = joined;
}

// One "name: value" without its line end; changed in place.
static void take_header(struct transfer *t, char *line)
{
	char *colon = strchr(line, ':');
	if (!colon)
		return;
	*colon = '\0';
	char *value = colon + 1 + strspn(colon + 1, " \t");
	for (size_t len = strlen(value); len > 0 && isspace((unsigned char)value[len - 1]); len--)
		value[len - 1] = '\0';
	if (strcasecmp(line, "Content-Type") == 0) {
		value[strcspn(value, "; \t")] = '\0';
		for (char *c = value; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		keep(&t->answer.content_type, value);
	} else if (strcasecmp(line, "Retry-After") == 0) {
		keep(&t->retry_after, value);
	} else if (strcasecmp(line, "Date") == 0) {
		t->answer.date = (int64_t)curl_getdate(value, NULL);
	} else if (strcasecmp(line, "WWW-Authenticate") == 0) {
		keep(&t->answer.www_authenticate, value);
		t->challenged |= t->status == 401 && strncasecmp(value, "Digest ", 7) == 0;
	} else if (strcasecmp(line, "Set-Cookie") == 0) {
		add_cookie(&t->answer, value);
	}
}

static size_t on_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;
	t->n_headers++;
	t->header_bytes += len;
	if (len > ANSWER_MAX_HEADER_LINE || t->n_headers > HTTP_MAX_HEADERS ||
	    t->header_bytes > ANSWER_MAX_HEADER_BYTES) {
		t->too_large = true;
		return 0;
	}
	if (memchr(bytes, 0, len))
		return len; // no header that we look at holds a zero
	char line[ANSWER_MAX_HEADER_LINE + 1];
	memcpy(line, bytes, len);
	line[len] = '\0';
	t->headers_ended = line[strspn(line, "\r\n")] == '\0';
	if (strncmp(line, "HTTP/", 5) == 0) {
		forget_headers(t);
		t->status = len > 12 ? (int)strtol(line + 8, NULL, 10) : 0;
	} else {
		take_header(t, line);
	}
	return len;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	struct err *e = buf_put(&t->answer.body, bytes, size * n);
	if (!e)
		return size * n;
	t->too_large = strcmp(err_slug(e), "too-large") == 0;
	t->no_memory = !t->too_large;
	err_free(e);
	return 0;
}

struct err *answer_gather(CURL *easy, struct transfer *t, size_t max_body)
{
	t->answer = (struct http_answer){ .retry_after = -1, .date = -1, .body = BUF(max_body) };
	if (curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) ||
	    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t) ||
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) ||
	    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) ||
	    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)max_body))
		return err_new(ERR_FAILED, N_("The network library refused a setting."));
	return NULL;
}

// Seconds, or an HTTP date (RFC 9110 §10.2.3).
static int64_t seconds_until(const char *value)
{
	size_t digits = strspn(value, "0123456789");
	if (digits > 0 && value[digits] == '\0')
		return digits > 9 ? TEN_YEARS : strtoll(value, NULL, 10);
	if (!isalpha((unsigned char)value[0]))
		return -1;
	time_t at = curl_getdate(value, NULL);
	if (at == (time_t)-1)
		return -1;
	int64_t left = (int64_t)at - clock_now();
	return left < 0 ? 0 : left;
}

static bool looks_like_markup(const struct http_answer *a)
{
	const char *p = (const char *)a->body.data;
	return strstr(a->content_type, "html") || strstr(a->content_type, "xml") ||
	       p[strspn(p, " \t\r\n")] == '<';
}

// The server's own words, on one line.
static char *reason_of(const struct http_answer *a)
{
	bool plain = strcmp(a->content_type, "text/plain") == 0;
	if (a->body.len == 0 || (!plain && (a->body.len > ANSWER_SHORT || looks_like_markup(a))) ||
	    !text_is_utf8((const char *)a->body.data, a->body.len))
		return text_copy("");
	AUTO_TEXT char *line = strndup((const char *)a->body.data, a->body.len);
	if (!line)
		return NULL;
	for (char *c = line; *c; c++)
		if (isspace((unsigned char)*c))
			*c = ' ';
	size_t len = strlen(line);
	while (len > 0 && line[len - 1] == ' ')
		len--;
	return text_safe(line, len, ANSWER_MAX_REASON);
}

struct err *answer_finish(CURL *easy, struct transfer *t)
{
	struct http_answer *a = &t->answer;
	long status = 0;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	a->status = (int)status;
	if (!a->content_type)
		a->content_type = strdup("");
	if (!a->content_type)
		return err_no_memory();
	a->reason = reason_of(a);
	a->retry_after = t->retry_after ? seconds_until(t->retry_after) : -1;
	return a->reason ? NULL : err_no_memory();
}
