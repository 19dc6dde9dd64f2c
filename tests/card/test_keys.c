// Management key and private keys: known answers, and who may do what.
#include "bench.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

// FIPS 81 (DES, here with one key three times) and FIPS 197, appendix C: key, block, encrypted block.
static const struct {
	unsigned alg;
	const char *key, *plain, *encrypted;
} vectors[] = {
	{ 0x03, "0123456789abcdef0123456789abcdef0123456789abcdef", "4e6f772069732074",
	  "3fa40e8a984d4815" },
	{ 0x08, "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
	  "69c4e0d86a7b0430d8cdb78070b4c55a" },
	{ 0x0a, "000102030405060708090a0b0c0d0e0f1011121314151617",
	  "00112233445566778899aabbccddeeff", "dda97ca4864cdfe06eaf70a0ec0d7191" },
	{ 0x0c, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	  "00112233445566778899aabbccddeeff", "8ea2b7ca516745bfeafc49904b496089" },
};

static unsigned management_set_to(struct bench *b, unsigned alg, const char *key)
{
	char command[160];
	size_t n = strlen(key) / 2;
	snprintf(command, sizeof(command), "00ffffff %02zx %02x9b%02zx %s", n + 3, alg, n, key);
	return bench_do(b, command);
}

// The witness cannot be known, so the card's open challenge is set to the one of the vector.
static void check_vector(struct bench *b, size_t i)
{
	char command[160], expected[80];
	struct piv *p = piv_of(&b->card);
	size_t n = strlen(vectors[i].plain) / 2;
	struct bytes plain = { 0 };
	hex_read(vectors[i].plain, &plain);
	snprintf(command, sizeof(command), "0087%02x9b 04 7c028000 00", vectors[i].alg);
	CU_ASSERT_EQUAL(bench_do(b, command), 0x9000);
	memcpy(p->challenge, plain.data, n);
	snprintf(command, sizeof(command), "0087%02x9b %02zx 7c%02zx 80%02zx%s 81%02zx%s 00",
		 vectors[i].alg, 2 * n + 6, 2 * n + 4, n, vectors[i].plain, n, vectors[i].plain);
	CU_ASSERT_EQUAL(bench_do(b, command), 0x9000);
	snprintf(expected, sizeof(expected), "7c%02zx82%02zx%s", n + 2, n, vectors[i].encrypted);
	CU_ASSERT(bench_got(b, expected));

	snprintf(command, sizeof(command), "0087%02x9b 04 7c028100 00", vectors[i].alg);
	CU_ASSERT_EQUAL(bench_do(b, command), 0x9000);
	CU_ASSERT_FALSE(p->managed);
	memcpy(p->challenge, plain.data, n);
	snprintf(command, sizeof(command), "0087%02x9b %02zx 7c%02zx 82%02zx%s", vectors[i].alg,
		 n + 4, n + 2, n, vectors[i].encrypted);
	CU_ASSERT_EQUAL(bench_do(b, command), 0x9000);
	CU_ASSERT(p->managed);
	// A challenge is answered once, also with the right answer.
	CU_ASSERT_EQUAL(bench_do(b, command), 0x6982);
	CU_ASSERT_FALSE(p->managed);
	p->managed = true;
	bytes_free(&plain);
}

static void test_the_management_key_answers_as_the_standards_say(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_manage(&b), 0x9000);
	for (size_t i = 0; i < LEN(vectors); i++) {
		CU_ASSERT_EQUAL(management_set_to(&b, vectors[i].alg, vectors[i].key), 0x9000);
		bench_restart(&b);
		bench_do(&b, SELECT_PIV);
		check_vector(&b, i);
	}
	bench_close(&b);
}

