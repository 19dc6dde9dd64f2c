// Is this the certificate that was asked for? One function a question, in the order in which the answers help most.
#include "x509/judge.h"

#include <string.h>

#include "base/clock.h"
#include "x509/cert_inside.h"
#include "x509/chain.h"

static struct err *refuse(const char *slug, struct msg *what)
{
	return err_hint(err_tag(err_make(ERR_POLICY, what), slug),
			N_("It was not stored. Tell the institution what is said here."));
}

static struct err *blame_clock(const char *slug, struct msg *what)
{
	return err_hint(err_tag(err_make(ERR_POLICY, what), slug),
			N_("It was not stored. If the clock of this machine is wrong, set it right "
			   "and enrol again; if it is right, tell the institution what is said "
			   "here."));
}

static struct err *find_leaf(const struct judge_terms *t, const struct cert_list *got,
			     struct cert **leaf)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	TRY(ossl_public_key(t->public_key_der, t->public_key_der_len, &key));
	struct cert *found = NULL;
	for (size_t i = 0; i < got->n; i++) {
		struct cert *c = got->certs[i];
		EVP_PKEY *its = X509_get0_pubkey(cert_x509(c));
		if (!its || EVP_PKEY_eq(its, key) != 1 || (found && cert_same(found, c)))
			continue;
		if (found)
			return refuse(
				"certificate-several",
				msg_new(N_("The CA sent more than one certificate for this key.")));
		found = c;
	}
	ossl_clear();
	if (!found)
		return refuse("certificate-other-key",
			      msg_new(N_("The CA sent no certificate for the key of this token.")));
	*leaf = found;
	return NULL;
}

static struct err *check_name(const struct judge_terms *t, const struct cert *leaf)
{
	const char *name = cert_common_name(leaf);
	if (cert_common_names(leaf) == 1 && strcmp(name, t->common_name) == 0)
		return NULL;
	return refuse("certificate-other-name",
		      msg_new(N_("The certificate is for the Common Name “%1”, not for “%2”."),
			      ARG_TEXT(name), ARG_TEXT(t->common_name)));
}

static struct err *not_for_login(void)
{
	return refuse("certificate-usage",
		      msg_new(N_("The certificate is not for logging in (extendedKeyUsage "
				 "without clientAuth).")));
}

static struct err *check_usage(const struct judge_terms *t, const struct cert *leaf)
{
	uint32_t usage = X509_get_key_usage(cert_x509(leaf)); // all ones without the extension
	if ((t->need_signature && !(usage & X509v3_KU_DIGITAL_SIGNATURE)) ||
	    (t->need_encipherment && !(usage & X509v3_KU_KEY_ENCIPHERMENT)))
		return refuse(
			"certificate-usage",
			msg_new(N_(
				"The certificate does not allow what its key is for (keyUsage).")));
	uint32_t extended = X509_get_extended_key_usage(cert_x509(leaf));
	if (!(extended & XKU_SSL_CLIENT))
		return not_for_login();
	return NULL;
}

// What OpenSSL found wrong with the chain, as one of ours. depth 0 is the leaf.
static struct err *chain_verdict(int code, int depth, const struct judge_terms *t)
{
	char now[48];
	clock_shown(t->now, NULL, now);
	if (code == X509_V_ERR_INVALID_PURPOSE && depth == 0)
		return not_for_login();
	switch (code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return blame_clock("certificate-expired",
				   msg_new(depth == 0
						   ? N_("The certificate has expired already (this "
							"machine's clock: %1).")
						   : N_("A CA certificate in the chain has expired "
							"(this machine's clock: %1)."),
					   ARG_TEXT(now)));
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return blame_clock(
			"certificate-not-yet",
			msg_new(depth == 0 ? N_("The certificate is not valid yet (this "
						"machine's clock: %1).")
					   : N_("A CA certificate in the chain is not valid "
						"yet (this machine's clock: %1)."),
				ARG_TEXT(now)));
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return refuse("certificate-weak",
			      msg_new(N_("The certificate or its CA uses a weak algorithm (MD5, "
					 "SHA-1, or RSA under 2048 bits).")));
	default:
		return refuse("certificate-chain", msg_new(N_("The certificate does not come from "
							      "a CA that the profile trusts.")));
	}
}

static void set_terms(X509_STORE_CTX *ctx, const struct judge_terms *t)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT); // of the CAs, too
	X509_VERIFY_PARAM_set_time(param, (time_t)t->now);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, LEVEL_112_BITS);
	// An anchor of the profile may be an issuing CA: what the profile names is trusted as it is.
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
}

static bool is_in(const struct cert_list *list, X509 *x)
{
	for (size_t i = 0; i < list->n; i++)
		if (X509_cmp(cert_x509(list->certs[i]), x) == 0)
			return true;
	return false;
}

// The verified chain between the leaf and the anchor.
static struct err *take_chain(const struct judge_terms *t, const struct cert_list *got,
			      const STACK_OF(X509) * verified, struct cert_list *chain)
{
	AUTO_CERTS struct cert_list list = { 0 };
	for (int i = 1; i < sk_X509_num(verified); i++) {
		X509 *x = sk_X509_value(verified, i);
		if (is_in(t->anchors, x))
			continue;
		for (size_t j = 0; j < got->n; j++)
			if (X509_cmp(cert_x509(got->certs[j]), x) == 0) {
				TRY(cert_list_add(&list, got->certs[j]));
				break;
			}
	}
	*chain = list;
	list = (struct cert_list){ 0 };
	return NULL;
}

static struct err *check_chain(const struct judge_terms *t, const struct cert_list *got,
			       const struct cert *leaf, struct cert_list *chain)
{
	AUTO(store) X509_STORE *store = NULL;
	AUTO(borrowed_stack) STACK_OF(X509) *others = NULL;
	TRY(chain_store(t->anchors, &store));
	TRY(chain_borrow(got, &others));
	AUTO(store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	if (!ctx || !X509_STORE_CTX_init(ctx, store, cert_x509(leaf), others))
		return ossl_failed("X509_STORE_CTX_init");
	set_terms(ctx, t);
	if (X509_verify_cert(ctx) == 1)
		return take_chain(t, got, X509_STORE_CTX_get0_chain(ctx), chain);
	int code = X509_STORE_CTX_get_error(ctx);
	struct err *e = chain_verdict(code, X509_STORE_CTX_get_error_depth(ctx), t);
	ossl_clear();
	return err_call(e, "X509_verify_cert", X509_verify_cert_error_string(code), (uint64_t)code);
}

struct err *judge_certificates(const struct judge_terms *t, const struct cert_list *got,
			       struct cert **leaf, struct cert_list *chain)
{
	struct cert *found = NULL;
	TRY(find_leaf(t, got, &found));
	if (cert_is_ca(found))
		return refuse(
			"certificate-is-ca",
			msg_new(N_("The CA sent a certificate that makes this key a CA itself.")));
	TRY(check_name(t, found));
	TRY(check_usage(t, found));
	AUTO_CERTS struct cert_list verified = { 0 };
	TRY(check_chain(t, got, found, &verified));
	*leaf = cert_ref(found);
	if (chain) {
		*chain = verified;
		verified = (struct cert_list){ 0 };
	}
	return NULL;
}
