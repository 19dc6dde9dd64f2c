// Why OpenSSL does not trust a server: libcurl tells it for some reasons only, and never which date passed.
#include "http/inside.h"

#include <string.h>

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm;
	memset(&tm, 0, sizeof(tm));
	return t && ASN1_TIME_to_tm(t, &tm) ? (int64_t)timegm(&tm) : 0;
}

// Only looks: the verdict stays OpenSSL's.
static int on_verdict(int fine, X509_STORE_CTX *ctx)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct http *h = ssl ? SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)) : NULL;
	const X509 *x = X509_STORE_CTX_get_current_cert(ctx);
	if (fine || !h)
		return fine;
	struct verdict *v = &h->verdict;
	v->error = X509_STORE_CTX_get_error(ctx);
	v->not_before = x ? seconds_of(X509_get0_notBefore(x)) : 0;
	v->not_after = x ? seconds_of(X509_get0_notAfter(x)) : 0;
	return 0;
}

void verdict_watch(SSL_CTX *ctx)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verdict);
}
