// The look-alike of Microsoft's web enrolment.
//
// Accounts of administrators alone: a one-time password would be spent by the first of the several requests that an enrolment takes here.
#include "practiceca/certsrv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "practiceca/agent.h"
#include "practiceca/base64.h"
#include "practiceca/certificates.h"
#include "practiceca/form.h"
#include "practiceca/issue.h"
#include "practiceca/page.h"
#include "practiceca/web_request.h"

struct visit {
	const struct service *s;
	const struct call *c;
	const struct account *who;
	struct answer *a;
};

static struct err *html(struct visit *v, const char *title)
{
	v->a->status = 200;
	v->a->content_type = "text/html; charset=utf-8";
	TRY(buf_puts(&v->a->body, "<Html>\n<Head><Title>Practice Certificate Services</Title>"
				  "</Head>\n<Body>\n<P ID=locPageTitle><B>"));
	TRY(page_escape(&v->a->body, title));
	return buf_puts(&v->a->body, "</B></P>\n");
}

static struct err *denied(struct visit *v, enum refusal r)
{
	TRY(html(v, "Certificate Request Denied"));
	TRY(buf_puts(&v->a->body, "<P ID=locInfoDenied>The disposition message is &quot;"));
	TRY(page_escape(&v->a->body, refusal_words(r, "en")));
	return buf_puts(&v->a->body, "&quot;</P>\n</Body></Html>\n");
}

// What was denied stays so: nothing is judged twice. What was issued may be fetched again and again, and is never done here.
static struct err *step(struct visit *v, const struct web_request *w, enum web_state *state,
			X509 **leaf, int64_t *wait, enum refusal *r)
{
	if (w->done) {
		*state = WEB_REFUSED;
		*r = REFUSE_DENIED;
		return NULL;
	}
	TRY(web_step(v->s, v->c, w, state, leaf, wait, r));
	return *state == WEB_REFUSED ? web_done(v->s, w->id) : NULL;
}

static struct err *tell(struct visit *v, const struct web_request *w)
{
	enum refusal r = REFUSE_NOTHING;
	enum web_state state = WEB_ISSUED;
	AUTO(x509) X509 *leaf = NULL;
	int64_t wait = 0;
	TRY(step(v, w, &state, &leaf, &wait, &r));
	if (state == WEB_REFUSED)
		return denied(v, r);
	if (state == WEB_WAITS) {
		v->a->retry_after = wait;
		TRY(html(v, "Certificate Pending"));
		return buf_printf(&v->a->body,
				  "<P ID=locInfoReqIDAndReason>Your Request Id is %lld.</P>\n"
				  "</Body></Html>\n",
				  (long long)w->id);
	}
	TRY(html(v, "Certificate Issued"));
	for (int p7b = 0; p7b < 2; p7b++)
		TRY(buf_printf(&v->a->body,
			       "<P><A Href=\"certnew.%s?ReqID=%lld&amp;Enc=b64\">%s</A></P>\n",
			       p7b ? "p7b" : "cer", (long long)w->id,
			       p7b ? "Download certificate chain" : "Download certificate"));
	return buf_puts(&v->a->body, "</Body></Html>\n");
}

static bool attributes_fit(const char *text)
{
	size_t len = strcspn(text, "\r\n");
	return text[len + strspn(text + len, "\r\n")] == '\0' &&
	       (len == 0 || (len == strlen("CertificateTemplate:InkanUser") &&
			     strncmp(text, "CertificateTemplate:InkanUser", len) == 0));
}

// What an agent signed for somebody: the certificate will be that person's, and the PKCS#10 inside is judged as theirs.
static struct err *by_agent(struct visit *v, const char *text, struct web_request *w,
			    enum refusal *r)
{
	AUTO_AGENT_REQUEST struct agent_request a = { 0 };
	bool good = false;
	w->wrapped = BUF(REQUEST_BODY_MAX);
	TRY(web_pkcs7(text, &good, &w->wrapped));
	if (!good) {
		*r = REFUSE_AGENT_CMS;
		return NULL;
	}
	TRY(agent_judge(v->s, &w->wrapped, clock_now(), &a, r));
	if (*r)
		return NULL;
	w->requested_for = a.account.id;
	w->vouched_by = a.agent.issued;
	TRY(base64_write_body(a.pkcs10.data, a.pkcs10.len, &w->body));
	return web_judge(v->s, v->c, &a.account.holder, &w->body, r, w->sha256);
}

