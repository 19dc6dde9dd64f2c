// Requests: what stands in them, signed by a key that is somewhere else.
#include "check.h"

#include <string.h>

#include <openssl/x509v3.h>

#include "base/text.h"
#include "maker.h"

static struct soft_key key;

static const struct request_rdn subject[] = { { "C", "JP" },
					      { "O", "練習信用金庫" },
					      { "CN", "00000011283" } };

static X509_REQ *parse(const struct buf *der)
{
	const unsigned char *p = der->data;
	return d2i_X509_REQ(NULL, &p, (long)der->len);
}

static struct request_terms usual(void)
{
	return (struct request_terms){ .subject = subject,
				       .n_subject = ARRAY_LEN(subject),
				       .digital_signature = true };
}

static void test_request_verifies_and_holds_the_subject(void)
{
	AUTO_BUF struct buf der = { 0 };
	struct request_terms t = usual();
	CHECK_OK_OR_END(request_sign(&t, &key.public_key, &key.signer, &der));
	X509_REQ *req = parse(&der);
	CU_ASSERT_PTR_NOT_NULL_FATAL(req);
	CU_ASSERT(X509_REQ_verify(req, key.key) == 1);
	CU_ASSERT(X509_REQ_get_signature_nid(req) == NID_sha256WithRSAEncryption);
	X509_NAME *name = X509_REQ_get_subject_name(req);
	CU_ASSERT(X509_NAME_entry_count(name) == 3);
	CU_ASSERT(ASN1_STRING_type(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, 0))) ==
		  V_ASN1_PRINTABLESTRING);
	CU_ASSERT(ASN1_STRING_type(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, 1))) ==
		  V_ASN1_UTF8STRING);
	X509_REQ_free(req);
}

