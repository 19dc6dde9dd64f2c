// Enrolment through a CA's web pages (protocol portal): log in, hand in the request, wait, fetch the certificate.
#include "ca/portal.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/json.h"
#include "ca/est.h" // its encoder

enum { STATE_VERSION = 1, STATE_MAX = 4096, USUAL_WAIT = 60, PEM_MAX = 65536 };

static bool is_adcs(const struct portal *p)
{
	return p->ca->portal.preset == PRESET_ADCS;
}

static void forget_credentials(struct portal *p)
{
	secret_free(p->user);
	secret_free(p->password);
	p->user = p->password = NULL;
}

static void portal_close(struct ca *c)
{
	struct portal *p = c->self;
	if (!p)
		return;
	forget_credentials(p);
	http_close(p->http);
	portal_cookies_free(&p->cookies);
	portal_doc_free(p->here);
	answers_free(p->known);
	free(p->base);
	free(p->request_id);
	free(p->requester);
	free(p);
	c->self = NULL;
}

static struct err *open_http(const struct ca_terms *t, struct http **out)
{
	const struct http_terms terms = ca_http_terms(t);
	return http_open(&terms, out);
}

static struct err *restore(struct portal *p, const void *state, size_t len)
{
	AUTO(json) struct json_t *j = NULL;
	TRY(json_read(state, len, STATE_MAX, ERR_FAILED, "portal", &j));
	const char *id = json_text(j, "request");
	if (json_number(j, "version", 0) != STATE_VERSION ||
	    (id && (!*id || strlen(id) > 20 || strspn(id, "0123456789") != strlen(id))))
		return err_new(ERR_FAILED,
			       N_("What was kept of the conversation with the CA cannot be read."));
	p->request_id = text_copy(id);
	return id && !p->request_id ? err_no_memory() : NULL;
}

static struct err *portal_open(struct ca *c, const void *state, size_t state_len)
{
	struct portal *p = calloc(1, sizeof(*p));
	if (!p)
		return err_no_memory();
	c->self = p; // portal_close frees it whatever happens now
	p->profile = c->terms.profile;
	p->ca = &c->terms.profile->ca;
	p->role = c->terms.role;
	p->on_behalf = c->terms.on_behalf;
	size_t len = strlen(p->ca->url);
	bool slash = len > 0 && p->ca->url[len - 1] == '/';
	p->base = text_format("%s%s", p->ca->url, is_adcs(p) && !slash ? "/" : "");
	if (!p->base)
		return err_no_memory();
	if (state)
		TRY(restore(p, state, state_len));
	return open_http(&c->terms, &p->http);
}

// The session is a secret and ends with this process; the number of a request at a CA of Microsoft's is none.
static struct err *portal_save(const struct ca *c, struct buf *state)
{
	const struct portal *p = c->self;
	AUTO(json)
	struct json_t *j =
		json_pack("{s:i,s:s*}", "version", STATE_VERSION, "request", p->request_id);
	AUTO_TEXT char *line = j ? json_line(j) : NULL;
	return line ? buf_puts(state, line) : err_no_memory();
}

static struct err *portal_constraints(struct ca *c, struct ca_constraints *out)
{
	(void)c;
	(void)out; // pages say nothing of what they want: the profile's word holds
	return NULL;
}

// --- questions

static bool is_for(const struct portal_page *page, const struct profile_role *r)
{
	for (size_t i = 0; i < page->n_roles; i++)
		if (strcmp(page->roles[i], r->name) == 0)
			return true;
	return page->n_roles == 0;
}

static bool pages_use(const struct portal *p, const char *field)
{
	for (size_t i = 0; i < p->ca->portal.n_pages; i++) {
		const struct portal_page *page = &p->ca->portal.pages[i];
		for (size_t k = 0; is_for(page, p->role) && k < page->n_fields; k++)
			if (ca_template_uses(page->fields[k].value, field))
				return true;
	}
	return false;
}

// What HTTP's own authentication is filled with: the person's, or the agent's.
struct login {
	const char *user_name, *password;
};

