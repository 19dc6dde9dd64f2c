// From page to page: requests with the conversation's cookies, redirections by our own rules, and what a page says.
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ca/portal.h"

enum { REDIRECTIONS_MAX = 8, HEADERS_MAX = 6 };

struct err *portal_elsewhere(struct err *e, const char *page)
{
	if (!e || (!err_has_tag(e, "host-not-allowed") && !err_has_tag(e, "url-wrong")))
		return e;
	struct err *elsewhere = err_new(
		ERR_CA_REFUSED,
		N_("The CA's page “%1” leads to an address that the profile does not allow."),
		ARG_TEXT(page));
	// Put in front by hand: the cause's own tag and hint speak of the profile.
	elsewhere = err_caused_by(elsewhere, err_make(ERR_CA_REFUSED, msg_copy(err_what(e))));
	err_free(e);
	return err_hint(err_tag(elsewhere, "portal-elsewhere"),
			N_("It was not followed and nothing was sent there. If the CA has moved, "
			   "ask the institution for a profile with the present addresses."));
}

// One request; whatever its answer is, it becomes the page here.
struct step {
	const char *method;
	char *url;
	const char *content_type;
	const struct secret *body;
	bool *sent;
};

static const char *page_name(const char *url)
{
	const char *path = strstr(url, "://");
	path = path ? strchr(path + 3, '/') : NULL;
	return path ? path : "/";
}

// Who we are is for the server of the profile's address; its pages may lead to other hosts that the profile knows.
static void authorise(const struct portal *p, struct http_call *c)
{
	enum portal_auth auth = p->ca->portal.auth;
	if (!http_same_origin(c->url, p->base))
		return;
	if (auth == PORTAL_AUTH_NEGOTIATE)
		c->auth = HTTP_NEGOTIATE;
	if (!p->user)
		return;
	c->user = p->user;
	c->password = p->password;
	c->auth = auth == PORTAL_AUTH_NTLM ? HTTP_NTLM : HTTP_BASIC;
}

static struct err *ask(struct portal *p, const struct step *s, struct http_answer *a)
{
	AUTO_TEXT char *cookies = NULL;
	TRY(portal_cookies_header(&p->cookies, s->url, &cookies));
	struct http_header headers[HEADERS_MAX] = {
		{ "Accept",
		  "text/html,application/xhtml+xml,application/pkix-cert;q=0.9,*/*;q=0.8" },
		{ "Accept-Language", p->ca->portal.language == PORTAL_EN ? "en" : "ja" },
	};
	size_t n = 2;
	AUTO_TEXT char *from = p->here ? strndup(p->here->url, strcspn(p->here->url, "?")) : NULL;
	if (cookies)
		headers[n++] = (struct http_header){ "Cookie", cookies };
	if (s->content_type)
		headers[n++] = (struct http_header){ "Content-Type", s->content_type };
	if (from)
		headers[n++] = (struct http_header){ "Referer", from };
	struct http_call call = { .method = s->method,
				  .url = s->url,
				  .headers = headers,
				  .n_headers = n,
				  .body = s->body ? secret_bytes(s->body) : NULL,
				  .body_len = s->body ? secret_len(s->body) : 0,
				  .once = s->body != NULL };
	authorise(p, &call);
	return http_do(p->http, &call, a, s->sent);
}

static struct err *refused_redirection(const struct http_answer *a)
{
	return err_hint(err_tag(err_new(ERR_CA_REFUSED,
					N_("The CA's server points to another address "
					   "(status %1). It is not followed."),
					ARG_NUM(a->status)),
				"redirected"),
			N_("Ask the institution for a profile with the present address."));
}

// True: go on to s->url by GET.
static struct err *redirection(const struct http_answer *a, struct step *s, bool *follow)
{
	*follow = a->status >= 300 && a->status < 400 && a->status != 304;
	if (!*follow)
		return NULL;
	bool get = strcmp(s->method, "GET") == 0;
	// RFC 9110 §15.4: these would have the body sent again, and it goes out once.
	if (!a->location || ((a->status == 307 || a->status == 308) && !get) || a->status == 300)
		return refused_redirection(a);
	char *next = NULL;
	TRY(http_resolve(s->url, a->location, &next));
	free(s->url);
	s->url = next;
	s->method = "GET";
	s->content_type = NULL;
	s->body = NULL;
	return NULL;
}

