// A CMP server as far as a client sees it: the answer to a p10cr, and to what is said afterwards; good, or bad in the one way that it is told. It
// takes whoever has its secret, for any reference.
#include "server.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/cmp.h>
#include <openssl/err.h>

#include "cmp_edit.h"

#define SECRET "open-sesame-42"

static const char *const variants[] = { "rejected",	     "waiting", "wrong-nonce",
					"wrong-transaction", "changed", "other-secret",
					"unprotected",	     "half" };

bool cmp_known(const char *variant)
{
	for (size_t i = 0; i < LEN(variants); i++)
		if (strcmp(variants[i], variant) == 0)
			return true;
	return issue_known(variant);
}

static bool is(const char *variant, const char *name)
{
	return strcmp(variant, name) == 0;
}

// One client at a time: what comes after a request belongs to it.
static struct talk {
	const struct pki *pki;
	const char *variant;
	OSSL_CMP_SRV_CTX *srv;
} talk;

static OSSL_CMP_PKISI *cert_request(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *message, int id,
				    const OSSL_CRMF_MSG *crm, const X509_REQ *p10, X509 **leaf,
				    STACK_OF(X509) * *chain, STACK_OF(X509) * *ca_pubs)
{
	(void)srv, (void)message, (void)id, (void)crm, (void)ca_pubs;
	const char *v = talk.variant;
	if (is(v, "rejected"))
		return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_rejection,
					       1 << OSSL_CMP_PKIFAILUREINFO_badRequest,
					       "No.\x1b[31m");
	if (is(v, "waiting"))
		return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_waiting, 0, NULL);
	X509_REQ *req = must(X509_REQ_dup(p10), "X509_REQ_dup");
	*leaf = issue_leaf(talk.pki, issue_known(v) ? v : "good", req);
	*chain = must(sk_X509_new_null(), "stack");
	if (!is(v, "leaf-only"))
		sk_X509_push(*chain, must(X509_dup(talk.pki->issuing), "X509_dup"));
	X509_REQ_free(req);
	return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL);
}

static OSSL_CMP_PKISI *revocation(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *message,
				  const X509_NAME *issuer, const ASN1_INTEGER *serial)
{
	(void)srv, (void)message, (void)issuer, (void)serial;
	return NULL;
}

static int general(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *message,
		   const STACK_OF(OSSL_CMP_ITAV) * in, STACK_OF(OSSL_CMP_ITAV) * *out)
{
	(void)srv, (void)message, (void)in, (void)out;
	return 0;
}

static void client_error(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *message,
			 const OSSL_CMP_PKISI *status, const ASN1_INTEGER *code,
			 const OSSL_CMP_PKIFREETEXT *details)
{
	(void)srv, (void)message, (void)status, (void)code, (void)details;
}

static int cert_conf(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *message, int id,
		     const ASN1_OCTET_STRING *hash, const OSSL_CMP_PKISI *status)
{
	(void)srv, (void)message, (void)id, (void)hash, (void)status;
	return 1;
}

static int poll_request(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *message, int id,
			OSSL_CMP_MSG **request, int64_t *after)
{
	(void)srv, (void)message, (void)id;
	*request = NULL;
	*after = 600;
	return 1;
}

static int silent(const char *func, const char *file, int line, OSSL_CMP_severity level,
		  const char *text)
{
	(void)func, (void)file, (void)line, (void)level, (void)text;
	return 1;
}

static void begin(const struct pki *p, const char *variant)
{
	OSSL_CMP_SRV_CTX_free(talk.srv);
	talk = (struct talk){ p, variant, must(OSSL_CMP_SRV_CTX_new(NULL, NULL), "SRV_CTX") };
	OSSL_CMP_CTX *ctx = OSSL_CMP_SRV_CTX_get0_cmp_ctx(talk.srv);
	if (OSSL_CMP_SRV_CTX_init(talk.srv, &talk, cert_request, revocation, general, client_error,
				  cert_conf, poll_request) != 1 ||
	    OSSL_CMP_CTX_set_log_cb(ctx, silent) != 1 ||
	    OSSL_CMP_CTX_set1_referenceValue(ctx, (const unsigned char *)"any", 3) != 1 ||
	    OSSL_CMP_CTX_set1_secretValue(ctx, (const unsigned char *)SECRET, sizeof(SECRET) - 1) !=
		    1 ||
	    OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_UNPROTECTED_SEND,
				    is(variant, "unprotected")) != 1)
		die("OSSL_CMP_SRV_CTX_init", variant);
}

static void spoil(const char *v, struct bytes *out)
{
	struct buf der = { .data = out->data, .len = out->len };
	if (is(v, "wrong-nonce") || is(v, "changed"))
		cmp_find(&der, cmp_recipient_nonce, sizeof cmp_recipient_nonce)[4] ^= 1;
	if (is(v, "wrong-transaction"))
		cmp_find(&der, cmp_transaction, sizeof cmp_transaction)[4] ^= 1;
	if (is(v, "wrong-nonce") || is(v, "wrong-transaction"))
		cmp_protect_again(&der, SECRET);
	if (is(v, "other-secret"))
		cmp_protect_again(&der, "open-barley-42");
	if (is(v, "half"))
		out->len /= 2;
}

bool cmp(const struct pki *p, const char *variant, const struct bytes *message, struct bytes *out)
{
	const unsigned char *at = message->data;
	OSSL_CMP_MSG *request =
		message->len ? d2i_OSSL_CMP_MSG(NULL, &at, (long)message->len) : NULL;
	bool first = request && OSSL_CMP_MSG_get_bodytype(request) == OSSL_CMP_P10CR;
	if (first)
		begin(p, variant);
	OSSL_CMP_MSG *response =
		request && talk.srv ? OSSL_CMP_SRV_process_request(talk.srv, request) : NULL;
	unsigned char *der = NULL;
	int len = response ? i2d_OSSL_CMP_MSG(response, &der) : 0;
	if (len > 0)
		bytes_put(out, der, (size_t)len);
	if (len > 0 && first)
		spoil(variant, out);
	ERR_clear_error();
	OPENSSL_free(der);
	OSSL_CMP_MSG_free(request);
	OSSL_CMP_MSG_free(response);
	return len > 0;
}