static struct login login_of(const struct portal *p)
{
	const struct profile_role *r = p->role;
	enum portal_auth auth = p->ca->portal.auth;
	if (auth != PORTAL_AUTH_BASIC && auth != PORTAL_AUTH_NTLM)
		return (struct login){ NULL, NULL };
	return p->on_behalf ? (struct login){ r->agent.user_name, r->agent.password }
			    : (struct login){ r->user_name, r->password };
}

static bool auth_uses(const struct portal *p, const char *field)
{
	const struct login l = login_of(p);
	return ca_template_uses(l.user_name, field) || ca_template_uses(l.password, field);
}

static bool proves(const struct portal *p, const char *field)
{
	if (p->on_behalf)
		return ca_template_uses(p->role->agent.requester, field);
	return pages_use(p, field) || ca_template_uses(p->role->challenge_password, field);
}

// A portal knows no renewal by the old certificate: the person logs in for it, too.
static struct err *portal_questions(struct ca *c, const struct ca_constraints *k,
				    struct ca_questions *out)
{
	(void)k;
	const struct portal *p = c->self;
	const struct profile_role *r = p->role;
	struct ca_questions q = { 0 };
	for (size_t i = 0; i < r->n_fields; i++) {
		const char *field = r->fields[i].name;
		bool named = ca_in_subject(r, field) && !c->terms.renews;
		if (named || proves(p, field) || auth_uses(p, field))
			ca_ask(&q, field, ASK_BEFORE_KEY);
	}
	bool otp = r->otp.kind != OTP_NONE && !p->on_behalf;
	if (otp && ca_template_uses(r->challenge_password, "otp"))
		ca_ask(&q, "otp", ASK_BEFORE_SIGN);
	else if (otp && (pages_use(p, "otp") || auth_uses(p, "otp")))
		ca_ask(&q, "otp", ASK_BEFORE_SUBMIT);
	*out = q;
	return NULL;
}

static struct err *portal_challenge(struct ca *c, const struct answers *a, struct secret **out)
{
	const char *template_text = c->terms.role->challenge_password;
	if (template_text && !c->terms.renews && !c->terms.on_behalf)
		return answers_fill(a, c->terms.profile, template_text, out);
	*out = NULL;
	return NULL;
}

// Opens the connection; the pages themselves begin with the login, when nobody waits for a key any more.
static struct err *portal_warm(struct ca *c)
{
	const struct portal *p = c->self;
	AUTO_ANSWER struct http_answer a = { 0 };
	struct http_call call = { .method = "GET", .url = p->base };
	return http_do(p->http, &call, &a, NULL);
}

// --- pages in their order

static const struct portal_page *next_page(const struct portal *p, enum portal_step step,
					   size_t *at)
{
	while (*at < p->ca->portal.n_pages) {
		const struct portal_page *page = &p->ca->portal.pages[(*at)++];
		if (page->step == step && is_for(page, p->role))
			return page;
	}
	return NULL;
}

// The page of this step that is here; null: none.
static const struct portal_page *page_here(const struct portal *p, enum portal_step step)
{
	size_t at = 0;
	const struct portal_page *page = NULL;
	while ((page = next_page(p, step, &at)) != NULL)
		if (portal_shows(p->here, page))
			return page;
	return NULL;
}

struct filler {
	const struct portal *p;
	const struct answers *answers;
	const struct ca_request *request;
};

struct err *portal_pem(const char *kind, const void *der, size_t len, struct buf *out)
{
	AUTO_BUF struct buf text = BUF(PEM_MAX);
	TRY(est_encode(der, len, &text));
	TRY(buf_printf(out, "-----BEGIN %s-----\n", kind));
	TRY(buf_put(out, text.data, text.len));
	return buf_printf(out, "-----END %s-----\n", kind);
}

struct err *portal_request_text(const struct ca_request *r, const char *name, size_t len,
				struct buf *out, bool *known)
{
	bool pem = len == strlen(PORTAL_REQUEST_PEM) && !memcmp(name, PORTAL_REQUEST_PEM, len);
	bool base64 =
		len == strlen(PORTAL_REQUEST_BASE64) && !memcmp(name, PORTAL_REQUEST_BASE64, len);
	bool line = len == strlen(PORTAL_REQUEST_LINE) && !memcmp(name, PORTAL_REQUEST_LINE, len);
	*known = pem || base64 || line;
	if (!*known)
		return NULL;
	if (pem)
		return portal_pem("CERTIFICATE REQUEST", r->der, r->len, out);
	AUTO_BUF struct buf text = BUF(PEM_MAX);
	TRY(est_encode(r->der, r->len, &text));
	for (size_t i = 0; i < text.len; i++)
		if (!line || text.data[i] != '\n')
			TRY(buf_put(out, &text.data[i], 1));
	return NULL;
}