static void test_a_wrong_management_key_is_refused_and_counted(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	bench_do(&b, "0087039b 04 7c028100 00");
	CU_ASSERT_EQUAL(bench_do(&b, "0087039b 0c 7c0a82080000000000000000"), 0x6982);
	// The same challenge is not taken again, and without one nothing is.
	CU_ASSERT_EQUAL(bench_do(&b, "0087039b 0c 7c0a82080000000000000000"), 0x6982);
	bench_do(&b, "0087039b 04 7c028000 00");
	CU_ASSERT_EQUAL(
		bench_do(&b, "0087039b 16 7c14 80080000000000000000 81080000000000000000 00"),
		0x6982);
	CU_ASSERT_EQUAL(b.card.counts.management, 3);
	CU_ASSERT_EQUAL(b.card.counts.management_failed, 3);
	CU_ASSERT_EQUAL(bench_do(&b, "00870a9b 04 7c028100 00"), 0x6a86);
	CU_ASSERT_EQUAL(bench_do(&b, "0087039b 04 7c048100 00"), 0x6a80);
	CU_ASSERT_EQUAL(management_set_to(&b, vectors[0].alg, vectors[0].key), 0x6982);
	CU_ASSERT_EQUAL(bench_do(&b, "0047009a 05 ac03800111 00"), 0x6982);
	CU_ASSERT_EQUAL(bench_manage(&b), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00ffffff 05 039b021122"), 0x6700);
	CU_ASSERT_EQUAL(bench_do(&b, "00ffffff 05 999b021122"), 0x6a80);
	bench_close(&b);
}

static void test_what_a_firmware_has_not_it_refuses(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 2, 7));
	bench_do(&b, SELECT_PIV);
	bench_manage(&b);
	CU_ASSERT_EQUAL(management_set_to(&b, vectors[1].alg, vectors[1].key), 0x6a80);
	CU_ASSERT_EQUAL(bench_do(&b, "00f7009b 00"), 0x6d00);
	CU_ASSERT_EQUAL(bench_do(&b, "0047009a 05 ac03800105 00"), 0x6a80);
	CU_ASSERT_EQUAL(bench_do(&b, "00f6829a"), 0x6d00);
	bench_close(&b);
	// 5.7 is born with an AES key of the same bytes.
	bench_open(&b, FIRMWARE(5, 7, 1));
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "00f7009b 00"), 0x9000);
	CU_ASSERT(bench_got(&b, "01010a02020001050101"));
	CU_ASSERT_EQUAL(bench_do(&b, "0087039b 04 7c028100 00"), 0x6a86);
	CU_ASSERT_EQUAL(bench_do(&b, "00870a9b 04 7c028100 00"), 0x9000);
	bench_close(&b);
}

static EVP_PKEY *rsa_new(struct bench *b, const char *generate)
{
	unsigned sw = bench_do(b, generate);
	CU_ASSERT(sw >> 8 == 0x61 || sw == 0x9000);
	struct bytes all = { 0 };
	bytes_put(&all, b->answer.data, b->answer.len);
	while (sw >> 8 == 0x61) {
		sw = bench_do(b, "00c0000000");
		bytes_put(&all, b->answer.data, b->answer.len);
	}
	bytes_free(&b->answer);
	b->answer = all;
	return bench_rsa_key(b);
}

// A signature's block (PKCS #1, type 1) of so many bytes, made by hand.
static void padded(struct bytes *to, size_t len)
{
	bytes_number(to, 1, 2);
	for (size_t i = 2; i < len - 33; i++)
		bytes_byte(to, 0xff);
	bytes_byte(to, 0);
	for (size_t i = 0; i < 32; i++)
		bytes_byte(to, (unsigned)i);
}

// 7C { 82 empty, 81 block }
static void template(struct bytes *to, const struct bytes *block)
{
	struct bytes inner = { 0 };
	bytes_tlv(&inner, 0x82, NULL, 0);
	bytes_tlv(&inner, 0x81, block->data, block->len);
	bytes_tlv(to, 0x7c, inner.data, inner.len);
	bytes_free(&inner);
}

static bool opens_to(EVP_PKEY *key, struct span signature, const struct bytes *block)
{
	uint8_t open[512];
	size_t n = sizeof(open);
	EVP_PKEY_CTX *ctx = must(EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL), "EVP_PKEY_CTX");
	bool fine = EVP_PKEY_encrypt_init(ctx) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
		    EVP_PKEY_encrypt(ctx, open, &n, signature.data, signature.len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return fine && n == block->len && memcmp(open, block->data, n) == 0;
}

static void check_rsa(const char *generate, const char *use, size_t len)
{
	struct bench b;
	struct bytes block = { 0 }, data = { 0 };
	bench_open(&b, FIRMWARE(5, 7, 1));
	bench_do(&b, SELECT_PIV);
	piv_of(&b.card)->managed = true;
	EVP_PKEY *key = rsa_new(&b, generate);
	CU_ASSERT_EQUAL(EVP_PKEY_get_bits(key), (int)len * 8);
	padded(&block, len);
	template(&data, &block);
	CU_ASSERT_EQUAL(bench_long(&b, use, &data), 0x6982);
	bench_do(&b, "00200080 08" PIN_RIGHT);
	CU_ASSERT_EQUAL(bench_long(&b, use, &data), 0x9000);
	CU_ASSERT(opens_to(key, bench_value(&b, 0x7c, 0x82), &block));
	// The PIN holds for this slot, also over a restart of nothing but the use.
	CU_ASSERT_EQUAL(bench_long(&b, use, &data), 0x9000);
	EVP_PKEY_free(key);
	bytes_free(&block);
	bytes_free(&data);
	bench_close(&b);
}

