// OCSP: asked and judged with OpenSSL.
#include "x509/ocsp.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ocsp.h>

#include "base/clock.h"
#include "x509/cert_inside.h"
#include "x509/chain.h"
#include "x509/revoked.h"

enum { NONCE_BYTES = 32, SKEW_SECONDS = 300, NO_AGE = -1 };

DEFINE_CLEANUP(access, AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free)
DEFINE_CLEANUP(ocsp_response, OCSP_RESPONSE, OCSP_RESPONSE_free)
DEFINE_CLEANUP(ocsp_basic, OCSP_BASICRESP, OCSP_BASICRESP_free)

struct ocsp {
	const struct crl_terms *terms;
	OCSP_CERTID *id;
	OCSP_REQUEST *request;
};

void ocsp_free(struct ocsp *o)
{
	if (!o)
		return;
	OCSP_CERTID_free(o->id);
	OCSP_REQUEST_free(o->request);
	free(o);
}

struct err *ocsp_urls(const struct cert *c, struct crl_urls *out)
{
	AUTO(access)
	AUTHORITY_INFO_ACCESS *list = X509_get_ext_d2i(cert_x509(c), NID_info_access, NULL, NULL);
	ossl_clear();
	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(list); i++) {
		const ACCESS_DESCRIPTION *d = sk_ACCESS_DESCRIPTION_value(list, i);
		struct err *e = OBJ_obj2nid(d->method) == NID_ad_OCSP
					? revoked_take_url(d->location, out)
					: NULL;
		if (e) {
			crl_urls_free(out);
			return e;
		}
	}
	return NULL;
}

static struct err *unusable(const char *call, const char *why)
{
	struct err *e =
		err_tag(err_new(ERR_NETWORK, N_("What the CA's responder (OCSP) says of the "
						"certificate cannot be used.")),
			"ocsp-unusable");
	e = err_hint(e, N_("Try again later; if it stays so, tell the institution what is said "
			   "here."));
	if (!why)
		return ossl_reason(e, call);
	ossl_clear();
	return err_call(e, call, why, 0);
}

static X509 *issuer_among(const struct cert_list *list, X509 *leaf)
{
	for (size_t i = 0; i < list->n; i++) {
		X509 *x = cert_x509(list->certs[i]);
		if (X509_check_issued(x, leaf) == X509_V_OK &&
		    X509_verify(leaf, X509_get0_pubkey(x)) == 1)
			return x;
	}
	ossl_clear();
	return NULL;
}

static struct err *write_request(const struct ocsp *o, struct buf *der)
{
	unsigned char *bytes = NULL;
	int len = i2d_OCSP_REQUEST(o->request, &bytes);
	if (len <= 0)
		return ossl_failed("i2d_OCSP_REQUEST");
	struct err *e = buf_put(der, bytes, (size_t)len);
	OPENSSL_free(bytes);
	return e;
}

struct err *ocsp_ask(const struct crl_terms *t, struct ocsp **out, struct buf *der)
{
	X509 *leaf = cert_x509(t->leaf), *issuer = issuer_among(t->others, leaf);
	if (!issuer)
		issuer = issuer_among(t->anchors, leaf);
	if (!issuer)
		return unusable("OCSP_cert_to_id", "issuer");
	AUTO(ocsp) struct ocsp *o = calloc(1, sizeof(*o));
	if (!o)
		return err_no_memory();
	o->terms = t;
	// SHA-1 only names the issuer here; responders know no other hash for that (RFC 5019 §2.1.1).
	o->id = OCSP_cert_to_id(EVP_sha1(), leaf, issuer);
	o->request = OCSP_REQUEST_new();
	OCSP_CERTID *asked = o->id ? OCSP_CERTID_dup(o->id) : NULL;
	if (!o->request || !asked || !OCSP_request_add0_id(o->request, asked) ||
	    !OCSP_request_add1_nonce(o->request, NULL, NONCE_BYTES))
		return ossl_failed("OCSP_request_add0_id");
	TRY(write_request(o, der));
	*out = o;
	o = NULL;
	return NULL;
}

// Of whom the answer is: the issuer itself, or a certificate of it for OCSP; its chain ends at an anchor.
static struct err *check_signer(const struct crl_terms *t, OCSP_BASICRESP *basic)
{
	AUTO(store) X509_STORE *store = NULL;
	AUTO(borrowed_stack) STACK_OF(X509) *known = NULL;
	TRY(chain_store(t->anchors, &store));
	TRY(chain_borrow(t->others, &known));
	for (size_t i = 0; i < t->anchors->n; i++)
		if (!sk_X509_push(known, cert_x509(t->anchors->certs[i])))
			return err_no_memory();
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
	X509_VERIFY_PARAM_set_time(param, (time_t)t->now);
	X509_VERIFY_PARAM_set_auth_level(param, LEVEL_112_BITS);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
	return OCSP_basic_verify(basic, known, store, 0) == 1 ? NULL
							      : unusable("OCSP_basic_verify", NULL);
}

// Without our nonce it is the last day of the answer alone that keeps somebody from playing an old one back.
static struct err *check_status(const struct ocsp *o, OCSP_BASICRESP *basic, bool for_us)
{
	int status = 0, reason = 0;
	ASN1_GENERALIZEDTIME *at = NULL, *from = NULL, *until = NULL;
	if (!OCSP_resp_find_status(basic, o->id, &status, &reason, &at, &from, &until))
		return unusable("OCSP_resp_find_status", "another certificate");
	if (OCSP_check_validity(from, until, SKEW_SECONDS, NO_AGE) != 1)
		return unusable("OCSP_check_validity", NULL);
	if (status == V_OCSP_CERTSTATUS_REVOKED)
		return revoked_error(o->terms->leaf, at);
	if (!until && !for_us)
		return unusable("OCSP_check_validity", "nextUpdate");
	return status == V_OCSP_CERTSTATUS_GOOD
		       ? NULL
		       : unusable("OCSP_resp_find_status", OCSP_cert_status_str(status));
}

struct err *ocsp_judge(const struct ocsp *o, const void *der, size_t len)
{
	const unsigned char *p = der;
	AUTO(ocsp_response)
	OCSP_RESPONSE *response = len <= LONG_MAX ? d2i_OCSP_RESPONSE(NULL, &p, (long)len) : NULL;
	if (!response || p != (const unsigned char *)der + len)
		return unusable("d2i_OCSP_RESPONSE", NULL);
	int status = OCSP_response_status(response);
	if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return unusable("OCSP_response_status", OCSP_response_status_str(status));
	AUTO(ocsp_basic) OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
	if (!basic)
		return unusable("OCSP_response_get1_basic", NULL);
	// A responder that signs ahead has no nonce; a wrong one is somebody else's answer.
	enum { WRONG = 0, SAME = 1 };
	int nonce = OCSP_check_nonce(o->request, basic);
	if (nonce == WRONG)
		return unusable("OCSP_check_nonce", "nonce");
	TRY(check_signer(o->terms, basic));
	struct err *e = check_status(o, basic, nonce == SAME);
	ossl_clear();
	return e;
}
