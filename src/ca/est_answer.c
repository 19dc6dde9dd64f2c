// EST's answers to a request: what each status means (RFC 7030 §4.2.3, RFC 8951 §3.3).
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ca/est.h"
#include "x509/cert.h"

enum { EST_USUAL_WAIT = 60 };

// Adds the server's own words where it had some.
static struct err *with_words(struct err *e, const struct http_answer *a)
{
	if (!a->reason || !a->reason[0])
		return e;
	return err_caused_by(e,
			     err_new(err_kind(e), N_("The server says: %1"), ARG_TEXT(a->reason)));
}

static struct err *unauthorised(const struct http_answer *a)
{
	struct err *e = err_tag(err_new(ERR_ANSWER, N_("The CA did not accept the answers: an ID, "
						       "a PIN or the one-time password is wrong.")),
				"credentials-refused");
	e = err_hint(e, N_("They were sent once and are not tried again, for the institution "
			   "counts errors. Check them before the next attempt."));
	return with_words(e, a);
}

static struct err *in_trouble(const struct http_answer *a)
{
	struct err *e =
		err_tag(err_new(ERR_NETWORK, N_("The CA's server is in trouble (status %1)."),
				ARG_NUM(a->status)),
			"server-trouble");
	if (a->retry_after >= 0)
		e = err_hint(e, N_("It asks to be tried again in %1 seconds."),
			     ARG_NUM(a->retry_after));
	else
		e = err_hint(e, N_("Try again later; if it stays so, tell the institution."));
	return with_words(e, a);
}

struct err *est_no(const struct http_answer *a)
{
	struct err *e =
		err_tag(err_new(ERR_CA_REFUSED, N_("The CA refused the request (status %1)."),
				ARG_NUM(a->status)),
			"request-refused");
	if (a->retry_after >= 0)
		e = err_hint(e, N_("It asks to be tried again in %1 seconds."),
			     ARG_NUM(a->retry_after));
	else if (a->status == 404 || a->status == 405 || a->status == 410)
		e = err_hint(e, N_("There is no EST at this address, or only its Full CMC "
				   "(/fullcmc), which inkan does not speak. Check the address in "
				   "the profile; tell the institution what is said here."));
	else
		e = err_hint(e, N_("Tell the institution what is said here."));
	return with_words(e, a);
}

struct err *est_refusal(const struct http_answer *a)
{
	if (a->status == 200 || a->status == 201 || a->status == 202)
		return NULL;
	if (a->status == 401)
		return unauthorised(a);
	if (a->status >= 500)
		return in_trouble(a);
	if (a->status >= 400)
		return est_no(a);
	if (a->status >= 300)
		return err_hint(err_tag(err_new(ERR_CA_REFUSED,
						N_("The CA's server points to another address "
						   "(status %1). It is not followed."),
						ARG_NUM(a->status)),
					"redirected"),
				N_("Ask the institution for a profile with the present address."));
	return err_hint(
		err_tag(err_new(ERR_CA_REFUSED,
				N_("The CA gave an answer without a certificate (status %1)."),
				ARG_NUM(a->status)),
			"answer-unreadable"),
		N_("Tell the institution what is said here."));
}

struct err *est_renewal_refusal(const struct http_answer *a)
{
	if (a->status != 401 && a->status != 403)
		return NULL;
	struct err *e = err_new(ERR_CA_REFUSED,
				N_("The CA did not accept the present certificate as proof for its "
				   "renewal (status %1)."),
				ARG_NUM(a->status));
	e = err_hint(
		err_tag(e, "renewal-refused"),
		N_("It may have been revoked. Tell the institution what is said here; with its "
		   "consent `inkan enroll` gets a new certificate with full "
		   "authentication."));
	return with_words(e, a);
}

struct err *est_ra_refusal(const struct http_answer *a)
{
	if (a->status != 401 && a->status != 403)
		return NULL;
	struct err *e = err_new(ERR_CA_REFUSED,
				N_("The CA does not let this certificate vouch for the person "
				   "(status %1)."),
				ARG_NUM(a->status));
	e = err_hint(err_tag(e, "ra-refused"),
		     N_("Tell the institution what is said here: it decides who may vouch for "
			"whom."));
	return with_words(e, a);
}

static bool is_page(const struct http_answer *a)
{
	size_t at = a->body.data ? strspn((const char *)a->body.data, " \t\r\n") : 0;
	return strstr(a->content_type, "html") || (a->body.data && a->body.data[at] == '<');
}

static struct err *no_certificate(const struct http_answer *a, struct err *cause)
{
	struct err *e =
		is_page(a) ? err_new(ERR_CA_REFUSED, N_("The CA answered with a web page where a "
							"certificate should be."))
			   : err_new(ERR_CA_REFUSED,
				     N_("The CA answered with something that is no certificate."));
	e = err_hint(err_tag(e, "no-certificate"),
		     N_("The request arrived; the CA may have issued. Check the address in the "
			"profile and tell the institution."));
	return cause ? err_caused_by(e, cause) : with_words(e, a);
}

// A CA answers with the leaf alone (RFC 7030 §4.2.3): what stands between it and the anchors comes from /cacerts. A CA that
// has none may have sent the chain itself.
static struct err *add_cacerts(struct est *e, struct cert_list *certs)
{
	struct err *none = est_cacerts(e);
	if (none)
		log_err(LOG_INFO, "ca", none);
	err_ignore(none);
	for (size_t i = 0; i < e->cacerts.n && certs->n < CERT_MAX_LIST; i++)
		TRY(cert_list_add(certs, e->cacerts.certs[i]));
	return NULL;
}

static struct err *issued(struct est *est, const struct http_answer *a, struct ca_outcome *out)
{
	if (is_page(a) || strncmp(a->content_type, "multipart/", 10) == 0)
		return no_certificate(a, NULL);
	AUTO_BUF struct buf der = BUF(a->body.len + 1);
	AUTO_CERTS struct cert_list certs = { 0 };
	struct err *e = est_decode(&a->body, &der);
	if (!e)
		e = cert_list_from_pkcs7(der.data, der.len, &certs);
	if (e)
		return no_certificate(a, e);
	TRY(add_cacerts(est, &certs));
	*out = (struct ca_outcome){ .state = CA_ISSUED, .issued = certs };
	certs = (struct cert_list){ 0 };
	return NULL;
}

// 202 (RFC 7030 §4.2.3): a CA with a ticket is asked again with it, one without needs the credentials anew.
static struct err *pending(struct est *e, const struct http_answer *a, bool had_credentials,
			   struct ca_outcome *out)
{
	if (a->set_cookie) {
		char *ticket = strdup(a->set_cookie);
		if (!ticket)
			return err_no_memory();
		free(e->ticket);
		e->ticket = ticket;
	}
	int64_t wait = a->retry_after >= 0 ? a->retry_after : EST_USUAL_WAIT;
	*out = (struct ca_outcome){ .state = e->ticket || !had_credentials ? CA_WAIT : CA_WAIT_ANEW,
				    .retry_seconds = wait > 0 ? wait : 1 };
	return NULL;
}

struct err *est_outcome(struct est *e, const struct http_answer *a, bool had_credentials,
			struct ca_outcome *out)
{
	TRY(est_refusal(a));
	return a->status == 202 ? pending(e, a, had_credentials, out) : issued(e, a, out);
}
