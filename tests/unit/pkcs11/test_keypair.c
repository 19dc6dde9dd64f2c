// Key pairs: made, found, read back, used, destroyed; with SoftHSM and with the mock in front of it.
#include "pkcs11/keypair.h"

#include <openssl/sha.h>

#include "softhsm.h"

static void check_tag(struct err *e, enum err_kind kind, const char *tag)
{
	CU_ASSERT_PTR_NOT_NULL(e);
	CU_ASSERT_EQUAL(e ? (int)err_kind(e) : 0, (int)kind);
	CU_ASSERT_STRING_EQUAL(e ? err_slug(e) : "", tag);
	err_free(e);
}

static bool begin(struct softhsm *h, struct softhsm_open *o, const char *plan)
{
	softhsm_begin(h);
	softhsm_token(h, "alpha");
	if (plan)
		softhsm_mock(h, plan);
	return softhsm_login(h, "alpha", o);
}

static void end(struct softhsm *h, struct softhsm_open *o)
{
	softhsm_logout(o);
	softhsm_end(h);
}

static struct err *make(struct session *s, const struct quirks *q, struct key_id *id,
			struct keypair **k)
{
	struct key_terms t = { .bits = 2048, .label = "inkan test" };
	TRY(key_id_choose(s, q, &t.id));
	*id = t.id;
	return keypair_generate(s, &t, q, k);
}

static void check_signs(struct session *s, const struct keypair *k, const struct pin_asker *asker)
{
	static const char text[] = "what is to be signed";
	AUTO_BUF struct buf sig = BUF(2048);
	CHECK_OK(keypair_sign(s, k, asker, text, sizeof(text), &sig));
	CU_ASSERT_EQUAL(sig.len, 256);
	CHECK_OK(rsa_public_check(keypair_public(k), text, sizeof(text), sig.data, sig.len));
}

static void test_a_key_is_made_found_used_and_destroyed(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *made = NULL;
	AUTO(keypair) struct keypair *found = NULL;
	if (begin(&h, &o, NULL)) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &made));
		CU_ASSERT(id.len == KEY_ID_LEN && key_id_same(keypair_id(made), &id));
		CU_ASSERT_EQUAL(keypair_public(made)->modulus_len, 256);
		CU_ASSERT_EQUAL(keypair_public(made)->exponent_len, 3);
		CHECK_OK_OR_END(keypair_find(o.session, &id, &found));
		CU_ASSERT(found && keypair_has_private(found) && keypair_has_public(found));
		check_signs(o.session, found, NULL);
		CHECK_OK(keypair_destroy(o.session, found));
		AUTO(keypair) struct keypair *gone = NULL;
		CHECK_OK(keypair_find(o.session, &id, &gone));
		CU_ASSERT_PTR_NULL(gone);
		CHECK_OK(keypair_destroy(o.session, found));
	}
	end(&h, &o);
}

static void test_facts_of_a_key_are_read_back(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	struct key_facts f = { 0 };
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o, NULL)) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		CHECK_OK(keypair_facts(o.session, k, &f));
		CU_ASSERT(f.local == TRI_YES && f.sensitive == TRI_YES &&
			  f.always_sensitive == TRI_YES);
		CU_ASSERT(f.extractable == TRI_NO && f.never_extractable == TRI_YES);
		CU_ASSERT(f.token == TRI_YES && f.private_object == TRI_YES &&
			  f.always_authenticate == TRI_NO);
		CU_ASSERT(f.private_read_refused && f.public_matches && !f.roca && f.bits == 2048);
		CU_ASSERT(!f.wrap_tried);
		CHECK_OK(keypair_try_wrap(o.session, k, &f));
		CU_ASSERT(f.wrap_tried && f.wrap_refused);
	}
	end(&h, &o);
}

static void test_an_extractable_key_is_wrapped_out_and_the_wrapping_key_is_gone(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	struct key_facts f = { 0 };
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o, "template EXTRACTABLE 1\n")) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		CHECK_OK(keypair_facts(o.session, k, &f));
		CU_ASSERT(f.extractable == TRI_YES && f.never_extractable == TRI_NO);
		CHECK_OK(keypair_try_wrap(o.session, k, &f));
		CU_ASSERT(f.wrap_tried && !f.wrap_refused);
		CU_ASSERT_EQUAL(softhsm_logged(&h, "C_GenerateKey "),
				softhsm_logged(&h, "C_DestroyObject"));
	}
	end(&h, &o);
	if (begin(&h, &o, "template EXTRACTABLE 1\nC_WrapKey * return CKR_KEY_UNEXTRACTABLE\n")) {
		keypair_free(k);
		k = NULL;
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		CHECK_OK(keypair_try_wrap(o.session, k, &f));
		CU_ASSERT(f.wrap_tried && f.wrap_refused);
		CU_ASSERT(softhsm_logged(&h, "C_WrapKey") >= 3);
		CU_ASSERT_EQUAL(softhsm_logged(&h, "C_DestroyObject"),
				softhsm_logged(&h, "C_GenerateKey ") +
					softhsm_logged(&h, "C_CreateObject"));
	}
	end(&h, &o);
}

