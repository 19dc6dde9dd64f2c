// The web enrolment of Microsoft's Active Directory Certificate Services (/certsrv/). Its pages fill their own forms by script, so what those
// scripts send is sent here: certfnsh.asp takes the request, certnew.cer and certnew.p7b bring the certificate.
//
// What a page says is read from its links and numbers, for its words come in the language of the server.
#include <stdlib.h>
#include <string.h>

#include "ca/portal.h"
#include "x509/agent.h"

enum { ADCS_WAIT = 60 };

// Words for errors: certfnsh.asp is the page that all is about.
static const struct portal_page finish = { .name = NULL };

static void take_digits(const char *text, char out[static 24])
{
	size_t n = strspn(text, "0123456789");
	if (n == 0 || n > 20)
		return;
	memcpy(out, text, n);
	out[n] = '\0';
}

// "certnew.cer?ReqID=12&Enc=b64", whatever the case of its letters.
static bool issued_id(const struct portal_doc *d, char out[static 24])
{
	for (size_t i = 0; i < d->n_links && !out[0]; i++) {
		const char *at = strcasestr(d->links[i].href, "certnew.cer?ReqID=");
		if (at)
			take_digits(at + strlen("certnew.cer?ReqID="), out);
	}
	// On newer servers the links are made by script.
	const char *body = d->body.data ? (const char *)d->body.data : "";
	const char *at = out[0] ? NULL : strcasestr(body, "certnew.cer?ReqID=");
	if (at)
		take_digits(at + strlen("certnew.cer?ReqID="), out);
	return out[0] != '\0';
}

// "Your Request Id is 12." in the languages that are known; without white space.
static bool named_id(const struct portal_doc *d, char out[static 24])
{
	static const char *const before[] = { "YourRequestIdis", "要求IDは",
					      "要求ID:", "RequestId:", "RequestID:" };
	for (size_t i = 0; d->words && i < ARRAY_LEN(before) && !out[0]; i++) {
		const char *at = strcasestr(d->words, before[i]);
		if (at)
			take_digits(at + strlen(before[i]), out);
	}
	return out[0] != '\0';
}

static bool says_denied(const struct portal_doc *d)
{
	static const char *const words[] = {
		"dispositionmessageis", "CertificateRequestDenied", "処理メッセージは",
		"拒否されました",	"requestwasdenied",
	};
	for (size_t i = 0; d->words && i < ARRAY_LEN(words); i++)
		if (strcasestr(d->words, words[i]))
			return true;
	return false;
}

void adcs_read(const struct portal_doc *d, struct adcs_reply *out)
{
	*out = (struct adcs_reply){ .kind = ADCS_OTHER };
	if (issued_id(d, out->id))
		out->kind = ADCS_ISSUED;
	else if (says_denied(d))
		out->kind = ADCS_DENIED;
	else if (named_id(d, out->id))
		out->kind = ADCS_PENDING;
}

static struct err *field(struct secret *out, const char *name, const char *value)
{
	return portal_pair("UTF-8", name, value, strlen(value), out);
}

static struct err *post(struct portal *p, struct secret *body, bool *sent)
{
	struct portal_page page = finish;
	char name[] = "certfnsh.asp", method[] = "POST",
	     type[] = "application/x-www-form-urlencoded";
	page.name = name;
	AUTO_TEXT char *url = text_format("%scertfnsh.asp", p->base);
	if (!url)
		return err_no_memory();
	struct portal_sending s = {
		.method = method, .url = url, .content_type = type, .body = body
	};
	return portal_send(p, &page, &s, sent);
}

static struct err *denied(const struct portal *p)
{
	struct err *e = err_hint(err_tag(err_new(ERR_CA_REFUSED, N_("The CA refused the request.")),
					 "request-refused"),
				 N_("Tell the institution what is said here."));
	if (p->on_behalf)
		e = err_hint(e, N_("Tell the institution what is said here: whether the one who "
				   "vouches may enrol others, and this account, is set there."));
	if (!p->here->shown || !p->here->shown[0])
		return e;
	return err_caused_by(
		e, err_new(ERR_CA_REFUSED, N_("The server says: %1"), ARG_TEXT(p->here->shown)));
}

static struct err *unreadable(const struct portal *p)
{
	struct err *e = err_new(ERR_CA_REFUSED, N_("The CA answered with a web page where a "
						   "certificate should be."));
	e = err_hint(err_tag(e, "no-certificate"),
		     N_("The request arrived; the CA may have issued. Check the address in the "
			"profile and tell the institution."));
	if (!p->here->shown || !p->here->shown[0])
		return e;
	return err_caused_by(
		e, err_new(ERR_CA_REFUSED, N_("The server says: %1"), ARG_TEXT(p->here->shown)));
}

static struct err *fetch(struct portal *p, const char *what, struct cert_list *out)
{
	AUTO_TEXT char *url = text_format("%s%s?ReqID=%s&Enc=b64", p->base, what, p->request_id);
	if (!url)
		return err_no_memory();
	TRY(portal_open_page(p, url));
	TRY(portal_refusal(p, NULL));
	if (p->here->html)
		return unreadable(p);
	return portal_certificates(p->here->body.data, p->here->body.len, out);
}