static void test_asks_for_the_uses_it_is_told(void)
{
	AUTO_BUF struct buf der = { 0 };
	struct request_terms t = usual();
	t.key_encipherment = t.client_auth = true;
	CHECK_OK_OR_END(request_sign(&t, &key.public_key, &key.signer, &der));
	X509_REQ *req = parse(&der);
	STACK_OF(X509_EXTENSION) *exts = X509_REQ_get_extensions(req);
	ASN1_BIT_STRING *usage = X509V3_get_d2i(exts, NID_key_usage, NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(usage);
	CU_ASSERT(ASN1_BIT_STRING_get_bit(usage, 0) == 1 && ASN1_BIT_STRING_get_bit(usage, 2) == 1);
	CU_ASSERT(ASN1_BIT_STRING_get_bit(usage, 1) == 0 && ASN1_BIT_STRING_get_bit(usage, 5) == 0);
	CU_ASSERT(X509v3_get_ext_by_NID(exts, NID_ext_key_usage, -1) >= 0);
	ASN1_BIT_STRING_free(usage);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_REQ_free(req);
}

static void test_no_uses_no_extension_request(void)
{
	AUTO_BUF struct buf der = { 0 };
	struct request_terms t = usual();
	t.digital_signature = false;
	CHECK_OK_OR_END(request_sign(&t, &key.public_key, &key.signer, &der));
	X509_REQ *req = parse(&der);
	CU_ASSERT(X509_REQ_get_attr_count(req) == 0);
	X509_REQ_free(req);
}

static void check_challenge(const char *text, int type)
{
	AUTO_BUF struct buf der = { 0 };
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK_OR_END(secret_from(text, strlen(text), &s));
	struct request_terms t = usual();
	t.challenge_password = s;
	CHECK_OK_OR_END(request_sign(&t, &key.public_key, &key.signer, &der));
	X509_REQ *req = parse(&der);
	int at = X509_REQ_get_attr_by_NID(req, NID_pkcs9_challengePassword, -1);
	CU_ASSERT_FATAL(at >= 0);
	const ASN1_TYPE *v = X509_ATTRIBUTE_get0_type(X509_REQ_get_attr(req, at), 0);
	CU_ASSERT(v->type == type);
	CU_ASSERT(v->value.asn1_string->length == (int)strlen(text) &&
		  memcmp(v->value.asn1_string->data, text, strlen(text)) == 0);
	X509_REQ_free(req);
}

static void test_challenge_password_goes_in(void)
{
	check_challenge("1234 567", V_ASN1_PRINTABLESTRING);
	check_challenge("p*ss@word", V_ASN1_UTF8STRING);
}

static void test_challenge_password_of_256_bytes_is_refused(void)
{
	char text[257];
	memset(text, '1', 256);
	text[256] = 0;
	AUTO_BUF struct buf der = { 0 };
	AUTO(secret) struct secret *s = NULL;
	CHECK_OK_OR_END(secret_from(text, 256, &s));
	struct request_terms t = usual();
	t.challenge_password = s;
	CHECK_ERR(request_sign(&t, &key.public_key, &key.signer, &der), ERR_ANSWER);
	CU_ASSERT(der.len == 0);
}

static void check_subject(const char *type, const char *value, int kind)
{
	AUTO_BUF struct buf der = { 0 };
	struct request_rdn rdn = { type, value };
	struct request_terms t = { .subject = &rdn, .n_subject = 1 };
	struct err *e = request_sign(&t, &key.public_key, &key.signer, &der);
	CU_ASSERT((e ? (int)err_kind(e) : 0) == kind);
	err_free(e);
}

static void test_names_keep_their_bounds(void)
{
	char wide[64 * 3 + 4] = "";
	for (size_t i = 0; i < 64; i++)
		memcpy(wide + 3 * i, "漢", 4);
	check_subject("CN", wide, 0); // 64 characters, 192 bytes
	memcpy(wide + 64 * 3, "x", 2);
	check_subject("CN", wide, ERR_ANSWER);
	check_subject("CN", "", ERR_ANSWER);
	check_subject("CN", "\xff\xfe", ERR_ANSWER);
	check_subject("C", "JP", 0);
	check_subject("C", "jp", ERR_ANSWER);
	check_subject("C", "JPN", ERR_ANSWER);
	check_subject("C", "日", ERR_ANSWER);
	check_subject("serialNumber", "A*1", ERR_ANSWER);
	check_subject("noSuchThing", "x", ERR_PROFILE);
	check_subject("sha256", "x", ERR_PROFILE);
}

static void test_subject_der_is_copied_as_it_is(void)
{
	// T61String, which nobody would write today: it must not become anything else.
	static const uint8_t name[] = { 0x30, 0x0f, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55,
					0x04, 0x03, 0x14, 0x04, 'a',  'b',  'c',  'd' };
	AUTO_BUF struct buf der = { 0 };
	struct request_terms t = { .subject_der = name, .subject_der_len = sizeof(name) };
	CHECK_OK_OR_END(request_sign(&t, &key.public_key, &key.signer, &der));
	CU_ASSERT_PTR_NOT_NULL(memmem(der.data, der.len, name, sizeof(name)));
	t.subject_der_len--;
	CHECK_ERR(request_sign(&t, &key.public_key, &key.signer, &der), ERR_FAILED);
}

// extensionRequest { subjectAltName email, keyUsage cRLSign } and an attribute of the CA's own.
static const uint8_t wanted[] = { 0x30, 0x33, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
				  0x09, 0x0e, 0x31, 0x26, 0x30, 0x24, 0x30, 0x12, 0x06, 0x03, 0x55,
				  0x1d, 0x11, 0x04, 0x0b, 0x30, 0x09, 0x81, 0x07, 'a',	'@',  'b',
				  '.',	'c',  'o',  'm',  0x30, 0x0e, 0x06, 0x03, 0x55, 0x1d, 0x0f,
				  0x01, 0x01, 0xff, 0x04, 0x04, 0x03, 0x02, 0x01, 0x02, 0x30, 0x0a,
				  0x06, 0x03, 0x2a, 0x03, 0x04, 0x31, 0x03, 0x02, 0x01, 0x07 };

static void test_extensions_the_ca_wants_join_ours(void)
{
	AUTO_BUF struct buf der = { 0 };
	struct request_terms t = usual();
	t.extra_attributes = wanted;
	t.extra_attributes_len = sizeof(wanted);
	CHECK_OK_OR_END(request_sign(&t, &key.public_key, &key.signer, &der));
	X509_REQ *req = parse(&der);
	CU_ASSERT(X509_REQ_get_attr_count(req) == 2); // one extensionRequest, one of the CA's own
	STACK_OF(X509_EXTENSION) *exts = X509_REQ_get_extensions(req);
	CU_ASSERT(sk_X509_EXTENSION_num(exts) == 2);
	CU_ASSERT(X509v3_get_ext_by_NID(exts, NID_subject_alt_name, -1) >= 0);
	ASN1_BIT_STRING *usage = X509V3_get_d2i(exts, NID_key_usage, NULL, NULL);
	CU_ASSERT(usage && ASN1_BIT_STRING_get_bit(usage, 0) == 1 &&
		  ASN1_BIT_STRING_get_bit(usage, 6) == 0);
	ASN1_BIT_STRING_free(usage);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	X509_REQ_free(req);
}

static void test_attributes_that_are_none_are_refused(void)
{
	AUTO_BUF struct buf der = { 0 };
	struct request_terms t = usual();
	t.extra_attributes = wanted;
	t.extra_attributes_len = sizeof(wanted) - 1;
	CHECK_ERR(request_sign(&t, &key.public_key, &key.signer, &der), ERR_CA_REFUSED);
}

static void test_a_signature_over_something_else_is_caught(void)
{
	AUTO_BUF struct buf der = { 0 };
	struct request_terms t = usual();
	key.lies = true;
	AUTO(err) struct err *e = request_sign(&t, &key.public_key, &key.signer, &der);
	key.lies = false;
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT(err_kind(e) == ERR_POLICY);
	CU_ASSERT_STRING_EQUAL(err_slug(e), "signature-wrong");
	CU_ASSERT(der.len == 0);
}

static void test_tells_whose_key_a_request_is_for(void)
{
	AUTO_BUF struct buf der = { 0 };
	AUTO_BUF struct buf spki = { 0 };
	struct request_terms t = usual();
	uint8_t hash[32];
	char told[65];
	CHECK_OK_OR_END(request_sign(&t, &key.public_key, &key.signer, &der));
	CHECK_OK_OR_END(rsa_public_der(&key.public_key, &spki));
	CU_ASSERT(EVP_Digest(spki.data, spki.len, hash, NULL, EVP_sha256(), NULL) == 1);
	AUTO_TEXT char *wanted_hex = text_hex(hash, sizeof(hash), 0);
	request_key_sha256(der.data, der.len, told);
	CU_ASSERT_STRING_EQUAL(told, wanted_hex);
	request_key_sha256(der.data, der.len / 2, told);
	CU_ASSERT_STRING_EQUAL(told, "");
}

static struct err *refusing(void *ctx, const void *data, size_t len, struct buf *sig)
{
	(void)ctx;
	(void)data;
	(void)len;
	(void)sig;
	return err_new(ERR_TOKEN, N_("gone"));
}

static void test_a_signer_that_fails_is_told(void)
{
	AUTO_BUF struct buf der = { 0 };
	struct request_terms t = usual();
	struct signer s = { refusing, NULL };
	CHECK_ERR(request_sign(&t, &key.public_key, &s, &der), ERR_TOKEN);
}

int main(void)
{
	soft_key_make(&key, 2048);
	int rc = CHECK_MAIN(
		TEST(test_request_verifies_and_holds_the_subject),
		TEST(test_asks_for_the_uses_it_is_told), TEST(test_no_uses_no_extension_request),
		TEST(test_challenge_password_goes_in),
		TEST(test_challenge_password_of_256_bytes_is_refused),
		TEST(test_names_keep_their_bounds), TEST(test_subject_der_is_copied_as_it_is),
		TEST(test_extensions_the_ca_wants_join_ours),
		TEST(test_attributes_that_are_none_are_refused),
		TEST(test_a_signature_over_something_else_is_caught),
		TEST(test_tells_whose_key_a_request_is_for),
		TEST(test_a_signer_that_fails_is_told));
	soft_key_free(&key);
	return rc;
}
