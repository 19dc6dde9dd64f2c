// The CRL of a certificate, fetched and judged.
#include "enroll/revocation.h"

#include "base/clock.h"
#include "http/http.h"
#include "x509/crl.h"

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
					N_("The CA's list of revoked certificates (CRL) is not "
					   "where its certificates say (status %1)."),
					ARG_NUM(status)),
				"crl-unusable"),
			N_("Try again later; if it stays so, tell the institution what is said "
			   "here."));
}

static struct err *ask_at(const struct revocation_terms *t, const char *url)
{
	AUTO(http) struct http *h = NULL;
	AUTO_ANSWER struct http_answer a = { 0 };
	TRY(open_client(t, &h));
	TRY(http_do(h, &(struct http_call){ .method = "GET", .url = url }, &a, NULL));
	if (a.status != 200)
		return not_there(a.status);
	const struct crl_terms terms = {
		.leaf = t->leaf, .others = t->others, .anchors = t->anchors, .now = clock_now()
	};
	return crl_judge(&terms, a.body.data, a.body.len);
}

static struct err *has_none(const struct cert *c)
{
	return err_hint(
		err_tag(err_new(ERR_POLICY,
				N_("The profile wants the CA's list of revoked certificates (CRL) "
				   "looked at, and the certificate for %1 does not say where it "
				   "is."),
				ARG_TEXT(cert_common_name(c))),
			"crl-missing"),
		N_("Tell the institution what is said here."));
}

// One that tells is enough; the first that cannot is told where none does.
static struct err *ask_all(const struct revocation_terms *t, const struct crl_urls *urls)
{
	struct err *first = NULL;
	for (size_t i = 0; i < urls->n; i++) {
		struct err *e = ask_at(t, urls->url[i]);
		if (!e || err_kind(e) == ERR_POLICY || err_kind(e) == ERR_INTERRUPTED) {
			err_free(first);
			return e;
		}
		if (first)
			err_free(e);
		else
			first = e;
	}
	return first;
}

struct err *revocation_look(const struct revocation_terms *t, bool *looked)
{
	__attribute__((cleanup(crl_urls_free))) struct crl_urls urls = { 0 };
	*looked = t->profile->ca.revocation == REVOCATION_CRL;
	if (!*looked)
		return NULL;
	TRY(crl_urls(t->leaf, &urls));
	return urls.n ? ask_all(t, &urls) : has_none(t->leaf);
}
