// Certificate revocation lists: where they are, and what they say of one certificate. OpenSSL judges scope, dates and signature.
#include "x509/crl.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "x509/cert_inside.h"
#include "x509/chain.h"
#include "x509/revoked.h"

DEFINE_CLEANUP(points, CRL_DIST_POINTS, CRL_DIST_POINTS_free)
DEFINE_CLEANUP(x509_crl, X509_CRL, X509_CRL_free)

void crl_urls_free(struct crl_urls *u)
{
	for (size_t i = 0; i < u->n; i++)
		free(u->url[i]);
	*u = (struct crl_urls){ 0 };
}

static bool is_web(const char *s, int len)
{
	return len > 0 && len < 1000 && !memchr(s, 0, (size_t)len) &&
	       (!strncmp(s, "http://", 7) || !strncmp(s, "https://", 8));
}

struct err *revoked_take_url(const GENERAL_NAME *name, struct crl_urls *out)
{
	int kind = 0;
	const ASN1_IA5STRING *uri = GENERAL_NAME_get0_value(name, &kind);
	if (kind != GEN_URI || out->n == CRL_MAX_URLS)
		return NULL;
	const char *text = (const char *)ASN1_STRING_get0_data(uri);
	int len = ASN1_STRING_length(uri);
	if (!is_web(text, len))
		return NULL;
	out->url[out->n] = strndup(text, (size_t)len);
	if (!out->url[out->n])
		return err_no_memory();
	out->n++;
	return NULL;
}

static struct err *take_names(const GENERAL_NAMES *names, struct crl_urls *out)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		TRY(revoked_take_url(sk_GENERAL_NAME_value(names, i), out));
	return NULL;
}

struct err *crl_urls(const struct cert *c, struct crl_urls *out)
{
	AUTO(points)
	CRL_DIST_POINTS *points =
		X509_get_ext_d2i(cert_x509(c), NID_crl_distribution_points, NULL, NULL);
	struct err *e = NULL;
	ossl_clear();
	for (int i = 0; !e && i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);
		if (p->distpoint && p->distpoint->type == 0)
			e = take_names(p->distpoint->name.fullname, out);
	}
	if (e)
		crl_urls_free(out);
	return e;
}

static struct err *unusable(int code)
{
	struct err *e = err_tag(err_new(ERR_NETWORK, N_("The CA's list of revoked certificates "
							"(CRL) cannot be used.")),
				"crl-unusable");
	e = err_hint(e, N_("Try again later; if it stays so, tell the institution what is said "
			   "here."));
	return code ? err_call(e, "X509_verify_cert", X509_verify_cert_error_string(code),
			       (uint64_t)code)
		    : ossl_reason(e, "d2i_X509_CRL");
}

struct err *revoked_error(const struct cert *leaf, const ASN1_TIME *at)
{
	struct tm tm = { 0 };
	char when[48] = "?";
	if (at && ASN1_TIME_to_tm(at, &tm))
		clock_shown((int64_t)timegm(&tm), NULL, when);
	return err_hint(
		err_tag(err_new(ERR_POLICY, N_("The certificate for %1 has been revoked (%2)."),
				ARG_TEXT(cert_common_name(leaf)), ARG_TEXT(when)),
			"certificate-revoked"),
		N_("It is worth nothing any more. Ask the institution why, and enrol again "
		   "with its consent."));
}

static struct err *revoked(X509_CRL *crl, const struct cert *leaf)
{
	X509_REVOKED *entry = NULL;
	bool there = X509_CRL_get0_by_cert(crl, &entry, cert_x509(leaf)) == 1;
	return revoked_error(leaf, there ? X509_REVOKED_get0_revocationDate(entry) : NULL);
}

static void set_terms(X509_STORE_CTX *ctx, const struct crl_terms *t)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)t->now);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, LEVEL_112_BITS);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST |
						   X509_V_FLAG_CRL_CHECK);
}

struct err *crl_judge(const struct crl_terms *t, const void *der, size_t len)
{
	const unsigned char *p = der;
	AUTO(x509_crl) X509_CRL *crl = len <= LONG_MAX ? d2i_X509_CRL(NULL, &p, (long)len) : NULL;
	if (!crl || p != (const unsigned char *)der + len)
		return unusable(0);
	AUTO(store) X509_STORE *store = NULL;
	AUTO(borrowed_stack) STACK_OF(X509) *others = NULL;
	TRY(chain_store(t->anchors, &store));
	TRY(chain_borrow(t->others, &others));
	AUTO(store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	if (!ctx || !X509_STORE_add_crl(store, crl) ||
	    !X509_STORE_CTX_init(ctx, store, cert_x509(t->leaf), others))
		return ossl_failed("X509_STORE_CTX_init");
	set_terms(ctx, t);
	int good = X509_verify_cert(ctx), code = X509_STORE_CTX_get_error(ctx);
	ossl_clear();
	if (good == 1)
		return NULL;
	return code == X509_V_ERR_CERT_REVOKED ? revoked(crl, t->leaf) : unusable(code);
}
