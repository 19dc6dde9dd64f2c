// CA and RA certificates, judged.
#include "x509/authorities.h"

#include <string.h>
#include <strings.h>

#include "x509/agent.h"
#include "x509/cert_inside.h"
#include "x509/chain.h"

void authorities_free(struct authorities *a)
{
	cert_list_free(&a->believed);
	cert_list_free(&a->signers);
	cert_free(a->ca);
	cert_free(a->encrypt_to);
	*a = (struct authorities){ 0 };
}

static struct err *reaches(const struct cert *c, X509_STORE *store, STACK_OF(X509) * others,
			   int64_t now, int *verdict)
{
	AUTO(store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	if (!ctx || !X509_STORE_CTX_init(ctx, store, cert_x509(c), others))
		return ossl_failed("X509_STORE_CTX_init");
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_MAX_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, LEVEL_112_BITS);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
	*verdict = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	ossl_clear();
	return NULL;
}

// *why: what was wrong with the last one that is not believed.
static struct err *believe(const struct authorities_terms *t, struct authorities *a, int *why)
{
	const struct cert_list *got = t->got;
	AUTO(store) X509_STORE *store = NULL;
	AUTO(borrowed_stack) STACK_OF(X509) *others = NULL;
	TRY(chain_store(t->anchors, &store));
	TRY(chain_borrow(got, &others));
	for (size_t i = 0; i < got->n; i++) {
		int verdict = X509_V_OK;
		TRY(reaches(got->certs[i], store, others, t->now, &verdict));
		if (verdict == X509_V_OK)
			TRY(cert_list_add(&a->believed, got->certs[i]));
		else
			*why = verdict;
	}
	return NULL;
}

static bool issued(const struct cert *by, const struct cert *c)
{
	bool did = !cert_same(by, c) &&
		   X509_check_issued(cert_x509(by), cert_x509(c)) == X509_V_OK &&
		   X509_verify(cert_x509(c), X509_get0_pubkey(cert_x509(by))) == 1;
	ossl_clear();
	return did;
}

static bool allows(const struct cert *c, uint32_t usage)
{
	return (X509_get_key_usage(cert_x509(c)) & usage) != 0; // all ones without the extension
}

// Of a chain the lowest: it issued no other CA among them.
static size_t issued_cas(const struct authorities *a, const struct cert *c)
{
	size_t n = 0;
	for (size_t i = 0; i < a->believed.n; i++)
		n += cert_is_ca(a->believed.certs[i]) && issued(c, a->believed.certs[i]);
	return n;
}

static struct err *untrusted(struct msg *what)
{
	return err_hint(
		err_tag(err_make(ERR_NETWORK, what), "ca-untrusted"),
		N_("Nothing was sent. Somebody may be between you and the CA; or the profile's "
		   "anchors are not this CA's. Ask the institution."));
}

static struct err *choose_ca(struct authorities *a, int why)
{
	struct cert *found = NULL;
	bool two = false;
	for (size_t i = 0; i < a->believed.n; i++) {
		struct cert *c = a->believed.certs[i];
		if (!cert_is_ca(c) || issued_cas(a, c) || (found && cert_same(found, c)))
			continue;
		two = found != NULL;
		found = c;
	}
	if (two)
		return untrusted(
			msg_new(N_("The CA shows two CA certificates that have nothing to "
				   "do with each other: it is not clear which one to ask.")));
	if (!found)
		return err_call(
			untrusted(msg_new(N_("The certificates by which the CA shows itself do not "
					     "come from a CA that the profile trusts."))),
			"X509_verify_cert", X509_verify_cert_error_string(why), (uint64_t)why);
	a->ca = cert_ref(found);
	return NULL;
}

static bool is_named(const struct authorities_terms *t, const struct cert *c)
{
	for (size_t i = 0; i < t->n_named; i++)
		if (!strcasecmp(t->named[i], cert_sha256(c)))
			return true;
	return false;
}