static struct err *by_person(struct visit *v, const char *text, struct web_request *w,
			     enum refusal *r)
{
	bool good = false;
	TRY(web_pem(text, &good, &w->body));
	if (!good) {
		*r = REFUSE_PORTAL_PEM;
		return NULL;
	}
	return web_judge(v->s, v->c, &v->who->holder, &w->body, r, w->sha256);
}

static struct err *new_request(struct visit *v, const struct form *f)
{
	static const char *const names[] = { "Mode",	     "CertRequest", "CertAttrib",
					     "FriendlyType", "ThumbPrint",  "TargetStoreFlags",
					     "SaveCert",     NULL };
	AUTO_WEB_REQUEST struct web_request w = { .account = v->who->id,
						  .at = clock_now(),
						  .body = BUF(REQUEST_BODY_MAX) };
	enum refusal r = REFUSE_NOTHING;
	const char *text = form_text(f, "CertRequest");
	if (!form_has_exactly(f, names) || strcmp(form_text(f, "TargetStoreFlags"), "0") != 0 ||
	    strcmp(form_text(f, "SaveCert"), "yes") != 0)
		return answer_refuse(v->a, v->c, REFUSE_PORTAL_FORM);
	if (!attributes_fit(form_text(f, "CertAttrib")))
		return denied(v, REFUSE_TEMPLATE);
	TRY(web_is_pkcs7(text) ? by_agent(v, text, &w, &r) : by_person(v, text, &w, &r));
	if (r)
		return denied(v, r);
	TRY(web_add(v->s, WEB_CERTSRV, &w));
	return tell(v, &w);
}

// A number of digits; 0 for anything else, which no request has.
static int64_t number(const char *text)
{
	size_t len = text ? strlen(text) : 0;
	return len > 0 && len < 16 && strspn(text, "0123456789") == len ? strtoll(text, NULL, 10)
									: 0;
}

static struct err *find(struct visit *v, const char *id, bool *there, struct web_request *w)
{
	int64_t n = number(id);
	*there = false;
	return n ? web_find(v->s, WEB_CERTSRV, n, v->who->id, there, w) : NULL;
}

static struct err *finish(struct visit *v)
{
	static const char *const check[] = { "Mode", "ReqID", "TargetStoreFlags", "SaveCert",
					     NULL };
	AUTO_FORM struct form f = { 0 };
	AUTO_WEB_REQUEST struct web_request w = { 0 };
	bool good = false, there = false;
	if (!form_is_type(v->c->content_type))
		return answer_refuse(v->a, v->c, REFUSE_PORTAL_TYPE);
	TRY(form_read(v->c->body, &good, &f));
	const char *mode = good ? form_text(&f, "Mode") : NULL;
	if (mode && strcmp(mode, "newreq") == 0)
		return new_request(v, &f);
	if (!mode || strcmp(mode, "chkpnd") != 0 || !form_has_exactly(&f, check))
		return answer_refuse(v->a, v->c, REFUSE_PORTAL_FORM);
	TRY(find(v, form_text(&f, "ReqID"), &there, &w));
	return there ? tell(v, &w) : denied(v, REFUSE_OTHER_REQUEST);
}

static struct err *deliver(struct visit *v)
{
	AUTO_WEB_REQUEST struct web_request w = { 0 };
	AUTO(x509) X509 *leaf = NULL;
	enum refusal r = REFUSE_NOTHING;
	enum web_state state = WEB_ISSUED;
	bool there = false, p7b = strcmp(v->c->path, "/certsrv/certnew.p7b") == 0;
	int64_t wait = 0;
	const char *encoding = call_query(v->c, "Enc");
	if (!encoding || strcmp(encoding, "b64") != 0)
		return answer_refuse(v->a, v->c, REFUSE_PORTAL_FORM);
	TRY(find(v, call_query(v->c, "ReqID"), &there, &w));
	if (!there)
		return denied(v, REFUSE_OTHER_REQUEST);
	TRY(step(v, &w, &state, &leaf, &wait, &r));
	if (state != WEB_ISSUED)
		return denied(v, r ? r : REFUSE_PORTAL_ORDER);
	X509 *const certs[] = { leaf, v->s->authority->issuing, v->s->authority->root };
	v->a->status = 200;
	v->a->content_type = p7b ? "application/x-pkcs7-certificates" : "application/pkix-cert";
	if (!p7b)
		return certificate_pem(certs, 1, &v->a->body);
	TRY(buf_puts(&v->a->body, "-----BEGIN PKCS7-----\r\n"));
	TRY(certs_only(certs, ARRAY_LEN(certs), &v->a->body));
	return buf_puts(&v->a->body, "-----END PKCS7-----\r\n");
}

