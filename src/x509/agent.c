// Requests on behalf of another, as Microsoft's CA takes them.
#include "x509/agent.h"

#include <string.h>

#include "x509/ossl.h"
#include "x509/signed.h"

static inline void sequence_free(ASN1_SEQUENCE_ANY *s)
{
	sk_ASN1_TYPE_pop_free(s, ASN1_TYPE_free);
}
DEFINE_CLEANUP(sequence, ASN1_SEQUENCE_ANY, sequence_free)

static struct err *unwritable(const char *requester)
{
	return err_hint(err_tag(err_new(ERR_ANSWER,
					N_("The account %1 that is enrolled cannot be named in the "
					   "request."),
					ARG_TEXT(requester)),
				"requester-wrong"),
			N_("Nothing was sent. The profile's on_behalf.requester makes it of the "
			   "answers: correct them, or ask the institution."));
}

static struct err *text_of(const char *text, ASN1_STRING **out)
{
	ASN1_STRING *s = NULL;
	if (ASN1_mbstring_ncopy(&s, (const unsigned char *)text, (int)strlen(text), MBSTRING_UTF8,
				B_ASN1_BMPSTRING, 1, AGENT_MAX_REQUESTER) != V_ASN1_BMPSTRING) {
		ossl_clear();
		return unwritable(text);
	}
	*out = s;
	return NULL;
}

struct err *agent_requester_fits(const char *requester)
{
	ASN1_STRING *s = NULL;
	TRY(text_of(requester, &s));
	ASN1_STRING_free(s);
	return NULL;
}

static struct err *add_text(ASN1_SEQUENCE_ANY *pair, const char *text)
{
	ASN1_STRING *s = NULL;
	TRY(text_of(text, &s));
	ASN1_TYPE *value = ASN1_TYPE_new();
	if (!value) {
		ASN1_STRING_free(s);
		return err_no_memory();
	}
	ASN1_TYPE_set(value, V_ASN1_BMPSTRING, s);
	if (sk_ASN1_TYPE_push(pair, value) <= 0) {
		ASN1_TYPE_free(value);
		return err_no_memory();
	}
	return NULL;
}

// EnrollmentNameValuePair ::= SEQUENCE { name BMPString, value BMPString } ([MS-WCCE] §2.2.2.7.10).
static struct err *name_value_pair(const char *requester, struct buf *out)
{
	AUTO(sequence) ASN1_SEQUENCE_ANY *pair = sk_ASN1_TYPE_new_null();
	AUTO(ossl) unsigned char *der = NULL;
	if (!pair)
		return err_no_memory();
	TRY(add_text(pair, "requestername"));
	TRY(add_text(pair, requester));
	int len = i2d_ASN1_SEQUENCE_ANY(pair, &der);
	return len > 0 ? buf_put(out, der, (size_t)len) : ossl_failed("i2d_ASN1_SEQUENCE_ANY");
}

// [MS-WCCE] §3.1.1.4.3.3.2: the content is id-data, the PKCS#10 as it is; the agent's certificate stands among the certificates; the pair is an
// authenticated attribute of the first and only SignerInfo.
struct err *agent_wrap(const struct agent_terms *t, struct buf *der)
{
	AUTO_BUF struct buf pair = { 0 };
	TRY(name_value_pair(t->requester, &pair));
	const struct signed_attribute attribute = { "1.3.6.1.4.1.311.13.2.1", SIGNED_SEQUENCE,
						    pair.data, pair.len };
	const struct signed_terms terms = {
		.content = t->request,
		.len = t->len,
		.signer = t->agent,
		.key = t->key,
		.attributes = &attribute,
		.n_attributes = 1,
	};
	struct err *e = signed_make(&terms, der);
	struct err *of_key = e ? private_key_error(t->key) : NULL;
	if (!of_key)
		return e;
	err_free(e);
	return of_key;
}