// szOID_ENROLL_CERTTYPE ([MS-WCCE] §2.2.2.7.7.1): the name of the template, which Microsoft's CAs write as a BMPString alone.
static bool of_template(const struct cert *c, const char *name)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.311.20.2", 1);
	int at = oid ? X509_get_ext_by_OBJ(cert_x509(c), oid, -1) : -1;
	const ASN1_OCTET_STRING *value =
		at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(cert_x509(c), at));
	const unsigned char *p = value ? ASN1_STRING_get0_data(value) : NULL;
	ASN1_BMPSTRING *bmp = p ? d2i_ASN1_BMPSTRING(NULL, &p, ASN1_STRING_length(value)) : NULL;
	unsigned char *text = NULL;
	int len = bmp ? ASN1_STRING_to_UTF8(&text, bmp) : -1;
	bool same = len >= 0 && (size_t)len == strlen(name) && !memcmp(text, name, (size_t)len);
	OPENSSL_free(text);
	ASN1_BMPSTRING_free(bmp);
	ASN1_OBJECT_free(oid);
	ossl_clear();
	return same;
}

// Microsoft's NDES has the purpose of every enrolment agent, which a desk that vouches for people has as well. Those of NDES alone come from these two
// templates, for which nobody but an administrator of the enterprise may enrol.
static bool is_ndes(const struct cert *c)
{
	return cert_is_for(c, AGENT_PURPOSE) &&
	       (of_template(c, "EnrollmentAgentOffline") || of_template(c, "CEPEncryption"));
}

static bool is_marked(const struct cert *c)
{
	return cert_is_for(c, "1.3.6.1.5.5.7.3.28") || is_ndes(c); // RFC 6402 §2.10
}

static struct err *no_ra(const struct cert *c)
{
	struct err *e = err_new(ERR_NETWORK,
				N_("The CA shows %1 as its registration authority, but nothing "
				   "tells that this is one: any holder of a certificate of this CA "
				   "could stand there."),
				ARG_TEXT(cert_subject_text(c)));
	return err_hint(
		err_tag(e, "ca-untrusted"),
		N_("Nothing was sent. If the institution confirms the fingerprint %1, its profile "
		   "can name it in ca.scep.fingerprint; or it can use an address with https."),
		ARG_TEXT(cert_sha256(c)));
}

// RAs sign and are encrypted to for their CA; where there is none it does both, whatever its keyUsage says (many say nothing of it).
static struct err *choose_ras(const struct authorities_terms *t, struct authorities *a)
{
	struct cert *to = NULL;
	TRY(cert_list_add(&a->signers, a->ca));
	for (size_t i = 0; i < a->believed.n; i++) {
		struct cert *c = a->believed.certs[i];
		if (cert_is_ca(c) || !issued(a->ca, c))
			continue;
		if (!t->vouched && !is_named(t, c) && !is_marked(c))
			return no_ra(c);
		if (allows(c, KU_DIGITAL_SIGNATURE))
			TRY(cert_list_add(&a->signers, c));
		if (!to && allows(c, KU_KEY_ENCIPHERMENT))
			to = c;
	}
	a->encrypt_to = cert_ref(to ? to : a->ca);
	return NULL;
}

static struct err *check_named(const struct authorities_terms *t, const struct authorities *a)
{
	if (!t->n_named || is_named(t, a->ca) || is_named(t, a->encrypt_to))
		return NULL;
	return untrusted(msg_new(N_("The CA's certificate has the fingerprint %1, which is not "
				    "among those that the profile names."),
				 ARG_TEXT(cert_sha256(a->ca))));
}

struct err *authorities_judge(const struct authorities_terms *t, struct authorities *out)
{
	AUTO_AUTHORITIES struct authorities a = { 0 };
	int why = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT;
	TRY(believe(t, &a, &why));
	TRY(choose_ca(&a, why));
	TRY(choose_ras(t, &a));
	TRY(check_named(t, &a));
	*out = a;
	a = (struct authorities){ 0 };
	return NULL;
}
