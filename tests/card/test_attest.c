// The statement about a key: who signs it, what it says, and how it lies when it is told to.
#include "bench.h"

#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

static X509 *parse(struct span der)
{
	const uint8_t *at = der.data;
	return d2i_X509(NULL, &at, (long)der.len);
}

static X509 *ask(struct bench *b, const char *command)
{
	CU_ASSERT_EQUAL(bench_do(b, command), 0x9000);
	return parse((struct span){ b->answer.data, b->answer.len });
}

static X509 *f9(struct bench *b)
{
	CU_ASSERT_EQUAL(bench_do(b, "00cb3fff 000005 5c035fff01 0000"), 0x9000);
	return parse(bench_value(b, 0x53, 0x70));
}

static X509 *root(const struct bench *b)
{
	FILE *from = must(fopen(b->root, "re"), b->root);
	X509 *cert = PEM_read_X509(from, NULL, NULL, NULL);
	fclose(from);
	return cert;
}

static bool signed_by(X509 *cert, X509 *issuer)
{
	return cert && issuer && X509_verify(cert, X509_get0_pubkey(issuer)) == 1 &&
	       X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) == 0;
}

static bool says(X509 *cert, const char *oid, const char *value, size_t len)
{
	ASN1_OBJECT *name = OBJ_txt2obj(oid, 1);
	int at = X509_get_ext_by_OBJ(cert, name, -1);
	ASN1_OBJECT_free(name);
	if (at < 0)
		return false;
	const ASN1_OCTET_STRING *is = X509_EXTENSION_get_data(X509_get_ext(cert, at));
	return (size_t)is->length == len && memcmp(is->data, value, len) == 0;
}

static void begin(struct bench *b, const char *generate)
{
	bench_open(b, FIRMWARE(5, 4, 3));
	bench_do(b, SELECT_PIV);
	bench_manage(b);
	CU_ASSERT_EQUAL(bench_do(b, generate), 0x9000);
	bench_do(b, SELECT_PIV); // a statement wants no login
}

// The key of slot 9A as GET METADATA has it, an independent way to it.
static bool is_of_slot(struct bench *b, X509 *cert, const char *metadata)
{
	struct span key;
	uint8_t *point = NULL;
	CU_ASSERT_EQUAL(bench_do(b, metadata), 0x9000);
	struct span all = { b->answer.data, b->answer.len };
	size_t n = EVP_PKEY_get1_encoded_public_key(X509_get0_pubkey(cert), &point);
	bool same = tlv_find(all, 0x04, &key) && tlv_find(key, 0x86, &key) && key.len == n &&
		    memcmp(key.data, point, n) == 0;
	OPENSSL_free(point);
	return same;
}

static void test_a_statement_leads_to_the_root_and_says_what_is_so(void)
{
	struct bench b;
	begin(&b, "0047009a 0b ac09800111 aa0102 ab0102 00");
	X509 *top = root(&b), *middle = f9(&b), *cert = ask(&b, "00f99a00 000000");
	CU_ASSERT(signed_by(middle, top));
	CU_ASSERT(signed_by(cert, middle));
	CU_ASSERT(X509_check_ca(middle) == 1 && X509_get_pathlen(middle) == 0);
	CU_ASSERT(says(cert, "1.3.6.1.4.1.41482.3.3", "\x05\x04\x03", 3));
	CU_ASSERT(says(cert, "1.3.6.1.4.1.41482.3.7", "\x02\x03\x74\xcb\xb1", 5));
	CU_ASSERT(says(cert, "1.3.6.1.4.1.41482.3.8", "\x02\x02", 2));
	CU_ASSERT(says(cert, "1.3.6.1.4.1.41482.3.9", "\x01", 1));
	char name[64];
	X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof(name));
	CU_ASSERT_STRING_EQUAL(name, "YubiKey PIV Attestation 9a");
	CU_ASSERT(is_of_slot(&b, cert, "00f7009a 00"));
	X509_free(top);
	X509_free(middle);
	X509_free(cert);
	bench_close(&b);
}

static void test_what_has_no_key_of_the_cards_own_is_not_attested(void)
{
	struct bench b;
	begin(&b, "0047009a 05 ac03800111 00");
	CU_ASSERT_EQUAL(bench_do(&b, "00f99c00 00"), 0x6a88);
	CU_ASSERT_EQUAL(bench_do(&b, "00f9f900 00"), 0x6a86);
	CU_ASSERT_EQUAL(bench_do(&b, "00f91200 00"), 0x6a86);
	b.card.firmware = FIRMWARE(4, 2, 9);
	CU_ASSERT_EQUAL(bench_do(&b, "00f99a00 00"), 0x6d00);
	bench_close(&b);
}

static void test_it_lies_about_the_key(void)
{
	struct bench b;
	begin(&b, "0047009a 05 ac03800111 00");
	b.card.faults.foreign_attestation = true;
	X509 *middle = f9(&b), *cert = ask(&b, "00f99a00 000000");
	CU_ASSERT(signed_by(cert, middle));
	CU_ASSERT_FALSE(is_of_slot(&b, cert, "00f7009a 00"));
	X509_free(middle);
	X509_free(cert);
	bench_close(&b);
}

static void test_it_lies_about_its_maker(void)
{
	struct bench b;
	begin(&b, "0047009a 05 ac03800111 00");
	X509 *honest = f9(&b), *top = root(&b);
	b.card.faults.self_signed_attestation = true;
	X509 *middle = f9(&b), *cert = ask(&b, "00f99a00 000000");
	CU_ASSERT(signed_by(cert, middle) && signed_by(middle, middle));
	CU_ASSERT_FALSE(signed_by(cert, honest) || signed_by(middle, top));
	CU_ASSERT(X509_NAME_cmp(X509_get_subject_name(middle), X509_get_subject_name(honest)) == 0);
	CU_ASSERT(is_of_slot(&b, cert, "00f7009a 00"));
	b.card.faults.self_signed_attestation = false;
	X509_free(middle);
	X509_free(cert);
	middle = f9(&b);
	CU_ASSERT(X509_cmp(middle, honest) == 0);
	X509_free(middle);
	X509_free(honest);
	X509_free(top);
	bench_close(&b);
}

static void test_it_lies_about_serial_number_and_firmware(void)
{
	struct bench b;
	begin(&b, "0047009a 05 ac03800111 00");
	b.card.faults.other_serial = true;
	b.card.firmware = FIRMWARE(4, 3, 1);
	X509 *cert = ask(&b, "00f99a00 000000");
	CU_ASSERT(says(cert, "1.3.6.1.4.1.41482.3.3", "\x04\x03\x01", 3));
	CU_ASSERT(says(cert, "1.3.6.1.4.1.41482.3.7", "\x02\x03\x74\xcb\xb2", 5));
	X509_free(cert);
	bench_close(&b);
}

static void test_f9_that_was_made_anew_states_nothing_known(void)
{
	struct bench b;
	begin(&b, "0047009a 05 ac03800111 00");
	bench_manage(&b);
	bench_do(&b, "00db3fff 07 5c035fff01 5300");
	CU_ASSERT_EQUAL(bench_do(&b, "00f99a00 00"), 0x6985);
	bench_close(&b);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_statement_leads_to_the_root_and_says_what_is_so),
			  TEST(test_what_has_no_key_of_the_cards_own_is_not_attested),
			  TEST(test_it_lies_about_the_key), TEST(test_it_lies_about_its_maker),
			  TEST(test_it_lies_about_serial_number_and_firmware),
			  TEST(test_f9_that_was_made_anew_states_nothing_known));
}