static void strike(char *shown, const struct secret *value)
{
	enum { SHORTEST = 4 };
	size_t len = value ? secret_len(value) : 0;
	if (len < SHORTEST)
		return;
	for (char *at = shown; (at = strstr(at, secret_text(value))) != NULL; at += len)
		memset(at, '*', len);
}

// What a page repeats of the secrets that were typed into it is not shown, and comes into no error and no log.
static void strike_secrets(const struct portal *p, struct portal_doc *d)
{
	const struct profile_role *r = p->role;
	if (!p->typing || !d->shown)
		return;
	for (size_t i = 0; i < r->n_fields; i++)
		if (r->fields[i].secret)
			strike(d->shown, answers_get(p->typing, r->fields[i].name));
	strike(d->shown, answers_get(p->typing, "otp"));
}

static struct err *go(struct portal *p, struct step *s)
{
	for (unsigned i = 0; i <= REDIRECTIONS_MAX; i++) {
		AUTO_ANSWER struct http_answer a = { 0 };
		bool follow = false;
		TRY(ask(p, s, &a));
		TRY(portal_cookies_take(&p->cookies, s->url, a.cookies));
		TRY(redirection(&a, s, &follow));
		p->led_on = p->led_on || (follow && s->sent && *s->sent);
		if (follow)
			continue;
		struct portal_doc *d = NULL;
		TRY(portal_doc_read(s->url, &a, &d));
		strike_secrets(p, d);
		portal_doc_free(p->here);
		p->here = d;
		return NULL;
	}
	return err_tag(err_new(ERR_CA_REFUSED,
			       N_("The CA's server sends us from one address to the next without "
				  "end.")),
		       "redirected");
}

struct err *portal_open_page(struct portal *p, const char *url)
{
	struct step s = { .method = "GET", .url = strdup(url) };
	if (!s.url)
		return err_no_memory();
	struct err *e = portal_elsewhere(go(p, &s), page_name(url));
	free(s.url);
	return e;
}

struct err *portal_send(struct portal *p, const struct portal_page *page,
			const struct portal_sending *sending, bool *sent)
{
	struct step s = { .method = sending->method,
			  .url = strdup(sending->url),
			  .content_type = sending->body ? sending->content_type : NULL,
			  .body = sending->body,
			  .sent = sent };
	if (!s.url)
		return err_no_memory();
	struct err *e = portal_elsewhere(go(p, &s), page->name);
	free(s.url);
	return e;
}

// --- what a page says

void portal_log(const struct err *e)
{
	log_msg(LOG_INFO, "ca", msg_copy(err_what(e)));
}

static bool says(const struct portal_doc *d, const struct portal_saying *s)
{
	for (size_t i = 0; i < s->n_texts; i++)
		if (portal_doc_has_text(d, s->texts[i]))
			return true;
	if (s->element && portal_doc_has_element(d, s->element))
		return true;
	return s->status && (unsigned)d->status == s->status;
}

static bool any_says(const struct portal_doc *d, const struct portal_saying *list, size_t n,
		     enum portal_meaning *out)
{
	for (size_t i = 0; i < n; i++) {
		if (!says(d, &list[i]))
			continue;
		*out = list[i].means;
		return true;
	}
	return false;
}

bool portal_meaning(const struct portal *p, const struct portal_page *page,
		    enum portal_meaning *out)
{
	return (page && any_says(p->here, page->says, page->n_says, out)) ||
	       any_says(p->here, p->ca->portal.says, p->ca->portal.n_says, out);
}

bool portal_shows(const struct portal_doc *d, const struct portal_page *page)
{
	for (size_t i = 0; i < page->n_shows; i++)
		if (portal_doc_has_text(d, page->shows[i]))
			return true;
	return page->n_shows == 0;
}

// Adds the page's own words.
static struct err *with_words(struct err *e, const struct portal_doc *d)
{
	if (!d->shown || !d->shown[0])
		return e;
	return err_caused_by(e,
			     err_new(err_kind(e), N_("The server says: %1"), ARG_TEXT(d->shown)));
}

static struct err *wrong(void)
{
	struct err *e = err_tag(err_new(ERR_ANSWER, N_("The CA did not accept the answers: an ID, "
						       "a PIN or the one-time password is wrong.")),
				"credentials-refused");
	return err_hint(e, N_("They were sent once and are not tried again, for the institution "
			      "counts errors. Check them before the next attempt."));
}