static struct err *top(struct visit *v)
{
	TRY(html(v, "Welcome"));
	return buf_puts(&v->a->body, "<P><A Href=\"certfnsh.asp\">Request a certificate</A></P>\n"
				     "<P><A Href=\"certckpn.asp\">View the status of a pending "
				     "certificate request</A></P>\n</Body></Html>\n");
}

// What waits, each with the form that asks after it.
static struct err *pending(struct visit *v)
{
	int64_t ids[WEB_WAITING_MAX];
	size_t n = 0;
	TRY(web_waiting(v->s, WEB_CERTSRV, v->who->id, ids, &n));
	TRY(html(v, "View the Status of a Pending Certificate Request"));
	if (n == 0)
		TRY(buf_puts(&v->a->body, "<P ID=locNoReqs>You have no pending certificate "
					  "requests.</P>\n"));
	for (size_t i = 0; i < n; i++)
		TRY(buf_printf(&v->a->body,
			       "<Form Action=\"certfnsh.asp\" Method=Post>\n"
			       "<Input Type=Hidden Name=Mode Value=\"chkpnd\">\n"
			       "<Input Type=Hidden Name=ReqID Value=\"%lld\">\n"
			       "<Input Type=Hidden Name=TargetStoreFlags Value=\"0\">\n"
			       "<Input Type=Hidden Name=SaveCert Value=\"yes\">\n"
			       "<Input Type=Submit Value=\"Request %lld\">\n</Form>\n",
			       (long long)ids[i], (long long)ids[i]));
	return buf_puts(&v->a->body, "</Body></Html>\n");
}

static const struct address_row {
	const char *path, *method;
	struct err *(*answer)(struct visit *v);
} rows[] = {
	{ "/certsrv/", "GET", top },
	{ "/certsrv/certfnsh.asp", "POST", finish },
	{ "/certsrv/certckpn.asp", "GET", pending },
	{ "/certsrv/certnew.cer", "GET", deliver },
	{ "/certsrv/certnew.p7b", "GET", deliver },
};

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

static struct err *with_account(const struct service *s, const struct call *c,
				const struct address_row *row, struct answer *out)
{
	AUTO_BASIC struct basic b = { 0 };
	AUTO_ACCOUNT struct account who = { 0 };
	enum login_verdict verdict = LOGIN_WRONG;
	struct visit v = { .s = s, .c = c, .who = &who, .a = out };
	TRY(basic_read(c->authorization, &b));
	if (!b.given)
		return answer_refuse(out, c, REFUSE_NO_CREDENTIALS);
	if (b.shaped && holder_is_user(&b.holder)) // before its one-time password is spent
		return answer_refuse(out, c, REFUSE_CREDENTIALS);
	TRY(login_judge(s->database, &s->login, &b, clock_now(), &verdict, &who));
	if (verdict != LOGIN_GOOD)
		return answer_refuse(out, c, refusal_of(verdict));
	return row->answer(&v);
}

struct err *certsrv_answer(const struct service *s, const struct call *c, struct answer *out)
{
	bool known = false;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(rows[i].path, c->path) != 0)
			continue;
		known = true;
		if (strcmp(rows[i].method, c->method) != 0)
			continue;
		if (c->too_large)
			return answer_refuse(out, c, REFUSE_TOO_LARGE);
		return with_account(s, c, &rows[i], out);
	}
	return answer_refuse(out, c, known ? REFUSE_METHOD : REFUSE_NOT_FOUND);
}