static void test_lies_and_gaps_are_seen(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	struct key_facts f = { 0 };
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o,
		  "lie PRIVATE_EXPONENT 0x0102030405\nhide LOCAL\nlie NEVER_EXTRACTABLE "
		  "0\npublic-key-other\n")) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		CHECK_OK(keypair_facts(o.session, k, &f));
		CU_ASSERT(!f.private_read_refused && !f.public_matches);
		CU_ASSERT(f.local == TRI_MISSING && f.never_extractable == TRI_NO &&
			  f.extractable == TRI_NO);
	}
	end(&h, &o);
}

static void test_attributes_come_one_by_one_where_the_whole_fails(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	struct key_facts f = { 0 };
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o, "C_GetAttributeValue 3 return CKR_FUNCTION_FAILED\n")) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k)); // reads twice
		CHECK_OK(keypair_facts(o.session, k, &f));
		CU_ASSERT(f.local == TRI_YES && f.extractable == TRI_NO &&
			  f.never_extractable == TRI_YES);
	}
	end(&h, &o);
}

static void test_signs_with_our_digestinfo_where_the_token_has_no_sha256(void)
{
	static const char *const plans[] = { "mechanisms RSA_PKCS,RSA_PKCS_KEY_PAIR_GEN\n",
					     "C_SignInit 1 return CKR_MECHANISM_INVALID\n" };
	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		struct softhsm h;
		struct softhsm_open o;
		struct key_id id;
		AUTO(keypair) struct keypair *k = NULL;
		if (begin(&h, &o, plans[i])) {
			CU_ASSERT_EQUAL(session_token(o.session)->signs_sha256_rsa, i == 1);
			CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
			check_signs(o.session, k, NULL);
		}
		end(&h, &o);
	}
}

struct asked {
	unsigned n;
	const char *pin;
};

static struct err *give_pin(void *ctx, struct secret **pin)
{
	struct asked *a = ctx;
	a->n++;
	return secret_from(a->pin, strlen(a->pin), pin);
}

static void test_a_key_that_always_authenticates_gets_the_pin_at_each_use(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	struct asked a = { .pin = SOFTHSM_PIN };
	struct pin_asker asker = { give_pin, &a };
	AUTO_BUF struct buf sig = BUF(2048);
	if (begin(&h, &o, "always-authenticate\n")) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		check_signs(o.session, k, &asker);
		check_signs(o.session, k, &asker);
		CU_ASSERT_EQUAL(a.n, 2);
		CU_ASSERT_EQUAL(softhsm_logged(&h, "C_Login"), 3);
		a.pin = "9999";
		check_tag(keypair_sign(o.session, k, &asker, "x", 1, &sig), ERR_PIN, "pin-wrong");
		CU_ASSERT_EQUAL(softhsm_logged(&h, "C_Login"), 4);
		check_tag(keypair_sign(o.session, k, NULL, "x", 1, &sig), ERR_ANSWER, "pin-needed");
		CU_ASSERT_EQUAL(sig.len, 0);
	}
	end(&h, &o);
}

static void test_a_card_that_wants_the_pin_without_saying_so(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	struct asked a = { .pin = SOFTHSM_PIN };
	struct pin_asker asker = { give_pin, &a };
	if (begin(&h, &o, "always-authenticate\nhide ALWAYS_AUTHENTICATE\n")) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		check_signs(o.session, k, &asker);
		CU_ASSERT_EQUAL(a.n, 1);
	}
	end(&h, &o);
}

