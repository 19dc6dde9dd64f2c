// /cacerts to somebody who trusts nobody yet (RFC 7030 §4.1.1).
#include "ca/est.h"

#include <string.h>

#include "base/text.h"

static struct err *ask(const struct ca_terms *t, struct http_answer *out)
{
	const struct profile_ca *p = &t->profile->ca;
	AUTO(http) struct http *http = NULL;
	size_t len = strlen(p->url);
	while (len > 0 && p->url[len - 1] == '/')
		len--;
	AUTO_TEXT char *url = text_format("%.*s/cacerts", (int)len, p->url);
	if (!url)
		return err_no_memory();
	TRY(http_open(&(struct http_terms){ .hosts = (const char *const *)p->hosts,
					    .n_hosts = p->n_hosts,
					    .connect_seconds = p->connect_seconds,
					    .answer_seconds = p->answer_seconds,
					    .max_body = p->max_answer,
					    .unverified = true,
					    .stop = t->stop,
					    .stop_ctx = t->stop_ctx },
		      &http));
	return http_do(http, &(struct http_call){ .method = "GET", .url = url }, out, NULL);
}

struct err *est_show(const struct ca_terms *t, struct cert_list *out)
{
	AUTO_ANSWER struct http_answer a = { 0 };
	TRY(ask(t, &a));
	TRY(est_refusal(&a));
	AUTO_BUF struct buf der = BUF(a.body.len + 1);
	TRY(est_decode(&a.body, &der));
	return cert_list_from_pkcs7(der.data, der.len, out);
}
