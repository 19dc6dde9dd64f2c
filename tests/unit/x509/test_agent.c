// A request in the hands of an enrolment agent: signed so that OpenSSL takes it, with the requester's name as [MS-WCCE] has it.
#include "x509/agent.h"

#include <string.h>

#include <openssl/cms.h>
#include <openssl/rsa.h>

#include "check.h"
#include "maker.h"
#include "x509/cert_inside.h"

static struct maker root;
static struct soft_key soft;
static struct cert *agent;
static bool refuses; // the agent's token signs nothing

static struct err *sign(void *ctx, const struct signing_terms *t, struct buf *out)
{
	(void)ctx;
	uint8_t digest[SIGNING_DIGEST_MAX], signature[1024];
	size_t len = sizeof(signature);
	if (refuses)
		return err_tag(err_new(ERR_ANSWER, "No."), "ra-missing");
	TRY(signing_digest(t, digest));
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(soft.key, NULL);
	bool good = c && EVP_PKEY_sign_init(c) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(
			    c, EVP_get_digestbyname(signing_hash_name(t->hash))) == 1 &&
		    EVP_PKEY_sign(c, signature, &len, digest, signing_hash_len(t->hash)) == 1;
	EVP_PKEY_CTX_free(c);
	return good ? buf_put(out, signature, len) : err_new(ERR_FAILED, "EVP_PKEY_sign");
}

static void make_all(void)
{
	maker_root(&root, "Root");
	soft_key_make(&soft, 2048);
	agent = make_cert(&(struct make){ .issuer = &root,
					  .key = soft.key,
					  .common_name = "Desk",
					  .extended = "clientAuth," AGENT_PURPOSE });
}

static struct err *wrap(const char *requester, struct buf *der)
{
	static const char content[] = "a request";
	const struct private_key_ops ops = { .sign = sign };
	AUTO(private_key) struct private_key *key = NULL;
	TRY(private_key_of(agent, &ops, &key));
	const struct agent_terms t = { .request = content,
				       .len = strlen(content),
				       .requester = requester,
				       .agent = agent,
				       .key = key };
	return agent_wrap(&t, der);
}

static void test_openssl_takes_it(void)
{
	static const char pair[] = "\x30\x26\x1e\x1a\0r\0e\0q\0u\0e\0s\0t\0e\0r\0n\0a\0m\0e"
				   "\x1e\x08\0A\0\\\x59\x2a\x90\xce";
	AUTO_BUF struct buf der = { 0 };
	CHECK_OK_OR_END(wrap("A\\太郎", &der));
	const unsigned char *p = der.data;
	AUTO(cms) CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	CU_ASSERT_FATAL(cms && p == der.data + der.len);
	CU_ASSERT_EQUAL(OBJ_obj2nid(CMS_get0_eContentType(cms)), NID_pkcs7_data);
	AUTO(bio) BIO *out = BIO_new(BIO_s_mem());
	X509_STORE *store = X509_STORE_new();
	X509_STORE_add_cert(store, root.x);
	X509_STORE_set_purpose(store, X509_PURPOSE_ANY);
	CU_ASSERT_EQUAL(CMS_verify(cms, NULL, store, NULL, out, CMS_BINARY), 1);
	X509_STORE_free(store);
	char content[32] = "";
	CU_ASSERT_EQUAL(BIO_read(out, content, sizeof(content) - 1), 9);
	CU_ASSERT_STRING_EQUAL(content, "a request");
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.311.13.2.1", 1);
	int at = CMS_signed_get_attr_by_OBJ(si, oid, -1);
	ASN1_OBJECT_free(oid);
	CU_ASSERT_FATAL(at >= 0);
	const ASN1_TYPE *v = X509_ATTRIBUTE_get0_type(CMS_signed_get_attr(si, at), 0);
	CU_ASSERT_FATAL(v && v->type == V_ASN1_SEQUENCE);
	CU_ASSERT_EQUAL(v->value.sequence->length, (int)sizeof(pair) - 1);
	CU_ASSERT(!memcmp(v->value.sequence->data, pair, sizeof(pair) - 1));
}

static void test_names_that_cannot_be_written(void)
{
	char longest[AGENT_MAX_REQUESTER + 2];
	memset(longest, 'a', sizeof(longest));
	longest[AGENT_MAX_REQUESTER + 1] = '\0';
	const char *const names[] = { "", "A\\\xf0\x9f\x94\x91", "A\\\xff", longest };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_BUF struct buf der = { 0 };
		AUTO(err) struct err *e = wrap(names[i], &der);
		CU_ASSERT(e && err_has_tag(e, "requester-wrong") && err_kind(e) == ERR_ANSWER);
		CU_ASSERT_EQUAL(der.len, 0);
		AUTO(err) struct err *before = agent_requester_fits(names[i]);
		CU_ASSERT(before && err_has_tag(before, "requester-wrong"));
	}
	AUTO_BUF struct buf der = { 0 };
	longest[AGENT_MAX_REQUESTER] = '\0';
	CHECK_OK(agent_requester_fits(longest));
	CHECK_OK(wrap(longest, &der));
}

// OpenSSL only knows that it was not signed; who holds the key knows why.
static void test_why_the_agents_token_did_not_sign(void)
{
	AUTO_BUF struct buf der = { 0 };
	refuses = true;
	AUTO(err) struct err *e = wrap("A\\b", &der);
	refuses = false;
	CU_ASSERT(e && err_has_tag(e, "ra-missing"));
	CU_ASSERT_EQUAL(der.len, 0);
}

static void free_all(void)
{
	cert_free(agent);
	soft_key_free(&soft);
	maker_free(&root);
}

int main(void)
{
	return CHECK_MAIN(TEST(make_all), TEST(test_openssl_takes_it),
			  TEST(test_names_that_cannot_be_written),
			  TEST(test_why_the_agents_token_did_not_sign), TEST(free_all));
}