static void test_rsa_keys_sign_with_the_pin(void)
{
	check_rsa("0047009a 05 ac03800106 00", "0087069a", 128);
	check_rsa("00470082 05 ac03800107 00", "00870782", 256);
	check_rsa("0047009d 05 ac03800105 00", "0087059d", 384);
	check_rsa("00470095 05 ac03800116 00", "00871695", 512);
}

static void test_slot_9c_wants_the_pin_for_every_use(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	bench_manage(&b);
	const char *use = "0087119c 0a 7c08 8200 81043031 3233 00";
	CU_ASSERT_EQUAL(bench_do(&b, "0047009c 05 ac03800111 00"), 0x9000);
	bench_do(&b, "00200080 08" PIN_RIGHT);
	CU_ASSERT_EQUAL(bench_do(&b, use), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, use), 0x6982);
	bench_do(&b, "00200080 08" PIN_RIGHT);
	// A question for the tries does not spend it; a use of another key does.
	bench_do(&b, "00200080");
	CU_ASSERT_EQUAL(bench_do(&b, use), 0x9000);
	// Policies can be chosen: never, here.
	CU_ASSERT_EQUAL(bench_do(&b, "0047009c 0b ac09800111 aa0101 ab0103 00"), 0x9000);
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, use), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00f7009c 00"), 0x9000);
	struct span policy, all = { b.answer.data, b.answer.len };
	CU_ASSERT(tlv_find(all, 0x02, &policy) && memcmp(policy.data, "\x01\x03", 2) == 0);
	bench_close(&b);
}

static void test_ec_keys_sign_and_agree(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	bench_manage(&b);
	CU_ASSERT_EQUAL(bench_do(&b, "0047009e 05 ac03800111 00"), 0x9000);
	struct span point = bench_value(&b, 0x7f49, 0x86);
	CHECK_OR_END(point.len == 65);
	EVP_PKEY *card = must(EVP_PKEY_new(), "EVP_PKEY_new"), *own = EVP_EC_gen("P-256");
	CU_ASSERT_EQUAL(EVP_PKEY_copy_parameters(card, own), 1);
	CU_ASSERT_EQUAL(EVP_PKEY_set1_encoded_public_key(card, point.data, point.len), 1);

	uint8_t *mine = NULL, there[32];
	struct bytes inner = { 0 }, data = { 0 };
	size_t n = EVP_PKEY_get1_encoded_public_key(own, &mine), len = sizeof(there);
	bytes_tlv(&inner, 0x82, NULL, 0);
	bytes_tlv(&inner, 0x85, mine, n);
	bytes_tlv(&data, 0x7c, inner.data, inner.len);
	CU_ASSERT_EQUAL(bench_long(&b, "0087119e", &data), 0x9000);
	struct span here = bench_value(&b, 0x7c, 0x82);
	EVP_PKEY_CTX *ctx = must(EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL), "EVP_PKEY_CTX");
	CU_ASSERT(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, card) == 1 &&
		  EVP_PKEY_derive(ctx, there, &len) == 1);
	CU_ASSERT(here.len == 32 && memcmp(here.data, there, 32) == 0);
	// A point that is none, and one of nothing.
	CU_ASSERT_EQUAL(bench_do(&b, "0087119e 09 7c078200 85030402 03 00"), 0x6a80);
	CU_ASSERT_EQUAL(bench_do(&b, "0087119e 06 7c048200 8500 00"), 0x6a80);
	CU_ASSERT_EQUAL(bench_do(&b, "0087149e 06 7c048200 8500 00"), 0x6a86);
	CU_ASSERT_EQUAL(bench_do(&b, "0087119a 06 7c048200 8500 00"), 0x6a88);
	EVP_PKEY_CTX_free(ctx);
	OPENSSL_free(mine);
	bytes_free(&inner);
	bytes_free(&data);
	EVP_PKEY_free(own);
	EVP_PKEY_free(card);
	bench_close(&b);
}

static void put_param(struct bytes *to, unsigned tag, const EVP_PKEY *key, const char *name)
{
	BIGNUM *n = NULL;
	uint8_t raw[64];
	EVP_PKEY_get_bn_param(key, name, &n);
	BN_bn2binpad(n, raw, sizeof(raw));
	bytes_tlv(to, tag, raw, sizeof(raw));
	BN_clear_free(n);
}