// A template with the request in it is that alone (the profile's check sees to it); others are the answers'.
static struct err *fill(void *ctx, const char *template_text, struct secret **out)
{
	const struct filler *f = ctx;
	AUTO_BUF struct buf text = BUF(PEM_MAX);
	bool known = false;
	size_t len = strlen(template_text);
	if (f->request && len > 2 && template_text[0] == '{' && template_text[len - 1] == '}')
		TRY(portal_request_text(f->request, template_text + 1, len - 2, &text, &known));
	if (!known)
		return answers_fill(f->answers, f->p->profile, template_text, out);
	AUTO(secret) struct secret *s = NULL;
	TRY(secret_new(text.len, &s));
	TRY(secret_append(s, text.data, text.len));
	*out = s;
	s = NULL;
	return NULL;
}

static struct err *follow_link(struct portal *p, const struct portal_page *page)
{
	for (size_t i = 0; i < p->here->n_links; i++) {
		const struct portal_link *l = &p->here->links[i];
		bool meant = (l->id && !strcmp(l->id, page->link)) || strstr(l->href, page->link) ||
			     (l->text && strstr(l->text, page->link));
		if (!meant)
			continue;
		AUTO_TEXT char *url = NULL;
		TRY(portal_elsewhere(http_resolve(p->here->url, l->href, &url), page->name));
		return portal_elsewhere(portal_open_page(p, url), page->name);
	}
	return portal_changed(page,
			      msg_new(N_("There is no link %1 in it."), ARG_TEXT(page->link)));
}

static struct err *follow_refresh(struct portal *p, const struct portal_page *page)
{
	AUTO_TEXT char *url = NULL;
	if (!p->here->refresh)
		return portal_changed(page, msg_new(N_("It does not say where it goes on "
						       "(refresh).")));
	TRY(portal_elsewhere(http_resolve(p->here->url, p->here->refresh, &url), page->name));
	return portal_elsewhere(portal_open_page(p, url), page->name);
}

// Does what the page is for. What came is here afterwards.
static struct err *use_page(struct portal *p, const struct portal_page *page, struct filler *f,
			    bool *sent)
{
	p->led_on = p->led_on || (sent && *sent);
	if (page->next == PORTAL_LINK)
		return follow_link(p, page);
	if (page->next == PORTAL_REFRESH)
		return follow_refresh(p, page);
	AUTO_SENDING struct portal_sending s = { 0 };
	TRY(portal_fill(p->here, page, fill, f, &s));
	return portal_send(p, page, &s, sent);
}

// What is here is the page, or it is said what was missed.
static struct err *expect(const struct portal *p, const struct portal_page *page)
{
	TRY(portal_refusal(p, page));
	if (!p->here->html)
		return portal_changed(page, msg_new(N_("It is no web page.")));
	if (portal_shows(p->here, page))
		return NULL;
	return portal_changed(page,
			      msg_new(N_("“%1” does not stand in it."), ARG_TEXT(page->shows[0])));
}

// --- logging in

// A page that hands over an answer is used once: what comes back is judged before anything else happens.
static struct err *log_in(struct portal *p, const struct answers *a)
{
	struct filler f = { .p = p, .answers = a };
	const struct portal_page *page = NULL;
	size_t at = 0;
	portal_cookies_free(&p->cookies);
	portal_doc_free(p->here);
	p->here = NULL;
	TRY(portal_open_page(p, p->base));
	while ((page = next_page(p, PORTAL_LOGIN, &at)) != NULL) {
		TRY(expect(p, page));
		TRY(use_page(p, page, &f, NULL));
		TRY(portal_refusal(p, page));
	}
	return NULL;
}

