// privacyIDEA-style HTTP: a form to /validate/check over TLS, once to each server until one answers.
#include "otp/validate.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/http.h"
#include "otp/server_inside.h"

static const char check_path[] = "/validate/check";
enum { URL_MAX = 512 };

struct err *validate_place(const char *server, struct server_place *p)
{
	static const char scheme[] = "https://";
	size_t n = strnlen(server, URL_MAX + 1);
	if (n > URL_MAX || strncmp(server, scheme, sizeof(scheme) - 1) != 0 ||
	    strpbrk(server, "?#@ \t\r\n") || server[sizeof(scheme) - 1] == '\0' ||
	    server[sizeof(scheme) - 1] == '/')
		return otp_server_wrong(msg_new(
			N_("%1 is no address of such a server: write https://HOST[:PORT][/PATH], "
			   "without /validate/check."),
			ARG_TEXT(p->shown)));
	while (server[n - 1] == '/')
		n--;
	p->url = text_format("%.*s%s", (int)n, server, check_path);
	return p->url ? NULL : err_no_memory();
}

// "host" or "host:port" of an address that validate_place took.
static char *authority_of(const char *url)
{
	const char *host = url + strlen("https://");
	return text_format("%.*s", (int)strcspn(host, "/"), host);
}

static struct err *open_place(struct otp_server *s, struct server_place *p)
{
	AUTO_TEXT char *host = authority_of(p->url);
	const char *hosts[] = { host };
	if (p->http)
		return NULL;
	if (!host)
		return err_no_memory();
	return http_open(&(struct http_terms){ .hosts = hosts,
					       .n_hosts = 1,
					       .anchors_pem = s->anchors.data,
					       .anchors_len = s->anchors.len,
					       .connect_seconds = s->seconds,
					       .answer_seconds = s->seconds,
					       .max_body = VALIDATE_BODY_MAX,
					       .stop = s->stop,
					       .stop_ctx = s->stop_ctx },
			 &p->http);
}

// One field of a form (application/x-www-form-urlencoded): all but letters, digits and - . _ as %XX.
static struct err *put_field(struct secret *form, const char *name, const void *value, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";
	const uint8_t *bytes = value;
	if (secret_len(form) > 0)
		TRY(secret_append(form, "&", 1));
	TRY(secret_append(form, name, strlen(name)));
	TRY(secret_append(form, "=", 1));
	for (size_t i = 0; i < len; i++) {
		uint8_t b = bytes[i];
		bool plain = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') ||
			     (b >= '0' && b <= '9') || b == '-' || b == '.' || b == '_';
		const char coded[] = { '%', hex[b >> 4], hex[b & 15] };
		TRY(secret_append(form, plain ? (const void *)&b : coded, plain ? 1 : 3));
	}
	return NULL;
}

static struct err *make_form(const struct otp_server *s, const char *user,
			     const struct secret *value, struct secret **out)
{
	AUTO(secret) struct secret *form = NULL;
	TRY(secret_new(SECRET_MAX, &form));
	TRY(put_field(form, "user", user, strlen(user)));
	if (s->realm)
		TRY(put_field(form, "realm", s->realm, strlen(s->realm)));
	if (s->challenge.there)
		TRY(put_field(form, "transaction_id", s->challenge.transaction,
			      strlen(s->challenge.transaction)));
	TRY(put_field(form, "pass", secret_bytes(value), secret_len(value)));
	*out = form;
	form = NULL;
	return NULL;
}

static struct err *ask_place(struct otp_server *s, struct server_place *p,
			     const struct secret *form, struct validate_answer *out, bool *sent)
{
	static const struct http_header headers[] = { { "Content-Type",
							"application/x-www-form-urlencoded" },
						      { "Accept", "application/json" } };
	AUTO_ANSWER struct http_answer a = { 0 };
	bool left = false;
	TRY(open_place(s, p));
	struct err *e = http_do(p->http,
				&(struct http_call){ .method = "POST",
						     .url = p->url,
						     .headers = headers,
						     .n_headers = ARRAY_LEN(headers),
						     .body = secret_bytes(form),
						     .body_len = secret_len(form),
						     .once = true },
				&a, &left);
	*sent = *sent || left;
	TRY(e);
	return validate_read(p->shown, a.status, a.body.data, a.body.len, out);
}

static struct err *take_answer(struct otp_server *s, const char *user, struct validate_answer *a,
			       bool unsure, struct otp_reply *out)
{
	otp_server_forget(s);
	if (a->verdict == OTP_CHALLENGED) {
		char *who = text_copy(user);
		if (!who)
			return err_no_memory();
		s->challenge = (struct otp_challenge){
			.there = true, .user = who, .place = s->first, .transaction = a->transaction
		};
		a->transaction = NULL;
	}
	*out = (struct otp_reply){ .verdict = a->verdict,
				   .words = a->words,
				   .unsure = unsure && a->verdict == OTP_REJECTED };
	a->words = NULL;
	return NULL;
}

// The next server is asked where this one gave no answer at all; one that says that it cannot judge has answered.
struct err *validate_ask(struct otp_server *s, const char *user, const struct secret *value,
			 struct otp_reply *out)
{
	AUTO(secret) struct secret *form = NULL;
	AUTO_VALIDATE_ANSWER struct validate_answer a = { 0 };
	struct err *faults = NULL;
	bool sent = false;
	size_t begin = s->challenge.there ? s->challenge.place : s->first;
	size_t n = s->challenge.there ? 1 : s->n_places;
	TRY(make_form(s, user, value, &form));
	for (size_t i = 0; i < n; i++) {
		size_t which = (begin + i) % s->n_places;
		bool sent_before = sent;
		struct err *e = ask_place(s, &s->places[which], form, &a, &sent);
		if (!e) {
			err_ignore(faults);
			s->first = which;
			return take_answer(s, user, &a, sent_before, out);
		}
		faults = err_caused_by(e, faults);
		if (err_kind(e) != ERR_NETWORK)
			break;
	}
	return faults;
}
