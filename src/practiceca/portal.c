// The portal's addresses, and what may be done at each.
#include "practiceca/portal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "practiceca/issue.h"
#include "practiceca/page.h"
#include "practiceca/web_request.h"

// One call and the session that it belongs to.
struct visit {
	const struct service *s;
	const struct call *c;
	struct session *x; // null: none
	struct answer *a;
	bool ja;
};

static struct err *no(struct visit *v, enum refusal r)
{
	return portal_no(v->s, v->c, v->ja, r, v->a);
}

static struct err *go_to(struct visit *v, const char *where)
{
	v->a->status = 303;
	v->a->location = where;
	return NULL;
}

static struct err *top(struct visit *v)
{
	return portal_top(v->s, v->ja, v->a);
}

// An entry begins a session; the lock of the sessions is ours until it is left.
static struct err *entry(struct visit *v)
{
	bool user = strcmp(v->c->path, "/portal/user") == 0;
	struct session *x = NULL;
	TRY(session_begin(v->s->sessions, user, v->ja, clock_now(), &x));
	struct err *e = buf_printf(
		&v->a->set_cookie,
		SESSION_COOKIE "=%s; Path=/portal; Secure; HttpOnly; SameSite=Strict", x->id);
	if (!e)
		e = portal_preparing(v->s, x, v->a);
	session_leave(v->s->sessions);
	return e;
}

static struct err *show_one(struct visit *v)
{
	if (v->x->stage == SESSION_INSIDE)
		return no(v, REFUSE_PORTAL_ORDER);
	TRY(session_token(v->x));
	return portal_page_one(v->s, v->x, v->a);
}

static struct err *show_two(struct visit *v)
{
	if (v->x->stage != SESSION_NAMED)
		return no(v, REFUSE_PORTAL_ORDER);
	TRY(session_token(v->x));
	return portal_page_two(v->s, v->x, v->a);
}

static struct err *show_request(struct visit *v)
{
	if (v->x->stage != SESSION_INSIDE)
		return no(v, REFUSE_PORTAL_ORDER);
	TRY(session_token(v->x));
	return portal_page_request(v->s, v->x, v->a);
}

// The form, whole and of this session. The token is spent, whatever comes of it.
static struct err *take_form(struct visit *v, const char *const *names, struct form *f,
			     enum refusal *r)
{
	bool good = false;
	*r = form_is_type(v->c->content_type) ? REFUSE_NOTHING : REFUSE_PORTAL_TYPE;
	if (*r)
		return NULL;
	TRY(form_read(v->c->body, &good, f));
	if (!good)
		*r = REFUSE_PORTAL_FORM;
	else if (!session_spend(v->x, form_text(f, "token")))
		*r = REFUSE_PORTAL_TOKEN;
	else if (!form_has_exactly(f, names))
		*r = REFUSE_PORTAL_FORM;
	return NULL;
}

// What came through the keyboard, as it was meant.
static struct err *typed(const struct session *x, const struct secret *value, struct secret **out)
{
	AUTO(secret) struct secret *s = NULL;
	TRY(secret_copy(value, &s));
	for (size_t i = 0; x->codes[0] && i < secret_len(s); i++) {
		char c = (char)secret_bytes(s)[i];
		const char *at = c ? strchr(x->codes, c) : NULL;
		if (at)
			secret_room(s)[i] = (uint8_t)('0' + (at - x->codes));
	}
	*out = s;
	s = NULL;
	return NULL;
}

// Letters and digits: what a PIN or a one-time password can be.
static bool is_shaped(const struct secret *s)
{
	size_t len = secret_len(s);
	return len >= PIN_MIN && len <= PIN_MAX && letters_and_digits(secret_text(s), len);
}

