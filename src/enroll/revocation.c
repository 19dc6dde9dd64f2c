// CRL and OCSP of a certificate: fetched, and judged by x509.
#include "enroll/revocation.h"

#include "base/clock.h"
#include "http/http.h"
#include "x509/crl.h"
#include "x509/ocsp.h"

static bool stopped(void *ctx)
{
	const struct face *f = ctx;
	return f->stopped(f->ctx);
}

static struct err *open_client(const struct revocation_terms *t, struct http **out)
{
	const struct profile_ca *p = &t->profile->ca;
	return http_open(&(struct http_terms){ .hosts = (const char *const *)(void *)p->hosts,
					       .n_hosts = p->n_hosts,
					       .anchors_pem = p->anchors.data,
					       .anchors_len = p->anchors.len,
					       .connect_seconds = p->connect_seconds,
					       .answer_seconds = p->answer_seconds,
					       .max_body = p->max_answer,
					       .plain = true, // it is signed
					       .stop = stopped,
					       .stop_ctx = t->face },
			 out);
}

static struct err *not_there(int status)
{
	return err_hint(err_tag(err_new(ERR_NETWORK,
					N_("What the CA says of revoked certificates is not where "
					   "its certificates say (status %1)."),
					ARG_NUM(status)),
				"revocation-not-there"),
			N_("Try again later; if it stays so, tell the institution what is said "
			   "here."));
}

static struct err *fetch(const struct revocation_terms *t, const struct http_call *call,
			 struct http_answer *out)
{
	AUTO(http) struct http *h = NULL;
	TRY(open_client(t, &h));
	TRY(http_do(h, call, out, NULL));
	return out->status == 200 ? NULL : not_there(out->status);
}

static struct crl_terms terms_of(const struct revocation_terms *t)
{
	return (struct crl_terms){
		.leaf = t->leaf, .others = t->others, .anchors = t->anchors, .now = clock_now()
	};
}

static struct err *ask_crl(const struct revocation_terms *t, const char *url)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	const struct crl_terms terms = terms_of(t);
	TRY(fetch(t, &(struct http_call){ .method = "GET", .url = url }, &a));
	return crl_judge(&terms, a.body.data, a.body.len);
}

static struct err *ask_ocsp(const struct revocation_terms *t, const char *url)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	AUTO_BUF struct buf der = BUF(65536);
	AUTO(ocsp) struct ocsp *question = NULL;
	const struct crl_terms terms = terms_of(t);
	TRY(ocsp_ask(&terms, &question, &der));
	struct http_header header = { "Content-Type", "application/ocsp-request" };
	TRY(fetch(t,
		  &(struct http_call){ .method = "POST",
				       .url = url,
				       .headers = &header,
				       .n_headers = 1,
				       .body = der.data,
				       .body_len = der.len },
		  &a));
	return ocsp_judge(question, a.body.data, a.body.len);
}

static struct err *has_none(const struct cert *c)
{
	return err_hint(
		err_tag(err_new(ERR_POLICY,
				N_("The profile wants it looked up whether the certificate for %1 "
				   "was revoked, and the certificate does not say where."),
				ARG_TEXT(cert_common_name(c))),
			"revocation-nowhere"),
		N_("Tell the institution what is said here."));
}

// One that tells is enough; the first that cannot is told where none does. *told: a certificate was judged, or somebody wants to stop.
static struct err *ask_all(const struct revocation_terms *t, const struct crl_urls *urls,
			   struct err *(*ask)(const struct revocation_terms *t, const char *url),
			   bool *told, struct err *first)
{
	for (size_t i = 0; i < urls->n && !*told; i++) {
		struct err *e = ask(t, urls->url[i]);
		*told = !e || err_kind(e) == ERR_POLICY || err_kind(e) == ERR_INTERRUPTED;
		if (*told || !first) {
			err_free(first);
			first = e;
		} else {
			err_free(e);
		}
	}
	return first;
}

#define AUTO_URLS __attribute__((cleanup(crl_urls_free)))

// The responder's word is newer than a list: it is asked first.
struct err *revocation_look(const struct revocation_terms *t, bool *looked)
{
	AUTO_URLS struct crl_urls lists = { 0 };
	AUTO_URLS struct crl_urls responders = { 0 };
	enum revocation way = t->profile->ca.revocation;
	bool told = false;
	*looked = way != REVOCATION_NONE;
	if (way == REVOCATION_CRL || way == REVOCATION_EITHER)
		TRY(crl_urls(t->leaf, &lists));
	if (way == REVOCATION_OCSP || way == REVOCATION_EITHER)
		TRY(ocsp_urls(t->leaf, &responders));
	if (*looked && lists.n + responders.n == 0)
		return has_none(t->leaf);
	struct err *e = ask_all(t, &responders, ask_ocsp, &told, NULL);
	return told ? e : ask_all(t, &lists, ask_crl, &told, e);
}