static void test_less_is_said_where_the_template_is_rejected(void)
{
	static const struct {
		const char *plan;
		struct quirks q;
		unsigned tries;
	} cases[] = {
		{ "reject-attribute UNWRAP CKR_ATTRIBUTE_TYPE_INVALID\n", { 0 }, 2 },
		{ "reject-attribute LABEL CKR_ATTRIBUTE_TYPE_INVALID\n", { 0 }, 3 },
		{ "reject-attribute EXTRACTABLE CKR_ATTRIBUTE_VALUE_INVALID\n", { 0 }, 4 },
		{ "reject-attribute LABEL CKR_ATTRIBUTE_TYPE_INVALID\nreject-attribute EXTRACTABLE "
		  "CKR_ATTRIBUTE_TYPE_INVALID\n",
		  { .no_label = true, .no_extractable = true },
		  2 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct softhsm h;
		struct softhsm_open o;
		struct key_id id;
		AUTO(keypair) struct keypair *k = NULL;
		if (begin(&h, &o, cases[i].plan)) {
			CHECK_OK(make(o.session, &cases[i].q, &id, &k));
			CU_ASSERT_EQUAL(softhsm_logged(&h, "C_GenerateKeyPair"), cases[i].tries);
			CU_ASSERT_EQUAL(softhsm_logged(&h, "C_GenerateKeyPair") -
						softhsm_logged(&h, "CKR_ATTRIBUTE_"),
					1);
		}
		end(&h, &o);
	}
}

static void test_a_module_that_rejects_every_template_is_said(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o, "reject-attribute SENSITIVE CKR_TEMPLATE_INCONSISTENT\n")) {
		struct err *e = make(o.session, NULL, &id, &k);
		CU_ASSERT(e && err_has_code(e, "CKR_TEMPLATE_INCONSISTENT"));
		check_tag(e, ERR_TOKEN, "template-rejected");
		CU_ASSERT_PTR_NULL(k);
	}
	end(&h, &o);
}

static void test_a_failed_generation_is_not_tried_again(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o, "C_GenerateKeyPair 1 return CKR_DEVICE_MEMORY\n")) {
		check_tag(make(o.session, NULL, &id, &k), ERR_TOKEN, "token-full");
		CU_ASSERT_EQUAL(softhsm_logged(&h, "C_GenerateKeyPair"), 1);
	}
	end(&h, &o);
}

static void test_a_module_that_ignores_the_id(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	AUTO(keypair) struct keypair *found = NULL;
	if (begin(&h, &o, "ignore-id\nstrip public ID\n")) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		CU_ASSERT(key_id_same(keypair_id(k), &id));
		CHECK_OK(keypair_find(o.session, &id, &found));
		CU_ASSERT(found && keypair_has_private(found) && keypair_has_public(found));
	}
	end(&h, &o);
	keypair_free(k);
	k = NULL;
	if (begin(&h, &o,
		  "template ID 0x07\ntemplate public ID 0x07\nC_SetAttributeValue * return "
		  "CKR_ATTRIBUTE_READ_ONLY\n")) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		CU_ASSERT(keypair_id(k)->len == 1 && keypair_id(k)->bytes[0] == 7);
	}
	end(&h, &o);
}

// A pair that nobody could name, or that shares a name with another, does not stay.
static void test_a_pair_without_a_name_of_its_own_is_cleared_away(void)
{
	static const char *const plans[] = {
		"ignore-id\nstrip public ID\nC_SetAttributeValue * return "
		"CKR_ATTRIBUTE_READ_ONLY\n",
		"strip public ID\nC_SetAttributeValue * return CKR_ATTRIBUTE_READ_ONLY\n",
		"ignore-id\nstrip public ID\nC_SetAttributeValue 2 return "
		"CKR_ATTRIBUTE_READ_ONLY\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
		struct softhsm h;
		struct softhsm_open o;
		struct key_id id;
		AUTO(keypair) struct keypair *k = NULL;
		if (begin(&h, &o, plans[i])) {
			check_tag(make(o.session, NULL, &id, &k), ERR_TOKEN,
				  i ? "token-refused" : "key-nameless");
			CU_ASSERT_EQUAL(softhsm_logged(&h, "C_DestroyObject"), 2);
		}
		end(&h, &o);
	}
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	AUTO(keypair) struct keypair *other = NULL;
	if (begin(&h, &o,
		  "template ID 0x07\ntemplate public ID 0x07\nC_SetAttributeValue * return "
		  "CKR_ATTRIBUTE_READ_ONLY\n")) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		check_tag(make(o.session, NULL, &id, &other), ERR_TOKEN, "key-nameless");
		CHECK_OK(keypair_find(o.session, keypair_id(k), &other)); // one is left
		CU_ASSERT_PTR_NOT_NULL(other);
	}
	end(&h, &o);
}