static struct err *take_one(struct visit *v)
{
	static const char *const admin[] = { "token", "contract_id", "contract_pin", "next", NULL };
	static const char *const user[] = { "token",	"contract_id", "user_id",
					    "user_pin", "next",	       NULL };
	AUTO_FORM struct form f = { 0 };
	enum refusal r = REFUSE_NOTHING;
	if (v->x->stage == SESSION_INSIDE)
		return no(v, REFUSE_PORTAL_ORDER);
	TRY(take_form(v, v->x->user ? user : admin, &f, &r));
	if (!r)
		TRY(portal_pressed(v->s, v->x, SAY_NEXT, form_text(&f, "next"), &r));
	if (r)
		return no(v, r);
	AUTO_TEXT char *name = v->x->user ? text_format("%s/%s", form_text(&f, "contract_id"),
							form_text(&f, "user_id"))
					  : text_copy(form_text(&f, "contract_id"));
	if (!name)
		return err_no_memory();
	AUTO(secret) struct secret *pin = NULL;
	TRY(typed(v->x, form_secret(&f, v->x->user ? "user_pin" : "contract_pin"), &pin));
	// Nothing is counted yet, and no name is told from another: only what can be nobody's is turned away.
	if (!holder_read(name, strlen(name), &v->x->holder) ||
	    holder_is_user(&v->x->holder) != v->x->user || !is_shaped(pin)) {
		session_end(v->x);
		return no(v, REFUSE_CREDENTIALS);
	}
	secret_free(v->x->first);
	v->x->first = pin;
	pin = NULL;
	v->x->stage = SESSION_NAMED;
	return go_to(v, "/portal/two");
}

static enum refusal refusal_of(enum login_verdict verdict)
{
	switch (verdict) {
	case LOGIN_GOOD:
		return REFUSE_NOTHING;
	case LOGIN_LOCKED:
		return REFUSE_LOCKED;
	case LOGIN_NOW_LOCKED:
		return REFUSE_NOW_LOCKED;
	case LOGIN_WRONG:
	default:
		return REFUSE_CREDENTIALS;
	}
}

static struct err *take_two(struct visit *v)
{
	static const char *const admin[] = { "token", "confirm_pin", "acquire", NULL };
	static const char *const user[] = { "token", "otp", "acquire", NULL };
	AUTO_FORM struct form f = { 0 };
	AUTO_ACCOUNT struct account who = { 0 };
	enum login_verdict verdict = LOGIN_WRONG;
	enum refusal r = REFUSE_NOTHING;
	if (v->x->stage != SESSION_NAMED)
		return no(v, REFUSE_PORTAL_ORDER);
	TRY(take_form(v, v->x->user ? user : admin, &f, &r));
	if (!r)
		TRY(portal_pressed(v->s, v->x, SAY_ACQUIRE, form_text(&f, "acquire"), &r));
	if (r)
		return no(v, r);
	AUTO(secret) struct secret *second = NULL;
	if (v->x->user)
		TRY(secret_copy(form_secret(&f, "otp"), &second));
	else
		TRY(typed(v->x, form_secret(&f, "confirm_pin"), &second));
	struct basic b = { .given = true,
			   .shaped = true,
			   .holder = v->x->holder,
			   .first = v->x->first,
			   .second = second };
	TRY(login_judge(v->s->database, &v->s->login, &b, clock_now(), &verdict, &who));
	if (verdict != LOGIN_GOOD) {
		session_end(v->x);
		return no(v, refusal_of(verdict));
	}
	secret_free(v->x->first);
	v->x->first = NULL;
	v->x->account = who.id;
	v->x->stage = SESSION_INSIDE;
	AUTO_WEB_REQUEST struct web_request w = { 0 };
	bool there = false;
	TRY(web_find(v->s, WEB_PORTAL, 0, who.id, &there, &w));
	return go_to(v, there ? "/portal/issuing" : "/portal/request");
}

static struct err *take_request(struct visit *v)
{
	static const char *const names[] = { "token", "request", "send", NULL };
	AUTO_FORM struct form f = { 0 };
	AUTO_WEB_REQUEST struct web_request w = { .account = v->x->account,
						  .body = BUF(REQUEST_BODY_MAX) };
	enum refusal r = REFUSE_NOTHING;
	bool good = false;
	if (v->x->stage != SESSION_INSIDE)
		return no(v, REFUSE_PORTAL_ORDER);
	TRY(take_form(v, names, &f, &r));
	if (!r)
		TRY(portal_pressed(v->s, v->x, SAY_SEND, form_text(&f, "send"), &r));
	if (!r)
		TRY(web_pem(form_text(&f, "request"), &good, &w.body));
	if (!r && !good)
		r = REFUSE_PORTAL_PEM;
	if (!r)
		TRY(web_judge(v->s, v->c, &v->x->holder, &w.body, &r, w.sha256));
	if (r)
		return no(v, r);
	TRY(web_add(v->s, WEB_PORTAL, &w));
	return go_to(v, "/portal/issuing");
}