static struct err *take_credentials(struct portal *p, const struct answers *a)
{
	const struct login l = login_of(p);
	forget_credentials(p);
	if (!l.user_name)
		return NULL;
	AUTO(secret) struct secret *user = NULL;
	AUTO(secret) struct secret *password = NULL;
	TRY(answers_fill(a, p->profile, l.user_name, &user));
	TRY(answers_fill(a, p->profile, l.password, &password));
	p->user = user;
	p->password = password;
	user = password = NULL;
	return NULL;
}

// The pages after the login may ask once more for what is no secret.
static struct err *keep_known(struct portal *p, const struct answers *a)
{
	answers_free(p->known);
	p->known = NULL;
	TRY(answers_new(&p->known));
	for (size_t i = 0; i < p->role->n_fields; i++) {
		const struct profile_field *f = &p->role->fields[i];
		const struct secret *value = f->secret ? NULL : answers_get(a, f->name);
		if (value)
			TRY(answers_put_known(p->known, f->name, secret_text(value)));
	}
	return NULL;
}

static struct err *name_requester(struct portal *p, const struct answers *a)
{
	if (!p->on_behalf)
		return NULL;
	free(p->requester);
	p->requester = NULL;
	return answers_fill_text(a, p->profile, p->role, p->role->agent.requester, &p->requester);
}

static struct err *portal_authenticate(struct ca *c, const struct answers *a)
{
	struct portal *p = c->self;
	p->ready = p->led_on = p->has_issued = p->asking = false;
	TRY(take_credentials(p, a));
	TRY(keep_known(p, a));
	TRY(name_requester(p, a));
	p->typing = a;
	struct err *e = is_adcs(p) ? NULL : log_in(p, a);
	p->typing = NULL;
	p->ready = p->fresh = !e;
	if (e)
		forget_credentials(p);
	return e;
}

// --- the request, and what becomes of it

static int64_t wait_of(const struct portal_doc *d)
{
	int64_t wait = d->retry_after > 0		      ? d->retry_after
		       : d->refresh && d->refresh_seconds > 0 ? d->refresh_seconds
							      : USUAL_WAIT;
	return wait > 0 ? wait : 1;
}

static struct err *issued(struct portal *p, const struct portal_page *page,
			  const struct ca_request *r, struct ca_outcome *out)
{
	AUTO_CERTS struct cert_list certs = { 0 };
	p->has_issued = true;
	TRY(portal_take_certificates(p, page, &certs));
	TRY(portal_answers(&certs, r));
	*out = (struct ca_outcome){ .state = CA_ISSUED, .issued = certs };
	certs = (struct cert_list){ 0 };
	return NULL;
}

// True: the page here tells what became of the request.
static struct err *outcome(struct portal *p, const struct portal_page *after,
			   const struct ca_request *r, struct ca_outcome *out, bool *told)
{
	enum portal_meaning m = PORTAL_REFUSED;
	*told = true;
	TRY(portal_refusal(p, after));
	const struct portal_page *page = page_here(p, PORTAL_ISSUED);
	if (page || !p->here->html) // a download without a page around it
		return issued(p, page ? page : after, r, out);
	page = page_here(p, PORTAL_WAIT);
	if (page || (portal_meaning(p, after, &m) && m == PORTAL_PENDING)) {
		*out = (struct ca_outcome){ .state = CA_WAIT, .retry_seconds = wait_of(p->here) };
		return NULL;
	}
	*told = false;
	return NULL;
}

static struct err *unknown_answer(const struct portal *p, const struct portal_page *after)
{
	struct err *e = portal_changed(
		after, msg_new(N_("What came after it tells of no certificate and of no wait: %1"),
			       ARG_TEXT(p->here->shown ? p->here->shown : "")));
	return err_tag(e, "no-certificate");
}

static struct err *hand_in(struct portal *p, const struct ca_request *r, struct ca_outcome *out,
			   bool *sent)
{
	struct filler f = { .p = p, .answers = p->known, .request = r };
	const struct portal_page *page = NULL, *last = NULL;
	size_t at = 0;
	bool told = false;
	// An earlier request of this person that was not fetched yet: the pages lead there by themselves.
	const struct portal_page *request = next_page(p, PORTAL_REQUEST, &at);
	if (!portal_shows(p->here, request) || page_here(p, PORTAL_WAIT) ||
	    page_here(p, PORTAL_ISSUED)) {
		*sent = true; // the CA may have issued for an earlier sending
		struct err *e = outcome(p, request, r, out, &told);
		if (told && !(e && err_has_tag(e, "certificate-earlier")))
			return e;
		*sent = false; // nothing of this key is here
		if (e)
			return e;
	}
	at = 0;
	while ((page = next_page(p, PORTAL_REQUEST, &at)) != NULL) {
		TRY(expect(p, page));
		TRY(use_page(p, page, &f, sent));
		last = page;
	}
	TRY(outcome(p, last, r, out, &told));
	return told ? NULL : unknown_answer(p, last);
}