static void test_a_search_that_finds_another_key_is_not_believed(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	AUTO(keypair) struct keypair *found = NULL;
	if (begin(&h, &o, "lie private ID 0x0102030405\n")) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		check_tag(keypair_find(o.session, &id, &found), ERR_TOKEN, "key-other");
		CU_ASSERT_PTR_NULL(found);
	}
	end(&h, &o);
}

static void test_half_a_pair_is_found_and_two_are_ambiguous(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	AUTO(keypair) struct keypair *again = NULL;
	if (begin(&h, &o, NULL)) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		struct key_terms t = { .bits = 2048, .label = "second", .id = id };
		CHECK_OK(keypair_generate(o.session, &t, NULL, &again));
		AUTO(keypair) struct keypair *found = NULL;
		check_tag(keypair_find(o.session, &id, &found), ERR_TOKEN, "key-ambiguous");
		CHECK_OK(keypair_destroy(o.session, again));
		CHECK_OK(session_logout(o.session)); // the private half is hidden now
		CHECK_OK(keypair_find(o.session, &id, &found));
		CU_ASSERT(found && !keypair_has_private(found) && keypair_has_public(found));
	}
	end(&h, &o);
}

static void test_slot_numbers_are_chosen_among_the_free_ones(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct quirks q = { .slot_ids = true };
	struct key_id id;
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o, NULL)) {
		CHECK_OK_OR_END(make(o.session, &q, &id, &k));
		CU_ASSERT(id.len == 1 && id.bytes[0] == 1);
		CHECK_OK(key_id_choose(o.session, &q, &id));
		CU_ASSERT(id.len == 1 && id.bytes[0] == 5);
	}
	end(&h, &o);
}

static void test_ids_go_to_hex_and_back(void)
{
	struct key_id id = { .bytes = { 0x00, 0xab, 0xff }, .len = 3 }, back = { 0 };
	AUTO_TEXT char *hex = key_id_hex(&id);
	CU_ASSERT_STRING_EQUAL(hex, "00abff");
	CHECK_OK(key_id_from_hex(hex, &back));
	CU_ASSERT(key_id_same(&id, &back));
	CHECK_ERR(key_id_from_hex("", &back), ERR_FAILED);
	CHECK_ERR(key_id_from_hex("0", &back), ERR_FAILED);
	CHECK_ERR(key_id_from_hex(
			  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00",
			  &back),
		  ERR_FAILED);
}

static void test_a_whole_round_takes_few_calls(void)
{
	struct softhsm h;
	struct softhsm_open o;
	struct key_id id;
	struct key_facts f;
	AUTO(keypair) struct keypair *k = NULL;
	if (begin(&h, &o, "")) {
		CHECK_OK_OR_END(make(o.session, NULL, &id, &k));
		CHECK_OK(keypair_facts(o.session, k, &f));
		check_signs(o.session, k, NULL);
		CU_ASSERT(softhsm_logged(&h, " C_") <= 32);
		CU_ASSERT_EQUAL(softhsm_logged(&h, "C_Login"), 1);
	}
	end(&h, &o);
}

int main(void)
{
	return CHECK_MAIN(TEST(test_a_key_is_made_found_used_and_destroyed),
			  TEST(test_facts_of_a_key_are_read_back),
			  TEST(test_an_extractable_key_is_wrapped_out_and_the_wrapping_key_is_gone),
			  TEST(test_lies_and_gaps_are_seen),
			  TEST(test_attributes_come_one_by_one_where_the_whole_fails),
			  TEST(test_signs_with_our_digestinfo_where_the_token_has_no_sha256),
			  TEST(test_a_key_that_always_authenticates_gets_the_pin_at_each_use),
			  TEST(test_a_card_that_wants_the_pin_without_saying_so),
			  TEST(test_less_is_said_where_the_template_is_rejected),
			  TEST(test_a_module_that_rejects_every_template_is_said),
			  TEST(test_a_failed_generation_is_not_tried_again),
			  TEST(test_a_module_that_ignores_the_id),
			  TEST(test_a_pair_without_a_name_of_its_own_is_cleared_away),
			  TEST(test_a_search_that_finds_another_key_is_not_believed),
			  TEST(test_half_a_pair_is_found_and_two_are_ambiguous),
			  TEST(test_slot_numbers_are_chosen_among_the_free_ones),
			  TEST(test_ids_go_to_hex_and_back),
			  TEST(test_a_whole_round_takes_few_calls));
}