static struct err *meaning_error(enum portal_meaning m)
{
	switch (m) {
	case PORTAL_WRONG:
		return wrong();
	case PORTAL_LOCKED:
		return err_hint(err_tag(err_new(ERR_CA_REFUSED,
						N_("The CA has locked this account after too many "
						   "errors.")),
					"account-locked"),
				N_("Do not try again. Ask the institution to unlock it."));
	case PORTAL_EXPIRED:
		return err_hint(
			err_tag(err_new(ERR_NETWORK, N_("The CA's pages have ended the session.")),
				"session-expired"),
			N_("Go on with inkan resume; the answers are asked for again."));
	case PORTAL_REFUSED:
	case PORTAL_PENDING:
	default:
		return err_hint(err_tag(err_new(ERR_CA_REFUSED, N_("The CA refused the request.")),
					"request-refused"),
				N_("Tell the institution what is said here."));
	}
}

static struct err *asked_elsewhere(const struct portal_doc *d)
{
	AUTO_TEXT char *host = strndup(d->url, strcspn(d->url, "?"));
	return err_hint(err_tag(err_new(ERR_CA_REFUSED,
					N_("The CA's pages lead to %1, which asks who we are."),
					ARG_TEXT(host ? host : "")),
				"portal-elsewhere"),
			N_("User name, password and tickets go to the server of the profile's "
			   "address (ca.url) alone. Ask the institution for a profile with the "
			   "address that asks for them."));
}

// 401 where HTTP itself asks who we are.
static struct err *unauthorised(const struct portal *p)
{
	enum portal_auth auth = p->ca->portal.auth;
	if (auth != PORTAL_AUTH_NONE && !http_same_origin(p->here->url, p->base))
		return asked_elsewhere(p->here);
	if (auth == PORTAL_AUTH_NEGOTIATE)
		return err_hint(
			err_tag(err_new(ERR_ANSWER,
					N_("The CA's server wants a Kerberos ticket and did not "
					   "get one that it takes.")),
				"ticket-missing"),
			N_("Get a ticket with kinit, then go on. If there is one, the "
			   "server may demand channel binding (Extended Protection), which "
			   "inkan cannot give."));
	if (auth == PORTAL_AUTH_NTLM)
		return err_hint(wrong(),
				N_("It was sent once and is not tried again. If name and password "
				   "are right, the server demands channel binding (Extended "
				   "Protection), which inkan cannot give with NTLM: ask the CA's "
				   "administrator to allow Basic over TLS."));
	if (auth == PORTAL_AUTH_NONE)
		return err_hint(err_tag(err_new(ERR_PROFILE,
						N_("The CA's server asks for a user name and a "
						   "password by HTTP, and the profile says nothing "
						   "of that.")),
					"auth-missing"),
				N_("Ask the institution for a profile that says ca.portal.auth."));
	return wrong();
}

// It was handed in, and a page that came after it is not to be had.
static struct err *lost(const struct portal_doc *d)
{
	return err_hint(err_tag(err_new(ERR_CA_REFUSED,
					N_("The page to which the CA led after it had got the "
					   "request was not shown (status %1)."),
					ARG_NUM(d->status)),
				"no-certificate"),
			N_("The request arrived; the CA may have issued. Check the address in the "
			   "profile and tell the institution."));
}

static struct err *status_error(const struct portal *p)
{
	const struct portal_doc *d = p->here;
	bool apart = p->led_on || (p->asking && d->status != 401);
	if (apart && d->status >= 400 && d->status < 500)
		return lost(d);
	if (d->status == 401)
		return unauthorised(p);
	if (d->status >= 500) {
		struct err *e = err_tag(err_new(ERR_NETWORK,
						N_("The CA's server is in trouble (status %1)."),
						ARG_NUM(d->status)),
					"server-trouble");
		return err_hint(e, N_("Try again later; if it stays so, tell the institution."));
	}
	if (d->status >= 400)
		return err_hint(err_tag(err_new(ERR_CA_REFUSED,
						N_("The CA refused the request (status %1)."),
						ARG_NUM(d->status)),
					"request-refused"),
				N_("Tell the institution what is said here."));
	return NULL;
}

struct err *portal_refusal(const struct portal *p, const struct portal_page *page)
{
	enum portal_meaning m = PORTAL_PENDING;
	if (portal_meaning(p, page, &m))
		return m == PORTAL_PENDING ? NULL : with_words(meaning_error(m), p->here);
	struct err *e = status_error(p);
	return e ? with_words(e, p->here) : NULL;
}