static struct err *credentials_missing(void)
{
	return err_tag(err_new(ERR_ANSWER, N_("The CA needs the answers anew for this.")),
		       "credentials-missing");
}

static struct err *portal_submit(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
				 bool *sent)
{
	struct portal *p = c->self;
	if (!p->ready)
		return credentials_missing();
	p->led_on = p->has_issued = p->asking = false;
	if (p->on_behalf && !r->ra.key)
		return ca_ra_missing(c);
	struct err *e = is_adcs(p) ? adcs_submit(p, r, out, sent) : hand_in(p, r, out, sent);
	// That the session is over is said of the page that was asked for; whatever is said of a download, not of the request.
	c->open_no = e && (p->has_issued || (p->led_on && err_has_tag(e, "session-expired")));
	bool waits = !e && out->state != CA_ISSUED;
	forget_credentials(p);
	p->ready = waits && !is_adcs(p);
	p->fresh = false;
	// With HTTP's own authentication nothing is left to ask again with.
	if (waits && is_adcs(p) && p->ca->portal.auth != PORTAL_AUTH_NEGOTIATE)
		out->state = CA_WAIT_ANEW;
	else if (waits && is_adcs(p))
		p->ready = true;
	return e;
}

static struct err *ask_pages(struct portal *p, const struct ca_request *r, struct ca_outcome *out)
{
	struct filler f = { .p = p, .answers = p->known, .request = r };
	const struct portal_page *page = page_here(p, PORTAL_WAIT);
	bool told = false;
	// What a login has just led to is today's already.
	if (page && !p->fresh)
		TRY(use_page(p, page, &f, NULL));
	size_t at = 0;
	const struct portal_page *request = next_page(p, PORTAL_REQUEST, &at);
	TRY(outcome(p, page ? page : request, r, out, &told));
	if (told)
		return NULL;
	return err_hint(err_tag(err_new(ERR_CA_REFUSED,
					N_("The CA's pages know nothing of the request any more.")),
				"request-gone"),
			N_("Go on with inkan resume: the request is handed in again, with the same "
			   "key."));
}

static struct err *portal_poll(struct ca *c, const struct ca_request *r, struct ca_outcome *out,
			       bool *sent)
{
	struct portal *p = c->self;
	if (!p->ready && !(is_adcs(p) && p->ca->portal.auth == PORTAL_AUTH_NEGOTIATE))
		return credentials_missing();
	*sent = true;
	p->asking = true;
	struct err *e = is_adcs(p) ? adcs_poll(p, r, out) : ask_pages(p, r, out);
	bool waits = !e && out->state != CA_ISSUED;
	forget_credentials(p);
	p->fresh = false;
	p->ready = waits && (!is_adcs(p) || p->ca->portal.auth == PORTAL_AUTH_NEGOTIATE);
	if (waits && !p->ready)
		out->state = CA_WAIT_ANEW;
	if (!e || !err_has_tag(e, "session-expired"))
		return e;
	portal_log(e);
	err_free(e);
	p->ready = false;
	*out = (struct ca_outcome){ .state = CA_WAIT_ANEW, .retry_seconds = 1 };
	return NULL;
}

static unsigned portal_handshakes(const struct ca *c)
{
	const struct portal *p = c->self;
	return http_handshakes(p->http);
}

const struct ca_ops ca_portal = {
	.name = "portal",
	.open = portal_open,
	.constraints = portal_constraints,
	.questions = portal_questions,
	.warm = portal_warm,
	.challenge = portal_challenge,
	.authenticate = portal_authenticate,
	.submit = portal_submit,
	.poll = portal_poll,
	.save = portal_save,
	.handshakes = portal_handshakes,
	.close = portal_close,
};
