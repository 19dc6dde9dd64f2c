// What a CA's responder says of one certificate: believed from the right one, about the right one, of now - and nothing else.
#include "check.h"

#include <string.h>
#include <time.h>

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "maker.h"
#include "x509/ocsp.h"

static struct maker root, issuing, other, responder, stranger;
static struct soft_key key;
static struct cert_list anchors, others;

struct word {
	int status;		    // V_OCSP_CERTSTATUS_…
	const struct maker *signer; // null: the issuer
	long from_hours, to_hours;  // from now; 0 0: -1 and 1
	bool no_until;		    // no nextUpdate
	bool no_nonce, other_nonce, other_certificate;
	int failure; // OCSP_RESPONSE_STATUS_…, instead of an answer
};

static ASN1_TIME *hour(long n)
{
	return X509_gmtime_adj(NULL, n * 3600);
}

static void add_status(const struct word *w, OCSP_REQUEST *request, X509 *another,
		       OCSP_BASICRESP *basic)
{
	OCSP_CERTID *id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0));
	OCSP_CERTID *of = w->other_certificate ? OCSP_cert_to_id(EVP_sha1(), another, issuing.x)
					       : OCSP_CERTID_dup(id);
	bool usual = !w->from_hours && !w->to_hours;
	ASN1_TIME *from = hour(usual ? -1 : w->from_hours), *to = hour(usual ? 1 : w->to_hours);
	ASN1_TIME *at = hour(-1);
	CU_ASSERT_FATAL(of && from && to && at);
	CU_ASSERT_PTR_NOT_NULL_FATAL(OCSP_basic_add1_status(
		basic, of, w->status, 0, w->status == V_OCSP_CERTSTATUS_REVOKED ? at : NULL, from,
		w->no_until ? NULL : to));
	OCSP_CERTID_free(of);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	ASN1_TIME_free(at);
}

static void answer(const struct word *w, const struct buf *question, X509 *another, struct buf *der)
{
	const unsigned char *p = question->data;
	OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &p, (long)question->len);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	const struct maker *signer = w->signer ? w->signer : &issuing;
	unsigned char *bytes = NULL;
	CU_ASSERT_FATAL(request && basic);
	add_status(w, request, another, basic);
	if (w->other_nonce)
		OCSP_basic_add1_nonce(basic, NULL, 32);
	else if (!w->no_nonce)
		CU_ASSERT(OCSP_copy_nonce(basic, request) == 1);
	CU_ASSERT_FATAL(OCSP_basic_sign(basic, signer->x, signer->key, EVP_sha256(), NULL, 0));
	OCSP_RESPONSE *response = OCSP_response_create(w->failure, w->failure ? NULL : basic);
	int len = response ? i2d_OCSP_RESPONSE(response, &bytes) : -1;
	CU_ASSERT_FATAL(len > 0);
	CHECK_OK(buf_put(der, bytes, (size_t)len));
	OPENSSL_free(bytes);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_REQUEST_free(request);
}

static X509 *make_leaf(void)
{
	return make_x509(
		&(struct make){ .issuer = &issuing, .key = key.key, .common_name = "00000011283" });
}

static void check(struct word w, const char *slug)
{
	X509 *x = make_leaf(), *another = make_leaf();
	AUTO(cert) struct cert *leaf = cert_of(x);
	AUTO_BUF struct buf question = { 0 };
	AUTO_BUF struct buf der = { 0 };
	AUTO(ocsp) struct ocsp *o = NULL;
	const struct crl_terms t = {
		.leaf = leaf, .others = &others, .anchors = &anchors, .now = time(NULL)
	};
	CHECK_OK(ocsp_ask(&t, &o, &question));
	answer(&w, &question, another, &der);
	AUTO(err) struct err *e = ocsp_judge(o, der.data, der.len);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", slug);
	CU_ASSERT(!e || err_kind(e) == (strcmp(slug, "certificate-revoked") == 0 ? ERR_POLICY
										 : ERR_NETWORK));
	for (size_t cut = 0; cut < der.len; cut += 61) {
		AUTO(err) struct err *bad = ocsp_judge(o, der.data, cut);
		CU_ASSERT(bad && err_has_tag(bad, "ocsp-unusable"));
	}
	X509_free(x);
	X509_free(another);
}