static void test_an_imported_key_is_the_one_that_was_brought(void)
{
	struct bench b;
	struct bytes numbers = { 0 }, block = { 0 }, data = { 0 };
	static const char *const names[] = { "rsa-factor1", "rsa-factor2", "rsa-exponent1",
					     "rsa-exponent2", "rsa-coefficient1" };
	EVP_PKEY *key = EVP_RSA_gen(1024);
	for (unsigned i = 0; i < LEN(names); i++)
		put_param(&numbers, i + 1, key, names[i]);
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_long(&b, "00fe069e", &numbers), 0x6982);
	bench_manage(&b);
	CU_ASSERT_EQUAL(bench_long(&b, "00fe069e", &numbers), 0x9000);
	bench_restart(&b);
	bench_do(&b, SELECT_PIV);
	padded(&block, 128);
	template(&data, &block);
	CU_ASSERT_EQUAL(bench_long(&b, "0087069e", &data), 0x9000);
	CU_ASSERT(opens_to(key, bench_value(&b, 0x7c, 0x82), &block));
	// What was imported cannot be attested; what is no key cannot be imported.
	CU_ASSERT_EQUAL(bench_do(&b, "00f99e00 00"), 0x6a80);
	bench_manage(&b);
	numbers.data[10] ^= 1;
	CU_ASSERT_EQUAL(bench_long(&b, "00fe069e", &numbers), 0x6a80);
	CU_ASSERT_EQUAL(bench_do(&b, "00fe119e 03 060100"), 0x6a80);
	// The generator of P-256 is the public key of the number one.
	CU_ASSERT_EQUAL(bench_do(&b, "00fe119e 03 060101"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00f7009e 00"), 0x9000);
	CU_ASSERT(memmem(b.answer.data, b.answer.len, "\x6b\x17\xd1\xf2\xe1\x2c\x42\x47", 8) !=
		  NULL);
	EVP_PKEY_free(key);
	bytes_free(&numbers);
	bytes_free(&block);
	bytes_free(&data);
	bench_close(&b);
}

static void test_metadata_tells_secrets_and_keys(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 4, 3));
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "00f70080 00"), 0x9000);
	CU_ASSERT(bench_got(&b, "0101ff05010106020303"));
	bench_do(&b, "00200080 08" PIN_WRONG);
	bench_do(&b, "00f70080 00");
	CU_ASSERT(bench_got(&b, "0101ff05010106020302"));
	bench_do(&b, "00240081 10" PUK_RIGHT PUK_WRONG);
	bench_do(&b, "00f70081 00");
	CU_ASSERT(bench_got(&b, "0101ff05010006020303"));
	bench_do(&b, "00f7009b 00");
	CU_ASSERT(bench_got(&b, "01010302020001050101"));
	CU_ASSERT_EQUAL(bench_do(&b, "00f7009a 00"), 0x6a88);
	CU_ASSERT_EQUAL(bench_do(&b, "00f70012 00"), 0x6a88);
	bench_close(&b);
}

static void test_keys_move_and_go_where_the_firmware_can(void)
{
	struct bench b;
	bench_open(&b, FIRMWARE(5, 7, 1));
	bench_do(&b, SELECT_PIV);
	CU_ASSERT_EQUAL(bench_do(&b, "00f6829a"), 0x6982);
	piv_of(&b.card)->managed = true;
	CU_ASSERT_EQUAL(bench_do(&b, "00f6829a"), 0x6a88);
	CU_ASSERT_EQUAL(bench_do(&b, "0047009a 05 ac03800111 00"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00f6829a"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00f7009a 00"), 0x6a88);
	CU_ASSERT_EQUAL(bench_do(&b, "00f70082 00"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00f9 8200 00") >> 8, 0x61); // still its own
	CU_ASSERT_EQUAL(bench_do(&b, "00f68282"), 0x6b00);
	CU_ASSERT_EQUAL(bench_do(&b, "00f612 82"), 0x6b00);
	// Where it goes must be empty (Yubico, MoveKeyCommand).
	CU_ASSERT_EQUAL(bench_do(&b, "0047009a 05 ac03800111 00"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00f69a82"), 0x6985);
	CU_ASSERT_EQUAL(bench_do(&b, "00f70082 00"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00f6ff82"), 0x9000);
	CU_ASSERT_EQUAL(bench_do(&b, "00f70082 00"), 0x6a88);
	bench_close(&b);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_the_management_key_answers_as_the_standards_say),
			  TEST(test_a_wrong_management_key_is_refused_and_counted),
			  TEST(test_what_a_firmware_has_not_it_refuses),
			  TEST(test_rsa_keys_sign_with_the_pin),
			  TEST(test_slot_9c_wants_the_pin_for_every_use),
			  TEST(test_ec_keys_sign_and_agree),
			  TEST(test_an_imported_key_is_the_one_that_was_brought),
			  TEST(test_metadata_tells_secrets_and_keys),
			  TEST(test_keys_move_and_go_where_the_firmware_can));
}