// The certificate, and with it its chain, which a CA that has none to give may refuse.
static struct err *bring(struct portal *p, const struct ca_request *r, struct ca_outcome *out)
{
	AUTO_CERTS struct cert_list certs = { 0 };
	AUTO_CERTS struct cert_list chain = { 0 };
	TRY(fetch(p, "certnew.cer", &certs));
	TRY(portal_answers(&certs, r));
	AUTO(err) struct err *none = fetch(p, "certnew.p7b", &chain);
	for (size_t i = 0; !none && i < chain.n && certs.n < CERT_MAX_LIST; i++)
		TRY(cert_list_add(&certs, chain.certs[i]));
	*out = (struct ca_outcome){ .state = CA_ISSUED, .issued = certs };
	certs = (struct cert_list){ 0 };
	return NULL;
}

// It is issued, so a no to the fetching is none to the request, which would be handed in anew.
static struct err *not_brought(struct err *e)
{
	bool no = e && (err_kind(e) == ERR_CA_REFUSED || err_kind(e) == ERR_ANSWER);
	return no ? err_tag(e, "no-certificate") : e;
}

static struct err *outcome(struct portal *p, const struct ca_request *request,
			   struct ca_outcome *out)
{
	struct adcs_reply r;
	TRY(portal_refusal(p, NULL));
	adcs_read(p->here, &r);
	if (r.kind == ADCS_DENIED)
		return denied(p);
	if (r.kind == ADCS_OTHER)
		return unreadable(p);
	// Once it has a number, a request keeps it.
	if (!p->request_id || strcmp(p->request_id, r.id) != 0) {
		free(p->request_id);
		p->request_id = strdup(r.id);
		if (!p->request_id)
			return err_no_memory();
	}
	if (r.kind == ADCS_ISSUED)
		return not_brought(bring(p, request, out));
	*out = (struct ca_outcome){ .state = CA_WAIT,
				    .retry_seconds = p->here->retry_after > 0 ? p->here->retry_after
									      : ADCS_WAIT };
	return NULL;
}

// In the field CertRequest: the PKCS#10 itself, or with an agent's signature around it.
static struct err *request_text(const struct portal *p, const struct ca_request *r, struct buf *pem)
{
	if (!p->on_behalf)
		return portal_pem("CERTIFICATE REQUEST", r->der, r->len, pem);
	AUTO_BUF struct buf der = { 0 };
	const struct agent_terms terms = { .request = r->der,
					   .len = r->len,
					   .requester = p->requester,
					   .agent = r->ra.cert,
					   .key = r->ra.key };
	TRY(agent_wrap(&terms, &der));
	return portal_pem("PKCS7", der.data, der.len, pem);
}

struct err *adcs_submit(struct portal *p, const struct ca_request *r, struct ca_outcome *out,
			bool *sent)
{
	AUTO(secret) struct secret *body = NULL;
	AUTO_BUF struct buf pem = { 0 };
	const char *template_name = p->ca->portal.certificate_template;
	AUTO_TEXT char *wanted = text_format("%s%s", template_name ? "CertificateTemplate:" : "",
					     template_name ? template_name : "");
	if (!wanted)
		return err_no_memory();
	TRY(request_text(p, r, &pem));
	TRY(secret_new(SECRET_FORM, &body));
	TRY(field(body, "Mode", "newreq"));
	TRY(portal_pair("UTF-8", "CertRequest", pem.data, pem.len, body));
	TRY(field(body, "CertAttrib", wanted));
	TRY(field(body, "FriendlyType", "Saved-Request Certificate"));
	TRY(field(body, "TargetStoreFlags", "0"));
	TRY(field(body, "SaveCert", "yes"));
	TRY(field(body, "ThumbPrint", ""));
	free(p->request_id);
	p->request_id = NULL;
	TRY(post(p, body, sent));
	struct err *e = outcome(p, r, out);
	if (!e || !p->request_id || err_has_tag(e, "certificate-earlier"))
		return e;
	// What has a number can be fetched by it, today or from another run; to hand it in once more would make a second certificate.
	portal_log(e);
	err_free(e);
	*out = (struct ca_outcome){ .state = CA_WAIT, .retry_seconds = ADCS_WAIT };
	return NULL;
}

struct err *adcs_poll(struct portal *p, const struct ca_request *r, struct ca_outcome *out)
{
	AUTO(secret) struct secret *body = NULL;
	if (!p->request_id)
		return err_tag(err_new(ERR_CA_REFUSED, N_("The number of the request at the CA was "
							  "not kept.")),
			       "request-refused");
	TRY(secret_new(SECRET_FORM, &body));
	TRY(field(body, "Mode", "chkpnd"));
	TRY(field(body, "ReqID", p->request_id));
	TRY(field(body, "TargetStoreFlags", "0"));
	TRY(field(body, "SaveCert", "yes"));
	TRY(post(p, body, NULL));
	return outcome(p, r, out);
}