// The account's request, and what became of it. *leaf null: answered already.
static struct err *look(struct visit *v, bool *waits, int64_t *wait, struct web_request *w,
			X509 **leaf)
{
	enum refusal r = REFUSE_NOTHING;
	enum web_state state = WEB_ISSUED;
	bool there = false;
	*waits = false;
	if (v->x->stage != SESSION_INSIDE)
		return no(v, REFUSE_PORTAL_ORDER);
	TRY(web_find(v->s, WEB_PORTAL, 0, v->x->account, &there, w));
	if (!there)
		return no(v, REFUSE_PORTAL_ORDER);
	TRY(web_step(v->s, v->c, w, &state, leaf, wait, &r));
	*waits = state == WEB_WAITS;
	if (state != WEB_REFUSED)
		return NULL;
	TRY(web_done(v->s, w->id));
	return no(v, r);
}

static struct err *show_issuing(struct visit *v)
{
	AUTO_WEB_REQUEST struct web_request w = { 0 };
	AUTO(x509) X509 *leaf = NULL;
	bool waits = false;
	int64_t wait = 0;
	TRY(look(v, &waits, &wait, &w, &leaf));
	if (leaf)
		return go_to(v, "/portal/done");
	return waits ? portal_issuing(v->s, v->x, wait, v->a) : NULL;
}

static struct err *show_done(struct visit *v)
{
	AUTO_WEB_REQUEST struct web_request w = { 0 };
	AUTO(x509) X509 *leaf = NULL;
	bool waits = false;
	int64_t wait = 0;
	TRY(look(v, &waits, &wait, &w, &leaf));
	if (waits)
		return go_to(v, "/portal/issuing");
	return leaf ? portal_done(v->s, v->x, leaf, v->a) : NULL;
}

static struct err *download(struct visit *v)
{
	AUTO_WEB_REQUEST struct web_request w = { 0 };
	AUTO(x509) X509 *leaf = NULL;
	bool waits = false;
	int64_t wait = 0;
	TRY(look(v, &waits, &wait, &w, &leaf));
	if (waits)
		return no(v, REFUSE_PORTAL_ORDER);
	if (!leaf)
		return NULL;
	X509 *const certs[] = { leaf, v->s->authority->issuing };
	v->a->status = 200;
	v->a->content_type = "application/x-pkcs7-certificates";
	TRY(buf_puts(&v->a->body, "-----BEGIN PKCS7-----\r\n"));
	TRY(certs_only(certs, ARRAY_LEN(certs), &v->a->body));
	TRY(buf_puts(&v->a->body, "-----END PKCS7-----\r\n"));
	return web_done(v->s, w.id);
}

static const struct address_row {
	const char *path, *method;
	bool session;
	struct err *(*answer)(struct visit *v);
} rows[] = {
	{ "/portal/", "GET", false, top },
	{ "/portal/admin", "GET", false, entry },
	{ "/portal/user", "GET", false, entry },
	{ "/portal/one", "GET", true, show_one },
	{ "/portal/one", "POST", true, take_one },
	{ "/portal/two", "GET", true, show_two },
	{ "/portal/two", "POST", true, take_two },
	{ "/portal/request", "GET", true, show_request },
	{ "/portal/request", "POST", true, take_request },
	{ "/portal/issuing", "GET", true, show_issuing },
	{ "/portal/done", "GET", true, show_done },
	{ "/portal/certificate", "GET", true, download },
};

static const struct address_row *find_row(const struct call *c, bool *known)
{
	*known = false;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].path, c->path) != 0)
			continue;
		*known = true;
		if (strcmp(rows[i].method, c->method) == 0)
			return &rows[i];
	}
	return NULL;
}

static struct err *answer_row(struct visit *v, const struct address_row *row)
{
	if (!row->session)
		return row->answer(v);
	session_enter(v->s->sessions, v->c->cookie, clock_now(), &v->x);
	if (!v->x)
		return no(v, REFUSE_PORTAL_SESSION);
	v->ja = v->x->ja;
	struct err *e = row->answer(v);
	session_leave(v->s->sessions);
	return e;
}

struct err *portal_answer(const struct service *s, const struct call *c, struct answer *out)
{
	struct wanted languages = call_languages(c);
	struct visit v = { .s = s, .c = c, .a = out, .ja = languages.ja };
	bool known = false;
	const struct address_row *row = find_row(c, &known);
	if (!known)
		return no(&v, REFUSE_NOT_FOUND);
	if (!row)
		return no(&v, REFUSE_METHOD);
	if (c->too_large)
		return no(&v, REFUSE_TOO_LARGE);
	return answer_row(&v, row);
}