static void test_good_and_revoked(void)
{
	check((struct word){ .status = V_OCSP_CERTSTATUS_GOOD }, "");
	check((struct word){ .status = V_OCSP_CERTSTATUS_GOOD, .signer = &responder }, "");
	check((struct word){ .status = V_OCSP_CERTSTATUS_GOOD, .no_nonce = true }, "");
	check((struct word){ .status = V_OCSP_CERTSTATUS_REVOKED }, "certificate-revoked");
	// Our nonce shows that it is of now.
	check((struct word){ .status = V_OCSP_CERTSTATUS_GOOD, .no_until = true }, "");
}

// Without a last day anybody could play an old one back for ever. Revoked is revoked.
static void test_an_answer_without_an_end(void)
{
	struct word w = { .status = V_OCSP_CERTSTATUS_GOOD, .no_until = true, .no_nonce = true };
	check(w, "ocsp-unusable");
	w.from_hours = -24 * 365;
	w.to_hours = 1;
	check(w, "ocsp-unusable");
	w.status = V_OCSP_CERTSTATUS_REVOKED;
	check(w, "certificate-revoked");
}

static void test_answers_that_tell_nothing(void)
{
	const int good = V_OCSP_CERTSTATUS_GOOD;
	static const char unusable[] = "ocsp-unusable";
	check((struct word){ .status = V_OCSP_CERTSTATUS_UNKNOWN }, unusable);
	check((struct word){ .status = good, .other_nonce = true }, unusable);
	check((struct word){ .status = good, .other_certificate = true }, unusable);
	check((struct word){ .status = good, .from_hours = -9, .to_hours = -2 }, unusable);
	check((struct word){ .status = good, .from_hours = 2, .to_hours = 9 }, unusable);
	check((struct word){ .status = good, .signer = &other }, unusable);
	// Of the same CA, but nobody said that it may answer.
	check((struct word){ .status = good, .signer = &stranger }, unusable);
	check((struct word){ .status = good, .failure = OCSP_RESPONSE_STATUS_TRYLATER }, unusable);
}

static void test_where_the_responder_is(void)
{
	__attribute__((cleanup(crl_urls_free))) struct crl_urls urls = { 0 };
	X509 *x = make_leaf();
	X509_EXTENSION *access = X509V3_EXT_conf_nid(
		NULL, NULL, NID_info_access,
		"caIssuers;URI:http://ca.example/ca.cer,OCSP;URI:http://ca.example/ocsp");
	CU_ASSERT_FATAL(access && X509_add_ext(x, access, -1) &&
			X509_sign(x, issuing.key, EVP_sha256()) > 0);
	AUTO(cert) struct cert *leaf = cert_of(x);
	CHECK_OK(ocsp_urls(leaf, &urls));
	CU_ASSERT_FATAL(urls.n == 1);
	CU_ASSERT_STRING_EQUAL(urls.url[0], "http://ca.example/ocsp");
	X509_EXTENSION_free(access);
	X509_free(x);
}

static void make_one(struct maker *m, const char *name, const char *extended)
{
	m->key = EVP_RSA_gen(2048);
	m->x = make_x509(&(struct make){
		.issuer = &issuing, .key = m->key, .common_name = name, .extended = extended });
}

int main(void)
{
	maker_root(&root, "Root");
	maker_root(&other, "Other");
	soft_key_make(&key, 2048);
	issuing.key = EVP_RSA_gen(2048);
	issuing.x = make_x509(&(struct make){ .issuer = &root,
					      .key = issuing.key,
					      .common_name = "Issuing",
					      .basic = "critical,CA:TRUE",
					      .usage = "critical,keyCertSign,cRLSign",
					      .extended = "-" });
	make_one(&responder, "Responder", "OCSPSigning");
	make_one(&stranger, "Stranger", "clientAuth");
	struct cert *r = cert_of(root.x), *i = cert_of(issuing.x);
	err_ignore(cert_list_add(&anchors, r));
	err_ignore(cert_list_add(&others, i));
	int status =
		CHECK_MAIN(TEST(test_good_and_revoked), TEST(test_an_answer_without_an_end),
			   TEST(test_answers_that_tell_nothing), TEST(test_where_the_responder_is));
	cert_free(r);
	cert_free(i);
	cert_list_free(&anchors);
	cert_list_free(&others);
	soft_key_free(&key);
	struct maker *makers[] = { &root, &issuing, &other, &responder, &stranger };
	for (size_t k = 0; k < ARRAY_LEN(makers); k++)
		maker_free(makers[k]);
	return status;
}
